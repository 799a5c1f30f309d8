"""Every cluster is watched by itself, by one process at a time, on a clock that jumps."""

import asyncio
import datetime
from types import SimpleNamespace

import pytest
from django.db import connections
from prometheus_client import REGISTRY

from logic import clock
from logic.backends.base import Facts
from logic.compute.models import Server
from logic.errors import Transient
from logic.ledger import leases
from logic.network.models import Port
from logic.placement.models import Backend
from logic.reconcile import metrics
from logic.reconcile.circuit import LONGEST_PAUSE
from logic.reconcile.driver import LEASE, LEASE_SECONDS
from logic.reconcile.tests.clusters import INTERVAL, POLL, FakeCluster, PausedOffload, at_rest, due, on, reconciling
from logic.testing.worlds import INCARNATION, cluster, furnish, running, state

pytestmark = [pytest.mark.django_db]
AWAY = Transient("connection refused")


@pytest.fixture(autouse=True)
def one_thread(db, monkeypatch):
    """The loop and the database share it, and all tasks one connection, as in the simulation."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    monkeypatch.setattr(connections, "_connections", SimpleNamespace(default=connections["default"]))


@pytest.fixture
def clusters():
    furnish()
    cluster("c2")
    return {name: FakeCluster(name) for name in ("c1", "c2")}


@pytest.fixture
def servers(clusters):
    """One on each cluster, at rest."""
    first, second = running(first_job=1), running(first_job=2)
    Port.objects.all().delete()
    return at_rest(first), at_rest(on(second, Backend.objects.get(name="c2")))


def test_a_process_that_was_killed_while_its_clock_was_a_day_ahead_keeps_nobody_from_looking(virtually, clusters):
    async def scenario():
        day = datetime.timedelta(days=1).total_seconds()
        assert leases.hold_lease(LEASE, "killed", seconds=day + LEASE_SECONDS)
        async with reconciling(clusters):
            await asyncio.sleep(POLL + 1)
            assert [len(one.whole) for one in clusters.values()] == [1, 1]

    virtually(scenario)


def test_every_cluster_is_looked_at_as_a_whole_at_the_start_and_by_a_timer_with_jitter(virtually, clusters, servers):
    async def scenario():
        async with reconciling(clusters):
            await asyncio.sleep(1)
            assert [len(one.whole) for one in clusters.values()] == [1, 1]
            await asyncio.sleep(5 * INTERVAL)
        for one in clusters.values():
            pauses = [later - earlier for earlier, later in zip(one.whole, one.whole[1:], strict=False)]
            assert all(0.8 * INTERVAL <= pause <= INTERVAL + 0.1 for pause in pauses)
            assert len(set(pauses)) == len(pauses)

    virtually(scenario)


def test_a_cluster_whose_version_has_changed_is_judged_anew_at_the_next_look_and_looked_after_in_any_case(
    virtually, clusters, servers
):
    said = [
        Facts(incarnation=INCARNATION, version="2.15.2", unfit="It runs Ganeti 2.15.2."),
        Facts(incarnation=INCARNATION),
    ]

    async def facts():
        return said[0]

    async def scenario():
        clusters["c1"].facts = facts
        async with reconciling(clusters):
            await asyncio.sleep(1)
            row = Backend.objects.get(name="c1")
            assert (row.unfit, row.software) == ("It runs Ganeti 2.15.2.", "2.15.2")
            assert len(clusters["c1"].whole) == 1
            del said[0]
            await asyncio.sleep(INTERVAL)
            assert Backend.objects.get(name="c1").unfit == ""

    virtually(scenario)


def test_a_cluster_that_takes_long_to_answer_delays_nobody_else(virtually, clusters, servers):
    slow, quick = clusters.values()
    slow.delay = 30.0

    async def scenario():
        asked = []
        async with reconciling(clusters):
            await asyncio.sleep(5)
            for _ in range(40):
                due(servers[0])
                due(servers[1])
                asked.append(clock.monotonic())
                await asyncio.sleep(2)
        waits = [at - wanted for wanted, (at, _) in zip(asked, quick.looks, strict=True)]
        assert max(waits) <= POLL
        assert slow.busy == 1
        assert len(slow.looks) >= 2

    virtually(scenario)


def test_a_cluster_that_is_away_is_left_alone_and_delays_nobody_else(virtually, clusters, servers):
    dead, well = clusters.values()
    dead.failure = AWAY

    async def scenario():
        async with reconciling(clusters):
            due(servers[0])
            await asyncio.sleep(200)
            assert dead.asked < 200 / (LONGEST_PAUSE / 2) + 10
            due(servers[1])
            before = clock.monotonic()
            await asyncio.sleep(1)
            assert well.looks[-1][0] - before <= POLL
        assert state(servers[0]).observed == "running"

    virtually(scenario)


def test_a_cluster_that_is_back_is_noticed_soon_and_everything_there_is_looked_at(virtually, clusters, servers):
    dead = clusters["c1"]
    dead.failure = AWAY

    async def scenario():
        async with reconciling(clusters):
            due(servers[0])
            await asyncio.sleep(200)
            dead.failure, dead.status = None, "crashed"
            back = clock.monotonic()
            await asyncio.sleep(LONGEST_PAUSE + 1)
            assert dead.whole[-1] - back <= LONGEST_PAUSE
            assert state(servers[0]).observed == "crashed"

    virtually(scenario)


def test_one_that_says_who_it_is_and_then_fails_is_left_alone_as_well(virtually, clusters, servers):
    async def silence(targets, *, whole=False):
        clusters["c1"].asked += 1
        raise AWAY

    clusters["c1"].observe = silence

    async def scenario():
        async with reconciling(clusters):
            await asyncio.sleep(200)
        assert clusters["c1"].asked < 2 * (200 / (LONGEST_PAUSE / 2) + 10)

    virtually(scenario)


def test_a_fault_of_ours_in_one_adapter_stops_nobody(virtually, clusters, servers):
    clusters["c1"].failure = KeyError("a bug")

    async def scenario():
        async with reconciling(clusters) as task:
            await asyncio.sleep(100)
            due(servers[1])
            await asyncio.sleep(1)
            assert not task.done()
            assert len(clusters["c2"].looks) == 1

    virtually(scenario)


def test_a_row_that_becomes_due_while_it_is_looked_at_is_looked_at_once_more(virtually, clusters, servers):
    one = clusters["c1"]

    async def scenario():
        async with reconciling(clusters):
            await asyncio.sleep(1)
            one.delay = 10.0
            due(servers[0])
            await asyncio.sleep(5)
            assert len(one.looks) == 1
            due(servers[0])
            await asyncio.sleep(20)
            assert (len(one.looks), one.busy) == (2, 1)

    virtually(scenario)


def test_many_that_are_due_together_are_asked_about_together(virtually, clusters, servers):
    ids = [at_rest(running(first_job=number)).pk for number in range(10, 16)]
    Port.objects.all().delete()

    async def scenario():
        async with reconciling(clusters):
            await asyncio.sleep(1)
            Server.objects.filter(pk__in=ids).update(look_at=clock.now())
            await asyncio.sleep(2)
        ((_, asked),) = clusters["c1"].looks
        assert sorted(asked) == sorted(ids)

    virtually(scenario)


def test_clusters_come_and_go_while_it_runs(virtually, clusters, servers):
    async def scenario():
        clusters["c3"] = FakeCluster("c3")
        async with reconciling(clusters):
            await asyncio.sleep(1)
            cluster("c3")
            Backend.objects.filter(name="c2").update(offline=True)
            await asyncio.sleep(5)
            asked = clusters["c2"].asked
            await asyncio.sleep(3 * INTERVAL)
            assert clusters["c2"].asked == asked
            assert len(clusters["c3"].whole) >= 3

    virtually(scenario)


def refused():
    return REGISTRY.get_sample_value("synnefo_stale_writes_total")


def test_of_two_processes_one_works_and_when_it_dies_the_other_takes_over(virtually, clusters, servers):
    async def scenario():
        other = {name: FakeCluster(name) for name in clusters}
        async with reconciling(clusters):
            await asyncio.sleep(1)
            async with reconciling(other, holder="r2"):
                await asyncio.sleep(100)
                assert other["c1"].asked == 0
        async with reconciling(other, holder="r2"):
            await asyncio.sleep(10)
            assert len(other["c1"].whole) == 1

    virtually(scenario)


def test_a_process_that_was_paused_with_an_answer_in_its_hands_does_not_write_it(virtually, clusters, servers):
    """F3: the answer is as old as the pause. The row's version cannot tell: nothing has changed the row since."""
    old, new = FakeCluster("c1"), FakeCluster("c1")
    before = refused()

    async def scenario():
        offload = PausedOffload()
        async with reconciling(clusters | {"c1": old}, holder="old", offload=offload):
            # Given a process that has just been told that the server is stopped
            await asyncio.sleep(1)
            old.delay, old.status = 3.0, "stopped"
            due(servers[0])
            await asyncio.sleep(2)
            assert len(old.looks) == 1
            # When it is paused for half a minute, while another takes over
            offload.paused = True
            async with reconciling(clusters | {"c1": new}, holder="new"):
                await asyncio.sleep(30)
                assert new.whole
                version = state(servers[0]).version
                # And goes on
                offload.go_on()
                await asyncio.sleep(20)
                # Then its answer is refused, and it is not the one that looks
                assert (state(servers[0]).observed, state(servers[0]).version) == ("running", version)
                assert refused() > before
                asked = old.asked
                await asyncio.sleep(3 * INTERVAL)
                assert old.asked == asked

    virtually(scenario)


def test_what_differs_how_long_ago_and_what_waits_is_told_by_cluster(virtually, clusters, servers):
    def told(name, **labels):
        return REGISTRY.get_sample_value(f"synnefo_{name}", {"backend": "c1", **labels})

    async def scenario():
        clusters["c1"].status = "stopped"
        async with reconciling(clusters):
            await asyncio.sleep(10)
            assert told("drift", kind="status") == 1
            assert told("drift", kind="missing") == 0
            assert told("resync_age_seconds") == pytest.approx(10, abs=1)
            assert (told("looks_waiting"), told("backend_unreachable")) == (0, 0)
            await asyncio.sleep(2 * INTERVAL)
            assert told("drift", kind="status") == 0
            clusters["c1"].failure = AWAY
            due(servers[0])
            await asyncio.sleep(100)
            assert told("backend_unreachable") == 1
            assert told("looks_waiting") == 1
            assert told("resync_age_seconds") > 90
            assert metrics.LEADS._value.get() == 1
        assert told("resync_age_seconds") is None
        assert metrics.LEADS._value.get() == 0

    virtually(scenario)
