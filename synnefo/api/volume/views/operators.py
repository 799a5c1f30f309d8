"""What administrators look at: services, hosts, pools and what they can. Every cluster is a host with one pool."""

from typing import Annotated, Any, NotRequired, TypedDict

import msgspec

from logic import clock
from logic.errors import BadRequest, NotFound, NotSupported
from logic.placement import commands
from logic.placement import queries as placement
from logic.placement.queries import BackendInfo
from logic.volume import queries
from logic.volume.commands.scheduling import PROTOCOL, VENDOR
from logic.volume.queries import VolumeInfo, Wanted
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes
from synnefo.api.kernel.reading import clipped
from synnefo.api.kernel.times import bare
from synnefo.api.volume.render.volumes import host
from synnefo.api.volume.requests.parts import Text
from synnefo.api.volume.versions import Since, since

Json = dict[str, Any]
OURS = "synnefo"  # the host of what runs beside the clusters
MIB_PER_GIB = 1024
STORAGE = "cinder-volume"


class Service(TypedDict):
    binary: str
    host: str
    zone: str
    status: str
    state: str
    updated_at: str
    disabled_reason: str | None
    cluster: NotRequired[Annotated[None, since(Since.CLUSTERS)]]
    backend_state: NotRequired[Annotated[str, since(Since.BACKEND_STATE, when="of cinder-volume")]]


class ServiceChanged(TypedDict):
    host: str
    service: str
    binary: str
    disabled: bool
    status: str
    disabled_reason: NotRequired[Annotated[str | None, since(0, when="but for disable")]]


Host = TypedDict(
    "Host",
    {
        "host_name": str,
        "service": str,
        "zone": str,
        "service-status": str,
        "service-state": str,
        "last-update": str,
    },
)


class HostResources(TypedDict):
    """Numbers are texts here."""

    host: str
    project: str
    volume_count: str
    total_volume_gb: str
    snapshot_count: str
    total_snapshot_gb: str


class HostLine(TypedDict):
    resource: HostResources


class PoolCapabilities(TypedDict):
    timestamp: str
    volume_backend_name: str
    vendor_name: str
    driver_version: str
    storage_protocol: str
    total_capacity_gb: float
    free_capacity_gb: float
    reserved_percentage: int
    QoS_support: bool


class Pool(TypedDict):
    name: str
    capabilities: NotRequired[Annotated[PoolCapabilities, since(0, when="where details are asked for")]]


class Capabilities(TypedDict):
    namespace: str
    vendor_name: str
    volume_backend_name: str
    pool_name: None
    driver_version: str
    storage_protocol: str
    display_name: None
    description: None
    visibility: None
    replication_targets: list[str]
    properties: dict[str, Any]


@describes(gives={"services": list[Service]}, query=["binary", "host"])
def list_services(call: Call) -> Answer:
    wanted, binary = call.query.one("host"), call.query.one("binary")
    found = [_service("cinder-scheduler", OURS, ""), _service("cinder-backup", OURS, "")]
    found += [_service(STORAGE, f"{one.name}@ganeti", one.name, one) for one in placement.backends()]
    added: Json = {"cluster": None} if call.at_least(Since.CLUSTERS) else {}
    state = call.at_least(Since.BACKEND_STATE)
    lines = [
        one | added | ({"backend_state": one["state"]} if state and one["binary"] == STORAGE else {})
        for one in found
        if one["binary"] == (binary or one["binary"]) and wanted in {"", one["host"], one["host"].partition("@")[0]}
    ]
    return Answer(200, {"services": lines})


def _service(binary: str, where: str, zone: str, backend: BackendInfo | None = None) -> Json:
    disabled = bool(backend and (backend.drained or backend.unfit))
    return {
        "binary": binary,
        "host": where,
        "zone": zone or "nova",
        "status": "disabled" if disabled else "enabled",
        "state": "down" if backend and backend.offline else "up",
        "updated_at": _moment(backend.refreshed_at if backend else ""),
        "disabled_reason": (backend.unfit or backend.drained_reason or None) if backend and disabled else None,
    }


def _moment(told: str) -> str:
    """When a cluster has last said something; what is beside it says so now."""
    return told.partition("+")[0] + ".000000" if told else bare(clock.now())


class Change(msgspec.Struct, frozen=True):
    host: Text = ""
    binary: Text = ""
    service: Text = ""
    disabled_reason: Text | None = None


