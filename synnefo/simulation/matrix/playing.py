"""The cells of one operation: a cloud on the virtual clock up to the moment when it is asked for, and from there a branch
for each fault, until peace.

It is the simulation's own run with a user who asks for one thing, processes that are started again whatever ended them
(the event daemon is one here), and a hook that knows which process passes a failpoint.
"""

import asyncio
import gc
import itertools
import random
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec
from django.conf import settings

from ganeti import hook
from ganeti.simulator.faults import Rates
from logic import clock, failpoints
from logic.compute import shelves
from logic.compute.models import Server, Shelf
from logic.dispatcher.service import Tuning
from logic.image import capturing
from logic.image.models import Capture, Image
from logic.ledger.advancing import advance_batch
from logic.ledger.envelopes import opened
from logic.ledger.models import Command, Parked
from logic.messages import codec
from logic.messages.observations import NicSeen
from logic.volume.models import Volume
from logic.volume.states import Mode
from synnefo.simulation import database, loop, running
from synnefo.simulation.invariants import violations
from synnefo.simulation.matrix.branching import Branching
from synnefo.simulation.matrix.cells import Cell, explained, weather_of
from synnefo.simulation.matrix.hook import Hook
from synnefo.simulation.matrix.operations import OPERATIONS, ask
from synnefo.simulation.matrix.outcomes import Outcome, outcome
from synnefo.simulation.plan import Plan
from synnefo.simulation.processes import Killed, Process
from synnefo.simulation.reporting import CLUSTER, captured
from synnefo.simulation.source import SeededSource

SEED: Final = 1
CALM: Final = Plan(
    requests=1,
    seconds=1.0,
    lose=0,
    double=0,
    late=0,
    die=0,
    abort=0,
    disturb=0,
    dispatchers=2,
    favourite="",
    rates=Rates(),
)
TUNING: Final = Tuning(lease=15.0, presence=6.0, interval=4.0, glance=0.0, drain=1.0, poll=5.0, parked_every=5.0)
STRAY: Final = "snf-900"
STRANGER: Final = codec.encode(NicSeen(cluster=CLUSTER, instance=STRAY, path="instance-add", phase="post"))
OUTAGE, LONGEST_OUTAGE = 2.0, 20.0  # seconds
RESTART_AFTER: Final = 1.0
HOOK_AFTER: Final = 0.2
STEP, PATIENCE = 0.5, 300.0


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """What a cell came to. ``passed`` counts the passings of each failpoint since the operation was asked for; ``met``
    whether the fault came to pass; ``settled_s`` seconds until nothing was under way any more."""

    outcome: Outcome
    violations: list[str]
    passed: dict[str, int]
    met: bool
    settled_s: float


