"""A failpoint does what it is told, at the passing it is told, and nothing otherwise."""

import subprocess
import sys

import pytest
from django.db import OperationalError

from logic import failpoints
from logic.db import committing
from logic.failpoints import ACTIONS, NAMES, Armed, parsed
from logic.image.models import Image

PUBLISH = "bus.publish"


class Lost(Exception):  # noqa: N818 - what happens to it
    """How the step of these tests fails."""


class Steps:
    """Counts how often the step was done."""

    def __init__(self):
        self.done = 0

    def __call__(self):
        self.done += 1
        return self.done

    async def awaited(self):
        return self()


@pytest.fixture
def steps():
    return Steps()


def passing(steps):
    return failpoints.call(PUBLISH, steps, Lost)


def test_unarmed_a_step_is_just_done(steps):
    assert passing(steps) == 1


async def test_unarmed_a_step_is_just_awaited(steps):
    assert await failpoints.wait(PUBLISH, steps.awaited, Lost) == 1


@pytest.mark.parametrize(("action", "done"), [("error", 0), ("lost", 1)])
def test_a_step_that_fails_was_done_only_when_its_answer_is_what_was_lost(steps, action, done):
    with failpoints.armed(Armed(PUBLISH, action)), pytest.raises(Lost, match=PUBLISH):
        passing(steps)
    assert steps.done == done


@pytest.mark.parametrize(("action", "done"), [("error", 0), ("lost", 1)])
async def test_so_does_one_that_is_awaited(steps, action, done):
    with failpoints.armed(Armed(PUBLISH, action)), pytest.raises(Lost):
        await failpoints.wait(PUBLISH, steps.awaited, Lost)
    assert steps.done == done


async def test_a_lost_answer_may_be_another_error_than_a_failure(steps):
    with failpoints.armed(Armed(PUBLISH, "lost")), pytest.raises(KeyError):
        await failpoints.wait(PUBLISH, steps.awaited, Lost, lost=KeyError)


async def test_a_repeated_step_is_done_twice_and_its_last_answer_counts(steps):
    with failpoints.armed(Armed(PUBLISH, "repeat")):
        assert passing(steps) == 2
    with failpoints.armed(Armed(PUBLISH, "repeat")):
        assert await failpoints.wait(PUBLISH, steps.awaited, Lost) == 4


def test_it_happens_at_the_passing_that_was_named_and_only_once(steps):
    with failpoints.armed(Armed(PUBLISH, "repeat", nth=2)):
        assert [passing(steps) for _ in range(3)] == [1, 3, 4]


def test_the_other_failpoints_are_passed_as_if_unarmed(steps):
    with failpoints.armed(Armed("spool.put", "error")):
        assert passing(steps) == 1


@pytest.mark.parametrize(("action", "said"), [("kill-before", ""), ("kill-after", "done\n")])
def test_a_process_armed_by_its_environment_is_killed_where_it_says(action, said):
    program = (
        "import os\nfrom logic import failpoints\nfailpoints.obey(os.environ)\n"
        "failpoints.call('bus.publish', lambda: print('done', flush=True), OSError)\nprint('survived')"
    )
    environment = {failpoints.VARIABLE: f"bus.publish:{action}", "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == -9
    assert done.stdout.endswith(said)
    assert "survived" not in done.stdout


@pytest.mark.parametrize("text", ["bus.publsh:error", "bus.publish:explode", "bus.publish:error:0", "bus.publish", "x"])
def test_what_is_no_failpoint_is_refused_with_what_would_be(text):
    with pytest.raises(ValueError, match=failpoints.VARIABLE):
        parsed(text)


def test_without_the_variable_nobody_is_armed(steps):
    failpoints.obey({"PATH": "/bin"})
    assert passing(steps) == 1


class TestTransactions:
    """``committing``: the statements are behind it, the commit is not."""

    pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

    @staticmethod
    def write():
        return Image.objects.create(name="image", status="active").pk

    def test_unarmed_it_is_the_work_alone(self):
        assert committing("batch.commit", self.write) == Image.objects.get().pk

    @pytest.mark.parametrize(("action", "rows"), [("error", 0), ("lost", 1)])
    def test_a_failed_commit_leaves_nothing_and_a_lost_one_all(self, action, rows):
        with failpoints.armed(Armed("batch.commit", action)), pytest.raises(OperationalError):
            committing("batch.commit", self.write)
        assert Image.objects.count() == rows

    def test_a_repeated_transaction_is_two(self):
        with failpoints.armed(Armed("batch.commit", "repeat")):
            committing("batch.commit", self.write)
        assert Image.objects.count() == 2


def test_every_name_and_action_has_its_sentence():
    assert all(sentence.endswith(".") for sentence in [*NAMES.values(), *ACTIONS.values()])
