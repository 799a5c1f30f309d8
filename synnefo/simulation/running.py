"""One run: a seed in, a report out. The faulty part, then peace, then the invariants."""

import asyncio
import contextlib
import gc
import hashlib
import itertools
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ganeti import eventd
from ganeti.vocabulary import instance_name
from logic import clock
from logic.bus import Unroutable
from logic.bus.memory import MemoryBus
from logic.compute.models import Server, ServerNumber
from logic.dispatcher import metrics
from logic.dispatcher.connections import Access, Connections
from logic.dispatcher.service import Dispatcher, Tuning
from logic.ledger.models import Command, Journal, Parked
from logic.messages import codec
from logic.messages.observations import NicSeen
from logic.network.models import Flavor, Network
from logic.placement.models import Backend
from synnefo.simulation import database, loop
from synnefo.simulation.cluster import Looks, SimulatedGaneti, WatchedBackend
from synnefo.simulation.invariants import DATABASE, World, violations
from synnefo.simulation.plan import Plan, drawn, mischief
from synnefo.simulation.poison import shapes
from synnefo.simulation.processes import BusOfProcess, Killed, Process, SimulatedOffload
from synnefo.simulation.reporting import CLUSTER, PREFIX, Report, captured
from synnefo.simulation.source import SeededSource
from synnefo.simulation.workload import Workload

TUNING = Tuning(lease=30.0, presence=6.0, interval=10.0, drain=1.0, poll=5.0, parked_every=5.0)
PEACE = 600.0  # virtual seconds the cloud has to converge in
CALM = 3 * TUNING.interval
STEP = 5.0
SHARED = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - no disk is waited for; the directory in it is the run's own
EVENTS, MOST = 200, 150  # facts applied until there is peace, and requests at most


class Run:
    """The world of one seed."""

    _tuning = TUNING
    _nodes, _template = 1, "file"

    def __init__(self, seed: int, plan: Plan) -> None:
        self._seed, self._plan = seed, plan
        self._chance = random.Random(f"run {seed}")
        self._quiet = False
        self._before = _applied()
        self._ganeti = SimulatedGaneti(seed, plan.rates, nodes=self._nodes, template=self._template)
        self._meddle = mischief(plan, random.Random(f"mischief {seed}"))
        self._bus = MemoryBus("snf", mischief=self._carried)
        self._arrived: list[bytes] = []
        self._strange: set[bytes] = set()  # bodies that may end in the quarantine
        self._looks = Looks()

    def _carried(self, routing_key: str, body: bytes) -> list[tuple[float, bytes]]:
        """What the network makes of a message."""
        arriving = [(0.0, body)] if self._quiet else self._meddle(routing_key, body)
        self._arrived += [one for _, one in arriving]
        return arriving

    def world(self, errors: list[str]) -> World:
        """What there is in the end."""
        aside = {bytes(one.body) for one in DATABASE.quarantined()}
        arrived = tuple(key for body in self._arrived if body not in aside and (key := codec.decode(body).key()))
        poison, looks = frozenset(self._strange), frozenset(self._looks.answered)
        return self._ganeti.world(errors_logged=tuple(errors), arrived=arrived, looks=looks, poison=poison)

    async def play(self) -> int:
        """The whole of it; how many requests were accepted."""
        Backend.objects.create(
            name=CLUSTER, endpoint="simulator:", incarnation=self._ganeti.uuid, disk_template=self._template
        )
        with tempfile.TemporaryDirectory(dir=SHARED) as folder:
            programs = [
                asyncio.create_task(self._ganeti.run()),
                asyncio.create_task(self._eventd(Path(folder))),
                *[asyncio.create_task(self._supervise(f"d{n}")) for n in range(self._plan.dispatchers)],
            ]
            try:
                accepted = await self._tenants()
                await self._peace()
            finally:
                for program in programs:
                    program.cancel()
                await asyncio.gather(*programs, return_exceptions=True)
        return accepted

    async def _eventd(self, folder: Path) -> None:
        options = eventd.Options(
            cluster=CLUSTER,
            incarnation=self._ganeti.uuid,
            prefix=PREFIX,
            spool_dir=folder / "spool",
            state_dir=folder / "state",
        )
        await eventd.run(options, bus=self._bus, directory=self._ganeti.files.watch)

    async def _supervise(self, name: str) -> None:
        """A dispatcher that is started again whenever it dies."""
        for life in range(1000):
            luck = random.Random(f"{self._seed} {name} {life}")
            process = Process(f"{name}.{life}", luck, self._risk, self._spared)
            try:
                await self._dispatch(process)
            except Killed:
                await asyncio.sleep(self._chance.uniform(0.1, 5.0))
            except asyncio.CancelledError:
                if not process.dead:
                    raise
                await asyncio.sleep(self._chance.uniform(0.1, 5.0))

    def _risk(self) -> float:
        return 0.0 if self._quiet else self._plan.die

    def _spared(self) -> bool:
        """Nobody dies over a message for the sixth time: the broker gives up what kills so many, and is right."""
        return self._bus.is_weary

    async def _dispatch(self, process: Process) -> None:
        offload = SimulatedOffload(process, random.Random(f"{self._seed} {process.name} moments"))

        def build(access: Access) -> WatchedBackend:
            client = self._ganeti.client()
            backend = WatchedBackend(cluster=access.name, prefix=PREFIX, client=client, offload=offload)
            backend.looks = self._looks
            return backend

        dispatcher = Dispatcher(
            bus=BusOfProcess(self._bus, process),
            offload=offload,
            connections=Connections(offload, build),
            holder=process.name,
            tuning=self._tuning,
        )
        await process.start(dispatcher.run(self._stop()))

    def _stop(self) -> asyncio.Event:
        """What tells a dispatcher to stop; here nobody does."""
        return asyncio.Event()

    async def _tenants(self) -> int:
        """Requests, and now and then something that nobody asked for."""
        pause = self._plan.seconds / self._plan.requests
        chance = random.Random(f"tenants {self._seed}")
        accepted = 0
        for number in itertools.count():
            if number >= self._plan.requests and (self._is_full() or number >= MOST):
                break
            process = Process(f"api.{number}", random.Random(f"{self._seed} api {number}"), lambda: self._plan.abort)
            offload = SimulatedOffload(process, random.Random(f"{self._seed} api {number} moments"))
            workload = Workload(chance, offload, favourite=self._plan.favourite)
            await workload.one()
            accepted += sum(workload.accepted.values())
            if chance.random() < self._plan.disturb * pause:
                self._ganeti.disturb(chance)
            await self._speak(chance)
            await asyncio.sleep(chance.uniform(0, 2 * pause))
        return accepted

    def _is_full(self) -> bool:
        return _applied() - self._before >= EVENTS

    async def _speak(self, chance: random.Random) -> None:
        """Now and then poison, or a word about a server that is not there yet: it waits for it, but not for ever."""
        said: list[bytes] = []
        if chance.random() < self._plan.poison:
            said.append(chance.choice(shapes(CLUSTER, "another", f"{chance.getrandbits(64):016x}")))
        if chance.random() < self._plan.early:
            newest = ServerNumber.objects.order_by("-id").first()
            name = instance_name(PREFIX, (newest.id if newest else 0) + 1)
            said.append(codec.encode(NicSeen(cluster=CLUSTER, instance=name, path="instance-add", phase="post")))
        self._strange.update(said)
        for body in said:
            with contextlib.suppress(Unroutable):  # no dispatcher has ever been there
                await self._bus.accept(f"ganeti.snf.event.op.{CLUSTER}", body)

    async def _peace(self) -> None:
        """Nothing goes wrong any more: until nothing moves, and two full looks later (reconcile may still be pausing after
        the last failure), at most :data:`PEACE` seconds."""
        self._quiet = True
        self._ganeti.faults.stop()
        calm, waited, looks = 0.0, 0.0, self._looks.whole
        while (calm < CALM or self._looks.whole < looks + 2) and waited < PEACE:
            await asyncio.sleep(STEP)
            calm, waited = calm + STEP, waited + STEP
            if self._busy():
                calm, looks = 0.0, self._looks.whole

    @staticmethod
    def _busy() -> bool:
        commands = Command.objects.exclude(status="settled")
        return commands.exists() or Parked.objects.exists() or Server.objects.filter(observed="removed").exists()


