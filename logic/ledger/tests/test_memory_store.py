"""The store in memory keeps the promises of the other forms, and takes back what a block did that has failed."""

import pytest

from logic.ledger.store import replaced, store
from logic.ledger.store.memory import Memory
from logic.ledger.tests.mirror import Mirror, filled
from logic.ledger.tests.test_store_contract import *  # noqa: F403 - the same tests
from logic.testing.worlds import create, furnish

pytestmark = pytest.mark.django_db
del test_the_databases_clock_is_the_servers_where_there_is_one  # noqa: F821 - imported; here is no server


@pytest.fixture(autouse=True)
def world():
    backend = furnish()
    with replaced(Mirror()):
        yield backend


def everything(memory: Memory):
    """All its tables, as they say themselves."""
    rows = [
        dict(sorted(row.__dict__.items(), key=str)) for table in memory.resources.values() for row in table.values()
    ]
    commands = [(row.id, row.status, row.job) for row in memory.commands.values()]
    return repr((rows, commands, memory.inbox, memory.journal, memory.parked, memory.quarantined, memory.deltas))


class Broken(Exception):  # noqa: N818 - a state
    """The block fails."""


def test_what_a_block_did_that_failed_is_taken_back():
    server = create()
    memory = filled()
    before = everything(memory)
    (effort,) = memory.efforts([server.pk])[server.pk]
    kind = KINDS["server"]  # noqa: F405
    with pytest.raises(Broken), memory.atomic():
        memory.fresh(["key"]).clear()  # as folding does with what it has applied
        with memory.atomic():
            memory.write_states(kind, [{"id": server.pk, "observed": "gone"}])
        memory.write_commands([{"id": effort.id, "status": "settled", "job": 7, "due_at": None}])
        memory.append_journal(memory.journal[:1])
        memory.release([server.pk])
        memory.end([server.pk], [], memory.now())
        raise Broken
    assert everything(memory) == before


def test_what_is_done_to_a_locked_row_is_not_done_to_the_table():
    server, memory = create(), filled()
    (row,) = memory.lock(KINDS["server"], [server.pk])  # noqa: F405
    row.observed = "gone"
    assert memory.lock(KINDS["server"], [server.pk])[0].observed == server.observed  # noqa: F405


def test_what_waits_for_the_commit_is_done_after_the_outermost_block_and_never_when_that_fails():
    memory, done = Memory(), []
    with pytest.raises(Broken), memory.atomic():
        memory.on_commit(lambda: done.append("never"))
        raise Broken
    with memory.atomic():
        with memory.atomic():
            memory.on_commit(lambda: done.append("inner"))
        assert (memory.in_atomic(), done) == (True, [])
    memory.on_commit(lambda: done.append("at once"))
    assert (memory.in_atomic(), done) == (False, ["inner", "at once"])


def test_outside_of_the_block_the_form_is_the_databases_again():
    with replaced(Memory()):
        assert isinstance(store(), Memory)
    assert isinstance(store(), Mirror)