@describes(takes=Change, gives=ServiceChanged, refuses=[501])
def change_service(call: Call, what: str) -> Answer:
    """``disable`` is drained: a cluster takes no new servers then, and so no first disks of volumes."""
    wanted = call.decode(Change)
    if what in {"freeze", "thaw", "failover_host"}:
        _checked(wanted.host)
        raise NotSupported(reason="A cluster is not frozen, nor does another one take its place. Disable it instead.")
    if what not in {"enable", "disable", "disable-log-reason"}:
        raise NotSupported(reason="Levels of logs are settings here.")
    if what == "disable-log-reason" and not (wanted.disabled_reason or "").strip():
        raise BadRequest(reason="The field disabled_reason is required: say why.")
    if (wanted.binary or wanted.service) != STORAGE:
        raise NotFound(kind="service", id=wanted.binary or wanted.service)
    one, disabled = _named(wanted.host), what != "enable"
    commands.modify_backend(
        one.name, drained=disabled, drained_reason=(wanted.disabled_reason or "") if disabled else ""
    )
    told = {"host": wanted.host, "service": STORAGE, "binary": STORAGE, "disabled": disabled}
    told["status"] = "disabled" if disabled else "enabled"
    return Answer(200, told if what == "disable" else told | {"disabled_reason": wanted.disabled_reason})


def _checked(host: str) -> None:
    """Raises :class:`BadRequest` for a host that there is not, as Cinder does here."""
    if host.partition("@")[0] not in placement.names():
        raise BadRequest(reason=f"Host {clipped(host)!r} could not be found.")


@describes(gives={"hosts": list[Host]})
def list_hosts(call: Call) -> Answer:  # noqa: ARG001
    services = [_service("cinder-scheduler", OURS, "")]
    services += [_service(STORAGE, f"{one.name}@ganeti", one.name, one) for one in placement.backends()]
    return Answer(200, {"hosts": [_host(one) for one in services]})


def _host(service: Json) -> Json:
    return {
        "host_name": service["host"],
        "service": service["binary"],
        "zone": service["zone"],
        "service-status": "available" if service["state"] == "up" else "unavailable",
        "service-state": service["status"],
        "last-update": service["updated_at"],
    }


@describes(gives={"host": list[HostLine]})
def show_host(call: Call, name: str) -> Answer:
    """Volumes with a disk there, in all and by project."""
    backend = _named(name)
    wanted = Wanted(everybodys=True, columns={"host": [backend.name]}, limit=10_000)
    found = queries.volumes(call.caller, wanted).items
    projects = sorted({one.project for one in found})
    lines = [_resource(backend.name, "(total)", found)]
    lines += [
        _resource(backend.name, project, [one for one in found if one.project == project]) for project in projects
    ]
    return Answer(200, {"host": lines})


def _resource(name: str, project: str, found: list[VolumeInfo]) -> Json:
    counted = {"volume_count": len(found), "total_volume_gb": sum(one.size for one in found)}
    numbers = counted | {"snapshot_count": 0, "total_snapshot_gb": 0}
    named = {key: str(value) for key, value in numbers.items()}
    return {"resource": {"host": f"{name}@ganeti", "project": project, **named}}


@describes(gives={"pools": list[Pool]}, query=["detail", "name"])
def list_pools(call: Call) -> Answer:
    wanted, detailed = call.query.one("name"), bool(call.query.flag("detail"))
    found = [one for one in placement.backends() if wanted in {"", host(one.name)}]
    return Answer(200, {"pools": [_pool(one, detailed=detailed) for one in found]})


def _pool(one: BackendInfo, *, detailed: bool) -> Json:
    if not detailed:
        return {"name": host(one.name)}
    return {
        "name": host(one.name),
        "capabilities": {
            "timestamp": _moment(one.refreshed_at),
            "volume_backend_name": one.name,
            "vendor_name": VENDOR,
            "driver_version": one.software or "unknown",
            "storage_protocol": PROTOCOL,
            "total_capacity_gb": one.disk_total / MIB_PER_GIB,
            "free_capacity_gb": one.disk_free / MIB_PER_GIB,
            "reserved_percentage": 0,
            "QoS_support": False,
        },
    }


@describes(gives=Capabilities)
def show_capabilities(call: Call, name: str) -> Answer:  # noqa: ARG001
    one = _named(name)
    return Answer(
        200,
        {
            "namespace": f"OS::Storage::Capabilities::{one.name}@ganeti",
            "vendor_name": VENDOR,
            "volume_backend_name": one.name,
            "pool_name": None,
            "driver_version": one.software or "unknown",
            "storage_protocol": PROTOCOL,
            "display_name": None,
            "description": None,
            "visibility": None,
            "replication_targets": [],
            "properties": {},
        },
    )


def _named(name: str) -> BackendInfo:
    """Raises :class:`NotFound`."""
    wanted = name.partition("@")[0]
    found = next((one for one in placement.backends() if one.name == wanted), None)
    if found is None:
        raise NotFound(kind="host", id=name)
    return found
