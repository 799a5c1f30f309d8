"""A command's transaction that the database broke off for another's sake is done again, and nothing else is."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connections, transaction

from logic.ledger.models import Inbox
from logic.transactions import TRIES, atomically

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.every_database]


class BrokenOffError(Exception):
    """As a driver tells of a deadlock."""

    sqlstate = "40001"


class Failing:
    """Writes a row, then raises for the first ``times``."""

    def __init__(self, times, cause=None):
        self.times, self.cause, self.calls = times, cause or BrokenOffError(), 0

    def __call__(self):
        self.calls += 1
        Inbox.objects.create(key=str(self.calls))
        if self.calls <= self.times:
            raise OperationalError("told") from self.cause


def test_what_a_deadlock_undid_is_done_again():
    work = Failing(2)
    atomically(work)()
    assert list(Inbox.objects.values_list("key", flat=True)) == ["3"]


def test_a_deadlock_without_end_is_told_and_leaves_nothing():
    work = Failing(1000)
    with pytest.raises(OperationalError):
        atomically(work)()
    assert (work.calls, Inbox.objects.count()) == (TRIES, 0)


def test_a_database_that_is_away_is_not_asked_again():
    work = Failing(1, cause=OSError("connection refused"))
    with pytest.raises(OperationalError):
        atomically(work)()
    assert work.calls == 1


def test_a_part_of_a_transaction_is_not_done_again_by_itself():
    work = Failing(1)
    with pytest.raises(OperationalError), transaction.atomic():
        atomically(work)()
    assert work.calls == 1


def test_two_that_lock_the_same_rows_in_opposite_order_both_finish(default_database):
    """A deadlock that the database itself finds. SQLite lets one transaction in after the other."""
    Inbox.objects.bulk_create([Inbox(key="a"), Inbox(key="b")])
    met = threading.Barrier(1 if default_database == "sqlite" else 2)

    tried = []

    @atomically
    def lock(first, second):
        Inbox.objects.select_for_update().get(key=first)
        tried.append(first)
        if tried.count(first) == 1:
            met.wait(30)
        Inbox.objects.select_for_update().get(key=second)
        return "done"

    def run(keys):
        try:
            return lock(*keys)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(run, ["ab", "ba"])) == ["done", "done"]
