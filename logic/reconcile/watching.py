"""One cluster being watched: what is due is looked at, and all of it by and by. As many run at once as there are clusters.

Four loops. One finds out what is due (rows whose ``look_at`` has come; it polls, and a nudge wakes it) and puts it in the
queue. One takes from the queue and asks. One takes a complete look: at the start, by a timer with jitter, and when the
cluster is back after it was away. One glances at who runs, and puts in the queue who is not as we say. They share the
cluster's circuit, and nothing with any other cluster: one that is slow or dead delays nobody else. Started and ended by
``driver``.
"""

import asyncio
import datetime
from contextlib import suppress

from logic import clock
from logic.backends.base import NetworkTarget, VolumeTarget
from logic.dispatcher.connections import Connections
from logic.dispatcher.policy.retrying import retrying
from logic.ledger import nudges
from logic.offload import Offload
from logic.reconcile import metrics, networks, servers, volumes
from logic.reconcile.asking import Asker, answers_of
from logic.reconcile.glancing import glance
from logic.reconcile.resyncing import resync
from logic.reconcile.workqueue import WorkQueue
from logic.reconcile.writing import Pen
from logic.volume.commands.ending import end_with_servers

AT_ONCE = 100  # servers looked at with one question


class Watch:
    """``interval`` seconds between complete looks, ``poll`` between reads of what is due when nobody rings, ``glance`` between
    glances; 0: none."""

    def __init__(  # noqa: PLR0913 - one cluster's part of what the driver has
        self,
        backend: str,
        offload: Offload,
        connections: Connections,
        pen: Pen,
        *,
        interval: float,
        poll: float,
        glance: float = 0.0,
    ) -> None:
        self._backend, self._offload, self._pen = backend, offload, pen
        self._interval, self._poll, self._every = interval, poll, glance
        self._queue = WorkQueue()
        self._asker = Asker(backend, connections, self._recovered)
        self._asked_at: dict[str, datetime.datetime] = {}
        self._back = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled, or until the lease is lost."""
        metrics.watching(self._backend, self._queue, self._asker.circuit)
        loops = [asyncio.create_task(loop) for loop in (self._feed(), self._look(), self._resync(), self._glance())]
        try:
            await asyncio.gather(*loops)
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)
            metrics.forget(self._backend)

    def _recovered(self) -> None:
        self._queue.hurry()
        self._back.set()

    async def _feed(self) -> None:
        bell = nudges.Bell("looks")
        try:
            while True:
                due = await retrying(lambda: self._offload.read(_due, self._backend), "due")
                self._queue.add([id for id, at in due.items() if not self._is_answered(id, at)])
                await bell.wait(self._poll)
        finally:
            bell.close()

    def _is_answered(self, id: str, at: datetime.datetime) -> bool:
        """Was it due before the question was put that is under way?"""
        asked = self._asked_at.get(id)
        return asked is not None and at <= asked

    async def _look(self) -> None:
        while True:
            keys = await self._queue.take(AT_ONCE)
            failed = True
            try:
                failed = not await self._looked(keys)
            finally:
                for key in keys:
                    self._asked_at.pop(key, None)
                    self._queue.done(key, failed=failed)

    async def _looked(self, keys: list[str]) -> bool:
        """Were they looked at? Their rows are read last, so that the answer is about them as they are."""
        await self._asker.circuit.admitted()
        self._asked_at.update(dict.fromkeys(keys, clock.now()))
        targets = await retrying(lambda: self._offload.read(servers.targets, keys), "targets")
        places = await self._places() if networks.ALL in keys else []
        if volumes.DUE in keys:
            await self._pen.write("look.commit", end_with_servers, self._backend)
        stored = await self._stored() if volumes.DUE in keys else []
        if not targets and not places and not stored:
            self._asker.circuit.spared()
            return True
        answers = await self._asker.ask(lambda cluster: answers_of(cluster, targets, places, stored))
        if answers is None:
            return False
        self._asker.answered()
        await self._pen.tell(answers)
        return True

    async def _places(self) -> list[NetworkTarget]:
        return await retrying(lambda: self._offload.read(networks.targets, self._backend), "targets")

    async def _stored(self) -> list[VolumeTarget]:
        return await retrying(lambda: self._offload.read(volumes.targets, self._backend), "targets")

    async def _resync(self) -> None:
        while True:
            await self._asker.circuit.admitted()
            if await resync(self._backend, self._offload, self._asker, self._pen):
                with suppress(TimeoutError):
                    async with asyncio.timeout(clock.jitter(self._interval * 0.8, self._interval)):
                        await self._back.wait()
            self._back.clear()

    async def _glance(self) -> None:
        while self._every:
            await asyncio.sleep(clock.jitter(self._every * 0.8, self._every))
            differing = await glance(self._backend, self._offload, self._asker)
            if differing is None:
                return
            self._queue.add(differing)


def _due(backend: str) -> dict[str, datetime.datetime]:
    return servers.due(backend) | networks.due(backend) | volumes.due(backend)
