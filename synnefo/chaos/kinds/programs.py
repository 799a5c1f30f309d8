"""Programs killed, paused, restarted and misled about the time."""

import asyncio
from typing import Final

from synnefo.chaos.cloud import API, CLUSTERS, DISPATCHERS
from synnefo.chaos.kinds.base import Scene, killed

FAKETIME: Final = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
SKEWS: Final = ("+3600", "-3600", "-300", "+0 x1.1")


async def kill_dispatcher(scene: Scene) -> None:
    await killed(scene.cloud.parts[scene.dice.choice(DISPATCHERS)])


async def kill_both_dispatchers(scene: Scene) -> None:
    await asyncio.gather(*[killed(scene.cloud.parts[name]) for name in DISPATCHERS])


async def kill_eventd(scene: Scene) -> None:
    await killed(scene.cloud.parts[f"eventd-{scene.dice.choice(CLUSTERS)}"])


async def kill_api(scene: Scene) -> None:
    await killed(scene.cloud.parts[API])


async def kill_simulator(scene: Scene) -> None:
    """The Ganeti master dies; its jobs go on when it is back."""
    await killed(scene.cloud.parts[f"simulator-{scene.dice.choice(CLUSTERS)}"])
