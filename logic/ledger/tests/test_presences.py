"""What a process that is gone had claimed is taken over soon, unless it may be sent only once."""

import datetime

import pytest

from logic.compute import commands
from logic.ledger import presences
from logic.ledger.claiming import claim
from logic.ledger.models import Command, Presence
from logic.ledger.store import store
from logic.testing.worlds import ALICE, accepted, create, furnish, running, tell

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]


@pytest.fixture(autouse=True)
def world():
    return furnish()


def claimed(holder, lease=60.0):
    return claim(holder, limit=10, lease=lease)


def lapse(holder):
    """It was not heard of for a moment too long."""
    Presence.objects.filter(pk=holder).update(until=store().now() - datetime.timedelta(seconds=0.1))


def test_a_command_is_taken_over_from_a_holder_that_is_not_there_any_more():
    create()
    presences.renew("a", 2.0)
    (first,) = claimed("a")
    assert claimed("b") == []
    lapse("a")
    (second,) = claimed("b")
    assert (first.command.sending.epoch, second.command.sending.epoch) == (1, 2)
    assert second.command.sending.again


def test_it_is_not_taken_over_from_one_that_is_there_nor_from_one_that_never_said_so():
    create()
    assert len(claimed("an older version's")) == 1
    create(name="another")
    presences.renew("a", 2.0)
    assert len(claimed("a")) == 1
    assert claimed("b") == []


def test_what_has_been_taken_over_is_not_taken_a_third_time():
    create()
    presences.renew("a", 2.0)
    claimed("a")
    lapse("a")
    presences.renew("b", 2.0)
    assert len(claimed("b")) == 1
    assert claimed("c") == []


def test_a_reboot_waits_for_the_end_of_its_lease():
    server = running()
    commands.reboot_server(ALICE, server.pk, hard=False)
    presences.renew("a", 2.0)
    assert len(claimed("a")) == 1
    lapse("a")
    assert claimed("b") == []
    Command.objects.update(lease_until=store().now() - datetime.timedelta(seconds=0.1))
    (again,) = claimed("b")
    assert again.command.sending.again


def test_one_that_left_has_left_at_once():
    create()
    presences.renew("a", 2.0)
    claimed("a")
    presences.leave("a")
    assert len(claimed("b")) == 1


def test_one_that_comes_back_is_there_again():
    presences.renew("a", 2.0)
    lapse("a")
    presences.renew("a", 2.0)
    assert presences.lapsed(store().now()) == frozenset()


def test_the_late_answer_of_the_first_holder_about_what_was_taken_over_changes_nothing():
    create()
    presences.renew("a", 2.0)
    (first,) = claimed("a")
    lapse("a")
    (second,) = claimed("b")
    assert tell(accepted(second, 7)) == {"applied": 1}
    tell(accepted(first, 7))
    assert Command.objects.values_list("status", "job", "epoch").get() == ("accepted", 7, 2)


def test_processes_of_yesterday_are_forgotten_when_a_new_one_comes():
    presences.renew("old", 2.0)
    Presence.objects.update(until=store().now() - 2 * presences.KEPT)
    presences.renew("new", 2.0)
    assert list(Presence.objects.values_list("pk", flat=True)) == ["new"]


def test_a_process_that_a_wrong_clock_had_there_for_a_day_has_to_say_so_again_when_another_comes():
    create()
    presences.renew("a", 2.0)
    claimed("a")
    put_ahead()
    presences.renew("b", 2.0)
    assert claimed("b") == []
    lapse("a")
    assert len(claimed("b")) == 1


def test_a_reboot_does_not_wait_for_a_day_either():
    server = running()
    commands.reboot_server(ALICE, server.pk, hard=False)
    presences.renew("a", 2.0)
    claimed("a")
    put_ahead()
    lapse("a")
    (again,) = claimed("b")
    assert again.command.sending.again


def put_ahead():
    """The database's clock was a day ahead, and is right again."""
    day = datetime.timedelta(days=1)
    Presence.objects.update(until=store().now() + day)
    Command.objects.update(lease_until=store().now() + day)


def test_a_claim_whose_answer_was_lost_is_made_again_by_the_same_holder_and_what_it_carries_is_left_alone():
    carried = create().pk
    presences.renew("a", 2.0)
    (known,) = claimed("a")
    lost = create(name="lost").pk
    assert [one.command.resource for one in claimed("a")] == [lost]
    assert claim("b", limit=10, lease=60.0, mine=[]) == []
    (again,) = claim("a", limit=10, lease=60.0, mine=[known.command.id])
    assert (again.command.resource, again.command.sending.again) == (lost, True)
    assert Command.objects.get(resource=carried).epoch == 1
