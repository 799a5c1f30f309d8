"""The task that lets a simulator's time pass: jobs go on when they are due, hooks are run.

Started by the embedded cloud, by the standalone server and by the simulation, each with its own ``logic.offload``.
"""

import asyncio
import contextlib
import functools

from ganeti.simulator.exporting import ExportCall, Exporter
from ganeti.simulator.hooks import HookCall, Runner
from ganeti.simulator.simulator import Simulator
from logic import clock
from logic.offload import Offload

_LONGEST = 60.0  # seconds between two looks, should the wall clock be set back
_ROUNDING = 0.0005  # seconds: wake after a moment, not just before it


async def run(
    simulator: Simulator, offload: Offload, *, hooks: Runner | None = None, exporter: Exporter | None = None
) -> None:
    """Until cancelled. ``hooks`` is needed when the cluster's settings say that it has hooks, ``exporter`` when they say that its
    exports are told."""
    woken = asyncio.Event()
    loop = asyncio.get_running_loop()
    with simulator.waking(lambda: loop.call_soon_threadsafe(woken.set)):
        async with asyncio.TaskGroup() as tasks:
            while True:
                woken.clear()
                due = await offload.call(simulator.advance)
                for call in await offload.call(simulator.take_hooks):
                    tasks.create_task(_hook(simulator, offload, hooks, call))
                for export in await offload.call(simulator.take_exports):
                    tasks.create_task(_export(simulator, offload, exporter, export))
                await _pass(woken, due)


async def _pass(woken: asyncio.Event, due: float | None) -> None:
    wait = None if due is None else min(max(due - clock.timestamp(), 0.0), _LONGEST) + _ROUNDING
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(wait):
            await woken.wait()


async def _export(simulator: Simulator, offload: Offload, exporter: Exporter | None, call: ExportCall) -> None:
    told = await exporter(call) if exporter else False
    await offload.call(functools.partial(simulator.export_done, call.job, told=told))


async def _hook(simulator: Simulator, offload: Offload, hooks: Runner | None, call: HookCall) -> None:
    results = await offload.call(hooks, call) if hooks else []
    await offload.call(simulator.hooks_done, call.job, results)
