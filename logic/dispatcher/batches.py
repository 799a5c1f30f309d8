"""From the bus into the ledger: take whatever has arrived, apply it in one transaction, then acknowledge.

Never waits to fill a batch. Each cluster's messages are applied in their order, one batch at a time; those of two clusters
share no rows, so theirs are applied side by side, and the clusters have their turns one after the other: a noisy one keeps
a quiet one waiting for a batch, never for its queue. Any trouble with the broker ends the session; a new one is made, with
back-off, and what was not acknowledged comes again (the inbox knows it). New clusters are picked up when their row appears.
"""

import asyncio
import functools
from collections.abc import Sequence

import structlog

from logic import clock, failpoints
from logic.bus import Bus, BusDown, Consumer, Lane, Message
from logic.dispatcher import metrics
from logic.dispatcher.applying import apply, apply_due
from logic.dispatcher.policy.retrying import retrying
from logic.ledger.envelopes import Envelope, opened
from logic.offload import Offload
from logic.placement.queries import names

log = structlog.get_logger(__name__)
FIRST_WAIT, LONGEST_WAIT = 0.2, 2.0
SIDE_BY_SIDE = 2  # batches at a time: while one waits for the database, another has the interpreter
CLUSTERS_EVERY = 2.0  # seconds between looks for new clusters


class Batches:
    """The consuming loop. ``limit`` messages a transaction at most; ``prefetch`` in flight from the broker."""

    def __init__(self, bus: Bus, offload: Offload, *, limit: int, prefetch: int) -> None:
        self._bus, self._offload, self._limit, self._prefetch = bus, offload, limit, prefetch
        self._consumer: Consumer | None = None
        self._wait = FIRST_WAIT

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._session()
            except BusDown as error:
                wait, self._wait = self._wait, min(self._wait * 2, LONGEST_WAIT)
                log.warning("bus.down", error=str(error), wait=round(wait, 1))
                await asyncio.sleep(clock.jitter(wait / 2, wait))

    async def _session(self) -> None:
        """One session with the broker, for the clusters there are now; it ends when there are others."""
        clusters = await self._clusters()
        consumer = await self._bus.consumer(clusters, prefetch=self._prefetch)
        self._consumer, self._wait = consumer, FIRST_WAIT
        metrics.CONNECTED.set(1)
        turns = asyncio.Semaphore(SIDE_BY_SIDE)
        loops = [self._until_other(clusters), *(self._follow(lane, turns) for lane in consumer.lanes)]
        tasks = [asyncio.create_task(loop) for loop in loops]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self._consumer = None
            metrics.CONNECTED.set(0)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await consumer.close()

    async def _clusters(self) -> list[str]:
        return await retrying(lambda: self._offload.read(names), "clusters")

    async def _until_other(self, clusters: list[str]) -> None:
        while await self._clusters() == clusters:  # noqa: ASYNC110 - rows of the database ring no bell
            await asyncio.sleep(CLUSTERS_EVERY)

    async def _follow(self, lane: Lane, turns: asyncio.Semaphore) -> None:
        """While a lane waits for its turn its next batch grows: the more there is to do, the larger the batches."""
        while True:
            await lane.arrived()
            async with turns:
                if messages := lane.take(self._limit):  # in one process another consumer may have been faster
                    await self._batch(lane, messages)

    async def _batch(self, lane: Lane, messages: Sequence[Message]) -> None:
        started = clock.monotonic()
        envelopes = [opened(m.body, cluster=m.cluster, routing_key=m.routing_key, dead=m.dead) for m in messages]
        await apply(self._offload, envelopes, "batch.commit")
        _count(messages, envelopes, clock.monotonic() - started)
        await failpoints.wait("bus.acknowledge", functools.partial(lane.acknowledge, messages[-1]), BusDown)

    @property
    def followed(self) -> bool:
        """Is there a session, whose lanes are followed?"""
        return self._consumer is not None

    async def waiting(self) -> dict[str, int]:
        """How much waits at the broker, by cluster; empty while there is no session."""
        try:
            return await self._consumer.waiting() if self._consumer else {}
        except BusDown:
            return {}


def _count(messages: Sequence[Message], envelopes: Sequence[Envelope], seconds: float) -> None:
    metrics.BATCH.observe(len(messages))
    metrics.APPLY.observe(seconds)
    for message in messages:
        if message.redelivered:
            metrics.REDELIVERED.labels(cluster=message.cluster).inc()
    made = [at for one in envelopes if (at := getattr(one.observation, "at", 0.0))]
    if made:
        metrics.EVENT_AGE.observe(max(clock.timestamp() - min(made), 0.0))


async def bring_back(offload: Offload, *, every: float, limit: int) -> None:
    """The loop that puts parked messages on the road again when they are due."""
    while True:
        await apply_due(offload, limit)
        await asyncio.sleep(every)
