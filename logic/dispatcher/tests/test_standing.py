"""What the database holds, as gauges: each number rises with its cause and goes when the cause does."""

import asyncio
import datetime

import pytest
from django.db import OperationalError

from logic import clock
from logic.compute.models import Server
from logic.dispatcher.policy.splitting import apply_all
from logic.dispatcher.standing import DatabaseGauges, families
from logic.image.models import Blob, BlobCopy, Task
from logic.ledger.envelopes import local, opened
from logic.ledger.leases import hold_lease, release_lease
from logic.ledger.models import Command, Inbox, Lease
from logic.ledger.standing import standing
from logic.network.models import Router
from logic.placement.models import Backend
from logic.testing.worlds import accepted, create, furnish, job, running, take

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def read():
    """Samples by name and the values of their labels."""
    return {
        (one.name.removeprefix("synnefo_"), *one.labels.values()): one.value
        for family in families(standing())
        for one in family.samples
    }


def ago(seconds):
    return clock.now() - datetime.timedelta(seconds=seconds)


@pytest.fixture(autouse=True)
def world():
    furnish()


def test_at_rest_nothing_waits_and_every_cluster_has_its_zero():
    now = read()
    assert now["command_oldest_due_seconds", "c1"] == now["commands_past_deadline", "c1"] == 0
    assert now["parked_messages",] == now["quarantined_messages",] == 0
    assert not any(name == "commands" for name, *_ in now)


def test_a_command_nobody_takes_ages_until_it_is_claimed():
    create()
    Command.objects.update(due_at=ago(100))
    assert 100 <= read()["command_oldest_due_seconds", "c1"] < 200
    assert read()["commands", "c1", "pending"] == 1
    take()
    assert read()["command_oldest_due_seconds", "c1"] == 0
    assert read()["commands", "c1", "claimed"] == 1


def test_a_command_that_is_due_later_does_not_wait():
    create()
    Command.objects.update(due_at=clock.now() + datetime.timedelta(seconds=100))
    assert read()["command_oldest_due_seconds", "c1"] == 0


def test_a_claim_whose_worker_died_waits_again():
    create()
    take()
    Command.objects.update(lease_until=ago(50))
    assert 50 <= read()["command_oldest_due_seconds", "c1"] < 150


def test_a_command_of_a_cluster_that_is_offline_is_nobodys_fault():
    create()
    Command.objects.update(due_at=ago(100))
    Backend.objects.update(offline=True)
    assert ("command_oldest_due_seconds", "c1") not in read()


def test_a_command_past_its_deadline_is_counted_until_it_is_over():
    server = create()
    taken = take()
    Server.objects.update(look_at=ago(1))
    assert read()["commands_past_deadline", "c1"] == 1
    apply_all([local(accepted(taken, 1)), local(job(server, "create", 1, "success", taken.command.id))])
    assert read()["commands_past_deadline", "c1"] == 0


def test_what_is_over_is_counted_nowhere():
    running()
    assert not any(name == "commands" for name, *_ in read())


def test_what_is_set_aside_is_counted():
    apply_all([opened(b"junk", cluster="c1"), opened(b"{}", cluster="nowhere")])
    assert read()["quarantined_messages",] == 2


def test_a_lease_shows_its_holder_and_since_when_nobody_has_it():
    hold_lease("reconcile", "one", seconds=30)
    assert read()["lease_epoch", "reconcile", "one"] == 1
    assert read()["lease_lapsed_seconds", "reconcile"] == 0
    release_lease("reconcile", "one")
    Lease.objects.update(until=ago(70))
    assert 60 <= read()["lease_lapsed_seconds", "reconcile"] < 170
    hold_lease("reconcile", "two", seconds=30)
    assert read()["lease_epoch", "reconcile", "two"] == 2


def test_a_cluster_that_has_not_answered_is_seen_to_be_unseen():
    Backend.objects.update(refreshed_at=ago(500))
    assert 500 <= read()["backend_unseen_seconds", "c1"] < 600


def test_the_oldest_key_of_the_inbox_tells_whether_it_is_pruned():
    running()
    Inbox.objects.update(at=ago(86400))
    assert read()["inbox_oldest_seconds",] >= 86400


def test_the_clock_of_this_machine_is_held_against_the_databases(default_database):
    if default_database == "postgres":
        assert abs(read()["clock_ahead_seconds",]) < 60


class Away:
    async def read(self, function):
        raise OperationalError("away")


class Answering:
    async def read(self, function):
        return function()


def test_when_the_database_is_away_its_numbers_are_missing_rather_than_old(monkeypatch):
    found = standing()
    monkeypatch.setattr("logic.dispatcher.standing.standing", lambda: found)
    gauges = DatabaseGauges()
    assert list(gauges.collect()) == []
    assert asyncio.run(gauges.refresh(Answering())) is True
    assert len(list(gauges.collect())) > 5
    assert asyncio.run(gauges.refresh(Away())) is False
    (up,) = gauges.collect()
    assert (up.name, up.samples[0].value) == ("synnefo_database_up", 0)


def test_an_import_that_nobody_takes_on_is_told_with_its_age():
    Task.objects.create(image="i", owner="p", status="pending", until=clock.now() + datetime.timedelta(minutes=2))
    Task.objects.create(image="i", owner="p", status="success", until=None)
    assert read()["image_import_oldest_due_seconds",] == 0
    Task.objects.create(image="i", owner="p", status="processing", until=clock.now() - datetime.timedelta(minutes=2))
    assert 120 <= read()["image_import_oldest_due_seconds",] < 180


def test_content_that_is_still_there_and_nobodys_is_counted_with_its_copies():
    blob = Blob.objects.create(store="files", state="condemned")
    BlobCopy.objects.create(id="c", blob=blob, store="more", state="condemned")
    Blob.objects.create(store="files", state="whole")
    assert read()["image_contents_unremoved",] == 2


def test_routers_that_no_node_carries_are_counted_where_nodes_carry_them(settings):
    Router.objects.create(project="p")
    Router.objects.create(project="p", until=clock.now() + datetime.timedelta(minutes=1))
    assert read()["routers_silent",] == 0
    settings.ROUTERS = "nodes"
    assert read()["routers_silent",] == 1
