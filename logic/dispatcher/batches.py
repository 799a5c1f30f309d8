"""From the bus into the ledger: take whatever has arrived, apply it in one transaction, then acknowledge.

Never waits to fill a batch. Any trouble with the broker ends the session; a new one is made, with back-off, and what was
not acknowledged comes again (the inbox knows it). New clusters are picked up when their row appears.
"""

import asyncio

import structlog

from logic import clock
from logic.bus import Bus, BusDown, Consumer
from logic.dispatcher import metrics
from logic.dispatcher.applying import apply
from logic.dispatcher.policy.retrying import retrying
from logic.ledger.advancing import advance_due
from logic.ledger.envelopes import opened
from logic.offload import Offload
from logic.placement.queries import names

log = structlog.get_logger(__name__)
FIRST_WAIT, LONGEST_WAIT = 0.2, 10.0
CLUSTERS_EVERY = 2.0  # seconds between looks for new clusters


class Batches:
    """The consuming loop. ``limit`` messages a transaction at most; ``prefetch`` in flight from the broker."""

    def __init__(self, bus: Bus, offload: Offload, *, limit: int, prefetch: int) -> None:
        self._bus, self._offload, self._limit, self._prefetch = bus, offload, limit, prefetch

    async def run(self) -> None:
        """Until cancelled."""
        wait = FIRST_WAIT
        while True:
            try:
                await self._session()
                wait = FIRST_WAIT
            except BusDown as error:
                log.warning("bus.down", error=str(error), wait=round(wait, 1))
                await asyncio.sleep(clock.jitter(wait / 2, wait))
                wait = min(wait * 2, LONGEST_WAIT)

    async def _session(self) -> None:
        """One session with the broker, for the clusters there are now; it ends when there are others."""
        clusters = await self._clusters()
        consumer = await self._bus.consumer(clusters, prefetch=self._prefetch)
        metrics.CONNECTED.set(1)
        consuming = asyncio.create_task(self._consume(consumer))
        watching = asyncio.create_task(self._until_other(clusters))
        try:
            done, _ = await asyncio.wait({consuming, watching}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            metrics.CONNECTED.set(0)
            for task in (consuming, watching):
                task.cancel()
            await asyncio.gather(consuming, watching, return_exceptions=True)
            await consumer.close()

    async def _clusters(self) -> list[str]:
        return await retrying(lambda: self._offload.read(names), "clusters")

    async def _until_other(self, clusters: list[str]) -> None:
        while await self._clusters() == clusters:  # noqa: ASYNC110 - rows of the database ring no bell
            await asyncio.sleep(CLUSTERS_EVERY)

    async def _consume(self, consumer: Consumer) -> None:
        while True:
            messages = await consumer.take(self._limit)
            metrics.BATCH.observe(len(messages))
            envelopes = [opened(m.body, cluster=m.cluster, routing_key=m.routing_key, dead=m.dead) for m in messages]
            await apply(self._offload, envelopes)
            await consumer.acknowledge(messages[-1])


async def bring_back(offload: Offload, *, every: float, limit: int) -> None:
    """The loop that puts parked messages on the road again when they are due."""
    while True:
        await retrying(lambda: offload.write(advance_due, limit), "parked")
        await asyncio.sleep(every)
