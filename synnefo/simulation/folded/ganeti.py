"""A cluster as the ledger sees one: jobs that wait for each other, begin and end, and what they leave behind.

Much less than ``ganeti.simulator``, and a hundredth of its cost: no nodes, no locks but the instance's, no HTTP, no files. The
adapter's orders come through ``client``; each status a job reaches is handed to ``told``, as the event daemon would.
"""

import random
from collections import deque
from collections.abc import Callable, Sequence

import msgspec

from ganeti import vocabulary as words
from ganeti.jobfile import Job, Op
from ganeti.replies import Instance
from ganeti.simulator.faults import Rates
from logic.errors import Gone
from synnefo.simulation.folded.calendar import Calendar

Effect = Callable[[], None]
Told = Callable[[Job], None]
SLOW = 0.1  # of the jobs take long
replace = msgspec.structs.replace


class Failed(Exception):  # noqa: N818 - what has happened to a job
    """An operation that cannot be done, with Ganeti's code of the error."""


class Machine(msgspec.Struct):
    """An instance. ``nics``: name → MAC."""

    name: str
    uuid: str
    status: str
    tags: tuple[str, ...]
    nics: dict[str, str]

    def shown(self) -> Instance:
        """As RAPI shows it."""
        names, macs = tuple(self.nics), tuple(self.nics.values())
        return Instance(
            name=self.name, uuid=self.uuid, status=self.status, tags=self.tags, nic_names=names, nic_macs=macs
        )


class Cluster:
    """``quiet``: nothing goes wrong any more."""

    def __init__(self, calendar: Calendar, chance: random.Random, rates: Rates, told: Told) -> None:
        self.uuid = f"{chance.getrandbits(128):032x}"
        self.machines: dict[str, Machine] = {}
        self.jobs: dict[int, Job] = {}
        self.quiet = False
        self._calendar, self._chance, self._rates, self._told = calendar, chance, rates, told
        self._effects: dict[int, tuple[Effect, Sequence[int]]] = {}
        self._queues: dict[str, deque[int]] = {}

    def machine(self, name: str) -> Machine:
        """Raises :class:`Gone`."""
        if name not in self.machines:
            raise Gone(f"Instance '{name}' not known")
        return self.machines[name]

    def order(self, opcode: str, name: str, command: str, effect: Effect, depends: Sequence[int] = ()) -> int:
        """A job, queued: its id."""
        number = len(self.jobs) + 1
        machine = self.machines.get(name)
        uuid = machine.uuid if machine else ""
        op = Op(opcode=opcode, status=words.QUEUED, instance=name, instance_uuid=uuid, command=command)
        self.jobs[number] = Job(id=number, ops=(op,))
        self._effects[number] = effect, depends
        self._queues.setdefault(name, deque()).append(number)
        self._calendar.after(self._moment(0.3), lambda: self._begin(name))
        return number

    def cancel(self, number: int) -> bool:
        """Whether it was dequeued."""
        job = self.jobs[number]
        if job.status not in {words.QUEUED, words.WAITING}:
            return False
        name = job.ops[0].instance
        self._queues[name].remove(number)
        self._move(number, words.CANCELED)
        self._next(name)
        return True

    def disturb(self, chance: random.Random) -> None:
        """Something nobody asked for: a guest crashes or powers itself off."""
        up = sorted(name for name, one in self.machines.items() if one.status == "running")
        if up:
            self.machines[chance.choice(up)].status = chance.choice(("ERROR_down", "USER_down"))

    def _begin(self, name: str) -> None:
        queue = self._queues[name]
        if not queue or self.jobs[queue[0]].status != words.QUEUED:
            return
        number = queue[0]
        _, depends = self._effects[number]
        if all(self.jobs[one].final for one in depends):
            self._move(number, words.WAITING)
            self._calendar.after(self._moment(0.3), lambda: self._run(name, number))

    def _run(self, name: str, number: int) -> None:
        if self.jobs[number].status == words.WAITING:
            self._move(number, words.RUNNING)
            if self._chance.random() < SLOW:
                self._calendar.after(self._moment(0.5), lambda: self._log(number))
            self._calendar.after(self._moment(2.0), lambda: self._end(name, number))

    def _log(self, number: int) -> None:
        if self.jobs[number].status == words.RUNNING:
            self._move(number, words.RUNNING, log_serial=1, message="under way")

    def _end(self, name: str, number: int) -> None:
        effect, _ = self._effects[number]
        try:
            self._may_fail()
            effect()
            created = self.machines.get(name)
            self._move(number, words.SUCCESS, instance_uuid=created.uuid if created else "")
        except Failed as error:
            self._move(number, words.ERROR, error="It could not be done.", error_code=str(error))
        self._queues[name].remove(number)
        self._next(name)

    def _may_fail(self) -> None:
        if not self.quiet and self._chance.random() < self._rates.fail:
            raise Failed("")

    def _next(self, name: str) -> None:
        """Others may have waited for it: in its own queue, and by ``depends`` in any."""
        for one in dict.fromkeys((name, *self._queues)):
            self._begin(one)

    def _move(self, number: int, status: str, **more: object) -> None:
        job = self.jobs[number]
        known = {name: value for name, value in more.items() if value}
        at = {"ended": self._calendar.now} if status in words.FINAL else {}
        self.jobs[number] = job = replace(job, ops=(replace(job.ops[0], status=status, **known, **at),))
        self._told(job)

    def _moment(self, most: float) -> float:
        return self._chance.uniform(0.01, most * (5 if self._chance.random() < SLOW else 1))
