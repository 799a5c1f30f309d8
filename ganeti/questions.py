"""What Ganeti's remote API is asked, typed: what there is and how it is. Nothing here changes anything.

The first half of :class:`ganeti.rapi.RapiClient`; blocking, as that.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from ganeti.calling import BULK, Calling, instance_path, network_path
from ganeti.jobfile import Job, RapiJob, from_rapi
from ganeti.replies import (
    Fed,
    Housed,
    Info,
    Instance,
    Listed,
    ListedJob,
    Measured,
    Named,
    Network,
    Node,
    Shown,
    Tuned,
    Work,
)
from ganeti.vocabulary import object_of
from logic import decoding
from logic.errors import Gone, Malformed, Transient


class Questions(Calling):
    """One cluster, asked."""

    def info(self) -> Info:
        """Identity and version of the cluster."""
        return self._get("/2/info", Info)

    def version(self) -> int:
        """Of the remote API itself."""
        return self._get("/version", int)

    def features(self) -> frozenset[str]:
        """The words of what this API can beside its version; none where it does not know the question."""
        try:
            return frozenset(self._get("/2/features", tuple[str, ...]))
        except Gone:
            return frozenset()

    def nodes(self) -> tuple[Node, ...]:
        """All nodes with what they have and what is free."""
        return self._get("/2/nodes", tuple[Node, ...], BULK)

    def node_names(self) -> tuple[str, ...]:
        """Names only; asks no node."""
        return tuple(one.id for one in self._get("/2/nodes", tuple[Listed, ...]))

    def instances(self) -> tuple[Instance, ...]:
        """All instances, ours or not. Asks every node once: slower than one instance, cheaper than many."""
        return self._get("/2/instances", tuple[Instance, ...], BULK)

    def instance_names(self) -> tuple[str, ...]:
        """Names only; asks no node."""
        return tuple(one.id for one in self._get("/2/instances", tuple[Listed, ...]))

    def statuses(self) -> dict[str, str]:
        """Ganeti's word for each instance by its UUID, ours or not. As large as it must be, however much there is to say of an
        instance; asks every node once."""
        return dict(self._query("instance", "uuid", "status"))

    def work(self) -> dict[int, Work]:
        """The jobs not yet archived, in few words each."""
        rows = self._query("job", "id", "status", "summary")
        return {id: Work(status, frozenset(map(object_of, told))) for id, status, told in rows}

    def instance(self, name: str) -> Instance:
        """Raises :class:`logic.errors.Gone` when there is none of this name."""
        return self._get(instance_path(name), Instance)

    def measured(self, name: str) -> Measured:
        """The same with its sizes."""
        return self._get(instance_path(name), Measured)

    def housed(self, name: str) -> Housed:
        """The same with its disks."""
        return self._get(instance_path(name), Housed)

    def fed(self, name: str) -> Fed:
        """The same with the memory of its guest."""
        return self._get(instance_path(name), Fed)

    def booting(self, name: str) -> Mapping[str, Any]:
        """The parameters of its hypervisor that are its own, not the cluster's."""
        return self._get(instance_path(name), Tuned).custom_hvparams

    def disk_names(self) -> dict[str, frozenset[str]]:
        """The names of the disks that have one, by their instances, ours or not. Asks no node."""
        rows = self._query("instance", "name", "disk.names")
        return {name: frozenset(one for one in names if one) for name, names in rows}

    def hypervisors(self) -> dict[str, str]:
        """Of all instances. Asks no node."""
        return dict(self._query("instance", "name", "hypervisor"))

    def all_measured(self) -> tuple[Measured, ...]:
        """All of them with their sizes. Asks every node once."""
        return self._get("/2/instances", tuple[Measured, ...], BULK)

    def shown(self, name: str) -> Shown:
        """The same with its screen."""
        return self._get(instance_path(name), Shown)

    def networks(self) -> tuple[Network, ...]:
        """All networks, ours or not."""
        return self._get("/2/networks", tuple[Network, ...], BULK)

    def network(self, name: str) -> Network:
        """Raises :class:`logic.errors.Gone` when there is none of this name."""
        return self._get(network_path(name), Network)

    def group_names(self) -> tuple[str, ...]:
        """Of the node groups."""
        return tuple(one.name for one in self._get("/2/groups", tuple[Named, ...]))

    def jobs(self) -> tuple[Job, ...]:
        """All jobs not yet archived, without their results and logs: an error has no text here, ask for that job. One
        that makes no sense is left out, as if it were archived."""
        return tuple(job for one in self._get("/2/jobs", tuple[RapiJob, ...], BULK) if (job := _readable(one)))

    def jobs_after(self, number: int) -> tuple[Job, ...]:
        """The jobs of higher numbers, archived ones too (which are looked at since their field is asked for), as in ``jobs``. The
        cluster reads no file of any other: cheap where it keeps many (``Query.hs`` filters by what needs no file first)."""
        rows = self._query("job", "id", "ops", "opstatus", "archived", only=[">", "id", number])
        return tuple(job for row in rows if (job := _of_row(*row)))

    def job_ids(self) -> tuple[int, ...]:
        """Ids of all jobs not yet archived."""
        return tuple(int(one.id) for one in self._get("/2/jobs", tuple[ListedJob, ...]))

    def job(self, id: int) -> Job | None:
        """One job, archived or not, with results and log. None when the cluster does not know it (which RAPI says with
        status 200 and nulls)."""
        try:
            return from_rapi(self._get(f"/2/jobs/{id}", RapiJob))
        except Malformed as error:
            raise Transient(f"RAPI's job {id} makes no sense: {error}") from error


def _of_row(id: Any, ops: Any, statuses: Any, _: Any) -> Job | None:
    try:
        return _readable(decoding.convert({"id": id, "ops": ops, "opstatus": statuses}, RapiJob))
    except msgspec.ValidationError:
        return None


def _readable(found: RapiJob) -> Job | None:
    try:
        return from_rapi(found)
    except Malformed:
        return None
