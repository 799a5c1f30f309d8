"""Programs of a run are kept running, and what ends by itself is told apart from what was killed."""

from contextlib import contextmanager

from synnefo.chaos.parts import Part
from synnefo.testing.processes import is_alive, until

SLEEPS = "import time; time.sleep(60)"
ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


@contextmanager
def part(tmp_path, code):
    made = Part("p", ["-c", code], environment=ENVIRONMENT, log=tmp_path / "p.log")
    made.start()
    try:
        yield made
    finally:
        made.kill()


def tended(one):
    """Look after it until it has been started again; how often it was found to have ended by itself."""
    before, found = one.pid, []

    def again():
        found.append(one.tend())
        return one.pid not in {0, before}

    until(again, within=20, what="the next start")
    return sum(found)


def test_a_first_start_is_no_end(tmp_path):
    one = Part("p", ["-c", SLEEPS], environment=ENVIRONMENT, log=tmp_path / "p.log")
    try:
        assert tended(one) == 0
    finally:
        one.kill()


def test_what_was_killed_is_started_again_and_not_blamed(tmp_path):
    with part(tmp_path, SLEEPS) as one:
        first = one.pid
        one.kill()
        assert not is_alive(first)
        assert tended(one) == 0


def test_what_was_asked_to_end_is_started_again_and_not_blamed(tmp_path):
    with part(tmp_path, SLEEPS) as one:
        one.terminate()
        assert tended(one) == 0


def test_what_ended_by_itself_is_started_again_and_told_once(tmp_path):
    with part(tmp_path, "pass") as one:
        until(lambda: not one.pid, within=20, what="its end")
        assert tended(one) == 1


def test_what_runs_is_left_alone(tmp_path):
    with part(tmp_path, SLEEPS) as one:
        before = one.pid
        assert not one.tend()
        assert one.pid == before


def test_a_paused_program_does_nothing_until_it_is_resumed(tmp_path):
    counted = tmp_path / "counted"
    code = f"import time\nwhile True: open({str(counted)!r}, 'a').write('x'); time.sleep(0.01)"
    with part(tmp_path, code) as one:
        until(counted.exists, within=20, what="the first mark")
        one.pause()
        until(lambda: _state(one.pid) == "T", within=20, what="its pause")
        before = counted.stat().st_size
        assert counted.stat().st_size == before
        one.resume()
        until(lambda: counted.stat().st_size > before, within=20, what="the next mark")


def test_a_changed_program_has_the_new_variables_and_no_older_ones(tmp_path):
    seen = tmp_path / "seen"
    code = f"import os, time; open({str(seen)!r}, 'a').write(os.environ.get('MORE', '-')); time.sleep(60)"

    def marks(text):
        until(lambda: seen.exists() and seen.read_text() == text, within=20, what=f"the marks {text}")

    with part(tmp_path, code) as one:
        marks("-")
        one.changed({"MORE": "+"})
        tended(one)
        marks("-+")
        one.changed({})
        tended(one)
        marks("-+-")


def _state(pid):
    with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123 - one line of the kernel's
        return file.read().rpartition(")")[2].split()[0]
