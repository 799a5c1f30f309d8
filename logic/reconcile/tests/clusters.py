"""Clusters that tests make up, on a virtual clock: slow, dead, broken or well, each remembering when it was asked what."""

import asyncio
from contextlib import asynccontextmanager

from logic import clock
from logic.backends.base import Facts
from logic.compute.models import Server
from logic.dispatcher.connections import Connections
from logic.messages.observations import InstanceSeen
from logic.offload import Inline
from logic.reconcile.driver import Reconciler
from logic.testing.worlds import INCARNATION

INTERVAL, POLL = 60.0, 0.5


class FakeCluster:
    """Every server is ``status``. ``delay`` seconds an answer takes, ``failure`` is raised instead of one. ``looks``:
    (when, ids of servers) of each question about some; ``whole``: when all was asked; ``busy``: the most looks at some
    servers under way at once."""

    def __init__(self, name):
        self.name, self.status, self.delay, self.failure = name, "running", 0.0, None
        self.asked, self.looks, self.whole = 0, [], []
        self.busy = self._under_way = 0

    async def facts(self):
        await self._answer()
        return Facts(incarnation=INCARNATION)

    async def observe(self, targets, *, whole=False):
        if whole:
            self.whole.append(clock.monotonic())
            await self._answer()
        else:
            self.looks.append((clock.monotonic(), [one.server for one in targets]))
            self._under_way += 1
            self.busy = max(self.busy, self._under_way)
            try:
                await self._answer()
            finally:
                self._under_way -= 1
        return [self._seen(target) for target in targets]

    async def aclose(self):
        """Nothing is held."""

    async def _answer(self):
        self.asked += 1
        failure = self.failure
        await asyncio.sleep(self.delay)
        if failure:
            raise failure

    def _seen(self, target):
        return InstanceSeen(
            cluster=self.name,
            incarnation=INCARNATION,
            server=target.server,
            version=target.version,
            exists=True,
            instance=target.instance,
            instance_uuid=f"uuid-of-{target.instance}",
            owner=target.server,
            status=self.status,
        )


class GlancedCluster(FakeCluster):
    """One that can be glanced at: ``conditions`` by the uuids of instances. ``glances``: when it was."""

    def __init__(self, name):
        super().__init__(name)
        self.conditions, self.glances = {}, []

    async def glance(self):
        self.glances.append(clock.monotonic())
        await self._answer()
        return dict(self.conditions)


class PausedOffload(Inline):
    """A process that can be stopped: nothing it asks of the database happens until it goes on. Then what it asked last
    is done first, so that nothing warns it."""

    def __init__(self):
        self.paused = False
        self._waiting = []

    async def read(self, function, *args, **kwargs):
        await asyncio.sleep(0)
        if self.paused:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn
        return function(*args, **kwargs)

    write = read
    call = read

    def go_on(self):
        self.paused = False
        for turn in reversed(self._waiting):
            turn.set_result(None)


@asynccontextmanager
async def reconciling(clusters, *, holder="r1", offload=None, glance=0.0):
    """A reconciler at work."""
    offload = offload or Inline()
    connections = Connections(offload, lambda access: clusters[access.name])
    reconciler = Reconciler(offload, connections, holder=holder, interval=INTERVAL, poll=POLL, glance=glance)
    task = asyncio.create_task(reconciler.run())
    try:
        yield task
    finally:
        if task.done():
            task.result()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def due(server):
    """Let it be looked at now."""
    Server.objects.filter(pk=server.pk).update(look_at=clock.now())


def on(server, backend):
    """Move a server there."""
    Server.objects.filter(pk=server.pk).update(backend=backend)
    return Server.objects.get(pk=server.pk)


def at_rest(server):
    """As a complete look would leave it."""
    Server.objects.filter(pk=server.pk).update(look_at=None, backend_uuid=f"uuid-of-{server.instance}")
    return Server.objects.get(pk=server.pk)
