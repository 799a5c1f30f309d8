"""Several dispatchers, workers and requests at the same time: nothing is done twice, nothing waits for ever."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction

from logic import transactions
from logic.compute.models import Server
from logic.dispatcher.policy.splitting import apply_all
from logic.errors import QuotaExceeded
from logic.ledger.claiming import claim
from logic.ledger.envelopes import local
from logic.ledger.leases import hold_lease, release_lease
from logic.ledger.models import Command, Inbox
from logic.ledger.resources import KINDS
from logic.ledger.store import store
from logic.network.models import Address, BackendNetwork, Network
from logic.quota import commands as quota
from logic.testing.worlds import ALICE, BOB, create, furnish, job, running, state

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.every_database]
TOGETHER = 6


@pytest.fixture(autouse=True)
def world():
    return furnish()


def together(*calls):
    """Run calls in threads of their own; their results, or what they raised."""

    def run(call):
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - the caller looks at it
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_batches_that_meet_the_same_servers_in_opposite_order_both_finish():
    servers = [running(first_job=number) for number in range(1, 9)]
    events = [local(job(server, "stop", 100 + place, "success")) for place, server in enumerate(servers)]
    results = together(*[lambda order=order: apply_all(order) for order in (events, events[::-1]) for _ in range(3)])
    assert not [one for one in results if isinstance(one, Exception)]
    assert sum(one.counts["applied"] for one in results) == len(events)
    assert {state(server).observed for server in servers} == {"stopped"}


def test_the_same_message_taken_by_several_dispatchers_is_applied_once():
    server = running()
    event = local(job(server, "stop", 9, "success"))
    results = together(*[lambda: apply_all([event]) for _ in range(TOGETHER)])
    assert sum(one.counts["applied"] for one in results) == 1
    assert Inbox.objects.filter(key=event.observation.key()).count() == 1


def test_a_command_is_claimed_by_one_worker():
    create()
    results = together(*[lambda n=n: claim(f"worker{n}", limit=5, lease=60) for n in range(TOGETHER)])
    assert sum(len(one) for one in results) == 1
    assert Command.objects.get().epoch == 1


def test_rows_that_somebody_holds_are_left_out_and_not_waited_for(default_database):
    if default_database == "sqlite":
        pytest.skip("one transaction at a time")
    held, free = sorted([create().pk, create().pk])

    @transaction.atomic
    def found():
        return [row.pk for row in store().lock_free(KINDS["server"], [held, free])]

    with transaction.atomic():
        store().lock(KINDS["server"], [held])
        assert together(found) == [[free]]
    assert together(found) == [[held, free]]


def test_rows_that_somebody_holds_at_the_head_of_the_queue_keep_nobody_waiting(default_database, settings):
    if default_database == "sqlite":
        pytest.skip("one transaction at a time")
    settings.QUOTAS = {}
    held = [create().pk for _ in range(5)]
    free = create().pk
    with transaction.atomic():
        store().lock(KINDS["server"], held)
        (claims,) = together(lambda: claim("worker", limit=2, lease=60))
    assert [one.command.resource for one in claims] == [free]


def test_the_last_place_of_a_quota_goes_to_one_request(settings):
    settings.QUOTAS = {"servers": 1}
    results = together(*[create for _ in range(TOGETHER)])
    assert len([one for one in results if isinstance(one, QuotaExceeded)]) == TOGETHER - 1
    assert Server.objects.count() == 1


def test_no_two_servers_get_the_same_address_number_or_mac(settings):
    settings.QUOTAS = {}
    results = together(*[create for _ in range(TOGETHER)])
    assert not [one for one in results if isinstance(one, Exception)]
    assert len(set(Address.objects.values_list("ip", flat=True))) == TOGETHER
    assert len(set(Server.objects.values_list("number", flat=True))) == TOGETHER
    assert {one.project for one in results} == {ALICE.project}


def test_a_network_that_the_first_servers_of_several_projects_need_at_once_is_asked_for_once(settings):
    settings.QUOTAS = {}
    Network.objects.update(flavor="CUSTOM")
    results = together(*[lambda caller=caller: create(caller) for caller in (ALICE, BOB) * 3])
    assert not [one for one in results if isinstance(one, Exception)]
    assert BackendNetwork.objects.count() == 1
    assert Command.objects.filter(kind="network").count() == 1
    assert Command.objects.filter(kind="server").count() == len(results)


def test_a_lease_has_one_holder_and_its_epoch_grows_with_each():
    epochs = together(*[lambda n=n: hold_lease("x", f"h{n}", seconds=60) for n in range(TOGETHER)])
    assert sorted(epochs)[-2:] == [0, 1]
    holder = f"h{epochs.index(1)}"
    assert hold_lease("x", holder, seconds=60) == 1
    release_lease("x", holder)
    assert hold_lease("x", "next", seconds=60) == 2


def test_renewals_and_charges_side_by_side_meet_in_no_deadlock(monkeypatch):
    monkeypatch.setattr(transactions, "TRIES", 1)
    create()
    hold_lease("x", "first", seconds=60)

    def repeat(work):
        for _ in range(30):
            work()

    renewing = [lambda n=n: repeat(lambda: hold_lease("x", f"h{n}", seconds=60)) for n in range(TOGETHER)]
    charging = [lambda: repeat(lambda: quota_of_one(ALICE.project)) for _ in range(TOGETHER)]
    assert together(*renewing, *charging) == [None] * 2 * TOGETHER


@transaction.atomic
def quota_of_one(project):
    quota.check(project, {"cores": 1, "servers": 1})
