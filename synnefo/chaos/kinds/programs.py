"""Programs killed, paused, restarted and misled about the time."""

import asyncio
from typing import Final

from logic import clock
from synnefo.chaos.cloud import API, CLUSTERS, DISPATCHERS
from synnefo.chaos.kinds.base import NOTHING, Alerts, Scene, changed, killed, lasting, started_anew, well
from synnefo.chaos.settings import INTERVAL

FAKETIME: Final = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
DRIFT: Final = "+0 x1.1"
SKEWS: Final = ("+3600", "-3600", "-300", DRIFT)
SKEWED: Final = frozenset({"SynnefoClockSkew"})


async def kill_dispatcher(scene: Scene) -> None:
    await killed(scene.cloud.parts[scene.dice.choice(DISPATCHERS)])


async def kill_both_dispatchers(scene: Scene) -> None:
    await asyncio.gather(*[killed(scene.cloud.parts[name]) for name in DISPATCHERS])


async def kill_eventd(scene: Scene) -> None:
    await killed(scene.cloud.parts[f"eventd-{scene.dice.choice(CLUSTERS)}"])


async def kill_api(scene: Scene) -> None:
    await killed(scene.cloud.parts[API])


async def kill_simulator(scene: Scene) -> None:
    """The Ganeti master dies as often as it is started, for some seconds; its jobs go on when it is back."""
    part = scene.cloud.parts[f"simulator-{scene.dice.choice(CLUSTERS)}"]
    until = clock.monotonic() + scene.dice.uniform(INTERVAL + 1, INTERVAL + 4)
    await killed(part)
    while clock.monotonic() < until:
        await killed(part)


async def pause_dispatcher(scene: Scene) -> None:
    """It holds its leases, claims, locks and messages, and does nothing; the other takes over what runs out."""
    await _paused(scene, 4, 12)


async def pause_dispatcher_for_long(scene: Scene) -> None:
    """Longer than every lease there is."""
    await _paused(scene, 31, 33)


async def restart_dispatchers(scene: Scene) -> None:
    """One after the other, in good order, as an upgrade does: the next one's turn comes when the one before is well. How
    long each took to end is in the history."""
    for name in DISPATCHERS:
        part = scene.cloud.parts[name]
        before, asked = part.pid, clock.monotonic()
        await scene.cloud.offload.call(part.terminate)
        scene.history.note("drained", program=name, seconds=round(clock.monotonic() - asked, 3))
        await started_anew(part, before)
        await well(scene, name)


async def skew_dispatcher(scene: Scene) -> Alerts:
    """Its clock is an hour fast or slow, five minutes slow, or drifts; its monotonic clock too, in half of the cases."""
    part = scene.cloud.parts[scene.dice.choice(DISPATCHERS)]
    fake = {"LD_PRELOAD": FAKETIME, "FAKETIME": scene.dice.choice(SKEWS), "FAKETIME_NO_CACHE": "1"}
    fake["FAKETIME_DONT_FAKE_MONOTONIC"] = scene.dice.choice(("0", "1"))
    scene.history.note("skewed", program=part.name, by=fake["FAKETIME"], real=fake["FAKETIME_DONT_FAKE_MONOTONIC"])
    try:
        await changed(part, fake)
        await lasting(scene, 8, 12)
    finally:
        await changed(part, {})
    return SKEWED if fake["FAKETIME"] != DRIFT else NOTHING


async def _paused(scene: Scene, low: float, high: float) -> None:
    part = scene.cloud.parts[scene.dice.choice(DISPATCHERS)]
    part.pause()
    try:
        await lasting(scene, low, high)
    finally:
        part.resume()
