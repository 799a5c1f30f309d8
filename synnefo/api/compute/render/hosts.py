"""Clusters as Nova shows hosts: availability zones, services and hypervisors, all the same backends seen from three
sides. Nova's names for them: each cluster is one host with one ``nova-compute``, in a zone of its own. The machines of
dispatchers are hosts too, to whoever lists services: each with one ``nova-conductor``, in the zone that Nova has for those.
"""

import ipaddress
import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, NotRequired, TypedDict
from urllib.parse import urlsplit

from logic.placement.queries import BackendInfo, DispatcherInfo
from synnefo.api.compute.render.frame import Frame
from synnefo.api.compute.versions import Since, since
from synnefo.api.kernel.answers import keys_of, of_keys

BINARY = "nova-compute"
CONDUCTOR, INTERNAL = "nova-conductor", "internal"
GIB = 1024  # MiB
_NAMESPACE = uuid.UUID("5f0c7f5e-4b5b-5d3a-9a51-5d6f2a8f6c01")
Json = dict[str, Any]
Usage = Mapping[str, tuple[int, int, int]]


class ZoneState(TypedDict):
    available: bool


class ServiceState(TypedDict):
    available: bool
    active: bool
    updated_at: str | None


class Zone(TypedDict):
    """``hosts``: by host and service, for administrators who ask for details."""

    zoneName: str
    zoneState: ZoneState
    hosts: dict[str, dict[str, ServiceState]] | None


class ComputeService(TypedDict):
    """``id`` is a number below 2.53, a UUID from there on."""

    id: int | str
    binary: str
    host: str
    zone: str
    status: str
    state: str
    updated_at: str | None
    disabled_reason: str | None
    forced_down: NotRequired[Annotated[bool, since(Since.FORCED_DOWN)]]


class ServerThere(TypedDict):
    uuid: str
    name: str


class HypervisorBrief(TypedDict):
    """``id`` is a number below 2.53, a UUID from there on."""

    id: int | str
    hypervisor_hostname: str
    state: str
    status: str
    servers: NotRequired[Annotated[list[ServerThere], since(0, when="where they are asked for")]]


class ServiceOfHypervisor(TypedDict):
    id: int | str
    host: str
    disabled_reason: str | None


class _Hypervisor(HypervisorBrief):
    hypervisor_type: str
    hypervisor_version: int
    host_ip: str | None
    service: ServiceOfHypervisor
    uptime: NotRequired[Annotated[None, since(Since.HYPERVISOR_DIET)]]
    cpu_info: NotRequired[Annotated[dict[str, str] | str, since(0, until=Since.HYPERVISOR_DIET)]]


_USAGE = (
    *("vcpus", "vcpus_used", "memory_mb", "memory_mb_used", "free_ram_mb"),
    *("local_gb", "local_gb_used", "free_disk_gb", "disk_available_least", "running_vms", "current_workload"),
)
_USED: Final = NotRequired[Annotated[int, since(0, until=Since.HYPERVISOR_DIET)]]
Hypervisor: Any = of_keys("Hypervisor", {**keys_of(_Hypervisor), **dict.fromkeys(_USAGE, _USED)})
Statistics: Any = of_keys("Statistics", dict.fromkeys(("count", *_USAGE), int))


class HostBrief(TypedDict):
    host_name: str
    service: str
    zone: str


class HostResources(TypedDict):
    """What there is of them, or is used."""

    host: str
    project: str
    cpu: int
    memory_mb: int
    disk_gb: int


class HostLine(TypedDict):
    resource: HostResources


def zones(known: Sequence[tuple[str, bool]]) -> Json:
    """``GET /os-availability-zone``: who lives there is not for tenants."""
    return {"availabilityZoneInfo": [_zone(name, available, None) for name, available in known]}


def zones_in_detail(backends: Sequence[BackendInfo]) -> Json:
    return {"availabilityZoneInfo": [_zone(one.name, _takes(one), _hosts(one)) for one in backends]}


def _zone(name: str, available: bool, hosts: Json | None) -> Json:
    return {"zoneName": name, "zoneState": {"available": available}, "hosts": hosts}


def _hosts(backend: BackendInfo) -> Json:
    state = {"available": not backend.offline, "active": _takes(backend), "updated_at": _heard(backend)}
    return {backend.name: {BINARY: state}}


def _takes(backend: BackendInfo) -> bool:
    return not (backend.drained or backend.offline or backend.unfit)


def _heard(backend: BackendInfo) -> str | None:
    """When the cluster was last looked at."""
    return _moment(backend.refreshed_at) if backend.refreshed_at else None


def _moment(at: str) -> str:
    """Without a zone, as Nova prints it."""
    return f"{at[:19]}.000000"


