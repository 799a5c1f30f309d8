"""One run: start, work and faults, rest, verdict. The report is what ``__main__`` prints."""

import asyncio
import contextlib
import statistics
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import structlog

from logic import clock
from logic.db import DATABASE_AWAY
from logic.errors import BackendFailure
from logic.ledger.models import Command, Inbox, Parked, Quarantine
from synnefo.chaos import checking
from synnefo.chaos.api import Api
from synnefo.chaos.canary import Canary, NotWell
from synnefo.chaos.checking import Case
from synnefo.chaos.cloud import CLUSTERS, DATABASE, Cloud
from synnefo.chaos.history import History
from synnefo.chaos.kinds.base import Kind
from synnefo.chaos.lookout import Lookout
from synnefo.chaos.nemesis import Nemesis
from synnefo.chaos.outsiders import Outsider
from synnefo.chaos.plan import Planned, drawn
from synnefo.chaos.tenants import Tenant
from synnefo.chaos.truth import Seen, seen
from synnefo.testing.rabbitmq import RabbitServer

log = structlog.get_logger(__name__)
TENANTS: Final = 3
COUNT_EVERY: Final = 0.25
CONVERGE: Final = 120.0  # seconds the cloud has to come to rest
CLEAR: Final = 60.0  # seconds after that for the last alert
LOOK: Final = 0.25
OUTSIDE_PAUSE: Final = 0.1


class Wanted(msgspec.Struct, frozen=True):
    """What was asked for on the command line, and the ``kinds`` of faults there are. ``seconds`` bounds work and faults
    together."""

    kinds: Mapping[str, Kind]
    events: int
    faults: int
    seed: int
    seconds: float


