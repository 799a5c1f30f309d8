"""Networks are looked at with their cluster, and those that are missing where they are needed are asked for again."""

import asyncio
from types import SimpleNamespace

import pytest
from django.db import connections

from logic import clock
from logic.ledger.models import Command
from logic.messages.commands import ConnectNetwork
from logic.messages.observations import JobChanged, NetworkSeen
from logic.network.models import BackendNetwork, Network
from logic.reconcile.tests.clusters import INTERVAL, FakeCluster, reconciling
from logic.testing.worlds import INCARNATION, accepted, create, furnish, tell

pytestmark = [pytest.mark.django_db]


class Networked(FakeCluster):
    """One on which networks are made. ``there``: is each of them?"""

    def __init__(self, name):
        super().__init__(name)
        self.there, self.asked_about = True, []

    async def networks(self, targets):
        self.asked_about.append((clock.monotonic(), [one.jobs for one in targets]))
        await self._answer()
        told = {"cluster": self.name, "incarnation": INCARNATION, "connected": self.there}
        return [NetworkSeen(**told, network=one.network, version=one.version) for one in targets]


@pytest.fixture(autouse=True)
def one_thread(db, monkeypatch):
    """The loop and the database share it, and all tasks one connection, as in the simulation."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    monkeypatch.setattr(connections, "_connections", SimpleNamespace(default=connections["default"]))


@pytest.fixture
def server():
    """A server whose network has been made for it."""
    from logic.ledger.claiming import claim

    furnish()
    Network.objects.update(flavor="CUSTOM")
    made = create()
    (taken,) = [one for one in claim("w", limit=9, lease=900) if isinstance(one.command, ConnectNetwork)]
    told = {"cluster": "c1", "incarnation": INCARNATION, "op": 0, "opcode": "OP_NETWORK_CONNECT", "instance": ""}
    tell(accepted(taken, 7), JobChanged(**told, job=7, status="success", command=taken.command.id))
    return made


def place():
    return BackendNetwork.objects.get()


def test_a_network_is_looked_at_soon_after_it_was_made_and_then_with_its_cluster(virtually, server):
    cluster = Networked("c1")

    async def scenario():
        async with reconciling({"c1": cluster}):
            await asyncio.sleep(3)
            soon = len(cluster.asked_about)
            assert soon >= 1
            await asyncio.sleep(2 * INTERVAL)
            assert soon < len(cluster.asked_about) <= soon + 4
        assert place().observed == "connected"

    virtually(scenario)


def test_one_that_vanished_is_asked_for_again_at_the_next_complete_look(virtually, server):
    cluster = Networked("c1")
    cluster.there = False

    async def scenario():
        async with reconciling({"c1": cluster}):
            await asyncio.sleep(2 * INTERVAL + 5)
        assert (place().observed, place().verb) == ("none", "connect")
        again = Command.objects.filter(kind="network").exclude(status="settled").get()
        assert (again.verb, again.user) == ("connect", "operator")

    virtually(scenario)


def test_a_cluster_that_makes_no_networks_is_not_asked_about_any(virtually, server):
    cluster = FakeCluster("c1")

    async def scenario():
        async with reconciling({"c1": cluster}):
            await asyncio.sleep(INTERVAL + 5)
        assert cluster.whole
        assert place().observed == "connected"

    virtually(scenario)
