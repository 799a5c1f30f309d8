"""The loop: look at what is due, resync each backend by and by, fold quota, prune; only one process at a time.

It takes no input and repairs nothing itself: it asks ``backend.observe`` and puts the answers on the road of events, so
that lost, late and doubled messages heal by the code that always runs. A backend that does not answer is left alone for a
while, and nobody's state changes for it.
"""

import asyncio
from collections.abc import Sequence

import structlog

from logic import clock
from logic.backends.base import Target
from logic.db import committing
from logic.dispatcher import metrics
from logic.dispatcher.applying import tell
from logic.dispatcher.connections import Connections
from logic.dispatcher.policy.retrying import retrying
from logic.errors import BackendFailure
from logic.ledger import leases, nudges
from logic.messages.observations import InstanceSeen, Observation
from logic.offload import Offload
from logic.placement import commands as placement
from logic.placement.queries import names
from logic.quota.commands import fold
from logic.reconcile import orphans, retention, servers

log = structlog.get_logger(__name__)
LEASE, LEASE_SECONDS = "reconcile", 30.0
CHUNK = 200  # observations a transaction
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0


class Reconciler:
    """``interval`` seconds between full looks at a backend, ``poll`` between looks for what is due."""

    def __init__(
        self, offload: Offload, connections: Connections, *, holder: str, interval: float, poll: float
    ) -> None:
        self._offload, self._connections = offload, connections
        self._holder, self._interval, self._poll = holder, interval, poll
        self._resync_at: dict[str, float] = {}
        self._pauses: dict[str, tuple[float, float]] = {}

    async def run(self) -> None:
        """Until cancelled."""
        bell = nudges.Bell("looks")
        try:
            while True:
                if await retrying(lambda: self._offload.write(committing, "lease.commit", self._lease), "lease"):
                    await self.round()
                await bell.wait(self._poll)
        finally:
            bell.close()
            await self._offload.write(committing, "lease.release", leases.release_lease, LEASE, self._holder)

    def _lease(self) -> int:
        return leases.hold_lease(LEASE, self._holder, seconds=LEASE_SECONDS)

    async def round(self) -> None:
        """Everything that is due now."""
        due = await retrying(lambda: self._offload.read(servers.due), "due")
        await asyncio.gather(*[self._look(backend, targets, whole=False) for backend, targets in sorted(due.items())])
        now = clock.monotonic()
        known = await retrying(lambda: self._offload.read(names), "backends")
        late = [backend for backend in known if now >= self._resync_at.get(backend, 0.0)]
        for backend in late:
            self._resync_at[backend] = now + clock.jitter(self._interval * 0.8, self._interval)
        await asyncio.gather(*[self.resync(backend) for backend in late])
        if late:
            await self._offload.write(committing, "quota.commit", fold)
            await self._offload.write(committing, "retention.commit", retention.prune)

    async def resync(self, backend: str) -> None:
        """A full look at one backend: who it is, what it has room for, every server, and what is there unasked."""
        if self._paused(backend):
            return
        try:
            facts = await (await self._connections.get(backend)).facts()
        except BackendFailure as error:
            self._pause(backend, error)
            return
        if not await self._offload.write(committing, "refresh.commit", placement.refresh, backend, facts):
            log.error("backend.reincarnated", backend=backend, incarnation=facts.incarnation)
            metrics.LOOKS.labels(backend=backend, answer="reincarnated").inc()
            return
        targets = await self._offload.read(servers.of_backend, backend)
        await self._look(backend, targets, whole=True)

    async def _look(self, backend: str, targets: Sequence[Target], *, whole: bool) -> None:
        if self._paused(backend):
            return
        try:
            answers = await (await self._connections.get(backend)).observe(targets, whole=whole)
        except BackendFailure as error:
            self._pause(backend, error)
            return
        self._pauses.pop(backend, None)
        metrics.LOOKS.labels(backend=backend, answer="answered").inc()
        await self._tell(answers)

    async def _tell(self, answers: Sequence[Observation]) -> None:
        strays = [one for one in answers if isinstance(one, InstanceSeen) and not one.server]
        known = [one for one in answers if one not in strays]
        for start in range(0, len(known), CHUNK):
            await tell(self._offload, *known[start : start + CHUNK], failpoint="look.commit")  # type: ignore[arg-type]
        if strays:
            await self._offload.write(committing, "strays.commit", orphans.report, strays)

    def _paused(self, backend: str) -> bool:
        until, _ = self._pauses.get(backend, (0.0, 0.0))
        return clock.monotonic() < until

    def _pause(self, backend: str, error: BackendFailure) -> None:
        _, last = self._pauses.get(backend, (0.0, FIRST_PAUSE / 2))
        wait = min(last * 2, LONGEST_PAUSE)
        self._pauses[backend] = (clock.monotonic() + clock.jitter(wait / 2, wait), wait)
        metrics.LOOKS.labels(backend=backend, answer="failed").inc()
        log.warning("backend.unreachable", backend=backend, wait=round(wait, 1), error=str(error))
