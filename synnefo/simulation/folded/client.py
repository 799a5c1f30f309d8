"""The adapter's client for a modelled cluster: the calls that the adapter makes, with what a network does to them.

The adapter itself is the product's (``logic.backends.ganeti``); only finding a job again does not wait for others who ask the
same, since there is no loop to wait in.
"""

import random
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

from ganeti import versions
from ganeti import vocabulary as words
from ganeti.jobfile import Job
from ganeti.rapi import NicChange, RapiClient
from ganeti.replies import Info, Instance, Node, Work
from ganeti.simulator.faults import Rates
from ganeti.transport import RapiRequest, RapiResponse
from logic.backends.base import JobRef
from logic.backends.ganeti import GanetiBackend, job_of
from logic.errors import Transient
from logic.messages.commands import Command
from synnefo.simulation.folded.ganeti import Cluster, Effect, Failed, Machine

P = ParamSpec("P")
T = TypeVar("T")


class ModelBackend(GanetiBackend):
    """The product's adapter."""

    def __init__(self, cluster: str, prefix: str, client: "ModelClient") -> None:
        super().__init__(cluster=cluster, prefix=prefix, client=client, offload=Straight())
        self._model = client

    async def find(self, command: Command) -> JobRef | None:
        return job_of(command, self._model.jobs_after(command.sending.since))


class Straight:
    """``logic.offload.Calls``: the call, where it stands."""

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return function(*args, **kwargs)


def driven(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that waits for nothing."""
    try:
        work.send(None)
    except StopIteration as over:
        result: T = over.value
        return result
    work.close()
    raise AssertionError("a loop would be needed for this")


class ModelClient(RapiClient):
    """``RapiClient`` on a :class:`Cluster`. An order may be refused, lost before it arrives, or its answer lost."""

    def __init__(self, cluster: Cluster, chance: random.Random, rates: Rates) -> None:
        super().__init__(_Nothing())
        self._cluster, self._chance, self._rates = cluster, chance, rates

    def info(self) -> Info:
        self._asked()
        return Info(uuid=self._cluster.uuid, software_version="3.0.2")

    def version(self) -> int:
        return versions.API

    def features(self) -> frozenset[str]:
        return frozenset(versions.NEEDED)

    def nodes(self) -> tuple[Node, ...]:
        return ()

    def instance_names(self) -> tuple[str, ...]:
        return tuple(self._cluster.machines)

    def job_ids(self) -> tuple[int, ...]:
        return tuple(self._cluster.jobs)

    def node_names(self) -> tuple[str, ...]:
        return ("node1",)

    def instances(self) -> tuple[Instance, ...]:
        self._asked()
        return tuple(one.shown() for one in self._cluster.machines.values())

    def instance(self, name: str) -> Instance:
        self._asked()
        return self._cluster.machine(name).shown()

    def statuses(self) -> dict[str, str]:
        return {one.uuid: one.status for one in self.instances()}

    def work(self) -> dict[int, Work]:
        self._asked()
        return {
            id: Work(job.status, frozenset(op.instance for op in job.ops)) for id, job in self._cluster.jobs.items()
        }

    def jobs(self) -> tuple[Job, ...]:
        self._asked()
        return tuple(self._cluster.jobs.values())

    def jobs_after(self, number: int) -> tuple[Job, ...]:
        return tuple(job for job in self.jobs() if job.id > number)

    def job(self, id: int) -> Job | None:
        self._asked()
        return self._cluster.jobs.get(id)

    def cancel_job(self, id: int, *, reason: str) -> bool:
        self._asked()
        return self._cluster.cancel(id)

    def create_instance(
        self, spec: Mapping[str, Any], *, reason: str, depends: Sequence[int] = (), needs: Sequence[int] = ()
    ) -> int:
        assert not needs, "there are no volumes here"
        return self._told(words.OP_CREATE, spec["instance_name"], reason, lambda: self._create(spec), depends)

    def startup(self, name: str, *, reason: str, depends: Sequence[int] = (), needs: Sequence[int] = ()) -> int:
        assert not needs, "there are no volumes here"
        return self._told(words.OP_STARTUP, name, reason, lambda: self._set(name, "running"), depends)

    def shutdown(self, name: str, *, timeout: int, reason: str, depends: Sequence[int] = ()) -> int:
        return self._told(words.OP_SHUTDOWN, name, reason, lambda: self._set(name, "ADMIN_down"), depends)

    def reboot(  # noqa: PLR0913 - an order's parts
        self,
        name: str,
        *,
        hard: bool,
        shutdown_timeout: int | None = None,
        reason: str,
        depends: Sequence[int] = (),
        needs: Sequence[int] = (),
    ) -> int:
        assert not needs, "nothing is resized here"
        return self._told(words.OP_REBOOT, name, reason, lambda: self._set(name, "running"), depends)

    def remove(
        self,
        name: str,
        *,
        shutdown_timeout: int | None = None,
        reason: str,
        depends: Sequence[int] = (),
        needs: Sequence[int] = (),
    ) -> int:
        assert not needs, "there are no volumes here"
        return self._told(words.OP_REMOVE, name, reason, lambda: self._remove(name), depends)

    def modify_nics(
        self,
        name: str,
        changes: Sequence[NicChange],
        *,
        hotplug: Mapping[str, bool],
        reason: str,
        depends: Sequence[int] = (),
    ) -> int:
        return self._told(words.OP_SET_PARAMS, name, reason, lambda: self._modify(name, changes), depends)

    def _told(self, opcode: str, name: str, reason: str, effect: Effect, depends: Sequence[int]) -> int:
        self._asked()
        if opcode != words.OP_CREATE:
            self._cluster.machine(name)  # RAPI says so at once
        number = self._cluster.order(opcode, name, words.command_in(((None, reason, 0),)), effect, depends)
        if self._falls(self._rates.cut):
            raise Transient("the answer was lost", unclear=True)
        return number

    def _asked(self) -> None:
        if self._falls(self._rates.refuse):
            raise Transient("503")
        if self._falls(self._rates.drop):
            raise Transient("the connection was lost", unclear=self._chance.random() < self._rates.cut)

    def _falls(self, rate: float) -> bool:
        return not self._cluster.quiet and self._chance.random() < rate

    def _machine(self, name: str) -> Machine:
        if name not in self._cluster.machines:
            raise Failed(words.UNKNOWN_ENTITY)
        return self._cluster.machines[name]

    def _create(self, spec: Mapping[str, Any]) -> None:
        name = spec["instance_name"]
        if name in self._cluster.machines:
            raise Failed(words.ALREADY_EXISTS)
        nics = {nic["name"]: nic["mac"] for nic in spec["nics"]}
        uuid = f"{self._chance.getrandbits(128):032x}"
        self._cluster.machines[name] = Machine(name, uuid, "running", tuple(spec["tags"]), nics)

    def _set(self, name: str, status: str) -> None:
        self._machine(name).status = status

    def _remove(self, name: str) -> None:
        self._machine(name)
        del self._cluster.machines[name]

    def _modify(self, name: str, changes: Sequence[NicChange]) -> None:
        nics = self._machine(name).nics
        for what, which, params in changes:
            if what == "add":
                nics[params["name"]] = params["mac"]
            elif which not in nics:
                raise Failed(words.UNKNOWN_ENTITY)
            else:
                del nics[str(which)]


class _Nothing:
    """No network."""

    def send(self, request: RapiRequest) -> RapiResponse:
        raise AssertionError(f"the model has no answer to {request.method} {request.path}")
