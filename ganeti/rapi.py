"""Ganeti's remote API, version 2, typed: the calls our road needs, over any :class:`Transport`.

Blocking; the adapter ``logic.backends.ganeti`` calls it through ``logic.offload``. Every order takes a ``reason``,
which Ganeti writes into the job's reason trail (a query parameter: in the body it would be refused), and ``depends``:
ids of jobs that must have come to an end first (a reinstallation alone has neither); some take ``needs``: of those whose end
must have been a good one. Failures are those of ``failures``: ``Transient``, ``Rejected``, ``Gone``. An order is answered with
a job's id as soon as it is queued, even if it can only fail.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from ganeti import failures
from ganeti.https import RequestsTransport
from ganeti.jobfile import Job, RapiJob, from_rapi
from ganeti.replies import (
    Housed,
    Info,
    Instance,
    Listed,
    ListedJob,
    Measured,
    Named,
    Network,
    Node,
    Number,
    Queried,
    Shown,
    Work,
)
from ganeti.transport import NotSent, RapiRequest, RapiResponse, ReplyLost, Transport
from ganeti.vocabulary import FINAL, SUCCESS, object_of
from logic import decoding, permits
from logic.errors import Gone, Malformed, Transient

__all__ = ["NotSent", "RapiClient", "RapiRequest", "RapiResponse", "ReplyLost", "RequestsTransport", "Transport"]

T = TypeVar("T")
Query = tuple[tuple[str, str], ...]
NicChange = tuple[str, str | int, Mapping[str, str]]
DiskChange = tuple[str, str | int, Mapping[str, str | int]]
_BULK: Query = (("bulk", "1"),)
_OK = 200


class RapiClient:
    """One cluster. ``timeout`` bounds each call, in seconds."""

    def __init__(self, transport: Transport, *, timeout: float = 30.0) -> None:
        self._transport = transport
        self._timeout = timeout

    def __repr__(self) -> str:
        return f"RapiClient({self._transport!r})"

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
        return self._get("/2/nodes", tuple[Node, ...], _BULK)

    def node_names(self) -> tuple[str, ...]:
        """Names only; asks no node."""
        return tuple(one.id for one in self._get("/2/nodes", tuple[Listed, ...]))

    def instances(self) -> tuple[Instance, ...]:
        """All instances, ours or not. Asks every node once: slower than one instance, cheaper than many."""
        return self._get("/2/instances", tuple[Instance, ...], _BULK)

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
        return self._get(_instance(name), Instance)

    def measured(self, name: str) -> Measured:
        """The same with its sizes."""
        return self._get(_instance(name), Measured)

    def housed(self, name: str) -> Housed:
        """The same with its disks."""
        return self._get(_instance(name), Housed)

    def disk_names(self) -> dict[str, frozenset[str]]:
        """The names of the disks that have one, by their instances, ours or not. Asks no node."""
        rows = self._query("instance", "name", "disk.names")
        return {name: frozenset(one for one in names if one) for name, names in rows}

    def hypervisors(self) -> dict[str, str]:
        """Of all instances. Asks no node."""
        return dict(self._query("instance", "name", "hypervisor"))

    def all_measured(self) -> tuple[Measured, ...]:
        """All of them with their sizes. Asks every node once."""
        return self._get("/2/instances", tuple[Measured, ...], _BULK)

    def shown(self, name: str) -> Shown:
        """The same with its screen."""
        return self._get(_instance(name), Shown)

    def networks(self) -> tuple[Network, ...]:
        """All networks, ours or not."""
        return self._get("/2/networks", tuple[Network, ...], _BULK)

    def network(self, name: str) -> Network:
        """Raises :class:`logic.errors.Gone` when there is none of this name."""
        return self._get(_network(name), Network)

    def group_names(self) -> tuple[str, ...]:
        """Of the node groups."""
        return tuple(one.name for one in self._get("/2/groups", tuple[Named, ...]))

    def jobs(self) -> tuple[Job, ...]:
        """All jobs not yet archived, without their results and logs: an error has no text here, ask for that job. One
        that makes no sense is left out, as if it were archived."""
        return tuple(job for one in self._get("/2/jobs", tuple[RapiJob, ...], _BULK) if (job := _readable(one)))

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

    def cancel_job(self, id: int, *, reason: str) -> bool:
        """Whether the job was dequeued. A job that runs goes on, though it is told."""
        request = self._request("DELETE", f"/2/jobs/{id}", query=(("reason", reason),))
        answer: tuple[bool, Any] = self._ask(request, tuple[bool, Any])
        return answer[0]

    def create_instance(self, spec: Mapping[str, Any], *, reason: str, depends: Sequence[int] = ()) -> int:
        """``spec`` has the opcode's fields: ``instance_name``, ``disks``, ``nics`` and so on."""
        body = {"__version__": 1, "mode": "create", **spec}
        return self._order("POST", "/2/instances", body, reason=reason, depends=depends)

    def startup(self, name: str, *, reason: str, depends: Sequence[int] = ()) -> int:
        return self._order("PUT", _instance(name, "startup"), {}, reason=reason, depends=depends)

    def shutdown(self, name: str, *, timeout: int, reason: str, depends: Sequence[int] = ()) -> int:
        """``timeout``: seconds the guest has before it is killed."""
        return self._order("PUT", _instance(name, "shutdown"), {"timeout": timeout}, reason=reason, depends=depends)

    def reboot(self, name: str, *, hard: bool, reason: str, depends: Sequence[int] = ()) -> int:
        """``hard`` kills the guest at once; soft asks it. Both start an instance that is down."""
        body = {"shutdown_timeout": 0} if hard else {}
        query = (("type", "hard" if hard else "soft"),)
        return self._order("POST", _instance(name, "reboot"), body, query, reason=reason, depends=depends)

    def reinstall(self, name: str, *, os: str, osparams: Mapping[str, str], start: bool) -> int:
        """Stop, make the first disk anew, and start again if that is wanted: three operations of one job. This call of RAPI takes
        no other parameters, in the body or in the query: no reason, no secrets, nothing to wait for (3.0.2, and seen there)."""
        body = {"os": os, "start": start, "osparams": dict(osparams)}
        return self._order("POST", _instance(name, "reinstall"), body, reason="", depends=())

    def remove(
        self,
        name: str,
        *,
        shutdown_timeout: int | None = None,
        reason: str,
        depends: Sequence[int] = (),
        needs: Sequence[int] = (),
    ) -> int:
        """``shutdown_timeout``: seconds the guest has before it is killed; None leaves Ganeti's 120."""
        body = {} if shutdown_timeout is None else {"shutdown_timeout": shutdown_timeout}
        return self._order("DELETE", _instance(name), body, reason=reason, depends=depends, needs=needs)

    def modify_nics(
        self,
        name: str,
        changes: Sequence[NicChange],
        *,
        hotplug: Mapping[str, bool],
        reason: str,
        depends: Sequence[int] = (),
    ) -> int:
        """``changes``: ``("add", -1, {…})``, ``("remove", <name, uuid or index>, {})``; names and indices cannot be
        mixed in one call. ``hotplug``: see :func:`ganeti.versions.hotplug`."""
        body = {"nics": list(changes), **hotplug}
        return self._order("PUT", _instance(name, "modify"), body, reason=reason, depends=depends)

    def modify_disk(  # noqa: PLR0913 - an order's parts
        self,
        name: str,
        change: DiskChange,
        *,
        hotplug: Mapping[str, bool],
        any_size: bool = False,
        reason: str,
        depends: Sequence[int] = (),
        needs: Sequence[int] = (),
    ) -> int:
        """``change`` as in :meth:`modify_nics`, and ``("attach", -1, {"name": …})``, ``("detach", <name>, {})``. One an order:
        Ganeti loses count of what it detaches in one (observed on 3.0.2). ``any_size``: whatever the cluster's policy is."""
        body = {"disks": [change], **hotplug} | ({"ignore_ipolicy": True} if any_size else {})
        return self._order("PUT", _instance(name, "modify"), body, reason=reason, depends=depends, needs=needs)

    def tag(self, name: str, tag: str, *, reason: str) -> int:
        """Give an instance a tag; one that it has already changes nothing."""
        return self._order("PUT", _instance(name, "tags"), None, (("tag", tag),), reason=reason, depends=())

    def untag(self, name: str, tag: str, *, reason: str) -> int:
        """Take a tag from an instance; the job fails when there is none."""
        return self._order("DELETE", _instance(name, "tags"), None, (("tag", tag),), reason=reason, depends=())

    def add_network(self, spec: Mapping[str, Any], *, reason: str, depends: Sequence[int] = ()) -> int:
        """``spec`` has the opcode's fields: ``network_name``, ``network``, ``gateway`` and so on. Two such jobs at the same
        time make two networks of one name (source: 3.0.2): the caller sees to it that there is one."""
        return self._order("POST", "/2/networks", dict(spec), reason=reason, depends=depends)

    def connect_network(
        self, name: str, group: str, parameters: Mapping[str, str], *, reason: str, depends: Sequence[int] = ()
    ) -> int:
        """``parameters``: ``network_mode`` and ``network_link``. One that is connected already stays as it is."""
        body = {"group_name": group, **parameters, "conflicts_check": False}
        return self._order("PUT", _network(name, "connect"), body, reason=reason, depends=depends)

    def disconnect_network(self, name: str, group: str, *, reason: str, depends: Sequence[int] = ()) -> int:
        """The job fails while an instance of the group is on it."""
        body = {"group_name": group}
        return self._order("PUT", _network(name, "disconnect"), body, reason=reason, depends=depends)

    def remove_network(self, name: str, *, reason: str, depends: Sequence[int] = ()) -> int:
        """The job fails while it is connected to a group."""
        return self._order("DELETE", _network(name), {}, reason=reason, depends=depends)

    def _query(self, kind: str, *fields: str, only: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """``only`` is a filter in the query language of Ganeti (doc/design-query2)."""
        path = f"/2/query/{kind}"
        if only:
            body = msgspec.json.encode({"fields": fields, "qfilter": only})
            filtered: Queried = self._ask(self._request("PUT", path, body=body), Queried)
            return filtered.rows
        found: Queried = self._get(path, Queried, (("fields", ",".join(fields)),))
        return found.rows

    def _get(self, path: str, kind: type[T], query: Query = ()) -> T:
        found: T = self._ask(self._request("GET", path, query=query), kind)
        return found

    def _order(  # noqa: PLR0913 - an HTTP request's parts
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None,
        query: Query = (),
        *,
        reason: str,
        depends: Sequence[int],
        needs: Sequence[int] = (),
    ) -> int:
        if body is not None and (depends or needs):
            body["depends"] = [[job, sorted(FINAL)] for job in depends] + [[job, [SUCCESS]] for job in needs]
        query = (*query, ("reason", reason)) if reason else query
        told = None if body is None else msgspec.json.encode(body)
        permits.check()
        job: int = self._ask(self._request(method, path, query=query, body=told), Number)
        return int(job)

    def _request(self, method: str, path: str, *, query: Query = (), body: bytes | None = None) -> RapiRequest:
        return RapiRequest(method=method, path=path, query=query, body=body, timeout=self._timeout)

    def _ask(self, request: RapiRequest, kind: Any) -> Any:
        """Send, and decode the answer as ``kind``."""
        try:
            response = self._transport.send(request)
        except (NotSent, ReplyLost) as error:
            raise failures.of_transport(request, error) from error
        if response.status != _OK:
            raise failures.of_status(request, response)
        try:
            return decoding.decode(response.body, kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise failures.unreadable(request, error) from error


def _instance(name: str, verb: str = "") -> str:
    path = f"/2/instances/{quote(name, safe='')}"
    return f"{path}/{verb}" if verb else path


def _network(name: str, verb: str = "") -> str:
    path = f"/2/networks/{quote(name, safe='')}"
    return f"{path}/{verb}" if verb else path


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
