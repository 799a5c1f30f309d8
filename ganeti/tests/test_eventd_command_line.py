"""The event daemon's command line: where it finds things, what it says when something is missing, how it stops."""

import json
import os
import signal
import socket
import subprocess
import sys

import pytest

from ganeti import eventd
from ganeti.tests import samples
from ganeti.tests.desk import until


def test_the_cluster_uuid_is_read_from_ganetis_configuration(tmp_path):
    config = tmp_path / "config.data"
    config.write_text(json.dumps({"version": 3000000, "cluster": {"uuid": samples.CLUSTER_UUID, "serial_no": 1}}))
    assert eventd.incarnation_of(config) == samples.CLUSTER_UUID


@pytest.mark.parametrize("content", [None, "", "[]", '{"cluster": {}}'])
def test_an_unreadable_configuration_says_what_to_do(tmp_path, content):
    config = tmp_path / "config.data"
    if content is not None:
        config.write_text(content)
    with pytest.raises(ValueError, match="cannot read the cluster's UUID"):
        eventd.incarnation_of(config)
    with pytest.raises(SystemExit, match="--incarnation"):
        eventd.main(["--cluster", "alpha", "--queue-dir", str(tmp_path), "--config-data", str(config)])


def test_the_brokers_urls_come_from_a_file_or_the_environment(tmp_path, monkeypatch):
    file = tmp_path / "url"
    file.write_text("amqp://a:b@h1/\namqp://a:b@h2/\n")
    assert eventd.urls_of(file) == ["amqp://a:b@h1/", "amqp://a:b@h2/"]
    monkeypatch.setenv(eventd.URL_VARIABLE, "amqp://a:b@h3/")
    assert eventd.urls_of(None) == ["amqp://a:b@h3/"]
    monkeypatch.delenv(eventd.URL_VARIABLE)
    with pytest.raises(SystemExit, match=eventd.URL_VARIABLE):
        eventd.urls_of(None)


def command_line(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "ganeti.eventd", *map(str, arguments)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_help_names_every_option():
    shown = command_line("--help").stdout
    assert all(
        option in shown for option in ("--cluster", "--queue-dir", "--spool-dir", "--state-dir", "--amqp-url-file")
    )


def test_a_machine_without_ganeti_is_told_so_in_one_line(tmp_path):
    ended = command_line("--cluster", "alpha", "--queue-dir", tmp_path / "none")
    assert ended.returncode == 1
    assert "Does this machine run Ganeti?" in ended.stderr
    assert "Traceback" not in ended.stderr


async def test_a_signal_stops_it_in_order_also_while_the_broker_is_away(world):
    world.write(7)
    running = subprocess.Popen(  # noqa: ASYNC220 - it is waited for below
        [sys.executable, "-m", "ganeti.eventd", "--cluster", "alpha", "--incarnation", "inc-1"]
        + [f"--{name}-dir={world.queue.with_name(name)}" for name in ("queue", "spool", "state")],
        env={**os.environ, eventd.URL_VARIABLE: "amqp://synnefo:not-to-be-seen@127.0.0.1:1/"},
        stderr=subprocess.PIPE,
        text=True,
    )
    with running:
        await until(lambda: list(world.options.spool_dir.glob("*.op.json")), 30)
        running.send_signal(signal.SIGTERM)
        _, said = running.communicate(timeout=20)
    assert running.returncode == 0
    assert "Traceback" not in said
    assert "not-to-be-seen" not in said
    assert (world.options.state_dir / "cursor-alpha.json").exists()


def test_two_daemons_on_one_state_directory_are_refused(tmp_path):
    held = eventd._alone(tmp_path)
    with held, pytest.raises(OSError):
        eventd._alone(tmp_path)


def test_a_port_for_metrics_that_is_taken_is_told_in_one_line(tmp_path):
    (tmp_path / "queue").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = command_line(
            *("--cluster", "alpha", "--incarnation", "inc-1", "--metrics-port", taken.getsockname()[1]),
            *[f"--{name}-dir={tmp_path / name}" for name in ("queue", "spool", "state")],
            **{eventd.URL_VARIABLE: "amqp://a:b@127.0.0.1:1/"},
        )
    assert ended.returncode == 1
    assert "in use" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_passwords_of_the_urls_are_known_as_written_and_as_meant():
    urls = ["amqp://a:sec%2Fret@h1/", "amqp://h2/", "amqp://[h3"]
    assert eventd.passwords_of(urls) == {"sec%2Fret", "sec/ret"}
