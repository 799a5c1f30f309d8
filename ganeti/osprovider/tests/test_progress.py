"""How far a disk is, is told often enough for people and seldom enough for a journal."""

import json

import pytest

from ganeti.osprovider import progress
from ganeti.osprovider.settings import Settings


@pytest.fixture
def told(tmp_path, monkeypatch):
    """Copy a thousand blocks, of which each takes a second: what the spool and the monitor were told."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    spool, lines = tmp_path / "spool", tmp_path / "lines"
    spool.mkdir()
    program = tmp_path / "monitor"
    program.write_text(f"#!/bin/sh\nexec cat > {lines}\n")
    program.chmod(0o755)
    ours = progress.Progress("snf-7", Settings(spool=spool, monitor=str(program)))
    for block in range(1, 1001):
        now[0] += 1
        ours.copied(block, 1000)
    ours.close()
    left = [json.loads(path.read_text())["percent"] for path in sorted(spool.iterdir())]
    return left, [json.loads(line)["progress"] for line in lines.read_text().splitlines()]


def test_the_spool_is_told_each_two_percent_and_the_end(told):
    left, _ = told
    assert 40 < len(left) <= 51
    assert left == sorted(left)
    assert left[-1] == 100.0


def test_the_monitor_is_told_every_three_seconds_and_the_end(told):
    _, lines = told
    assert len(lines) in {334, 335}
    assert lines[-1] == 100.0


def test_a_spool_that_nobody_reads_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "MOST_FILES", 3)
    for place in range(5):
        progress._leave(tmp_path, "snf-7", float(place))
    assert len(list(tmp_path.iterdir())) == 3
