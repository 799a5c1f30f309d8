"""Without a single message from the event daemon, looking alone makes every server right."""

import asyncio
import contextlib

import pytest
from django.db import connection

from ganeti.rapi import RapiClient
from ganeti.simulator import running as turning
from ganeti.simulator.cluster import Cluster
from ganeti.simulator.memory import MemoryFiles
from ganeti.simulator.settings import NodeSpec, Pace, Settings
from ganeti.simulator.simulator import Simulator
from ganeti.simulator.store import MemoryStore
from ganeti.simulator.transport import SimulatorTransport
from logic import clock
from logic.backends.ganeti import GanetiBackend
from logic.compute import commands, queries
from logic.compute.models import Server, ServerNumber
from logic.compute.reactions import EFFECT
from logic.db import with_connection
from logic.dispatcher import metrics
from logic.dispatcher.connections import Connections
from logic.dispatcher.workers import Workers
from logic.errors import NotFound
from logic.ledger import queries as ledger
from logic.ledger.models import Command
from logic.ledger.restored import begin_again
from logic.offload import Threads
from logic.placement.models import Backend, Stray
from logic.reconcile.driver import Reconciler
from logic.testing.presences import Always
from logic.testing.worlds import ALICE, create, furnish

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 20.0


@pytest.fixture
def simulator():
    settings = Settings(nodes=(NodeSpec(name="node1"),), pace=Pace(factor=0.01), user_shutdown=True)
    return Simulator(Cluster(settings, seed=1, store=MemoryStore(), files=MemoryFiles(), now=clock.timestamp()))


@pytest.fixture
async def cloud(simulator, request):
    """Workers and a reconciler, and nobody who tells what the jobs come to. A parameter has the reconciler's times."""
    times = getattr(request, "param", {"interval": 0.2})
    offload = Threads(readers=1, writers=1, callers=2, around=with_connection)
    await offload.write(_furnished, simulator.uuid)

    def build(access):
        client = RapiClient(SimulatorTransport(simulator))
        return GanetiBackend(cluster=access.name, prefix="snf-", client=client, offload=offload)

    connections = Connections(offload, build)
    workers = Workers(offload, connections, Always(), lease=60.0, poll=0.05)
    reconciler = Reconciler(offload, connections, holder="r", poll=0.05, **times)
    programs = (turning.run(simulator, offload), workers.run(), reconciler.run())
    tasks = [asyncio.create_task(program) for program in programs]
    yield Looking(offload)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    offload.close()


def _furnished(incarnation):
    furnish()
    Backend.objects.update(incarnation=incarnation, disk_template="file")


class Looking:
    """Asks and looks until the API says what is expected."""

    def __init__(self, offload):
        self._offload = offload

    async def ask(self, function, *args, **kwargs):
        return await self._offload.write(function, *args, **kwargs)

    async def until(self, server, status):
        async with asyncio.timeout(PATIENCE):
            while await self._offload.read(said, server) != status:  # noqa: ASYNC110 - a row rings no bell
                await asyncio.sleep(0.02)

    async def looks(self, count):
        """Until so many complete looks have been answered since now."""
        before = self._count()
        async with asyncio.timeout(PATIENCE):
            while self._count() < before + count:  # noqa: ASYNC110 - a counter rings no bell
                await asyncio.sleep(0.02)

    @staticmethod
    def _count():
        words = ("answered", "reincarnated")
        return sum(metrics.LOOKS.labels(backend="c1", answer=word)._value.get() for word in words)


def said(server):
    with contextlib.suppress(NotFound):
        return queries.server(ALICE, server.pk).status
    return "gone"


async def test_a_build_a_stop_and_a_removal_are_noticed_by_looking(cloud):
    server = await cloud.ask(create)
    await cloud.until(server, "ACTIVE")
    await cloud.ask(commands.stop_server, ALICE, server.pk)
    await cloud.until(server, "SHUTOFF")
    await cloud.ask(commands.delete_server, ALICE, server.pk)
    await cloud.until(server, "gone")
    assert not await cloud.ask(Command.objects.exclude(status="settled").exists)


async def test_a_guest_that_dies_and_an_instance_that_vanishes_are_noticed(cloud, simulator):
    first, second = await cloud.ask(create, name="one"), await cloud.ask(create, name="two")
    await cloud.until(first, "ACTIVE")
    await cloud.until(second, "ACTIVE")
    simulator.crash_guest(first.instance)
    simulator.remove_behind_back(second.instance)
    await cloud.until(first, "SHUTOFF")
    await cloud.until(second, "ERROR")


@pytest.mark.parametrize("cloud", [{"interval": 3600.0, "glance": 0.1}], indirect=True)
async def test_guests_that_end_by_themselves_are_found_by_glances_each_with_its_cause(cloud, simulator):
    off, dead = await cloud.ask(create, name="off"), await cloud.ask(create, name="dead")
    while await cloud.ask(Server.objects.filter(backend_uuid="").exists):
        await cloud.ask(lambda: Server.objects.update(look_at=clock.now()))
    await cloud.ask(lambda: Server.objects.update(look_at=None))
    simulator.power_off_guest(off.instance)
    simulator.crash_guest(dead.instance)
    for server, cause in ((off, "guest shut itself down"), (dead, "guest crashed")):
        await cloud.until(server, "SHUTOFF")
        assert [line.text for line in await cloud.ask(ledger.unasked, "server", server.pk, EFFECT)][-1:] == [cause]


async def test_a_cluster_made_anew_deletes_nobodys_server(cloud, simulator):
    server = await cloud.ask(create)
    await cloud.until(server, "ACTIVE")
    simulator.reinit()
    await cloud.ask(lambda: Server.objects.update(look_at=clock.now()))
    await cloud.looks(4)
    assert await cloud.ask(said, server) == "ACTIVE"


def forgotten(server):
    """As in a database of before that server was made."""
    Command.objects.filter(resource=server.pk).delete()
    Server.objects.filter(pk=server.pk).delete()
    ServerNumber.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [ServerNumber._meta.db_table])
    begin_again(skip=0)


async def test_after_a_restore_servers_are_made_again_once_the_cluster_was_looked_at_and_above_what_is_there(cloud):
    unknown = await cloud.ask(create)
    await cloud.until(unknown, "ACTIVE")
    await cloud.ask(forgotten, unknown)
    async with asyncio.timeout(PATIENCE):
        while await cloud.ask(Backend.objects.exclude(restored="").exists):  # noqa: ASYNC110 - a row rings no bell
            await asyncio.sleep(0.02)
    new = await cloud.ask(create)
    assert new.number > unknown.number
    await cloud.until(new, "ACTIVE")
    assert await cloud.ask(Stray.objects.filter(instance=unknown.instance, kind="orphan").exists)
