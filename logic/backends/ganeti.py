"""Ganeti behind the backend contract: commands → RAPI orders, RAPI answers → observations.

One adapter a cluster, made by the dispatcher's connections; RAPI blocks, so each call goes through ``logic.offload``.
The order of a command carries its id in the job's reason trail, by which ``find`` knows it again. Looking at many
servers at once is ``ganeti_looking``. Failures come folded from ``ganeti.failures``.
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final

from ganeti import versions, vocabulary
from ganeti.jobfile import Job
from ganeti.nodes import Nodes
from ganeti.rapi import RapiClient
from logic.backends import ganeti_adopting as adopting
from logic.backends import ganeti_looking as looking
from logic.backends import ganeti_networking as networking
from logic.backends import ganeti_recalling as recalling
from logic.backends import ganeti_reinstalling as reinstalling
from logic.backends import ganeti_showing as showing
from logic.backends import ganeti_volumes as disks
from logic.backends import os_parameters
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
from logic.backends.together import Together
from logic.errors import BackendFailure, Gone, Rejected
from logic.messages.commands import (
    AttachVolume,
    Command,
    ConnectNetwork,
    CreateServer,
    DeleteServer,
    DeleteServerKeeping,
    DeleteVolume,
    DetachVolume,
    DisconnectNetwork,
    NicSpec,
    PlugPort,
    RebootServer,
    RebuildServer,
    StartServer,
    StopServer,
    UnplugPort,
)
from logic.messages.observations import Observation
from logic.offload import Calls, Lane

CONFIG_DISK = 4  # MiB: an extent of LVM, and several times what metadata takes


class GanetiBackend:
    """A cluster. ``cluster`` is our name of the backend, ``prefix`` the installation's ``BACKEND_PREFIX_ID``. Without
    ``nodes`` they are asked nothing."""

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
    ) -> None:
        self.limits, self._nodes = limits or Limits(), nodes
        self._cluster, self._prefix = cluster, prefix
        self._client, self._offload = client, offload
        self._probe: looking.Probe | None = None
        self._version = ""
        self._waiting = networking.Waiting()
        self._looked_for: list[int] = []
        self._jobs = Together(self._jobs_looked_for)

    def __repr__(self) -> str:
        return f"GanetiBackend({self._cluster})"

    @property
    def capabilities(self) -> AbstractSet[type[Command]]:
        return ORDERS.keys()

    async def submit(self, command: Command) -> JobRef:
        """See the contract. What the command overtakes is cancelled where that is still possible, and waited for."""
        order = ORDERS.get(type(command))
        if order is None:
            raise Rejected(f"Ganeti has no {type(command).__name__}", code="not-supported")
        if command.sending.again and (found := await self._earlier(command)):
            return found
        depends = await self._offload.call(self._overtake, command)
        return JobRef(await self._offload.call(order, self, command, tuple(depends)))

    async def find(self, command: Command) -> JobRef | None:
        """The job of an earlier attempt, among those since that attempt, archived or not. They are asked for once for all who
        look at the same time: after an outage these may be hundreds."""
        self._looked_for.append(command.sending.since)
        return job_of(command, await self._jobs.answer())

    async def observe(self, targets: Sequence[Target], *, whole: bool = False) -> Sequence[Observation]:
        bulk = whole or len(targets) > self.limits.single_targets
        question = looking.Question(cluster=self._cluster, targets=targets, bulk=bulk, whole=whole)
        return await self._offload.call(looking.observed, self._client, question)

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
        self._version = found.version
        return found

    async def describe(self, instance: str) -> Described:
        return await self._offload.call(adopting.described, self._client, instance)

    async def survey(self) -> Sequence[Described]:
        return await self._offload.call(adopting.surveyed, self._client)

    async def mark(self, before: Described, marks: Marks, *, reason: str) -> None:
        await self._adoption(reason).mark(before, marks)

    async def unmark(self, before: Described, marks: Marks, *, reason: str) -> None:
        await self._adoption(reason).unmark(before, marks)

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
            job = self._client.job(number)
            if job and not job.final:
                self._cancel(number, command)
                waiting.append(number)
        return waiting

    def _cancel(self, number: int, command: Command) -> None:
        """Best effort: a job that cannot be cancelled is waited for."""
        try:
            self._client.cancel_job(number, reason=vocabulary.reason_of(command.id))
        except BackendFailure:
            return

    def _await_networks(self, command: Command, nics: Sequence[NicSpec]) -> None:
        names = [nic.network for nic in nics if vocabulary.is_network(self._prefix, nic.network)]
        self._waiting.await_there(self._client, command, names)

    def _create(self, command: CreateServer, depends: tuple[int, ...]) -> int:
        self._await_networks(command, command.nics)
        told = os_parameters.told(command.os, command.os_params)
        spec: dict[str, Any] = {
            "instance_name": command.instance,
            "disk_template": command.disk_template or ("" if command.disks else "diskless"),
            "disks": self._disks(command),
            "nics": [self._nic(nic) for nic in command.nics],
            "beparams": {"minmem": command.memory, "maxmem": command.memory, "vcpus": command.vcpus},
            "os_type": command.os,
            "osparams": told.public,
            "osparams_secret": told.secret,
            "hypervisor": command.hypervisor,
            "tags": [vocabulary.server_tag(command.resource)],
            "start": True,
            "wait_for_sync": False,
            "name_check": False,
            "ip_check": False,
            "conflicts_check": False,
        }
        left_to_the_cluster = {"disk_template", "hypervisor", "osparams", "osparams_secret"}
        spec = {name: value for name, value in spec.items() if value or name not in left_to_the_cluster}
        return self._client.create_instance(spec | self._place(), **_told(command, depends))

    def _disks(self, command: CreateServer) -> list[dict[str, Any]]:
        """The server's own, and behind them the one on which its OS provider leaves metadata (docs/decisions/0020)."""
        disks: list[dict[str, Any]] = [{"size": size} for size in command.disks]
        if disks and os_parameters.provider_of(command.os).config_disk:
            disks.append({"size": CONFIG_DISK, "name": vocabulary.config_disk_name(self._prefix, command.resource)})
        return disks

    def _place(self) -> dict[str, str]:
        """Where to make an instance: the cluster's allocator decides. A single node has to be named, because the
        allocator refuses to fill one whose failure no other could bear (observed on 3.0.2: ``FailN1``)."""
        nodes = self._client.node_names()
        return {"pnode": nodes[0]} if len(nodes) == 1 else {}

    def _start(self, command: StartServer, depends: tuple[int, ...]) -> int:
        return self._client.startup(command.instance, **_told(command, depends))

    def _stop(self, command: StopServer, depends: tuple[int, ...]) -> int:
        return self._client.shutdown(command.instance, timeout=command.timeout, **_told(command, depends))

    def _reboot(self, command: RebootServer, depends: tuple[int, ...]) -> int:
        return self._client.reboot(command.instance, hard=command.hard, **_told(command, depends))

    def _rebuild(self, command: RebuildServer, depends: tuple[int, ...]) -> int:
        return reinstalling.order(self._client, command, depends)

    def _delete(self, command: DeleteServer, depends: tuple[int, ...]) -> int:
        patience = 0 if command.force else None
        return self._client.remove(command.instance, shutdown_timeout=patience, **_told(command, depends))

    def _plug(self, command: PlugPort, depends: tuple[int, ...]) -> int:
        self._await_networks(command, [command.nic])
        return self._modify(command, ("add", -1, self._nic(command.nic)), depends)

    def _unplug(self, command: UnplugPort, depends: tuple[int, ...]) -> int:
        name = vocabulary.nic_name(self._prefix, command.resource)
        return self._modify(command, ("remove", name, {}), depends)

    def _connect(self, command: ConnectNetwork, depends: tuple[int, ...]) -> int:
        return networking.connect(self._client, command, depends)

    def _disconnect(self, command: DisconnectNetwork, depends: tuple[int, ...]) -> int:
        return networking.disconnect(self._client, command, depends)

    def _attach_volume(self, command: AttachVolume, depends: tuple[int, ...]) -> int:
        return disks.attach(self._desk(command, depends), command)

    def _detach_volume(self, command: DetachVolume, depends: tuple[int, ...]) -> int:
        return disks.detach(self._desk(command, depends), command)

    def _delete_volume(self, command: DeleteVolume, depends: tuple[int, ...]) -> int:
        return disks.delete(self._desk(command, depends), command)

    def _delete_keeping(self, command: DeleteServerKeeping, depends: tuple[int, ...]) -> int:
        return disks.remove_server(self._desk(command, depends), command)

    def _desk(self, command: Command, depends: tuple[int, ...]) -> disks.Desk:
        hotplug = versions.hotplug(self._known_version())
        return disks.Desk(self._client, self._prefix, hotplug, command, depends)

    def _modify(self, command: Command, change: tuple[str, str | int, dict[str, str]], depends: tuple[int, ...]) -> int:
        """In the words of its version. One that refuses them may have become another meanwhile."""
        before = self._known_version()
        try:
            return self._modified(command, change, depends)
        except Rejected:
            self._version = ""
            if self._known_version() == before:
                raise
            return self._modified(command, change, depends)

    def _modified(
        self, command: Command, change: tuple[str, str | int, dict[str, str]], depends: tuple[int, ...]
    ) -> int:
        hotplug = versions.hotplug(self._known_version())
        return self._client.modify_nics(command.instance, [change], hotplug=hotplug, **_told(command, depends))

    def _known_version(self) -> str:
        self._version = self._version or self._client.info().software_version
        return self._version

    def _nic(self, nic: NicSpec) -> dict[str, str]:
        """An interface's parameters. One on a Ganeti network takes mode and link from there, and may not name them."""
        place = {"network": nic.network} if nic.network else {"mode": nic.mode, "link": nic.link}
        params = {"name": vocabulary.nic_name(self._prefix, nic.port), "mac": nic.mac, "ip": nic.ip, **place}
        return {name: value for name, value in params.items() if value}


