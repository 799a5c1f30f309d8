"""What a kind of fault is, and what kinds share."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec

from synnefo.chaos.cloud import Cloud
from synnefo.chaos.history import History
from synnefo.chaos.parts import Part
from synnefo.testing.processes import LOOPBACK
from synnefo.testing.scrapes import scraped

Alerts = frozenset[str]
NOTHING: Final[Alerts] = frozenset()
LOOK: Final = 0.05
STARTS_WITHIN: Final = 10.0  # seconds
KILLED: Final = "process_killed"
RESTARTED: Final = "rolling_restart"
BACK: Final = "server_back"
HEALED: Final = "link_healed"
OTHER: Final = "other"


class Scene(msgspec.Struct, frozen=True):
    """Where a fault happens: the cloud, the seeded dice of this fault, the history of the run."""

    cloud: Cloud
    dice: random.Random
    history: History


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """``act`` does it and ends it, and may say which of ``alerts`` announce it, where the dice decide that. ``weight``: how
    often beside the others. ``errors``: how events begin that programs may log as errors because of it. ``alerts``: one of
    these has to rise because of it; ``quiet``: why sometimes or always none does. ``needs``: a file the machine must have, or
    ``table.DISK``. ``sort``: recoveries are told apart by it."""

    act: Callable[[Scene], Awaitable[Alerts | None]]
    weight: int = 1
    errors: frozenset[str] = frozenset()
    alerts: Alerts = NOTHING
    quiet: str = ""
    needs: str = ""
    sort: str = OTHER

    @property
    def group(self) -> str:
        """The module it stands in: two of one group would fall over each other."""
        return self.act.__module__.rpartition(".")[2]


async def lasting(scene: Scene, low: float, high: float) -> None:
    """Let the fault last for some seconds."""
    await asyncio.sleep(scene.dice.uniform(low, high))


async def killed(part: Part) -> None:
    """Kill it and wait for its next start."""
    before = part.pid
    part.kill()
    await started_anew(part, before)


async def changed(part: Part, more: Mapping[str, str]) -> None:
    """Kill it and wait for its next start, with these variables beside its own."""
    before = part.pid
    part.changed(more)
    await started_anew(part, before)


async def started_anew(part: Part, before: int) -> None:
    """Until it runs again, and not as the process it was before."""
    while part.pid in {0, before}:
        await asyncio.sleep(LOOK)


async def well(scene: Scene, name: str) -> None:
    """Until it says so itself. Bounded: with another fault beside this one it may not be, and that is no fault of its own."""
    url = f"http://{LOOPBACK}:{scene.cloud.targets[name].port}/health"
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(STARTS_WITHIN):
            while await scene.cloud.offload.call(scraped, url, within=STARTS_WITHIN) is None:
                await asyncio.sleep(LOOK)
