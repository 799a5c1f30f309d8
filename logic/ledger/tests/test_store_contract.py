"""The door to SQL: its portable and its PostgreSQL form keep the same promises."""

import datetime

import pytest

from logic import clock
from logic.compute.models import Server, ServerNumber
from logic.ledger.models import Command, Inbox, Journal
from logic.ledger.resources import KINDS, STATE_COLUMNS, columns_of, state_of
from logic.ledger.store import store
from logic.testing.worlds import create, furnish

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]


@pytest.fixture(autouse=True)
def world():
    return furnish()


def test_a_key_is_fresh_once():
    assert store().fresh(["a", "b", "a"]) == {"a", "b"}
    assert store().fresh(["b", "c"]) == {"c"}
    assert store().fresh([]) == set()
    assert Inbox.objects.count() == 3


def test_rows_are_locked_in_the_order_of_their_ids_and_unknown_ones_are_left_out():
    ids = sorted([create(name="one").pk, create(name="two").pk])
    rows = store().lock(KINDS["server"], [ids[1], "no-such-id", ids[0], ids[0]])
    assert [row.pk for row in rows] == ids


def test_columns_are_written_to_their_rows_and_to_no_others():
    first, second, third = create(name="one"), create(name="two"), create(name="three")
    at = clock.now().replace(microsecond=123456)
    wanted = {}
    for place, row in enumerate((first, second)):
        columns = columns_of(state_of(row)) | {
            "observed": "running",
            "fault": f'it\'s {place} \\ "x"',
            "fence_job": 2**40,
        }
        wanted[row.pk] = columns | {"look_at": at if place else None, "updated_at": at}
    store().write_states(KINDS["server"], [{"id": id, **columns} for id, columns in wanted.items()])
    for id, columns in wanted.items():
        row = Server.objects.get(pk=id)
        assert {name: getattr(row, name) for name in columns} == columns
    assert state_of(Server.objects.get(pk=third.pk)) == state_of(third)
    assert set(STATE_COLUMNS) <= set(columns_of(state_of(first)))


def test_commands_are_written_back_with_their_times():
    create()
    row = Command.objects.get()
    row.status, row.outcome, row.job, row.rank, row.settled_at = "settled", "success", 7, 4, clock.now()
    store().write_commands([row])
    again = Command.objects.get()
    assert (again.status, again.outcome, again.job, again.rank) == ("settled", "success", 7, 4)
    assert again.settled_at == row.settled_at


def test_journal_lines_keep_their_order_and_their_changes():
    Journal.objects.all().delete()
    changes = {"observed": "running", "fence_job": 2**40, "fault": 'it\'s "quoted" \\ ü'}
    lines = [Journal(kind="server", resource="r", what=str(n), changes=changes if n == 1 else {}) for n in range(3)]
    store().append_journal(lines)
    found = list(Journal.objects.order_by("id"))
    assert [line.what for line in found] == ["0", "1", "2"]
    assert [line.changes for line in found] == [{}, changes, {}]


def test_numbers_go_above_any_ever_seen_and_never_back():
    store().raise_number(0)
    store().raise_number(4711)
    assert ServerNumber.objects.create().pk == 4712
    store().raise_number(12)
    assert ServerNumber.objects.create().pk == 4713


def test_the_databases_clock_goes_on_and_knows_its_zone():
    first = store().now()
    assert first.tzinfo is not None
    assert store().now() >= first
    assert abs(first - clock.now()) < datetime.timedelta(minutes=1)


class Ahead(clock.SystemSource):
    """A machine whose clock is an hour fast."""

    def now(self):
        return super().now() + datetime.timedelta(hours=1)


def test_the_databases_clock_is_the_servers_where_there_is_one(default_database):
    with clock.replaced(Ahead()):
        seen = store().now()
    assert (seen - clock.now() > datetime.timedelta(minutes=30)) == (default_database == "sqlite")