Order = Callable[[GanetiBackend, Any, tuple[int, ...]], int]

# Which call carries out which command; its keys are what this backend can do.
ORDERS: Final[Mapping[type[Command], Order]] = {
    CreateServer: GanetiBackend._create,  # noqa: SLF001 - its own table
    StartServer: GanetiBackend._start,  # noqa: SLF001
    StopServer: GanetiBackend._stop,  # noqa: SLF001
    RebootServer: GanetiBackend._reboot,  # noqa: SLF001
    RebuildServer: GanetiBackend._rebuild,  # noqa: SLF001
    DeleteServer: GanetiBackend._delete,  # noqa: SLF001
    PlugPort: GanetiBackend._plug,  # noqa: SLF001
    UnplugPort: GanetiBackend._unplug,  # noqa: SLF001
    ConnectNetwork: GanetiBackend._connect,  # noqa: SLF001
    DisconnectNetwork: GanetiBackend._disconnect,  # noqa: SLF001
    DeleteServerKeeping: GanetiBackend._delete_keeping,  # noqa: SLF001
    AttachVolume: GanetiBackend._attach_volume,  # noqa: SLF001
    DetachVolume: GanetiBackend._detach_volume,  # noqa: SLF001
    DeleteVolume: GanetiBackend._delete_volume,  # noqa: SLF001
}


def _told(command: Command, depends: tuple[int, ...]) -> dict[str, Any]:
    """What every order takes along."""
    return {"reason": vocabulary.reason_of(command.id), "depends": depends}


def job_of(command: Command, jobs: Sequence[Job]) -> JobRef | None:
    mine = [job for job in jobs if job.id > command.sending.since and reinstalling.is_of(command, job)]
    return JobRef(min(mine, key=_least_effective_last).id) if mine else None


def _least_effective_last(job: Job) -> tuple[bool, int]:
    """Of several jobs of one command: one that has worked or still may, before one that failed; the oldest first."""
    return job.status in {vocabulary.ERROR, vocabulary.CANCELED}, job.id
