"""Errors are found in both forms of log, each once, and nothing else is taken for one."""

import pytest

from synnefo.chaos.logs import Logs, parsed

PRINTED = "2026-11-21T09:36:52.892+00:00 [error    ] eventd.broken     cluster=alpha"
TALE = '2026-11-21T09:36:52.892+00:00 [error    ] Unexpected close from "amqp://a:***@b/", Connection.Close() [aiormq]'
JSON = '{"timestamp": "2026-11-21", "level": "error", "event": "command.failed"}'
FORGOTTEN = '{"level": "warning", "event": "Task exception was never retrieved"}'


@pytest.mark.parametrize(
    ("line", "event"),
    [
        (PRINTED, "eventd.broken"),
        (TALE, 'Unexpected close from "amqp://a:***@b/", Connection.Close() [aiormq]'),
        (JSON, "command.failed"),
        (FORGOTTEN, "Task exception was never retrieved"),
        (
            "x.py:1: RuntimeWarning: coroutine 'f' was never awaited",
            "x.py:1: RuntimeWarning: coroutine 'f' was never awaited",
        ),
    ],
    ids=["printed", "of a library", "json", "forgotten", "never awaited"],
)
def test_an_error_is_found(line, event):
    assert parsed("p", line).event == event


@pytest.mark.parametrize(
    "line",
    ["", "{", PRINTED.replace("error", "info"), JSON.replace("error", "warning"), "Traceback (most recent call last):"],
)
def test_other_lines_are_none(line):
    assert parsed("p", line) is None


def test_an_exception_that_was_forgotten_is_told_apart():
    assert parsed("p", FORGOTTEN).forgotten
    assert not parsed("p", JSON).forgotten


def test_each_error_is_told_once_and_a_line_under_way_when_it_is_whole(tmp_path):
    (tmp_path / "dispatcher0").mkdir()
    log, logs = tmp_path / "dispatcher0" / "dispatcher.log", Logs(tmp_path)
    log.write_text(JSON + "\n" + JSON[:20])
    assert [(one.program, one.event) for one in logs.news()] == [("dispatcher0", "command.failed")]
    assert logs.news() == []
    log.write_text(JSON + "\n" + JSON + "\n")
    assert len(logs.news()) == 1
