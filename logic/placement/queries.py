"""Which clusters there are, and which one takes a new server."""

from collections.abc import Sequence

import msgspec
from django.db.models import Count, Q

from logic.db import asked
from logic.errors import NotFound, Unavailable
from logic.kept import Kept
from logic.placement.models import Backend

_SPOKEN_TO = "SELECT name FROM placement_backend WHERE NOT offline ORDER BY name"  # asked again and again by every loop


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """What a server asks of a cluster. ``memory`` and ``disk`` in MiB; ``zone`` empty: any."""

    memory: int
    disk: int
    vcpus: int
    zone: str = ""


class BackendInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A backend as operators see it; no secrets."""

    id: int
    name: str
    kind: str
    endpoint: str
    username: str
    drained: bool
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
    refreshed_at: str
    servers: int = 0
    restored: str = ""


_ONLINE = Kept(lambda: Backend.objects.filter(offline=False))


def choose(needs: Needs) -> Backend:
    """The cluster with the most free memory that can take it. Raises :class:`NotFound` for a zone that does not exist,
    :class:`Unavailable` when none has room."""
    known = _ONLINE()
    _check_looked_at(known)
    rows = [row for row in known if not (row.drained or row.unfit)]
    if needs.zone:
        rows = [row for row in rows if row.name == needs.zone]
        if not rows and not Backend.objects.filter(name=needs.zone).exists():
            raise NotFound(kind="availability zone", id=needs.zone)
    chosen = best(rows, needs)
    if chosen is None:
        raise Unavailable(reason="No cluster has room for this server now, or all are drained.", retry_after=60)
    return chosen


def _check_looked_at(known: Sequence[Backend]) -> None:
    """After a restore, numbers that are in use may be on any cluster. Raises :class:`Unavailable`."""
    if unseen := ", ".join(sorted(row.name for row in known if row.restored)):
        reason = f"The cloud was restored from a backup and has not yet looked at {unseen}."
        raise Unavailable(reason=reason, retry_after=60)


def best(rows: Sequence[Backend], needs: Needs) -> Backend | None:
    """Pure: among clusters that fit (unknown capacity fits), the one with the most free memory, then by name."""
    fitting = [row for row in rows if _fits(row, needs)]
    return min(fitting, key=lambda row: (-row.memory_free, row.name), default=None)


def _fits(row: Backend, needs: Needs) -> bool:
    if not row.memory_total:
        return True
    return row.memory_free >= needs.memory and (not row.disk_total or row.disk_free >= needs.disk)


def named(name: str) -> Backend:
    """Raises :class:`NotFound`."""
    row = Backend.objects.filter(name=name).first()
    if row is None:
        raise NotFound(kind="backend", id=name)
    return row


def backends(*, counted: bool = False) -> list[BackendInfo]:
    """All of them; ``counted`` with how many servers live on each, which takes reading all servers."""
    counts = _living() if counted else {}
    return [_info(row, counts.get(row.pk, 0)) for row in Backend.objects.all()]


def _living() -> dict[int, int]:
    from logic.compute.models import Server  # noqa: PLC0415 - placement stands beside compute, not on it

    living = Server.objects.exclude(observed="gone").values("backend").annotate(total=Count("id", filter=Q()))
    return {row["backend"]: row["total"] for row in living}


def zones() -> list[tuple[str, bool]]:
    """Availability zones: each cluster is one; available when it takes new servers."""
    return [(row.name, not (row.drained or row.offline or row.unfit)) for row in Backend.objects.all()]


def _info(row: Backend, servers: int) -> BackendInfo:
    values = {name: getattr(row, name) for name in BackendInfo.__struct_fields__ if hasattr(row, name)}
    values["refreshed_at"] = row.refreshed_at.isoformat(timespec="seconds") if row.refreshed_at else ""
    return BackendInfo(**values, servers=servers)


def names() -> list[str]:
    """The names of all clusters that are spoken to."""
    return [name for (name,) in asked(_SPOKEN_TO, [])]
