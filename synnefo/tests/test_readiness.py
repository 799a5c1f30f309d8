"""The programs themselves, and what they tell systemd of their start, their hangs and their end."""

import http.client
import os
import signal
import socket
import sys

import pytest

from logic.testing.supervising import Listener
from synnefo.testing.embedded import ROOT
from synnefo.testing.processes import Daemon, spare_port, until
from synnefo.testing.realparts import CLUSTER, RealCloud

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def cloud(postgres, rabbitmq):
    with RealCloud(postgres, rabbitmq) as cloud:
        yield cloud


@pytest.fixture
def listener(tmp_path):
    with Listener(tmp_path / "notify") as listener:
        yield listener


@pytest.fixture
def start(cloud, listener, tmp_path):
    """Start a program that is supervised; its log is ``tmp_path / "log"``."""
    started = []

    def start(*words):
        daemon = Daemon(
            [sys.executable, *words],
            user="root",
            log=tmp_path / "log",
            ready=lambda: True,
            environment={**cloud.environment, **listener.environment, "PYTHONPATH": f"{ROOT}:{tmp_path}"},
            directory=ROOT,
        )
        started.append(daemon)
        daemon.start()
        return daemon

    yield start
    for one in started:
        one.kill()


def eventd(cloud, tmp_path):
    ganeti = cloud.root / "ganeti"
    return [
        *("-m", "ganeti.eventd", "--cluster", CLUSTER),
        *("--queue-dir", str(ganeti / "queue"), "--config-data", str(ganeti / "config.data")),
        *("--spool-dir", str(tmp_path / "spool"), "--state-dir", str(tmp_path / "state")),
    ]


def tells(listener, line, within=60):
    until(lambda: listener.has(line), within=within, what=f"{line} in {listener.told}")


def test_a_dispatcher_is_ready_when_it_has_broker_and_database(start, listener, rabbitmq):
    rabbitmq.kill()
    daemon = start("manage.py", "dispatcher")
    tells(listener, "STATUS=Waiting for: broker")
    assert not listener.has("READY=1")

    rabbitmq.start()
    tells(listener, "READY=1")
    os.kill(daemon.pid, signal.SIGTERM)
    tells(listener, "STOPPING=1")
    until(lambda: not daemon.pid, within=30, what="its end")


def test_a_dispatcher_that_is_ready_says_what_it_has_lost(start, listener, postgres):
    start("manage.py", "dispatcher")
    tells(listener, "READY=1")

    postgres.kill()
    tells(listener, "STATUS=Waiting for: database")
    postgres.start()
    before = listener.told.count("STATUS=Serving")
    until(lambda: listener.told.count("STATUS=Serving") > before, within=60, what="its return")


def test_an_event_daemon_is_ready_when_it_has_read_the_queue_and_reached_the_broker(
    cloud, start, listener, rabbitmq, tmp_path
):
    rabbitmq.kill()
    daemon = start(*eventd(cloud, tmp_path))
    tells(listener, "STATUS=Waiting for: broker")
    assert not listener.has("READY=1")

    rabbitmq.start()
    tells(listener, "READY=1")
    os.kill(daemon.pid, signal.SIGTERM)
    tells(listener, "STOPPING=1")
    until(lambda: not daemon.pid, within=30, what="its end")


def test_an_api_is_ready_when_its_workers_listen_and_the_database_answers(start, listener, postgres):
    postgres.kill()
    daemon = start("-m", "synnefo.serving", "--port", str(spare_port()), "--workers", "2")
    tells(listener, "STATUS=Waiting for: database")
    assert not listener.has("READY=1")

    postgres.start()
    tells(listener, "READY=1")
    before = listener.told.count("WATCHDOG=1")
    until(lambda: listener.told.count("WATCHDOG=1") > before + 2, within=30, what="signs of life")
    os.kill(daemon.pid, signal.SIGTERM)
    tells(listener, "STOPPING=1")
    until(lambda: not daemon.pid, within=30, what="its end")


def test_the_workers_of_an_api_whose_master_was_killed_leave_the_port_to_the_next(start, listener):
    port = spare_port()
    words = ["-m", "synnefo.serving", "--port", str(port), "--workers", "2"]
    daemon = start(*words)
    tells(listener, "READY=1")

    os.kill(daemon.pid, signal.SIGKILL)

    def is_free():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) != 0

    until(is_free, within=60, what="their end")
    start(*words)
    until(lambda: listener.told.count("READY=1") == 2, within=60, what="the next one")


HANGING = """
import os, threading
async def application(scope, receive, send):
    if scope["path"] == "/hang":
        threading.Event().wait()
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": str(os.getpid()).encode()})
"""

SERVED = """
from synnefo import serving
from logic.supervision import Supervisor
import os, sys
made = serving.config("127.0.0.1", int(sys.argv[1]), 1, application="hanging:application", hung=3)
if __name__ == "__main__":
    serving.Api(made, made.bind_socket(), Supervisor.of(os.environ)).run()
"""


def test_a_worker_whose_loop_hangs_says_where_and_another_takes_its_place(start, listener, tmp_path):
    (tmp_path / "hanging.py").write_text(HANGING)
    (tmp_path / "served.py").write_text(SERVED)
    port = spare_port()

    def ask(path, patience):
        asking = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
        try:
            asking.request("GET", path)
            return asking.getresponse().read()
        except (OSError, http.client.HTTPException):
            return b""
        finally:
            asking.close()

    start(str(tmp_path / "served.py"), str(port))
    tells(listener, "READY=1")
    first = ask("/", 10)
    assert ask("/hang", 60) == b""

    until(lambda: ask("/", 5) not in {b"", first}, within=60, what="another worker")
    said = (tmp_path / "log").read_text()
    assert "Timeout" in said
    assert "hanging.py" in said
