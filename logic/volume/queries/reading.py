"""Reading volumes: a project's own."""

import datetime
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from django.db.models import Count, Q, QuerySet, Sum

from logic.access import Caller
from logic.compute.infos import ServerInfo
from logic.db import asked_of
from logic.errors import NotFound
from logic.ledger.resources import state_of
from logic.placement import queries as placement
from logic.snapshots import State
from logic.volume import states
from logic.volume.models import Volume
from logic.volume.queries import pages
from logic.volume.queries.pages import Found, Wanted
from logic.volume.queries.types import DEFAULT, names
from logic.volume.states import AT_REST, CINDER_STATUS, IN_FLIGHT, Mode, Observed, Phase

ANYWHERE = "nova"  # what clients call the zone that is none in particular


class VolumeInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A volume; ``status`` is Cinder's word, ``host`` the name of the backend that has its disk (empty: none yet), to
    administrators also of the only one that there is, which will have it. ``server`` is the one that it is on, on its way to or
    from (empty: none), ``mountpoint`` what it was called there, ``goes_along`` whether it is deleted with that. ``type`` is the
    id of its type and ``type_name`` that one's name; ``snapshot`` and ``source`` are the ids of what it was made of,
    ``group`` that of the group that it is in."""

    id: str
    name: str
    description: str | None
    project: str
    user: str
    size: int
    metadata: dict[str, str]
    status: str
    zone: str
    host: str
    server: str
    attached_at: datetime.datetime | None
    mountpoint: str
    goes_along: bool
    type: str
    type_name: str
    bootable: bool
    readonly: bool | None
    image_metadata: dict[str, str] | None
    snapshot: str
    source: str
    group: str
    fault: str
    created_at: datetime.datetime
    updated_at: datetime.datetime


class Summary(msgspec.Struct, frozen=True):
    """How many volumes there are, of how many GiB together, and every value of each key of their metadata."""

    count: int
    size: int
    metadata: dict[str, list[str]]


def volumes(caller: Caller, wanted: Wanted = Wanted()) -> Found[VolumeInfo]:  # noqa: B008 - frozen
    """A page of volumes, newest first unless ``sort`` says otherwise. Columns of Cinder's: ``status``, ``host``. Raises
    :class:`NotFound` for a marker that cannot be seen."""
    found = pages.page(_mine(caller, wanted), wanted, lambda id: _one(caller, id), _WHERE)
    called, only = names(), _only(caller)
    return Found([_info(row, called, only) for row in found.items], found.count)


def _only(caller: Caller) -> str:
    """The one cluster that volumes can come to; empty where there are several, or none."""
    found = placement.names() if caller.is_admin else []
    return found[0] if len(found) == 1 else ""


def summary(caller: Caller, wanted: Wanted) -> Summary:
    """Of all that a list would have."""
    rows = _mine(caller, wanted)
    total = rows.aggregate(count=Count("pk"), size=Sum("size"))
    metadata: dict[str, set[str]] = defaultdict(set)
    for items in rows.exclude(metadata={}).values_list("metadata", flat=True).iterator(chunk_size=500):
        for key, value in items.items():
            metadata[key].add(value)
    return Summary(
        total["count"], total["size"] or 0, {key: sorted(values) for key, values in sorted(metadata.items())}
    )


def _mine(caller: Caller, wanted: Wanted) -> QuerySet[Volume]:
    return pages.own(caller, visible(caller), wanted)


def volume(caller: Caller, id: str) -> VolumeInfo:
    """Raises :class:`NotFound`."""
    return _info(_one(caller, id), names(), _only(caller))


def on_servers(servers: Sequence[str]) -> dict[str, list[VolumeInfo]]:
    """By the ids of servers that the caller may see, what is on them, on its way there or from there, in one query."""
    found: dict[str, list[VolumeInfo]] = defaultdict(list)
    rows = Volume.objects.filter(device__in=servers).exclude(observed=Observed.GONE).select_related("backend")
    called = names()
    for row in rows.order_by("attached_at", "pk"):
        info = _info(row, called)
        if info.server:
            found[info.server].append(info)
    return found


_ON = """
SELECT volume.device, volume.id, volume.goes_along, volume.observed, volume.mode, volume.verb, volume.command
  FROM volume_volume volume
 WHERE volume.device {among} AND volume.observed <> 'gone'
 ORDER BY volume.attached_at, volume.id
