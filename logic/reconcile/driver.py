"""The reconciler of one process: whoever holds the lease watches every cluster, and does the chores.

It takes no input and repairs nothing itself: it asks ``backend.observe`` and puts the answers on the road of events, so
that lost, late and doubled messages heal by the code that always runs. Every process has one; the lease decides which of
them works. One that was paused while another took over finds its next write refused, and starts over.
"""

import asyncio

import structlog

from logic.db import committing
from logic.dispatcher.connections import Connections
from logic.dispatcher.policy.retrying import retrying
from logic.ledger import leases
from logic.ledger.leases import LeaseLost, Tenure
from logic.offload import Offload
from logic.placement.queries import names
from logic.reconcile import chores, metrics
from logic.reconcile.watching import Watch
from logic.reconcile.writing import Pen

log = structlog.get_logger(__name__)
LEASE, LEASE_SECONDS = "reconcile", 3.0  # short: a false take-over costs a repeated look, a late one costs repair
RENEWALS = 3  # a lease
CHORES, SHELVES = "", "/"  # the keys of those tasks among those of the clusters


class Reconciler:
    """``interval`` seconds between complete looks at a cluster, ``glance`` between glances at who runs there (0: none),
    ``poll`` between looks for what is due and for the lease."""

    def __init__(  # noqa: PLR0913 - its clusters, its name, its numbers
        self,
        offload: Offload,
        connections: Connections,
        *,
        holder: str,
        interval: float,
        poll: float,
        glance: float = 0.0,
    ) -> None:
        self._offload, self._connections = offload, connections
        self._holder, self._interval, self._poll, self._glance = holder, interval, poll, glance

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                if epoch := await self._hold():
                    await self._lead(Tenure(LEASE, epoch))
                await asyncio.sleep(self._poll)
        finally:
            await self._offload.write(committing, "lease.release", leases.release_lease, LEASE, self._holder)

    async def _hold(self) -> int:
        return await retrying(lambda: self._offload.write(committing, "lease.commit", self._lease), "lease")

    def _lease(self) -> int:
        return leases.hold_lease(LEASE, self._holder, seconds=LEASE_SECONDS)

    async def _lead(self, tenure: Tenure) -> None:
        """Work until the lease is lost."""
        log.info("reconcile.leads", epoch=tenure.epoch)
        metrics.LEADS.set(1)
        pen = Pen(self._offload, tenure)
        tasks = {
            CHORES: asyncio.create_task(chores.run(pen, self._interval)),
            SHELVES: asyncio.create_task(chores.shelve(pen, self._offload)),
        }
        try:
            while await self._hold() == tenure.epoch:
                await self._staff(tasks, pen)
                done, _ = await asyncio.wait(
                    tasks.values(), timeout=LEASE_SECONDS / RENEWALS, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    task.result()
        except LeaseLost as error:
            log.warning("reconcile.overtaken", error=str(error))
        finally:
            metrics.LEADS.set(0)
            await _end(*tasks.values())

    async def _staff(self, tasks: dict[str, "asyncio.Task[None]"], pen: Pen) -> None:
        """One watch for each cluster that is spoken to, none for any other."""
        known = await retrying(lambda: self._offload.read(names), "backends")
        for name in set(tasks) - set(known) - {CHORES, SHELVES}:
            await _end(tasks.pop(name))
        for name in known:
            if name not in tasks:
                tasks[name] = asyncio.create_task(self._watch(name, pen).run())

    def _watch(self, backend: str, pen: Pen) -> Watch:
        numbers = {"interval": self._interval, "poll": self._poll, "glance": self._glance}
        return Watch(backend, self._offload, self._connections, pen, **numbers)


async def _end(*tasks: "asyncio.Task[None]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
