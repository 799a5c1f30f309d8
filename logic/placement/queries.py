"""Which clusters there are, and which one takes a new server."""

import msgspec
from django.db.models import Count, Q

from logic.db import asked
from logic.errors import NotFound
from logic.ledger import presences
from logic.placement.choosing import choose as choose  # noqa: PLC0414 - commands take it from here
from logic.placement.choosing import has_room as has_room  # noqa: PLC0414
from logic.placement.fitting import Needs as Needs  # noqa: PLC0414
from logic.placement.models import Backend, Pin

_SPOKEN_TO = "SELECT name FROM placement_backend WHERE NOT offline ORDER BY name"  # asked again and again by every loop


class BackendInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A backend as operators see it; no secrets. ``projects`` it is pinned to: none others' new servers come there."""

    id: int
    name: str
    kind: str
    endpoint: str
    username: str
    drained: bool
    drained_reason: str = ""
    offline: bool
    ca_file: str = ""
    disk_template: str = ""
    hypervisor: str = ""
    nic_link: str = ""
    incarnation: str
    software: str
    features: str = ""
    unfit: str = ""
    memory_total: int
    memory_free: int
    disk_total: int
    disk_free: int
    cores: int
    nodes: int | None = None
    memory_largest: int = 0
    disk_largest: int = 0
    vcpu_ratio: float = 0.0
    vcpus_used: int = 0
    disk_templates: str = ""
    refreshed_at: str
    servers: int = 0
    restored: str = ""
    projects: tuple[str, ...] = ()


class DispatcherInfo(msgspec.Struct, frozen=True):
    """A machine on which dispatchers run, or ran until a short while ago: of Nova's services the conductor."""

    name: str
    present: bool
    heard_at: str


def dispatchers() -> list[DispatcherInfo]:
    return [
        DispatcherInfo(name, present, at.isoformat(timespec="seconds"))
        for name, (present, at) in presences.seen().items()
    ]


def named(name: str) -> Backend:
    """Raises :class:`NotFound`."""
    row = Backend.objects.filter(name=name).first()
    if row is None:
        raise NotFound(kind="backend", id=name)
    return row


def backends(*, counted: bool = False) -> list[BackendInfo]:
    """All of them; ``counted`` with how many servers live on each, which takes reading all servers."""
    counts, pins = _living() if counted else {}, _pins()
    return [_info(row, counts.get(row.pk, 0), pins.get(row.pk, [])) for row in Backend.objects.all()]


def _pins() -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for pin in Pin.objects.order_by("project"):
        found.setdefault(pin.backend_id, []).append(pin.project)
    return found


def _living() -> dict[int, int]:
    from logic.compute.models import Server  # noqa: PLC0415 - placement stands beside compute, not on it

    living = Server.objects.exclude(observed="gone").values("backend").annotate(total=Count("id", filter=Q()))
    return {row["backend"]: row["total"] for row in living}


def zones() -> list[tuple[str, bool]]:
    """Availability zones: each cluster is one; available when it takes new servers."""
    return [(row.name, not (row.drained or row.offline or row.unfit)) for row in Backend.objects.all()]


def _info(row: Backend, servers: int, projects: list[str]) -> BackendInfo:
    values = {name: getattr(row, name) for name in BackendInfo.__struct_fields__ if hasattr(row, name)}
    values["refreshed_at"] = row.refreshed_at.isoformat(timespec="seconds") if row.refreshed_at else ""
    return BackendInfo(**values, servers=servers, projects=tuple(projects))


def names() -> list[str]:
    """The names of all clusters that are spoken to."""
    return [name for (name,) in asked(_SPOKEN_TO, [])]
