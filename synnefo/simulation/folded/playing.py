"""One run on the store in memory: a seed in, a report out. The faulty part until so many events are applied, then peace, then the
invariants."""

import hashlib
import random
from collections import Counter

import msgspec

from ganeti import jobfile
from ganeti.jobfile import Job
from ganeti.vocabulary import OP_SET_PARAMS, instance_name
from logic import clock
from logic.ledger.store import replaced
from logic.messages import codec
from logic.placement.models import Backend
from synnefo.simulation.folded.broker import Broker
from synnefo.simulation.folded.calendar import Calendar
from synnefo.simulation.folded.client import ModelBackend, ModelClient
from synnefo.simulation.folded.dispatching import Dispatcher, Place
from synnefo.simulation.folded.ganeti import Cluster
from synnefo.simulation.folded.looking import INTERVAL, Looking
from synnefo.simulation.folded.mortal import Mortal, Program
from synnefo.simulation.folded.tenants import Tenants
from synnefo.simulation.invariants import JobFact, World, violations
from synnefo.simulation.plan import Plan, drawn, mischief
from synnefo.simulation.poison import shapes
from synnefo.simulation.reporting import CLUSTER, PREFIX, Report, captured
from synnefo.simulation.source import SeededSource
from synnefo.simulation.tables import InMemory

EVENTS = 200
LONGEST = 600.0  # virtual seconds of the faulty part at most
PEACE, CALM, STEP = 600.0, 3 * INTERVAL, 5.0


