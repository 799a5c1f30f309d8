"""Who is served next: the tenants in turn, and no backend that has its hands full."""

import datetime

import pytest

from logic import clock
from logic.ledger.claiming import claim
from logic.ledger.models import Command
from logic.placement.models import Backend
from logic.testing.worlds import ALICE, BOB, create, furnish

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]


@pytest.fixture(autouse=True)
def world():
    return furnish()


def claimed(limit, **options):
    return [one.command.resource for one in claim("worker", limit=limit, lease=60, **options)]


def test_a_tenant_with_one_command_does_not_wait_for_another_s_hundred():
    alices = [create(ALICE, f"a{n}").pk for n in range(10)]
    bobs = create(BOB, "b").pk
    assert set(claimed(2)) == {alices[0], bobs}


def test_what_a_tenant_has_under_way_counts():
    alices = [create(ALICE, f"a{n}").pk for n in range(10)]
    assert claimed(3) == sorted(alices[:3])
    bobs = [create(BOB, f"b{n}").pk for n in range(3)]
    assert [claimed(1)[0] for _ in range(5)] == [bobs[0], bobs[1], bobs[2], alices[3], alices[4]]


def test_a_tenant_s_own_commands_keep_their_order():
    alices = [create(ALICE, f"a{n}").pk for n in range(4)]
    assert [claimed(1)[0] for _ in range(4)] == alices


def test_a_backend_that_is_busy_is_left_out_and_only_that():
    home = Backend.objects.get()
    server = create()
    assert claimed(5, busy=[home.name]) == []
    assert claimed(5, busy=["another"]) == [server.pk]


@pytest.mark.parametrize(("ahead", "taken"), [(3600, 1), (30, 0), (-3600, 1)])
def test_what_a_wrong_clock_put_off_for_longer_than_anybody_waits_is_due(ahead, taken):
    create(ALICE)
    # Given a command that was put back by a dispatcher whose clock was so far ahead
    Command.objects.update(due_at=clock.now() + datetime.timedelta(seconds=ahead))
    assert len(claimed(10)) == taken
