"""Looks at the cloud from outside, as its operators do: scrapes every program, and asks which alerts are up.

``nemesis`` asks whether a fault was announced, ``running`` whether every alert has cleared when all is at rest. Rules of
minutes are rules of seconds here; an alert counts from the moment its expression holds.
"""

import asyncio
from collections.abc import Mapping
from typing import Final, NamedTuple

from logic import clock
from logic.offload import Offload
from synnefo.chaos.history import History
from synnefo.testing.alerts import Watch, rules
from synnefo.testing.processes import LOOPBACK
from synnefo.testing.scrapes import scraped

EVERY: Final = 0.5  # seconds between two scrapes
WITHIN: Final = 2.0  # seconds a program has to answer one
HASTE: Final = 20.0
# What is up for good reason when a run is over: rubbish is kept for an operator, machines made past Synnefo are nobody's.
STAYS: Final = frozenset({"SynnefoQuarantine", "SynnefoOrphans", "SynnefoParked"})


class Target(NamedTuple):
    """Where a program answers, and the job that the rules know it by."""

    job: str
    port: int


class Lookout:
    """``up`` has the names of the alerts that are up now; ``since`` those that were at any moment after a mark."""

    def __init__(self, targets: Mapping[str, Target], offload: Offload, history: History) -> None:
        self._targets, self._offload, self._history = targets, offload, history
        self._watch = Watch(rules(), haste=HASTE)
        self._seen: dict[str, float] = {}
        self.up: set[str] = set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._round()
            await asyncio.sleep(EVERY)

    async def _round(self) -> None:
        texts = await asyncio.gather(*[self._ask(target) for target in self._targets.values()])
        now = clock.timestamp()
        for (name, target), text in zip(self._targets.items(), texts, strict=True):
            self._watch.scrape(now, target.job, name, text)
        self._watch.evaluate(now)
        up = self._watch.names()
        if up != self.up:
            self._history.note("alerts", up=sorted(up))
        self.up = up
        self._seen |= dict.fromkeys(up, clock.monotonic())

    async def _ask(self, target: Target) -> str | None:
        url = f"http://{LOOPBACK}:{target.port}/metrics"
        return await self._offload.call(scraped, url, within=WITHIN)

    def since(self, mark: float) -> set[str]:
        """``mark`` as :func:`logic.clock.monotonic` gives it."""
        return {name for name, at in self._seen.items() if at >= mark}

    async def cleared(self, patience: float) -> set[str]:
        """The alerts that stay up though they should not, after so many seconds at most."""
        try:
            async with asyncio.timeout(patience):
                while self.up - STAYS:
                    await asyncio.sleep(EVERY)
        except TimeoutError:
            return self.up - STAYS
        return set()