"""


def shown(servers: Sequence[ServerInfo]) -> list[ServerInfo]:
    """These servers with what is on them. Most have nothing, and then nobody is asked."""
    known: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    for server, id, goes_along, observed, mode, verb, command in asked_of(
        _ON, [one.id for one in servers if one.has_volumes]
    ):
        if states.is_on_server(State(observed=observed, mode=mode, verb=verb, command=command)):
            known[server].append((id, bool(goes_along)))
    return [msgspec.structs.replace(one, volumes=tuple(known[one.id])) if one.id in known else one for one in servers]


def visible(caller: Caller) -> QuerySet[Volume]:
    """Those that are not gone, of the caller's project; an administrator's are all."""
    rows = Volume.objects.exclude(observed=Observed.GONE).select_related("backend")
    return rows if caller.is_admin else rows.filter(project=caller.project)


def _one(caller: Caller, id: str) -> Volume:
    row = visible(caller).filter(pk=id).first()
    if row is None:
        raise NotFound(kind="volume", id=id)
    return row


def with_status(words: list[str]) -> Q:
    """Cinder's words as conditions on the columns: the inverse of ``states.cinder_status``."""
    chosen = Q(pk__in=[])
    marked, unmarked = Q(marked__in=words), Q(marked="")
    deleting = Q(fault_code="delete")
    for word in words:
        verbs = [verb for verb, phase in IN_FLIGHT.items() if CINDER_STATUS[phase] == word]
        at_rest = [observed for observed, phase in AT_REST.items() if CINDER_STATUS[phase] == word]
        chosen |= Q(verb__in=verbs) | Q(verb="", mode=Mode.NORMAL, observed__in=at_rest)
        if word == CINDER_STATUS[Phase.ATTACHING]:
            chosen |= Q(verb="", mode=Mode.AWAITED)
        if word == CINDER_STATUS[Phase.RESERVED]:
            chosen |= Q(verb="", mode=Mode.RESERVED)
        if word == CINDER_STATUS[Phase.FAILED]:
            chosen |= Q(verb="", mode=Mode.FAILED) & ~deleting
        if word == "error_deleting":
            chosen |= Q(verb="", mode=Mode.FAILED) & deleting
    return marked | (unmarked & chosen)


def _of_type(ids: list[str]) -> Q:
    return Q(type__in=["" if id == DEFAULT else id for id in ids])


def _on_host(backends: list[str]) -> Q:
    return Q(backend__name__in=backends) & ~Q(observed=Observed.NONE)


def _in_zone(zones: list[str]) -> Q:
    """A volume without a disk that was to be in none in particular is in :data:`ANYWHERE`."""
    nowhere = Q(zone="", observed=Observed.NONE) if ANYWHERE in zones else Q(pk__in=[])
    return Q(zone__in=[zone for zone in zones if zone]) | (Q(zone="") & _on_host(zones)) | nowhere


_WHERE: dict[str, Callable[[list[Any]], Q]] = {
    "status": with_status,
    "type": _of_type,
    "host": _on_host,
    "zone": _in_zone,
}
_PLAIN = (
    *("id", "name", "description", "project", "user", "size", "metadata", "bootable", "readonly"),
    *("image_metadata", "snapshot", "source", "group", "fault", "created_at", "updated_at"),
)


def _info(row: Volume, called: dict[str, str], only: str = "") -> VolumeInfo:
    state = state_of(row)
    there = states.is_on_server(state)
    home = row.backend.name if row.backend and row.observed != Observed.NONE else ""
    return VolumeInfo(
        **{name: getattr(row, name) for name in _PLAIN},
        status=row.marked or states.cinder_status(state),
        type=row.type or DEFAULT,
        type_name=called.get(row.type or DEFAULT, ""),
        zone=row.zone or home,
        host=home or (only if row.mode == Mode.NORMAL else ""),
        server=row.device if there else "",
        attached_at=row.attached_at if there else None,
        mountpoint=row.mountpoint if there else "",
        goes_along=there and row.goes_along,
    )
