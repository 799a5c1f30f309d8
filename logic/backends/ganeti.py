"""Ganeti behind the backend contract: commands → RAPI orders, RAPI answers → observations.

One adapter a cluster, made by the dispatcher's connections; RAPI blocks, so each call goes through ``logic.offload``. Which
call carries out which command is ``ganeti_ordering``'s; the command's id is in the job's reason trail, by which ``find`` knows
it again. Looking at many servers at once is ``ganeti_looking``. Failures come folded from ``ganeti.failures``.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from ganeti import vocabulary
from ganeti.jobfile import Job
from ganeti.nodes import Nodes
from ganeti.rapi import RapiClient
from logic.backends import ganeti_adopting as adopting
from logic.backends import ganeti_keepers as keepers
from logic.backends import ganeti_looking as looking
from logic.backends import ganeti_pausing as pausing
from logic.backends import ganeti_recalling as recalling
from logic.backends import ganeti_reinstalling as reinstalling
from logic.backends import ganeti_showing as showing
from logic.backends.base import (
    Described,
    Facts,
    JobRef,
    Limits,
    Marks,
    NetworkTarget,
    Screen,
    Target,
    VolumeTarget,
    Whose,
)
from logic.backends.ganeti_ordering import ORDERS, Orders
from logic.backends.together import Together
from logic.errors import BackendFailure, Gone, Rejected
from logic.messages.commands import Command, PlugPort
from logic.messages.observations import Observation
from logic.offload import Calls, Lane


class GanetiBackend:
    """A cluster. ``cluster`` is our name of the backend, ``prefix`` the installation's ``BACKEND_PREFIX_ID``. Without
    ``nodes`` they are asked nothing; with ``pauses`` they say who is paused."""

    kind = "ganeti"

    def __init__(  # noqa: PLR0913 - a cluster's parts
        self,
        *,
        cluster: str,
        prefix: str,
        client: RapiClient,
        offload: Calls,
        limits: Limits | None = None,
        nodes: Nodes | None = None,
        pauses: bool = False,
    ) -> None:
        self.limits, self._nodes = limits or Limits(), nodes
        self._tellers = pausing.Tellers(nodes) if nodes and pauses else None
        self._cluster, self._prefix = cluster, prefix
        self._client, self._offload = client, offload
        self._probe: looking.Probe | None = None
        self._orders = Orders(client, prefix)
        self._looked_for: list[int] = []
        self._jobs = Together(self._jobs_looked_for)

    def __repr__(self) -> str:
        return f"GanetiBackend({self._cluster})"

    @property
    def capabilities(self) -> AbstractSet[type[Command]]:
        return ORDERS.keys()

    async def submit(self, command: Command) -> JobRef:
        """See the contract. What the command overtakes is cancelled where that is still possible, and waited for."""
        if type(command) not in ORDERS:
            raise Rejected(f"Ganeti has no {type(command).__name__}", code="not-supported")
        if command.sending.again and (found := await self._earlier(command)):
            return found
        depends = await self._offload.call(self._overtake, command)
        return JobRef(await self._offload.call(self._orders.give, command, tuple(depends)))

    async def find(self, command: Command) -> JobRef | None:
        """The job of an earlier attempt, among those since that attempt, archived or not. They are asked for once for all who
        look at the same time: after an outage these may be hundreds."""
        self._looked_for.append(command.sending.since)
        return job_of(command, await self._jobs.answer())

    async def observe(self, targets: Sequence[Target], *, whole: bool = False) -> Sequence[Observation]:
        bulk = whole or len(targets) > self.limits.single_targets
        question = looking.Question(cluster=self._cluster, targets=targets, bulk=bulk, whole=whole)
        return await self._offload.call(looking.observed, self._client, question, self._tellers)

    async def networks(self, targets: Sequence[NetworkTarget]) -> Sequence[Observation]:
        return await self._offload.call(looking.networks, self._client, targets, self._cluster)

    async def volumes(self, targets: Sequence[VolumeTarget]) -> Sequence[Observation]:
        place = looking.Place(cluster=self._cluster, prefix=self._prefix)
        return await self._offload.call(looking.volumes, self._client, targets, place)

    async def glance(self) -> Mapping[str, str]:
        found = await self._offload.call(self._client.statuses)
        return {uuid: vocabulary.instance_status(word) for uuid, word in found.items() if word not in vocabulary.SILENT}

    async def facts(self) -> Facts:
        found, self._probe = await self._offload.call(looking.facts, self._client, self._prefix, self._probe)
        self._orders.version = found.version
        return found

    async def describe(self, instance: str) -> Described:
        return await self._offload.call(adopting.described, self._client, instance)

    async def survey(self) -> Sequence[Described]:
        return await self._offload.call(adopting.surveyed, self._client)

    async def mark(self, before: Described, marks: Marks, *, reason: str) -> None:
        await self._adoption(reason).mark(before, marks)

    async def unmark(self, before: Described, marks: Marks, *, reason: str) -> None:
        await self._adoption(reason).unmark(before, marks)

    async def discard(self, volume: str, *, reason: str, dry_run: bool = False) -> None:
        about = {"prefix": self._prefix, "volume": volume, "reason": reason}
        await keepers.discard(self._client, self._offload, **about, dry_run=dry_run)

    async def screen(self, instance: str) -> Screen:
        return await self._offload.call(showing.screen, self._client, instance)

    async def console_log(self, whose: Whose, lines: int) -> str | None:
        return await self._offload.call(recalling.console_log, self._client, self._nodes, whose, lines)

    def _adoption(self, reason: str) -> adopting.Adoption:
        return adopting.Adoption(self._client, self._offload, prefix=self._prefix, reason=reason)

    async def aclose(self) -> None:
        """No connection is kept open: Ganeti closes each after its answer."""
        if isinstance(self._offload, Lane):
            self._offload.close()

    async def _earlier(self, command: Command) -> JobRef | None:
        """The earlier attempt's job. None when it may be sent again; raises ``Rejected`` when it may not."""
        found = await self.find(command)
        if found is None and command.idempotency == "once":
            raise Rejected("no job of it was found; it is not sent again", code="unclear")
        if found is None and isinstance(command, PlugPort) and await self._offload.call(self._is_plugged, command):
            raise Rejected("the interface is there already", code=vocabulary.ALREADY_EXISTS)
        return found

    async def _jobs_looked_for(self) -> Sequence[Job]:
        """All since the earliest attempt of those who wait for this."""
        since, self._looked_for = min(self._looked_for, default=0), []
        return await self._offload.call(self._client.jobs_after, since)

    def _is_plugged(self, command: PlugPort) -> bool:
        name = vocabulary.nic_name(self._prefix, command.resource)
        try:
            return any(nic.name == name for nic in self._client.instance(command.instance).nics)
        except Gone:
            return False

    def _overtake(self, command: Command) -> list[int]:
        """Cancel the jobs of earlier commands; returns those to wait for. A job that is over, or unknown, is neither:
        Ganeti fails a job that depends on one it does not know."""
        waiting = []
        for number in command.sending.after:
            for job in self._chain(number):
                if not job.final:
                    self._cancel(job.id, command)
                    waiting.append(job.id)
        return waiting

    def _chain(self, number: int) -> list[Job]:
        """A command's job, and those that prepare it and that it needs, the last first."""
        head = self._client.job(number)
        chain, asked = [head] if head else [], {number}
        for job in chain:  # which grows meanwhile
            needed = {one for op in job.ops for one in op.depends} - asked
            asked |= needed
            found = [self._client.job(one) for one in sorted(needed, reverse=True)]
            chain += [one for one in found if one and one.parts & chain[0].commands]
        return chain

    def _cancel(self, number: int, command: Command) -> None:
        """Best effort: a job that cannot be cancelled is waited for."""
        try:
            self._client.cancel_job(number, reason=vocabulary.reason_of(command.id))
        except BackendFailure:
            return


def job_of(command: Command, jobs: Sequence[Job]) -> JobRef | None:
    mine = [job for job in jobs if job.id > command.sending.since and reinstalling.is_of(command, job)]
    return JobRef(min(mine, key=_least_effective_last).id) if mine else None


def _least_effective_last(job: Job) -> tuple[bool, int]:
    """Of several jobs of one command: one that has worked or still may, before one that failed; the oldest first."""
    return job.status in {vocabulary.ERROR, vocabulary.CANCELED}, job.id
