"""Which guests stand still, by what QEMU itself has written of them last."""

import pytest

from ganeti.consolelog.files import KEPT, SLACK, Logs

UUID = "1867c5f0-f087-41bb-99e2-2d3ed2dbe529"
# As QEMU 7.2 writes it.
RUNS = "runstate_set current_run_state 6 (prelaunch) new_state 9 (running)\n"
STOPS = "runstate_set current_run_state 9 (running) new_state 4 (paused)\n"
RESET = "runstate_set current_run_state 4 (paused) new_state 6 (prelaunch)\n"
ARRIVES = "runstate_set current_run_state 1 (inmigrate) new_state 4 (paused)\n"
FULL = "runstate_set current_run_state 9 (running) new_state 3 (io-error)\n"
LEAVES = "runstate_set current_run_state 8 (finish-migrate) new_state 5 (postmigrate)\n"


def told(folder, text, name=f"{UUID}.snf-1.state"):
    (folder / name).write_text(text)
    return Logs(folder).paused()


@pytest.mark.parametrize(
    "text",
    [
        RUNS + STOPS,
        RUNS + STOPS + RESET,
        ARRIVES,
        RUNS + FULL,
        RUNS + "noise\n" + STOPS,
        "4711@1.5:" + STOPS,
        RUNS * 999 + STOPS,
    ],
)
def test_one_that_was_stopped_last_stands_still(tmp_path, text):
    assert told(tmp_path, text) == [UUID]


@pytest.mark.parametrize(
    "text", ["", RUNS, RUNS + STOPS + RUNS, RUNS + LEAVES, "noise\n", RUNS + STOPS[:-9], STOPS * 999 + RUNS]
)
def test_any_other_does_not(tmp_path, text):
    """Also one that only begins to run, and one that goes to another node."""
    assert told(tmp_path, text) == []


@pytest.mark.parametrize("name", [f"{UUID}.snf-1.log", f"{UUID}.state", "x.snf-1.state", f".{UUID}.snf-1.state.new"])
def test_only_what_qemu_says_itself_counts(tmp_path, name):
    assert told(tmp_path, RUNS + STOPS, name) == []


def test_what_has_been_said_is_kept_short_and_its_end_stays(tmp_path):
    lines = (KEPT + 2 * SLACK) // len(RUNS)
    (tmp_path / f"{UUID}.snf-1.state").write_text(RUNS * lines + STOPS)
    assert Logs(tmp_path).bound().logs == 0
    assert (tmp_path / f"{UUID}.snf-1.state").stat().st_blocks * 512 <= KEPT + SLACK
    assert Logs(tmp_path).paused() == [UUID]
