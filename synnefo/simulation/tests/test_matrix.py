"""Each operation, with each fault at each failpoint, ends as it does without the fault; and the matrix can fail.

An operation is a process of its own, as ``python -m synnefo.simulation.matrix`` starts it.
"""

import json
import os
import subprocess
import sys

import pytest

from logic.failpoints import ACTIONS, NAMES
from synnefo.simulation.matrix import cells as table
from synnefo.simulation.matrix.operations import OPERATIONS
from synnefo.simulation.tests.test_planted import tree

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
__all__ = ["tree"]  # a fixture
# Believable mistakes: where, the lines as they are and as they would be, the cell that shows it.
MISTAKES = {
    "acknowledged before it is committed": (
        "logic/dispatcher/batches.py",
        """        await apply(self._offload, envelopes, "batch.commit")
""",
        """        await lane.acknowledge(messages[-1])
        await apply(self._offload, envelopes, "batch.commit")
""",
        ("batch.commit", "kill-before"),
    ),
    "deleted from disk before it is delivered": (
        "ganeti/publishing.py",
        """        if not await self._deliver(prepared):
            return 0
        self._spool.remove(parcels)
""",
        """        self._spool.remove(parcels)
        if not await self._deliver(prepared):
            return 0
""",
        ("spool.remove", "kill-after"),
    ),
}


def matrix(*words, tree=None):
    """The exit code, what was told last, and all that was printed."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "synnefo.settings"}
    if tree:
        environment["PYTHONPATH"] = str(tree)
    command = [sys.executable, "-m", "synnefo.simulation.matrix", *words]
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout.splitlines()[-1]), done.stdout + done.stderr


EVERY = 4  # of the cells one is played in make test: another one by each quarter of the operations
# Much like others: played in make verify only.
SELDOM = frozenset({"shelve-off", "offload-having", "unshelve-anew", "delete-away", "revert-volume"})


@pytest.mark.parametrize("first", range(EVERY))
def test_an_operation_ends_the_same_whatever_happens_on_its_way(first):
    operations = [one for one in OPERATIONS if one not in SELDOM][first::EVERY]
    words = [word for operation in operations for word in ("--operation", operation)]
    code, told, printed = matrix(*words, "--every", str(EVERY), "--first", str(first))
    assert code == 0, printed
    assert told["cells"] >= sum(len(list(table.cells(operation))[first::EVERY]) for operation in operations)


@pytest.mark.verify
@pytest.mark.parametrize("operation", OPERATIONS)
def test_it_does_so_in_each_cell(operation):
    code, told, printed = matrix("--operation", operation)
    assert code == 0, printed
    weathers = {"", *table.WEATHER.values()}
    left_out = [one for one in table.LEFT_OUT if one[0] == operation]
    assert told["cells"] == len(NAMES) * len(ACTIONS) - len(left_out) + len(weathers)


@pytest.mark.verify
@pytest.mark.timeout(900)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_it_does_so_at_each_of_the_first_passings(operation):
    code, _, printed = matrix("--operation", operation, "--passings", "5")
    assert code == 0, printed


def test_the_tables_name_what_there_is():
    assert set(OPERATIONS) >= SELDOM
    for operation, failpoint, action in [*table.LEFT_OUT, *table.BROKEN_BY]:
        assert (operation in OPERATIONS, failpoint in NAMES, action in ACTIONS) == (True, True, True)
    assert set(table.WEATHER) <= set(NAMES)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found(mistake, tree):
    path, right, wrong, (failpoint, action) = MISTAKES[mistake]
    text = (tree / path).read_text()
    assert right in text, f"{path} has changed: make this mistake anew"
    (tree / path).write_text(text.replace(right, wrong))
    words = ["--operation", "start", "--failpoint", failpoint, "--action", action, "--passings", "3"]
    code, told, printed = matrix(*words, tree=tree)
    assert code == 1, printed
    assert told["wrong"] > 0
