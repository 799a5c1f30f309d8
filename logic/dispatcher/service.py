"""One dispatcher: wires the loops, runs them until told to stop, drains.

Started by ``manage.py dispatcher`` (two or more on LOGIC nodes) and, embedded, by ``synnefo.standalone``. A loop that
fails ends the process: the supervisor starts it again, which is the normal path.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import msgspec
import structlog
from django.db import Error

from logic import listener, schema
from logic.bus import Bus
from logic.dispatcher import metrics
from logic.dispatcher.batches import Batches, bring_back
from logic.dispatcher.connections import Connections
from logic.dispatcher.presence import Presence
from logic.dispatcher.standing import GAUGES
from logic.dispatcher.waking import relay_notifications
from logic.dispatcher.workers import Workers
from logic.offload import Offload
from logic.reconcile.driver import Reconciler

log = structlog.get_logger(__name__)


class Tuning(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of a dispatcher, from settings.d. Times in seconds. ``presence``: without a sign of life for so long, what it
    has claimed is taken over by others."""

    batch: int = 500
    prefetch: int = 1000
    lease: float = 60.0
    presence: float = 2.0
    interval: float = 60.0
    glance: float = 4.0
    poll: float = 0.5
    parked_every: float = 1.0
    drain: float = 8.0


class Dispatcher:
    """``holder`` names this process in leases and claims."""

    def __init__(self, *, bus: Bus, offload: Offload, connections: Connections, holder: str, tuning: Tuning) -> None:
        self._offload, self._connections, self._tuning = offload, connections, tuning
        self._counting: asyncio.Task[dict[str, int]] | None = None
        self._batches = Batches(bus, offload, limit=tuning.batch, prefetch=tuning.prefetch)
        self._presence = Presence(offload, holder=holder, seconds=tuning.presence)
        self._workers = Workers(offload, connections, self._presence, lease=tuning.lease, poll=tuning.poll)
        numbers = {"interval": tuning.interval, "poll": tuning.poll, "glance": tuning.glance}
        self._reconciler = Reconciler(offload, connections, holder=holder, **numbers)

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop`` is set; then drains, at most ``tuning.drain`` seconds. Raises what ended a loop."""
        loops: list[asyncio.Task[Any]] = [asyncio.create_task(loop) for loop in self._loops()]
        present = asyncio.create_task(self._presence.run())
        stopping = asyncio.create_task(stop.wait())
        log.info("dispatcher.started")
        try:
            done, _ = await asyncio.wait({stopping, present, *loops}, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopping}:
                task.result()
        finally:
            await self._drain([*loops, stopping])
            present.cancel()
            await self._presence.leave()
            await self._connections.aclose()
            log.info("dispatcher.stopped")

    def standing(self) -> dict[str, bool]:
        """What it must have to serve and has at this moment; asks nobody."""
        return {"database": self._presence.is_sure(), "broker": self._batches.followed}

    async def refresh(self, within: float = listener.PATIENCE) -> dict[str, bool]:
        """Bring what is measured only when asked up to date, before a scrape of somebody who waits so long; says what
        answers. Half of that time is for broker and database, so that silence of theirs is not taken for ours."""
        waiting, answers = await asyncio.gather(self._waiting(within / 2), GAUGES.refresh(self._offload, within / 2))
        metrics.ANSWERS.set(bool(waiting))
        metrics.WAITING.clear()
        for cluster, count in waiting.items():
            (metrics.WAITING.labels(cluster=cluster) if cluster else metrics.DEAD).set(count)
        metrics.begin(GAUGES.backends)
        return {"database": answers, "broker": bool(waiting)}

    async def _waiting(self, patience: float) -> dict[str, int]:
        """What waits at the broker; empty when it does not say. One question at a time: the last may be under way yet."""
        asking = self._counting or asyncio.create_task(self._batches.waiting())
        done, _ = await asyncio.wait({asking}, timeout=patience)
        self._counting = None if done else asking
        return asking.result() if done else {}

    @property
    def pages(self) -> listener.Pages:
        """For a listener."""
        return {"/health": self._health, "/metrics": self._metrics}

    async def _health(self, within: float) -> listener.Page:
        facts, problem = await asyncio.gather(self.refresh(within), self._problem(within / 2))
        return listener.health(problem, **facts)

    async def _problem(self, patience: float) -> str:
        """With the schema, which was whole when it started; a database that says nothing is told of by ``refresh``."""
        try:
            async with asyncio.timeout(patience):
                await self._offload.read(schema.check_once)
        except schema.Lacking as error:
            return error.sentence
        except (Error, TimeoutError):
            pass
        return ""

    async def _metrics(self, within: float) -> listener.Page:
        await self.refresh(within)
        return listener.metrics()

    def _loops(self) -> list[Coroutine[Any, Any, None]]:
        tuning = self._tuning
        return [
            self._batches.run(),
            self._workers.run(),
            self._reconciler.run(),
            bring_back(self._offload, every=tuning.parked_every, limit=tuning.batch),
            relay_notifications(self._offload),
        ]

    async def _drain(self, tasks: Sequence[asyncio.Task[Any]]) -> None:
        for task in tasks:
            task.cancel()
        done, _ = await asyncio.wait(tasks, timeout=self._tuning.drain)
        for error in [task.exception() for task in done if not task.cancelled()]:
            if error:
                log.warning("dispatcher.loop_failed", error=repr(error)[:300])