class Run:
    """The run on a cloud that has been started."""

    def __init__(self, cloud: Cloud, history: History, wanted: Wanted) -> None:
        self._cloud, self._history, self._wanted = cloud, history, wanted
        self._offload = cloud.offload
        self._canary = Canary(Api(cloud.port, cloud.who), history, cloud.offload)
        self._lookout = Lookout(cloud.targets, cloud.offload, history)
        self._nemesis = Nemesis(cloud, history, self._canary, wanted.kinds, lambda: self._events, self._lookout)
        self._events = 0

    async def play(self) -> dict[str, Any]:
        """The report."""
        try:
            await self._canary.settle_in(CLUSTERS)
        except NotWell as error:
            none: dict[str, list[str]] = {word: [] for word in (*checking.WORDS, "silent")}
            return self._report(none | {"stuck": [f"it never came up: {error}"]}, 0.0, 0)
        log.info("chaos.started", usual=self._canary.usual)
        looking = asyncio.create_task(self._lookout.run())
        async with self._working():
            await self._until_done()
        took, case = await self._rest()
        staying = await self._lookout.cleared(CLEAR)
        looking.cancel()
        self._nemesis.listen()
        found = await self._offload.read(checking.verdict, case)
        found["stuck"] += self._nemesis.stuck
        found["silent"] = [*self._nemesis.silent, *(f"{name} does not clear" for name in sorted(staying))]
        if any(found.values()):
            await self._offload.call(self._cloud.postgres.dump, DATABASE, self._cloud.root / "database.sql")
        quarantined = await self._offload.read(Quarantine.objects.count)
        return self._report(found, took, quarantined)

    def _report(self, found: dict[str, list[str]], took: float, quarantined: int) -> dict[str, Any]:
        for word, sentences in found.items():
            for sentence in sentences:
                self._history.note("finding", word=word, sentence=sentence)
        return {
            "events": self._events,
            "faults": self._nemesis.done,
            "seed": self._wanted.seed,
            **{word: len(sentences) for word, sentences in found.items()},
            "quarantined": quarantined,
            "ended_by_themselves": sum(1 for _ in self._history.of("ended-by-itself")),
            "converged_s": took,
            "usual_s": self._canary.usual,
            "recovered_s": {sort: _told(times) for sort, times in sorted(self._nemesis.by_sort.items())},
            "drained_s": max((line.facts["seconds"] for line in self._history.of("drained")), default=0.0),
            "alerts": sorted({name for line in self._history.of("alerts") for name in line.facts["up"]}),
            "well_after_s": dict(sorted(self._nemesis.worst.items())),
            "findings": [f"{word}: {sentence}" for word, sentences in found.items() for sentence in sentences],
        }

    @contextlib.asynccontextmanager
    async def _working(self) -> AsyncIterator[None]:
        """Tenants and outsiders work, and events are counted, within the block."""
        loops = self._loops()
        counting = asyncio.create_task(self._count())
        tasks = [asyncio.create_task(one.run()) for one in loops]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for outcome in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(outcome, Exception):
                    raise outcome
            counting.cancel()

    def _loops(self) -> list[Tenant | Outsider]:
        seed, cloud, spared = str(self._wanted.seed), self._cloud, self._canary.instances
        apis = [Api(cloud.port, cloud.who) for _ in range(TENANTS)]
        return [
            *[Tenant(f"t{n}", api, self._history, self._offload, seed) for n, api in enumerate(apis)],
            *[
                Outsider(one, self._history, self._offload, seed=seed, pause=OUTSIDE_PAUSE, spared=spared)
                for one in cloud.masters.values()
            ],
        ]

    async def _until_done(self) -> None:
        """All faults carried out and all events come in, or the time is over."""
        try:
            async with asyncio.timeout(self._wanted.seconds):
                await self._nemesis.run(self._plan())
                while self._events < self._wanted.events:
                    await asyncio.sleep(COUNT_EVERY)
        except TimeoutError:
            log.warning("chaos.out_of_time", events=self._events, faults=self._nemesis.done)

    def _plan(self) -> list[Planned]:
        wanted = self._wanted
        return drawn(wanted.kinds, seed=wanted.seed, faults=wanted.faults, events=wanted.events)

    async def _count(self) -> None:
        while True:
            with contextlib.suppress(*DATABASE_AWAY):
                self._events = await self._offload.read(Inbox.objects.count)
            await asyncio.sleep(COUNT_EVERY)

    async def _rest(self) -> tuple[float, Case]:
        """Seconds until nothing was pending any more, and what was seen then; or after :data:`CONVERGE`. A look at it all
        takes seconds after a long run, so one is taken when nothing is under way, and counts from its beginning."""
        started = clock.monotonic()
        while True:
            await self._settle(started + CONVERGE)
            took = round(clock.monotonic() - started, 3)
            case = await self._look()
            left = await self._left(case)
            if took > CONVERGE or not any(left.values()):
                return took, case
            self._history.note("pending", **{word: len(sentences) for word, sentences in left.items()})
            await asyncio.sleep(LOOK)

    async def _settle(self, until: float) -> None:
        """No command is under way and nothing is parked."""
        under_way, parked = Command.objects.exclude(status="settled"), Parked.objects.all()
        while clock.monotonic() < until:
            with contextlib.suppress(*DATABASE_AWAY):
                if not (await self._offload.read(under_way.exists) or await self._offload.read(parked.exists)):
                    return
            await asyncio.sleep(LOOK)

    async def _left(self, case: Case) -> dict[str, list[str]]:
        """What is pending. The queues are asked last, since asking takes a second."""
        left = await self._offload.read(checking.pending, case)
        if not any(left.values()):
            case.queues.update(await self._offload.call(_queues, self._cloud.rabbit))
            left["stuck"] += checking.queues_are_empty(case)
        return left

    async def _look(self) -> Case:
        try:
            found = await self._offload.call(seen, list(self._cloud.masters.values()))
        except BackendFailure as error:
            found = Seen()
            found.busy.append(f"a cluster does not answer: {error}")
        return Case(self._history, found)


def _told(times: Sequence[float]) -> dict[str, float]:
    """Recoveries of one sort, in short."""
    return {"worst": max(times), "median": round(statistics.median(times), 3), "times": len(times)}


def _queues(rabbit: RabbitServer) -> dict[str, int]:
    """Messages by queue."""
    rows = (line.split("\t") for line in rabbit.ctl("list_queues", "name", "messages").splitlines())
    return {row[0]: int(row[1]) for row in rows if row[-1].isdecimal()}
