"""Instances that are nobody's: two complete looks before a ghost is removed, and an orphan is never touched."""

import datetime

import msgspec
import pytest

from logic import clock
from logic.compute import commands
from logic.ledger.models import Command, Journal
from logic.messages.observations import Nic
from logic.network.models import Address
from logic.placement.models import Stray
from logic.reconcile import orphans
from logic.testing.worlds import ALICE, accepted, cluster, furnish, job, running, seen, take, tell

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]
START = clock.now()


@pytest.fixture(autouse=True)
def world():
    return furnish()


@pytest.fixture
def deleted():
    server = running()
    commands.delete_server(ALICE, server.pk)
    taken = take()
    tell(accepted(taken, 9), job(server, "delete", 9, "success", taken.command.id))
    return server


def there(server, **fields):
    """Its instance, found without having been asked about."""
    return msgspec.structs.replace(seen(server), server="", version=0, **fields)


def look(*found, minute=0, backend="c1"):
    return dict(orphans.report(backend, found, START + datetime.timedelta(minutes=minute)))


def removals():
    return Command.objects.filter(verb="delete-force").count()


def test_a_ghost_is_removed_at_the_second_look_and_not_at_the_first(deleted):
    assert look(there(deleted)) == {"ghost": 1}
    assert removals() == 0
    look(there(deleted), minute=1)
    assert removals() == 1
    look(there(deleted), minute=2)
    assert removals() == 1


def test_the_machine_of_a_server_that_nobody_wanted_deleted_is_an_orphan(world):
    # Given a server that is gone only because somebody said so
    server = running()
    tell(job(server, "delete", 9, "success"))
    # When its instance is found, then it is listed and left alone, however often
    for minute in range(4):
        assert look(there(server), minute=minute) == {"orphan": 1}
    assert removals() == 0
    assert "nobody has asked us" in Stray.objects.get().reason


def test_the_same_look_reported_twice_counts_once(deleted):
    look(there(deleted))
    look(there(deleted))
    assert (removals(), Stray.objects.get().looks) == (0, 1)


def test_a_ghost_that_was_not_there_at_one_look_counts_anew(deleted):
    look(there(deleted))
    look(minute=1)
    look(there(deleted), minute=2)
    assert removals() == 0


def test_another_instance_of_the_same_name_counts_anew(deleted):
    look(there(deleted))
    look(there(deleted, instance_uuid="another"), minute=1)
    assert (removals(), Stray.objects.get().looks) == (0, 1)


def test_the_timeline_of_the_deleted_server_tells_of_its_ghost(deleted):
    look(there(deleted))
    line = Journal.objects.filter(resource=deleted.pk, what="ghost").get()
    assert (line.actor, "lives on" in line.text) == ("reconcile", True)


def test_the_tag_of_a_deleted_server_on_another_name_or_cluster_is_no_reason_to_remove_anything(deleted):
    cluster("c2")
    for minute in range(4):
        assert look(there(deleted, instance="snf-999"), minute=minute) == {"orphan": 1}
        assert look(there(deleted), minute=minute, backend="c2") == {"orphan": 1}
    assert removals() == 0


def test_an_orphan_is_kept_with_when_and_why_and_nothing_else_happens():
    server = running()
    for minute in range(5):
        look(there(server, instance="snf-777", owner=""), minute=minute)
    row = Stray.objects.get()
    assert (row.kind, row.looks, row.first_seen, row.last_seen) == (
        "orphan", 5, START, START + datetime.timedelta(minutes=4),
    )  # fmt: skip
    assert "no tag" in row.reason
    assert not Command.objects.exclude(status="settled").exists()


def test_what_is_no_longer_there_is_struck_off_on_its_cluster_only():
    server = running()
    cluster("c2")
    for backend in ("c1", "c2"):
        look(there(server, instance="snf-777", owner=""), backend=backend)
    look(minute=1)
    assert [row.backend.name for row in Stray.objects.all()] == ["c2"]


def test_the_instance_of_a_server_made_after_the_rows_were_read_is_nobodys_affair():
    assert look(there(running())) == {}
    assert not Stray.objects.exists()


# Made by somebody else


def foreign(server, name="web1.example.org", **fields):
    return there(server, instance=name, owner="", **fields)


def test_an_instance_that_somebody_else_made_is_listed_and_counted_and_nothing_is_done_about_it():
    server = running()
    for minute in range(4):
        assert look(foreign(server), minute=minute) == {"foreign": 1}
    row = Stray.objects.get()
    assert (row.kind, row.looks, row.first_seen, row.last_seen) == (
        "foreign", 4, START, START + datetime.timedelta(minutes=3),
    )  # fmt: skip
    assert "made outside Synnefo" in row.reason
    assert not Command.objects.exclude(status="settled").exists()
    look(minute=5)
    assert not Stray.objects.exists()


def test_the_same_look_reported_twice_counts_a_foreign_one_once():
    server = running()
    look(foreign(server))
    look(foreign(server))
    assert Stray.objects.get().looks == 1


def test_its_status_is_of_the_last_look():
    server = running()
    look(foreign(server))
    look(foreign(server, status="stopped"), minute=1)
    assert (Stray.objects.get().status, Stray.objects.get().looks) == ("stopped", 2)


def test_many_foreign_ones_are_counted_by_as_many_statements_as_one(django_assert_max_num_queries):
    server = running()
    many = [foreign(server, f"web{place}.example.org", nics=()) for place in range(30)]
    look(*many)
    with django_assert_max_num_queries(14):
        look(*many, minute=1)
    assert set(Stray.objects.values_list("looks", flat=True)) == {2}


def test_its_address_is_given_to_nobody_while_it_is_there():
    server = running()
    nic = Nic(mac="aa:00:00:00:00:01", ip="10.0.0.3", mode="bridged", uuid="nic-1")
    look(foreign(server, nics=(nic,)))
    assert [one.ip for one in Address.objects.filter(port=None)] == ["10.0.0.3"]
    look(minute=1)
    assert not Address.objects.filter(port=None).exists()