def identity(kind: str, backend: BackendInfo, frame: Frame) -> int | str:
    """A number, and from 2.53 a UUID; the same for as long as the cluster is known."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}:{backend.id}")) if frame.at_least(Since.UUIDS) else backend.id


def service(backend: BackendInfo, frame: Frame) -> Json:
    """A line of ``GET /os-services``. Drained is disabled, offline is down."""
    view: Json = {
        "id": identity("service", backend, frame),
        "binary": BINARY,
        "host": backend.name,
        "zone": backend.name,
        "status": "disabled" if backend.drained else "enabled",
        "state": "down" if backend.offline else "up",
        "updated_at": _heard(backend),
        "disabled_reason": _why(backend),
    }
    return view | {"forced_down": backend.offline} if frame.at_least(Since.FORCED_DOWN) else view


def conductor(one: DispatcherInfo, frame: Frame) -> Json:
    """The same for a machine of dispatchers."""
    view: Json = {
        "id": conductors_identity(one, frame),
        "binary": CONDUCTOR,
        "host": one.name,
        "zone": INTERNAL,
        "status": "enabled",
        "state": "up" if one.present else "down",
        "updated_at": _moment(one.heard_at),
        "disabled_reason": None,
    }
    return view | {"forced_down": False} if frame.at_least(Since.FORCED_DOWN) else view


def conductors_identity(one: DispatcherInfo, frame: Frame) -> int | str:
    """As :func:`identity`; the numbers are above those of clusters."""
    id = uuid.uuid5(_NAMESPACE, f"conductor:{one.name}")
    return str(id) if frame.at_least(Since.UUIDS) else 2**30 + id.int % 2**30


def hosts(backends: Sequence[BackendInfo], dispatchers: Sequence[DispatcherInfo]) -> list[Json]:
    """``GET /os-hosts``, below 2.43."""
    named = [(one.name, "compute", one.name) for one in backends]
    named += [(one.name, "conductor", INTERNAL) for one in dispatchers]
    return [{"host_name": name, "service": service, "zone": zone} for name, service, zone in named]


def _why(backend: BackendInfo) -> str | None:
    """Of one that is disabled."""
    return (backend.drained_reason or "drained") if backend.drained else None


def hypervisor(backend: BackendInfo, frame: Frame, servers: Sequence[tuple[str, str]] | None = None) -> Json:
    """A line of ``GET /os-hypervisors``. ``servers`` (id, name) where they are asked for; from 2.75 an empty list says
    so, before it is left out."""
    view: Json = {
        "id": identity("hypervisor", backend, frame),
        "hypervisor_hostname": backend.name,
        "state": "down" if backend.offline else "up",
        "status": "disabled" if backend.drained else "enabled",
    }
    if servers is None or not (servers or frame.at_least(Since.STRICT)):
        return view
    return view | {"servers": [{"uuid": id, "name": name} for id, name in servers]}


def hypervisor_in_detail(
    backend: BackendInfo, usage: Usage, frame: Frame, servers: Sequence[tuple[str, str]] | None = None
) -> Json:
    """A line of ``GET /os-hypervisors/detail``. What a cluster has not said is 0 or null."""
    view = hypervisor(backend, frame, servers) | {
        "hypervisor_type": backend.kind,
        "hypervisor_version": _version(backend.software),
        "host_ip": _address(backend.endpoint),
        "service": {
            "id": identity("service", backend, frame),
            "host": backend.name,
            "disabled_reason": _why(backend),
        },
    }
    if frame.at_least(Since.HYPERVISOR_DIET):
        return view | {"uptime": None}
    return view | _usage(backend, usage) | {"cpu_info": {} if frame.at_least(Since.CPU_INFO) else "{}"}


def statistics(backends: Sequence[BackendInfo], usage: Usage) -> Json:
    """The sum over all clusters, below 2.88."""
    total: Json = {"count": len(backends)}
    for backend in backends:
        for key, value in _usage(backend, usage).items():
            total[key] = total.get(key, 0) + (value or 0)
    return {"hypervisor_statistics": {**dict.fromkeys(_USAGE, 0), **total}}


def _usage(backend: BackendInfo, usage: Usage) -> Json:
    vcpus_used, running, busy = usage.get(backend.name, (0, 0, 0))
    values = (
        *(backend.cores, vcpus_used),
        *(backend.memory_total, max(backend.memory_total - backend.memory_free, 0), backend.memory_free),
        *(backend.disk_total // GIB, max(backend.disk_total - backend.disk_free, 0) // GIB, backend.disk_free // GIB),
        *(backend.disk_free // GIB, running, busy),
    )
    return dict(zip(_USAGE, values, strict=True))


def _version(software: str) -> int:
    """``3.0.2`` as Nova counts: 3000002; 0 when unknown."""
    parts = [int(part) for part in software.split(".")[:3] if part.isdigit()]
    numbers = [*parts, 0, 0, 0][:3]
    return numbers[0] * 1_000_000 + numbers[1] * 1_000 + numbers[2]


def _address(endpoint: str) -> str | None:
    host = urlsplit(endpoint).hostname or ""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None


def host(backend: BackendInfo, usage: Usage) -> list[Json]:
    """``GET /os-hosts/{host}``, below 2.43: what there is, and what of it is used."""
    known = _usage(backend, usage)
    rows = {
        "(total)": ("vcpus", "memory_mb", "local_gb"),
        "(used_now)": ("vcpus_used", "memory_mb_used", "local_gb_used"),
    }
    return [
        {
            "resource": {
                "host": backend.name,
                "project": name,
                "cpu": known[cpu],
                "memory_mb": known[ram],
                "disk_gb": known[disk],
            }
        }
        for name, (cpu, ram, disk) in rows.items()
    ]
