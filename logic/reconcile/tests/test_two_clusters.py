"""Two simulated Ganetis behind the real adapter: what one has no room for is made on the other, and their room is read anew."""

import asyncio

import pytest

from ganeti.rapi import RapiClient
from ganeti.simulator.cluster import Cluster
from ganeti.simulator.memory import MemoryFiles
from ganeti.simulator.settings import NodeSpec, Pace, Settings
from ganeti.simulator.simulator import Simulator
from ganeti.simulator.store import MemoryStore
from ganeti.simulator.transport import SimulatorTransport
from logic import clock
from logic.backends.base import Facts
from logic.backends.ganeti import GanetiBackend
from logic.compute import queries
from logic.compute.models import Server
from logic.ledger.claiming import claim
from logic.messages.observations import Accepted
from logic.offload import Inline
from logic.placement import commands as placement
from logic.placement.models import Backend
from logic.reconcile import servers
from logic.testing.worlds import ALICE, cluster, create, furnish, tell

pytestmark = pytest.mark.django_db
SMALL, LARGE = 256, 65536  # MiB of memory; a server wants 512


class Site:
    """A cluster by its name, with as much memory as its one node."""

    def __init__(self, name, memory):
        settings = Settings(nodes=(NodeSpec(name=f"node.{name}", memory=memory),), pace=Pace(factor=0.0))
        made = Cluster(settings, seed=name, store=MemoryStore(), files=MemoryFiles(), now=clock.timestamp())
        self.name, self.simulator = name, Simulator(made)
        client = RapiClient(SimulatorTransport(self.simulator, pause=lambda _: None))
        self.backend = GanetiBackend(cluster=name, prefix="snf-", client=client, offload=Inline())
        Backend.objects.filter(name=name).update(incarnation=self.simulator.uuid)

    def says(self):
        """What it has, to the database."""
        placement.refresh(self.name, asyncio.run(self.backend.facts()))

    def said(self, memory):
        """What it had at its last look."""
        facts = {"memory_total": memory, "memory_free": memory, "memory_largest": memory, "nodes": 1}
        placement.refresh(self.name, Facts(incarnation=self.simulator.uuid, version="3.0.2", **facts))

    def instances(self):
        return sorted(asyncio.run(self.backend.observe([], whole=True)), key=lambda one: one.instance)


@pytest.fixture
def sites(settings):
    settings.GANETI_DISK_TEMPLATE, settings.GANETI_OS_PROVIDER = "file", "debian"
    furnish()
    cluster("c2")
    return {name: Site(name, memory) for name, memory in (("c1", SMALL), ("c2", LARGE))}


def work(sites):
    """As a worker does, and the next look: send what is due, tell that it was taken, look until nothing is under way."""
    told = []
    for one in claim("worker", limit=10, lease=60.0):
        site = sites[one.backend]
        job = asyncio.run(site.backend.submit(one.command)).job
        epoch = one.command.sending.epoch
        tell(Accepted(cluster=site.name, incarnation=site.simulator.uuid, command=one.command.id, epoch=epoch, job=job))
        while site.simulator.advance():
            pass
        tell(*asyncio.run(site.backend.observe(servers.targets([one.command.resource]))))
        told.append(one.backend)
    return told


def test_what_a_cluster_turns_out_to_have_no_room_for_is_made_on_the_other(sites):
    # Given a cluster that had much room at its last look, and has none any more
    sites["c1"].said(2 * LARGE)
    sites["c2"].says()
    server = create()
    assert server.backend.name == "c1"
    # When it is sent there, and then where it was moved to
    assert (work(sites), work(sites), work(sites)) == (["c1"], ["c2"], [])
    # Then it runs on the other, and nothing of it is on the first
    info = queries.server(ALICE, server.pk)
    assert (info.status, info.host) == ("ACTIVE", "c2")
    assert sites["c1"].instances() == []
    assert [one.owner for one in sites["c2"].instances()] == [server.pk]


def test_when_both_are_full_no_valid_host_was_found_and_says_what_ganeti_said(sites):
    sites["c1"].said(2 * LARGE)
    sites["c2"] = Site("c2", SMALL)
    sites["c2"].said(LARGE)
    server = create()
    assert (work(sites), work(sites), work(sites)) == (["c1"], ["c2"], [])
    info = queries.server(ALICE, server.pk)
    assert info.status == "ERROR"
    assert info.fault.message.startswith("No valid host was found. ")
    assert "memory" in info.fault.message.lower()


def test_what_a_look_says_of_room_decides_where_the_next_one_goes(sites):
    sites["c1"].said(2 * LARGE)
    sites["c2"].says()
    sites["c1"].says()
    assert Backend.objects.get(name="c1").memory_largest == SMALL
    server = create()
    assert (Server.objects.get().backend.name, work(sites)) == ("c2", ["c2"])
    assert queries.server(ALICE, server.pk).status == "ACTIVE"
