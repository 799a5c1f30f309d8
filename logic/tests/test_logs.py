"""Logs: where they go, what each line has, and what never gets into them."""

import json
import logging
import sys

import pytest
import structlog

from logic.configuration import ConfigurationError
from logic.logs import configure

CANARY = "canary-4711"


@pytest.fixture(autouse=True)
def as_before():
    """Whatever a test configures ends with it."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    for handler in [one for one in root.handlers if one not in handlers]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def lines(tmp_path):
    """Logs into files; what they have so far."""
    configure("dispatcher", directory=str(tmp_path), secrets=["known-secret"])
    return lambda: [json.loads(line) for line in (tmp_path / "dispatcher.log").read_text().splitlines()]


def test_a_program_writes_json_lines_into_its_own_file(lines):
    structlog.get_logger("x").info("server.built", server="s1", seconds=1.5)

    (line,) = lines()
    assert line.pop("timestamp").endswith("+00:00")
    assert line == {"event": "server.built", "level": "info", "server": "s1", "seconds": 1.5}


def test_request_command_and_job_of_the_context_are_on_each_line(lines):
    with structlog.contextvars.bound_contextvars(request="req-1", command="c1", job=7):
        structlog.get_logger("x").info("within")
        logging.getLogger("django").warning("within too")
    structlog.get_logger("x").info("after")

    within, too, after = lines()
    assert (within["request"], within["command"], within["job"]) == ("req-1", "c1", 7)
    assert too["request"] == "req-1"
    assert "request" not in after


def test_other_libraries_lines_take_the_same_way_and_say_whose_they_are(lines):
    logging.getLogger("django.request").warning("bad %s", "host")

    (line,) = lines()
    assert (line["event"], line["logger"], line["level"]) == ("bad host", "django.request", "warning")


def test_a_broker_that_is_away_is_no_error_of_a_library_s(lines):
    logging.getLogger("aiormq.connection").error("error when creating transport")
    logging.getLogger("asyncio").error("Task exception was never retrieved")
    assert [line["level"] for line in lines()] == ["warning", "error"]


def test_a_server_that_brought_its_own_handlers_writes_through_ours(tmp_path, capsys):
    own = logging.getLogger("uvicorn.error")
    own.addHandler(logging.StreamHandler(sys.stderr))
    own.propagate = False

    configure("api", directory=str(tmp_path))
    own.info("started")

    assert "started" in (tmp_path / "api.log").read_text()
    assert capsys.readouterr().err == ""


def test_an_exception_is_in_its_line_and_shows_no_variables(lines):
    def failing():
        inner = CANARY  # noqa: F841 - a traceback that showed variables would show it
        raise ValueError("too bad")

    try:
        failing()
    except ValueError:
        structlog.get_logger("x").exception("failed")

    (line,) = lines()
    assert "ValueError: too bad" in line["exception"]
    assert CANARY not in line["exception"].replace("inner = CANARY", "")


def test_what_is_below_the_level_is_not_logged(lines):
    structlog.get_logger("x").debug("no")
    logging.getLogger("django").debug("no")

    assert lines() == []


def test_a_file_moved_away_by_logrotate_is_opened_anew(lines, tmp_path):
    structlog.get_logger("x").info("one")
    (tmp_path / "dispatcher.log").rename(tmp_path / "dispatcher.log.1")
    structlog.get_logger("x").info("two")

    assert [line["event"] for line in lines()] == ["two"]


def refuse():
    raise ConnectionError(f"amqp://synnefo:{CANARY}@mq refused")


def leak():
    """Say the canary in every way we could think of."""
    log = structlog.get_logger("x")
    log.info("by.key", password=CANARY, adminPass=CANARY, body={"auth": {"token": CANARY}})
    log.info("by.url", url=f"amqp://synnefo:{CANARY}@mq/", seen=[f"https://u:{CANARY}@ganeti:5080"])
    log.info("by.header", headers=[(b"X-Auth-Token", CANARY.encode())], line=f"Authorization: Basic {CANARY}")
    log.info("in the event: password=%s", CANARY)
    log.info("known", said="it is known-secret")
    logging.getLogger("uvicorn.error").error("X-Auth-Token: %s", CANARY)
    logging.getLogger("aiormq").warning("amqp://guest:%s@mq", CANARY)
    try:
        refuse()
    except ConnectionError:
        log.exception("by.exception")
        logging.getLogger("django").exception("foreign")
    with structlog.contextvars.bound_contextvars(secret=CANARY):
        log.info("by.context")


def test_no_secret_gets_into_a_file(lines, tmp_path):
    leak()

    text = (tmp_path / "dispatcher.log").read_text()
    assert len(lines()) == 10
    assert CANARY not in text
    assert "known-secret" not in text


def test_no_secret_gets_onto_the_terminal(capsys):
    configure("dispatcher", secrets=["known-secret"])
    leak()

    said = capsys.readouterr()
    assert said.out == ""
    assert "by.exception" in said.err
    assert CANARY not in said.err
    assert "known-secret" not in said.err


def test_in_the_foreground_a_line_is_for_people(capsys):
    configure("dispatcher")
    structlog.get_logger("x").info("server.built", server="s1")

    line = capsys.readouterr().err
    assert "server.built" in line
    assert "server=s1" in line


def test_a_name_that_would_move_the_cursor_is_shown_escaped(capsys):
    configure("dispatcher")
    structlog.get_logger("x").info("renamed", name="\x1b[2J\nroot logged in")
    logging.getLogger("django").warning("no such path: %s", "\x1b[2J\nroot logged in")

    said = capsys.readouterr().err
    assert said.count("\n") == 2
    assert "\x1b" not in said


def test_the_last_call_holds(tmp_path, capsys):
    configure("one", directory=str(tmp_path))
    configure("two")
    structlog.get_logger("x").info("hello")

    assert (tmp_path / "one.log").read_text() == ""
    assert capsys.readouterr().err.count("hello") == 1


def test_a_directory_that_cannot_be_written_is_told_in_a_sentence(tmp_path):
    with pytest.raises(ConfigurationError, match=r"LOG_DIR: cannot write .*/nowhere/x\.log: No such file"):
        configure("x", directory=str(tmp_path / "nowhere"))


def test_standard_error_is_looked_up_when_the_line_comes(monkeypatch, capsys):
    configure("x")
    monkeypatch.setattr(sys, "stderr", sys.stdout)
    structlog.get_logger("x").info("elsewhere")

    assert "elsewhere" in capsys.readouterr().out
