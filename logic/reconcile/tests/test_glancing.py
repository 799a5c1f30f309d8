"""Who dies unasked is found by a glance every few seconds, on a clock that jumps; what it finds is a reason to look, no fact."""

import asyncio
from types import SimpleNamespace

import pytest
from django.db import connections

from logic import clock
from logic.compute.models import Server
from logic.errors import Transient
from logic.network.models import Port
from logic.reconcile import servers
from logic.reconcile.tests.clusters import INTERVAL, FakeCluster, GlancedCluster, at_rest, reconciling
from logic.testing.worlds import furnish, running, state

pytestmark = [pytest.mark.django_db]
GLANCE, PROMISED = 4.0, 10.0


@pytest.fixture(autouse=True)
def one_thread(db, monkeypatch):
    """The loop and the database share it, and all tasks one connection, as in the simulation."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    monkeypatch.setattr(connections, "_connections", SimpleNamespace(default=connections["default"]))


@pytest.fixture
def cluster():
    furnish()
    return GlancedCluster("c1")


@pytest.fixture
def server(cluster):
    """At rest, and as we say."""
    made = running()
    Port.objects.all().delete()
    made = at_rest(made)
    cluster.conditions = {made.backend_uuid: "running", "of-another": "crashed"}
    return made


def test_a_guest_that_dies_is_seen_long_before_the_next_complete_look(virtually, cluster, server):
    async def scenario():
        async with reconciling({"c1": cluster}, glance=GLANCE):
            await asyncio.sleep(5)
            cluster.status = cluster.conditions[server.backend_uuid] = "crashed"
            died, before = clock.monotonic(), len(cluster.whole)
            while state(server).observed == "running":  # noqa: ASYNC110 - a row rings no bell
                await asyncio.sleep(0.1)
            assert clock.monotonic() - died < PROMISED
            assert len(cluster.whole) == before

    virtually(scenario)


def test_as_long_as_all_is_as_we_say_nobody_is_looked_at(virtually, cluster, server):
    async def scenario():
        async with reconciling({"c1": cluster}, glance=GLANCE):
            await asyncio.sleep(0.8 * INTERVAL)
        assert cluster.looks == []
        assert len(cluster.glances) >= 0.8 * INTERVAL / GLANCE - 1

    virtually(scenario)


def test_a_glance_is_believed_by_nobody(virtually, cluster, server):
    cluster.conditions[server.backend_uuid] = "crashed"  # and a look says that it runs

    async def scenario():
        async with reconciling({"c1": cluster}, glance=GLANCE):
            await asyncio.sleep(0.5 * INTERVAL)
        assert cluster.looks
        assert state(server).observed == "running"

    virtually(scenario)


def test_one_that_is_not_asked_to_glances_at_nobody(virtually, cluster, server):
    async def scenario():
        async with reconciling({"c1": cluster}, glance=0.0):
            await asyncio.sleep(0.8 * INTERVAL)
        assert cluster.glances == []

    virtually(scenario)


def test_a_kind_of_cluster_that_has_no_glance_is_watched_without(virtually, cluster, server):
    plain = FakeCluster("c1")

    async def scenario():
        async with reconciling({"c1": plain}, glance=GLANCE):
            await asyncio.sleep(2.5 * INTERVAL)
        assert len(plain.whole) >= 2
        assert plain.asked == 2 * len(plain.whole)

    virtually(scenario)


def test_a_cluster_that_does_not_answer_is_left_alone_by_glances_too(virtually, cluster, server):
    cluster.failure = Transient("connection refused")

    async def scenario():
        async with reconciling({"c1": cluster}, glance=GLANCE):
            await asyncio.sleep(100)
            cluster.failure = None
            cluster.status = cluster.conditions[server.backend_uuid] = "stopped"
            back = clock.monotonic()
            while state(server).observed == "running":  # noqa: ASYNC110 - a row rings no bell
                await asyncio.sleep(0.1)
            assert clock.monotonic() - back < PROMISED
        assert state(server).observed == "stopped"

    virtually(scenario)


@pytest.mark.every_database
def test_one_that_is_paused_runs_for_its_cluster(server):
    Server.objects.filter(pk=server.pk).update(observed="paused")
    told = [servers.at_odds("c1", {server.backend_uuid: word}) for word in ("running", "stopped", "crashed")]
    assert told == [[], [server.pk], [server.pk]]


def test_only_who_is_at_rest_on_that_cluster_and_is_known_there_by_its_uuid_can_be_at_odds(server):
    found = {server.backend_uuid: "stopped"}
    assert servers.at_odds("c1", found) == [server.pk]
    assert servers.at_odds("c2", found) == []
    assert servers.at_odds("c1", {server.backend_uuid: "running"}) == []
    assert servers.at_odds("c1", {"uuid-of-another": "stopped"}) == []
    Server.objects.filter(pk=server.pk).update(command="c", verb="stop")
    assert servers.at_odds("c1", found) == []
