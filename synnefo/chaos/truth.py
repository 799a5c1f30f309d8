"""What the clusters say in the end, in the words of the invariants: one :class:`World` of all masters."""

from collections.abc import Iterable

from ganeti.jobfile import Job, observations
from ganeti.replies import Instance
from ganeti.vocabulary import FINAL, number_of
from synnefo.chaos.masters import Master
from synnefo.simulation.invariants import JobFact, World

PREFIX = "snf-"


class Seen:
    """The masters' answers, taken together: ``world`` for the invariants, ``keys`` of the final facts of ours, ``busy``
    jobs that have not ended."""

    def __init__(self) -> None:
        self.instances: dict[str, tuple[str, str, frozenset[str]]] = {}
        self.facts: list[JobFact] = []
        self.keys: dict[str, str] = {}
        self.busy: list[str] = []

    def add(self, master: Master) -> None:
        """Ask one more. Raises :class:`logic.errors.BackendFailure`."""
        self.take(master.name, master.incarnation, master.client().instances(), master.jobs())

    def take(self, cluster: str, incarnation: str, instances: Iterable[Instance], jobs: Iterable[Job]) -> None:
        """These are its instances and jobs."""
        for one in instances:
            self.instances[one.name] = (one.owner, one.condition, frozenset(nic.name for nic in one.nics))
        for job in jobs:
            self.facts += [JobFact(job.id, op.opcode, op.status, op.command, op.instance) for op in job.ops]
            if not job.final:
                self.busy.append(f"job {job.id} of {cluster} is {job.status}")
            for fact in observations(job, cluster, incarnation):
                ours = fact.command or number_of(PREFIX, fact.instance) is not None
                if ours and fact.status in FINAL:
                    self.keys[fact.key()] = f"{fact.opcode} {fact.status} of {fact.instance}, job {job.id} of {cluster}"

    def world(self, *, poison: frozenset[bytes] = frozenset()) -> World:
        """For ``synnefo.simulation.invariants``."""
        return World(instances=self.instances, jobs=self.facts, poison=poison)


def seen(masters: Iterable[Master]) -> Seen:
    """All of them, now."""
    found = Seen()
    for master in masters:
        found.add(master)
    return found
