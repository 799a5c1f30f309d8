"""Reading volumes: a project's own."""

import datetime
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from django.db.models import Q, QuerySet

from logic import paging
from logic.access import Caller
from logic.compute.infos import ServerInfo
from logic.db import asked_of
from logic.errors import NotFound
from logic.ledger.resources import state_of
from logic.snapshots import State
from logic.volume import states
from logic.volume.models import Volume
from logic.volume.states import AT_REST, CINDER_STATUS, IN_FLIGHT, ON_SERVER, Mode, Observed, Phase


class VolumeInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A volume; ``status`` is Cinder's word, ``host`` the name of the backend that has its disk (empty: none yet). ``server`` is
    the one that it is on, on its way to or from (empty: none)."""

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
    fault: str
    created_at: datetime.datetime
    updated_at: datetime.datetime


def volumes(
    caller: Caller,
    *,
    all_projects: bool = False,
    sort: Sequence[tuple[str, str]] = (),
    limit: int = 1000,
    marker: str = "",
    **filters: list[Any],
) -> list[VolumeInfo]:
    """A page of volumes after the one called ``marker``, newest first unless ``sort`` says otherwise. ``filters``: a column's
    values of which any will do, or ``status`` (Cinder's words). Raises :class:`NotFound` for a marker that cannot be seen."""
    everybodys = caller.is_admin and all_projects
    rows = _visible(caller) if everybodys else _visible(caller).filter(project=caller.project)
    for name, values in filters.items():
        rows = rows.filter(_WHERE[name](values) if name in _WHERE else Q(**{f"{name}__in": values}))
    keys = paging.with_id(sort or [("created_at", "desc")])
    if marker:
        rows = rows.filter(paging.after(keys, _one(caller, marker)))
    return [_info(row) for row in paging.ordered(rows, keys)[:limit]]


def volume(caller: Caller, id: str) -> VolumeInfo:
    """Raises :class:`NotFound`."""
    return _info(_one(caller, id))


def on_servers(servers: Sequence[str]) -> dict[str, list[VolumeInfo]]:
    """By the ids of servers that the caller may see, what is on them, on its way there or from there, in one query."""
    found: dict[str, list[VolumeInfo]] = defaultdict(list)
    rows = Volume.objects.filter(device__in=servers).exclude(observed=Observed.GONE).select_related("backend")
    for row in rows.order_by("attached_at", "pk"):
        info = _info(row)
        if info.server:
            found[info.server].append(info)
    return found


_ON = """
SELECT volume.device, volume.id, volume.observed, volume.mode, volume.verb, volume.command
  FROM volume_volume volume
 WHERE volume.device {among} AND volume.observed <> 'gone'
 ORDER BY volume.attached_at, volume.id
"""


def shown(servers: Sequence[ServerInfo]) -> list[ServerInfo]:
    """These servers with the ids of what is on them. Most have nothing, and then nobody is asked."""
    known: dict[str, list[str]] = defaultdict(list)
    for server, id, observed, mode, verb, command in asked_of(_ON, [one.id for one in servers if one.has_volumes]):
        if states.phase(State(observed=observed, mode=mode, verb=verb, command=command)) in ON_SERVER:
            known[server].append(id)
    return [msgspec.structs.replace(one, volumes=tuple(known[one.id])) if one.id in known else one for one in servers]


def _visible(caller: Caller) -> QuerySet[Volume]:
    rows = Volume.objects.exclude(observed=Observed.GONE).select_related("backend")
    return rows if caller.is_admin else rows.filter(project=caller.project)


def _one(caller: Caller, id: str) -> Volume:
    row = _visible(caller).filter(pk=id).first()
    if row is None:
        raise NotFound(kind="volume", id=id)
    return row


def _with_status(words: list[str]) -> Q:
    """Cinder's words as conditions on the columns: the inverse of ``states.cinder_status``."""
    chosen = Q(pk__in=[])
    deleting = Q(fault_code="delete")
    for word in words:
        verbs = [verb for verb, phase in IN_FLIGHT.items() if CINDER_STATUS[phase] == word]
        at_rest = [observed for observed, phase in AT_REST.items() if CINDER_STATUS[phase] == word]
        chosen |= Q(verb__in=verbs) | Q(verb="", mode=Mode.NORMAL, observed__in=at_rest)
        if word == CINDER_STATUS[Phase.FAILED]:
            chosen |= Q(verb="", mode=Mode.FAILED) & ~deleting
        if word == "error_deleting":
            chosen |= Q(verb="", mode=Mode.FAILED) & deleting
    return chosen


_WHERE: dict[str, Callable[[list[Any]], Q]] = {"status": _with_status}


def _info(row: Volume) -> VolumeInfo:
    plain = ("id", "name", "description", "project", "user", "size", "metadata", "fault", "created_at", "updated_at")
    state = state_of(row)
    there = states.phase(state) in ON_SERVER
    home = row.backend.name if row.backend and row.observed != Observed.NONE else ""
    return VolumeInfo(
        **{name: getattr(row, name) for name in plain},
        status=states.cinder_status(state),
        zone=row.zone or home,
        host=home,
        server=row.device if there else "",
        attached_at=row.attached_at if there else None,
    )