def simulate(seed: int, *, plan: Plan | None = None, networks: bool = False) -> Report:
    """Run a seed on a fresh database. ``networks``: the tenants' is made on the cluster, as they come to it."""
    virtual = loop.VirtualLoop()
    with clock.replaced(SeededSource(seed, virtual)), captured() as errors:
        virtual.set_exception_handler(lambda _, context: unhandled(context, errors))
        database.fresh()
        Network.objects.update(flavor=Flavor.CUSTOM if networks else "")
        before = _applied()
        run = loop.entered(virtual, lambda: Run(seed, plan or drawn(seed)))
        with uncollected():
            accepted = loop.run(run.play(), virtual)
        wrong = violations(run.world(errors))
        return Report(
            seed=seed,
            trace=_trace(),
            events=int(_applied() - before),
            requests=accepted,
            seconds=virtual.now,
            violations=wrong,
            tables=DATABASE,
        )


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Garbage is collected afterwards: finalisers come at the same place of every run, and it is faster. What is there before
    is not looked through."""
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.collect()


def unhandled(context: dict[str, Any], errors: list[str]) -> None:
    """Tasks of a killed process end as they must; anything else is a finding."""
    if not isinstance(context.get("exception"), Killed):
        errors.append(f"unhandled: {context.get('message')} {context.get('exception')!r}")


def _applied() -> float:
    """Facts that dispatchers of this process have applied so far."""
    return float(metrics.MESSAGES.labels(outcome="applied")._value.get())  # noqa: SLF001 - a counter cannot be asked


def _trace() -> str:
    """One hash of the journal: the same seed gives the same one."""
    digest = hashlib.blake2b(digest_size=16)
    columns = ("kind", "resource", "at", "what", "text", "actor", "command", "job")
    for line in Journal.objects.order_by("id").values_list(*columns):
        digest.update(repr(line).encode())
    return digest.hexdigest()
