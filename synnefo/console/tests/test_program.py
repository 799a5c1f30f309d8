"""``manage.py vncauthproxy`` as a program: users are made, requests come both ways, and it ends when it is told."""

import asyncio
import json
import signal
import socket
import ssl
import subprocess
import sys

import pytest

from synnefo.console.rfb import Handshake, to_server
from synnefo.console.tests.desk import served
from synnefo.standalone.screens import Guest
from synnefo.testing.certificates import Authority
from synnefo.testing.embedded import ROOT
from synnefo.testing.processes import Daemon, spare_port

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(240)]
HOST = "127.0.0.1"
ENVIRONMENT = {"SYNNEFO_SETTINGS_DIR": "", "PATH": "/usr/bin:/bin"}


def manage(folder, *words):
    return subprocess.run(
        [sys.executable, "manage.py", *map(str, words)],
        cwd=ROOT,
        env=ENVIRONMENT | {"SYNNEFO_VAR": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class Program:
    def __init__(self, folder):
        self.folder, self.port, self.metrics = folder, spare_port(), spare_port()
        self.users, self.socket = folder / "users", folder / "ctrl.sock"
        chain = Authority().certificate_for(HOST)
        (folder / "tls.pem").write_bytes(chain.certificate + chain.key)
        words = ["--listen-port", self.port, "--users-file", self.users, "--socket", self.socket, "--most", 5]
        words += ["--tls-certificate", folder / "tls.pem", "--metrics-port", self.metrics, "--proxy-address", HOST]
        self.daemon = Daemon(
            [sys.executable, "manage.py", "vncauthproxy", *map(str, words)],
            user="root",
            log=folder / "log",
            ready=self.socket.exists,
            environment=ENVIRONMENT | {"SYNNEFO_VAR": str(folder)},
            directory=ROOT,
            within=60.0,
        )

    def ask(self, way, **wanted):
        """The answer, by TLS or by the Unix socket."""
        if way == "tcp":
            trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
            asking = trusting.wrap_socket(socket.create_connection((HOST, self.port), timeout=20))
        else:
            asking = socket.socket(socket.AF_UNIX)
            asking.settimeout(20)
            asking.connect(str(self.socket))
        with asking:
            asking.sendall(json.dumps({"source_port": 0, "destination_address": HOST, **wanted}).encode())
            return json.loads(asking.recv(1024))


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vncauthproxy")
    (folder / "password").write_text("hush\n")
    made = Program(folder)
    done = manage(
        folder, "vncauthproxy-user", "synnefo", "--users-file", made.users, "--password-file", folder / "password"
    )
    assert (done.returncode, done.stderr) == (0, "")
    made.daemon.start()
    yield made
    made.daemon.kill()


@pytest.fixture
async def screen():
    async with served(lambda: Guest(lambda: "snf-3")) as port:
        yield port


def sees(port, password):
    """The name of the guest."""
    with socket.create_connection((HOST, port), timeout=20) as viewer:
        steps = Handshake(to_server(password))
        viewer.sendall(steps.feed())
        while not steps.done:
            assert not steps.broken, steps.broken
            viewer.sendall(steps.feed(viewer.recv(4096)))
        viewer.sendall(b"\x01")
        told = steps.rest
        while len(told) < 25:
            told += viewer.recv(4096)
        return told[24:].decode()


AUTH = {"auth_user": "synnefo", "auth_password": "hush", "type": "vnc"}


@pytest.mark.parametrize(("way", "more"), [("tcp", AUTH), ("unix", {})])
async def test_both_generations_are_served(program, screen, way, more):
    loop = asyncio.get_running_loop()
    answer = await loop.run_in_executor(
        None, lambda: program.ask(way, destination_port=screen, password="secret", **more)
    )
    assert answer["status"] == "OK", answer
    assert await loop.run_in_executor(None, sees, answer["source_port"], "secret") == "snf-3"


def test_nobody_asks_over_tcp_without_being_a_user(program):
    answer = program.ask("tcp", destination_port=1, password="secret")
    assert (answer["status"], answer["reason"]) == ("FAILED", "the user or the password is wrong")


def test_the_socket_is_for_its_owner_and_group(program):
    assert program.socket.stat().st_mode & 0o777 == 0o660


def test_it_tells_what_it_has_counted(program):
    with socket.create_connection((HOST, program.metrics), timeout=20) as asking:
        asking.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        got = b""
        while more := asking.recv(65536):
            got += more
    assert b"synnefo_console_sessions" in got


def test_it_ends_when_it_is_told_and_has_logged_no_password(program):
    assert program.daemon.stop(by=signal.SIGTERM, within=10.0) == 0
    said = (program.folder / "log").read_text()
    assert "Traceback" not in said
    assert not [word for word in ("hush", "secret") if word in said]


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (["vncauthproxy"], "Say who may ask over TCP"),
        (["vncauthproxy", "--listen-port", "0"], "Say where requests come from"),
        (["vncauthproxy", "--anybody", "--ports", "9-1"], "is not LOW-HIGH"),
        (["vncauthproxy", "--anybody", "--tls-certificate", "/nowhere"], "No such file"),
        (["vncauthproxy-user", "a:b", "--users-file", "USERS", "--remove"], "A name has no colon"),
        (["vncauthproxy-user", "nobody", "--users-file", "USERS", "--remove"], "There is no nobody"),
        (
            ["vncauthproxy-user", "one", "--users-file", "USERS", "--password-file", "/nowhere"],
            "Cannot read the password",
        ),
    ],
)
def test_what_is_asked_wrongly_is_said_in_words(program, words, advice):
    done = manage(program.folder, *[str(program.users) if word == "USERS" else word for word in words])
    assert done.returncode != 0
    assert advice in done.stderr
    assert "Traceback" not in done.stderr
