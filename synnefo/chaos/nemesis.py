"""Carries out the plan: one fault after another, or several at a time, each with a bound; and after each fault that came
alone, and after each wave, the canary says how long it took.

Errors that programs have logged (``logs``) must be ones that the last fault, or the one before it, is known to bring.
"""

import asyncio
import random
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec
import structlog

from logic import clock
from synnefo.chaos.canary import Canary, NotWell
from synnefo.chaos.cloud import Cloud
from synnefo.chaos.history import History
from synnefo.chaos.kinds.base import NOTHING, Alerts, Kind, Scene
from synnefo.chaos.logs import Logs
from synnefo.chaos.lookout import Lookout
from synnefo.chaos.plan import Planned

log = structlog.get_logger(__name__)
LONGEST: Final = 120.0  # seconds a fault may take, its own end included
WELL: Final = 60.0  # seconds the canary has afterwards
LOOK: Final = 0.1
ANNOUNCED: Final = 10.0  # seconds an alert may take after its fault is over
APART: Final = 3.0  # seconds within which the faults of a wave begin
SEVERAL: Final = "several_at_a_time"


class Nemesis:
    """``events`` tells how many have come in. ``worst`` has the longest recovery of each kind, ``by_sort`` all
    of each sort of fault, ``stuck`` what never ended."""

    def __init__(  # noqa: PLR0913 - what it hurts, and who looks on
        self,
        cloud: Cloud,
        history: History,
        canary: Canary,
        kinds: Mapping[str, Kind],
        events: Callable[[], int],
        lookout: Lookout,
    ) -> None:
        self._logs = Logs(cloud.root)
        self._lately: deque[Planned] = deque(maxlen=2)
        self._cloud, self._history, self._canary = cloud, history, canary
        self._kinds, self._events, self._lookout = kinds, events, lookout
        self.done = 0
        self.worst: dict[str, float] = {}
        self.by_sort: defaultdict[str, list[float]] = defaultdict(list)
        self.stuck: list[str] = []
        self.silent: list[str] = []

    async def run(self, plan: Sequence[Planned]) -> None:
        """The whole plan."""
        for planned in plan:
            while self._events() < planned.events:
                await asyncio.sleep(LOOK)
            await self._one(planned)

    async def _one(self, planned: Planned) -> None:
        self.listen()
        self._lately.append(planned)
        name = " + ".join(planned.kinds)
        self._history.note("fault", kind=name, events=self._events())
        began = clock.monotonic()
        announcing = await asyncio.gather(
            *[self._act(kind, place, planned) for place, kind in enumerate(planned.kinds)]
        )
        self.done += len(planned.kinds)
        self._history.note("ended", kind=name)
        try:
            took = await self._canary.well(WELL)
        except NotWell as error:
            self._give_up(f"not well {WELL:g} s after {name}: {error}")
            return
        if planned.alone:
            await self._announced(name, announcing[0], began)
        self._keep(planned, took)
        self._history.note("well", kind=name, seconds=took)
        log.info("chaos.fault", kind=name, done=self.done, well_after=took, events=self._events())

    async def _announced(self, kind: str, wanted: Alerts, began: float) -> None:
        """Has one of these alerts risen since it began? The last of them may take a scrape yet. In a wave one fault may keep
        another's from being seen, so there nobody asks."""
        waited = 0.0
        while wanted and not wanted & self._lookout.since(began) and waited < ANNOUNCED:
            await asyncio.sleep(LOOK)
            waited += LOOK
        if wanted and not wanted & self._lookout.since(began):
            self.silent.append(f"{kind} raised none of {', '.join(sorted(wanted))}")

    def _keep(self, planned: Planned, took: float) -> None:
        name, sort = (planned.kinds[0], self._kinds[planned.kinds[0]].sort) if planned.alone else (SEVERAL, SEVERAL)
        self.worst[name] = max(took, self.worst.get(name, 0.0))
        self.by_sort[sort].append(took)

    def listen(self) -> None:
        """Note what has been logged as an error, and whether a fault explains it."""
        names = [name for planned in self._lately for name in planned.kinds]
        known = tuple(event for name in names for event in self._kinds[name].errors)
        for error in self._logs.news():
            excused = error.event.startswith(known) and not error.forgotten
            fault = names[-1] if names else ""
            self._history.note("error", excused=excused, fault=fault, **msgspec.structs.asdict(error))

    async def _act(self, kind: str, place: int, planned: Planned) -> Alerts:
        """Do it; which alerts announce it."""
        scene = Scene(self._cloud, random.Random(f"{planned.seed} {place} {kind}"), self._history)
        if not planned.alone:
            await asyncio.sleep(scene.dice.uniform(0, APART))
        try:
            async with asyncio.timeout(LONGEST):
                told = await self._kinds[kind].act(scene)
        except TimeoutError:
            self._give_up(f"{kind} had no end within {LONGEST:g} s")
            return NOTHING
        except Exception as error:
            log.exception("chaos.broken", kind=kind)
            self._give_up(f"{kind} could not be carried out: {error!r}")
            return NOTHING
        return self._kinds[kind].alerts if told is None else told

    def _give_up(self, sentence: str) -> None:
        self.stuck.append(sentence)
        self._history.note("stuck", sentence=sentence)
        log.error("chaos.stuck", sentence=sentence)