class OperationRun(running.Run):
    """The world of one operation. ``played`` are the branches: of each weather without a fault, of each cell."""

    _tuning = TUNING
    _nodes, _template = 2, "sharedfile"  # so that servers can be moved

    def __init__(self, operation: str, cells: Sequence[Cell], passings: int, met: Hook, errors: list[str]) -> None:
        super().__init__(SEED, CALM)
        self._operation, self._cells, self._passings, self._hook = operation, cells, passings, met
        self._errors = errors
        self._stops: list[asyncio.Event] = []
        self._settled_s = 0.0
        self._quiet = True
        self.faultless: dict[str, Played] = {}
        self.played: dict[Cell, Played] = {}

    async def _tenants(self) -> int:
        """What the operation needs, and then, in each branch, the operation."""
        self._worker = asyncio.create_task(self._images())
        await asyncio.sleep(STEP)
        for name in OPERATIONS[self._operation].after:
            await ask(name)
            await self._settled()
        self._branching = Branching(self._folder, self._folder.with_name("kept"))
        if self._branch_out():
            await self._ask()
        return len(self.played)

    async def _images(self) -> None:
        """What nodes bring, and an image-worker does."""
        while True:
            bring()
            await asyncio.sleep(STEP)

    @staticmethod
    def _busy() -> bool:
        """Also while volumes of a server that is made are still to be found on it."""
        leaving, coming = Shelf.objects.exclude(step=shelves.KEPT), Volume.objects.filter(mode=Mode.AWAITED)
        return running.Run._busy() or leaving.exists() or coming.exists()  # noqa: SLF001

    def _branch_out(self) -> bool:
        """True in a branch; here, when all have been played."""
        for weather in sorted({weather_of(cell) for cell in self._cells}):
            told = self._branch(Cell(operation=self._operation), weather)
            if told is None:
                return True
            self.faultless[weather] = told
        for cell in itertools.chain.from_iterable(map(self._at_each_passing, self._cells)):
            told = self._branch(cell, weather_of(cell))
            if told is None:
                return True
            self.played[cell] = told
        return False

    def _branch(self, cell: Cell, weather: str) -> Played | None:
        told = self._branching.branch()
        if told is None:
            self._cell, self._weather = cell, weather
            return None
        return msgspec.msgpack.decode(told, type=Played)

    def _at_each_passing(self, cell: Cell) -> list[Cell]:
        """The first passings of its failpoint, as many as there are without the fault; one at least."""
        passed = self.faultless[weather_of(cell)].passed.get(cell.failpoint, 0)
        most = max(1, min(self._passings, passed))
        return [msgspec.structs.replace(cell, nth=nth) for nth in range(1, most + 1)]

    async def _ask(self) -> None:
        self._hook.arm(self._cell)
        began = clock.monotonic()
        beside = asyncio.ensure_future(self._blow())
        await ask(self._operation)
        await beside
        await self._settled()
        self._settled_s = clock.monotonic() - began

    async def _settled(self) -> None:
        waited = 0.0
        while waited < PATIENCE and (self._busy() or Parked.objects.exists()):
            await asyncio.sleep(STEP)
            waited += STEP

    async def _blow(self) -> None:
        """The weather (``cells.WEATHER``)."""
        if self._weather == "outage":
            await self._be_away()
        elif self._weather == "hook":
            await asyncio.sleep(HOOK_AFTER)
            self._run_hook()
        elif self._weather == "stray":
            self._ganeti.appear(STRAY)
        elif self._weather == "parked":
            advance_batch([opened(STRANGER, cluster=CLUSTER, routing_key="")])
        elif self._weather == "restart":
            await asyncio.sleep(RESTART_AFTER)
            for stop in self._stops:
                stop.set()

    async def _be_away(self) -> None:
        """The broker, until something waits for it: of some operations only the last of their jobs tells."""
        self._bus.down = True
        await asyncio.sleep(OUTAGE)
        waited = 0.0
        while waited < LONGEST_OUTAGE and not self._hook.passed["spool.put"]:
            await asyncio.sleep(STEP)
            waited += STEP
        self._bus.down = False

    def _run_hook(self) -> None:
        """What it has seen of the oldest server: reason enough to look at it."""
        server = Server.objects.exclude(observed="gone").earliest("number")
        environment = {
            "GANETI_CLUSTER": "any",
            "GANETI_HOOKS_PATH": "instance-modify",
            "GANETI_HOOKS_PHASE": "post",
            "GANETI_INSTANCE_NAME": server.instance,
        }
        seen = hook.observed(environment, 1)
        assert seen, "it is a hook for us"
        hook.leave(seen, str(self._folder / "spool"))

    async def _peace(self) -> None:
        """In a branch: two full looks more, which would see what the fault has left behind; then it is told."""
        if not self._hook.is_armed:
            return
        looks, waited = self._looks.whole, 0.0
        while (self._looks.whole < looks + 2 or self._busy()) and waited < PATIENCE:
            await asyncio.sleep(STEP)
            waited += STEP
        if self._weather == "stray":
            self._ganeti.vanish(STRAY)
        self._branching.finish(msgspec.msgpack.encode(self._told()))

    def _told(self) -> Played:
        gc.collect()  # tasks whose exception nobody has asked for say so when they go
        world = msgspec.structs.replace(self.world(self._errors), poison=self._poison())
        untold = self._ganeti.ends(CLUSTER).difference(world.arrived)
        return Played(
            outcome=outcome(world, untold=len(untold)),
            violations=[one for one in violations(world) if not explained(self._cell, one)],
            passed=self._hook.passed,
            met=self._hook.met,
            settled_s=self._settled_s,
        )

    def _poison(self) -> frozenset[bytes]:
        return frozenset({STRANGER} if self._weather == "parked" else ())

    async def _eventd(self, folder: Path) -> None:
        self._folder = folder / "eventd"
        watch = super()._eventd
        await self._kept_alive("eventd", lambda process: process.start(watch(self._folder)))

    async def _supervise(self, name: str) -> None:
        await self._kept_alive(name, self._dispatch)

    def _stop(self) -> asyncio.Event:
        self._stops.append(asyncio.Event())
        return self._stops[-1]

    async def _kept_alive(self, name: str, begin: Callable[[Process], Awaitable[object]]) -> None:
        """As an init system does: started again, whatever ended it."""
        for life in itertools.count():
            process = Process(f"{name}.{life}", random.Random(f"{name} {life}"), lambda: 0.0)
            try:
                await begin(process)
            except asyncio.CancelledError:
                if not process.dead:
                    raise
            except (Exception, Killed, BaseExceptionGroup):  # noqa: BLE001, S110
                pass
            await asyncio.sleep(self._chance.uniform(0.1, 5.0))


def bring() -> None:
    """What has been exported has come; of what could not be, there is no image. Asked twice a second, mostly for nothing."""
    if not Capture.objects.exists():
        return
    done = Command.objects.filter(verb="shelve-image", outcome="success").values("pk")
    come = Capture.objects.filter(command__in=done)
    Image.objects.filter(pk__in=come.values("image")).update(status="active", backend_name=database.IMAGE)
    come.delete()
    capturing.settle()


def play(operation: str, cells: Sequence[Cell], passings: int) -> OperationRun:
    """On a fresh database, and on nodes that have our own definition of guests, which brings what is on their disks."""
    settings.GANETI_OS_PROVIDER, settings.NODES_BRING_DISKS = "synnefo-image+default", True
    settings.SHELVED_OFFLOAD_TIME = -1  # an operation of its own
    virtual, met = loop.VirtualLoop(), Hook()
    with clock.replaced(SeededSource(SEED, virtual)), captured() as errors, failpoints.armed(met):
        virtual.set_exception_handler(lambda _, context: running.unhandled(context, errors))
        database.fresh()
        run = loop.entered(virtual, lambda: OperationRun(operation, cells, passings, met, errors))
        with running.uncollected():
            loop.run(run.play(), virtual)
        return run