class Run:
    """The world of one seed."""

    def __init__(self, seed: int, plan: Plan, calendar: Calendar) -> None:
        self._seed, self._plan, self._calendar = seed, plan, calendar
        self._chance, self._meddle = self._random("run"), mischief(plan, self._random("mischief"))
        self._quiet = False
        self._strange: set[bytes] = set()  # bodies that may end in the quarantine
        self._early: set[int] = set()  # jobs
        self.store = Mortal()
        self.store.told = self._ring
        self._broker = Broker(calendar, self._carried)
        self._broker.rings = self._wake
        self._cluster = Cluster(calendar, self._random("cluster"), plan.rates, self._publish)
        client = ModelClient(self._cluster, self._random("client"), plan.rates)
        backend = ModelBackend(CLUSTER, PREFIX, client)
        home = Backend(id=1, name=CLUSTER, endpoint="model:", incarnation=self._cluster.uuid, disk_template="file")
        self.store.backends[1] = home
        self.counts: Counter[str] = Counter()
        self._looking = Looking(self.store, backend, CLUSTER, self.counts)
        self._place = Place(self._broker, backend, CLUSTER, self._looking, self.counts)
        self._tenants = Tenants(self.store, home, self._random("tenants"), plan.favourite)
        self._dispatchers: dict[str, Dispatcher] = {}

    def _random(self, name: str) -> random.Random:
        return random.Random(f"{self._seed} {name}")

    def play(self) -> int:
        """The whole of it; how many requests were accepted."""
        for number in range(self._plan.dispatchers):
            self._live(f"d{number}", 0)
        self._calendar.after(0.0, self._request)
        self._calendar.run(LONGEST, lambda: self.counts["applied"] >= EVENTS)
        self._quiet = self._cluster.quiet = True
        self._peace()
        return self._tenants.accepted

    def _live(self, name: str, life: int) -> None:
        """A dispatcher, which is started again whenever it dies."""
        process = f"{name}.{life}"
        program = Program(self._calendar, self.store, self._random(process), self._risk)
        one = self._dispatchers[name] = Dispatcher(process, program, self._place)

        def ended() -> None:
            one.bury()
            self._calendar.after(self._chance.uniform(0.1, 5.0), lambda: self._live(name, life + 1))

        program.died = ended
        one.start()

    def _risk(self) -> float:
        return 0.0 if self._quiet else self._plan.die

    def _request(self) -> None:
        """A tenant asks, and now and then something happens that nobody asked for; then the next one."""
        if self._quiet:
            return
        pause = self._plan.seconds / self._plan.requests
        node = Program(self._calendar, self.store, self._random(f"api {self._calendar.now}"), lambda: self._plan.abort)
        node.take_turn(self._tenants.one)
        if self._chance.random() < self._plan.disturb * pause:
            self._cluster.disturb(self._chance)
        if self._chance.random() < self._plan.poison:
            self._broker.put([self._poison()])
        if self._chance.random() < self._plan.early:
            self._speak_early()
        self._calendar.after(self._chance.uniform(0, 2 * pause), self._request)

    def _poison(self) -> bytes:
        body = self._chance.choice(shapes(CLUSTER, "another", f"{self._chance.getrandbits(64):016x}"))
        self._strange.add(body)
        return body

    def _speak_early(self) -> None:
        """An operator changes the instance of a server that is not there yet: what is heard of it waits, but not for ever."""
        name = instance_name(PREFIX, self.store.number + 1)
        self._early.add(self._cluster.order(OP_SET_PARAMS, name, "", lambda: None))

    def _publish(self, job: Job) -> None:
        for fact in jobfile.observations(job, CLUSTER, self._cluster.uuid):
            body = codec.encode(fact)
            if job.id in self._early:
                self._strange.add(body)
            self._broker.publish(body)

    def _carried(self, body: bytes) -> list[tuple[float, bytes]]:
        return [(0.0, body)] if self._quiet else self._meddle("", body)

    def _wake(self) -> None:
        for one in tuple(self._dispatchers.values()):
            one.wake()

    def _ring(self, channel: str) -> None:
        for one in tuple(self._dispatchers.values()):
            one.ring(channel)

    def _peace(self) -> None:
        """Nothing goes wrong any more: until nothing moves, and two full looks later."""
        calm, waited, looks = 0.0, 0.0, self._looking.whole
        while (calm < CALM or self._looking.whole < looks + 2) and waited < PEACE:
            self._calendar.run(self._calendar.now + STEP, lambda: False)
            calm, waited = calm + STEP, waited + STEP
            if self._busy():
                calm, looks = 0.0, self._looking.whole

    def _busy(self) -> bool:
        if self.store.parked:
            return True
        removed = any(row.observed == "removed" for row in self.store.resources["server"].values())
        return removed or any(row.status != "settled" for row in self.store.commands.values())

    def world(self, errors: list[str]) -> World:
        """What there is in the end."""
        aside = {one.body for one in self.store.quarantined}
        machines = self._cluster.machines.values()
        shown = {one.name: one.shown() for one in machines}
        return World(
            instances={
                name: (one.owner, one.condition, frozenset(nic.name for nic in one.nics)) for name, one in shown.items()
            },
            jobs=[
                JobFact(job.id, op.opcode, op.status, op.command, op.instance)
                for job in self._cluster.jobs.values()
                for op in job.ops
            ],
            poison=frozenset(self._strange),
            arrived=tuple(codec.decode(body).key() for body in self._broker.arrived if body not in aside),
            looks=frozenset(self._looking.answered),
            errors_logged=tuple(errors),
            tables=InMemory(self.store),
        )


def simulate(seed: int, *, plan: Plan | None = None) -> Report:
    """Run a seed on an empty store."""
    calendar = Calendar()
    with clock.replaced(SeededSource(seed, calendar)), captured() as errors:
        run = Run(seed, plan or drawn(seed), calendar)
        with replaced(run.store):
            accepted = run.play()
            wrong = violations(run.world(errors))
        return Report(
            seed=seed,
            trace=_trace(run.store),
            events=run.counts["applied"],
            requests=accepted,
            seconds=calendar.now,
            violations=wrong,
            tables=InMemory(run.store),
        )


def _trace(store: Mortal) -> str:
    """One hash of the journal: the same seed gives the same one."""
    digest = hashlib.blake2b(digest_size=16)
    for line in store.journal:
        digest.update(repr(msgspec.structs.astuple(line)).encode())
    return digest.hexdigest()
