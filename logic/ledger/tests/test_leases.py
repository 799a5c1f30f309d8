"""A singleton's lease: one holder at a time, and nothing written by one whose time is over."""

import datetime

import pytest
from django.db import connections

from logic.ledger.leases import LeaseLost, Tenure, hold_lease, release_lease, under
from logic.ledger.models import Lease, Parked
from logic.ledger.store import store

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.every_database]


def held(holder="a"):
    epoch = hold_lease("chores", holder, seconds=30)
    return Tenure("chores", epoch)


def lapse():
    """The holder was not heard of for longer than its lease lasts."""
    Lease.objects.update(until=store().now() - datetime.timedelta(seconds=1))


def write(text="x"):
    return Parked.objects.create(body=b"", cluster=text, reason="", due_at=store().now())


def test_the_epoch_stays_with_a_holder_and_grows_with_each_new_one():
    assert [held("a").epoch, held("b").epoch, held("a").epoch] == [1, 0, 1]
    lapse()
    assert [held("b").epoch, held("a").epoch] == [2, 0]
    release_lease("chores", "b")
    assert held("a").epoch == 3


def test_a_lease_for_longer_than_any_is_nobodys_since_the_clock_was_wrong():
    held("a")
    Lease.objects.update(until=store().now() + datetime.timedelta(days=1))
    assert [held("b").epoch, held("a").epoch] == [2, 0]


def test_a_holder_whose_lease_has_lapsed_may_write_as_long_as_nobody_has_taken_it():
    tenure = held()
    lapse()
    under(tenure, write)
    assert Parked.objects.count() == 1


def test_what_an_overtaken_holder_writes_is_refused_and_leaves_nothing():
    tenure = held("a")
    lapse()
    newer = held("b")
    with pytest.raises(LeaseLost):
        under(tenure, write, "old")
    under(newer, write, "new")
    assert list(Parked.objects.values_list("cluster", flat=True)) == ["new"]


def test_who_never_had_the_lease_writes_nothing():
    with pytest.raises(LeaseLost):
        under(Tenure("nobody's", 1), write)
    assert not Parked.objects.exists()


def test_a_holder_overtaken_in_the_middle_of_a_write_keeps_nobody_from_the_lease_and_commits_nothing(default_database):
    # Given a holder that was stopped after its statements, before its commit
    tenure = held("a")

    def paused():
        write("old")
        if default_database == "sqlite":  # one writer: nobody else could come in between
            lapse()
            held("b")
        else:
            elsewhere(lambda: (lapse(), held("b")))

    # When another has taken over meanwhile and it goes on
    with pytest.raises(LeaseLost):
        under(tenure, paused)
    # Then nothing of it is there
    assert not Parked.objects.exists()


def elsewhere(call):
    """On a connection of its own, as another process."""
    from concurrent.futures import ThreadPoolExecutor

    def run():
        try:
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()
