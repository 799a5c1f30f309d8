"""Reading groups of volumes, their types and their snapshots."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import msgspec
from django.db.models import Model, QuerySet

from logic.access import Caller
from logic.errors import NotFound
from logic.volume.models import Group, GroupSnapshot, GroupType, Snapshot, Volume
from logic.volume.queries import pages
from logic.volume.queries.pages import Found, Wanted
from logic.volume.states import Observed

M = TypeVar("M", bound=Model)
T = TypeVar("T", bound=msgspec.Struct)
WORST = ("error", "creating", "deleting")  # a snapshot's status → that of the group's, the first that one of them has


class GroupTypeInfo(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    description: str | None
    public: bool
    specs: dict[str, str]


class GroupInfo(msgspec.Struct, frozen=True, kw_only=True):
    """``types`` are ids of volume types; ``snapshot`` and ``source`` what it was made of; ``zone`` empty: anywhere."""

    id: str
    name: str
    description: str | None
    project: str
    status: str
    type: str
    types: list[str]
    zone: str
    snapshot: str
    source: str
    created_at: datetime.datetime


class GroupSnapshotInfo(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    description: str | None
    project: str
    group: str
    type: str
    status: str
    created_at: datetime.datetime


def group_types(caller: Caller, wanted: Wanted) -> Found[GroupTypeInfo]:
    """A page of those that the caller sees. Raises :class:`NotFound` for a marker that cannot be seen."""
    found = pages.page(_seen_types(caller), wanted, lambda id: _type(caller, id))
    return Found([_info(GroupTypeInfo, row) for row in found.items], found.count)


def group_type(caller: Caller, id: str) -> GroupTypeInfo:
    """Raises :class:`NotFound`."""
    return _info(GroupTypeInfo, _type(caller, id))


def type_named(caller: Caller, word: str) -> GroupTypeInfo:
    """By id or by name. Raises :class:`NotFound`."""
    rows = _seen_types(caller)
    row = rows.filter(pk=word).first() or rows.filter(name=word).first()
    if row is None:
        raise NotFound(kind="group type", id=word)
    return _info(GroupTypeInfo, row)


def groups(caller: Caller, wanted: Wanted) -> Found[GroupInfo]:
    """As :func:`group_types`."""
    found = pages.page(pages.own(caller, Group.objects.all(), wanted), wanted, lambda id: _group(caller, id))
    return Found([_info(GroupInfo, row) for row in found.items], found.count)


def group(caller: Caller, id: str) -> GroupInfo:
    """Raises :class:`NotFound`."""
    return _info(GroupInfo, _group(caller, id))


def inside(groups: Sequence[str]) -> dict[str, list[str]]:
    """By the ids of groups that the caller may see, the ids of the volumes in them."""
    rows = Volume.objects.filter(group__in=groups).exclude(observed=Observed.GONE).order_by("created_at", "pk")
    return _gathered(rows.values_list("group", "pk"))


def group_snapshots(caller: Caller, wanted: Wanted) -> Found[GroupSnapshotInfo]:
    """As :func:`group_types`."""
    rows = pages.own(caller, GroupSnapshot.objects.all(), wanted)
    found = pages.page(rows, wanted, lambda id: _snapshot(caller, id))
    return Found(_snapshot_infos(found.items), found.count)


def group_snapshot(caller: Caller, id: str) -> GroupSnapshotInfo:
    """Raises :class:`NotFound`."""
    return _snapshot_infos([_snapshot(caller, id)])[0]


def _snapshot_infos(rows: Sequence[GroupSnapshot]) -> list[GroupSnapshotInfo]:
    parts = Snapshot.objects.filter(group_snapshot__in=[row.pk for row in rows])
    statuses = _gathered(parts.values_list("group_snapshot", "status"))
    return [_info(GroupSnapshotInfo, row, status=row.marked or _worst(statuses.get(row.pk, []))) for row in rows]


def _worst(statuses: list[str]) -> str:
    return next((word for word in WORST if word in statuses), "available")


def _seen_types(caller: Caller) -> QuerySet[GroupType]:
    return GroupType.objects.all() if caller.is_admin else GroupType.objects.filter(public=True)


def _type(caller: Caller, id: str) -> GroupType:
    return _one(_seen_types(caller), "group type", id)


def _group(caller: Caller, id: str) -> Group:
    return _one(_own(caller, Group.objects.all()), "group", id)


def _snapshot(caller: Caller, id: str) -> GroupSnapshot:
    return _one(_own(caller, GroupSnapshot.objects.all()), "group snapshot", id)


def _own(caller: Caller, rows: QuerySet[M]) -> QuerySet[M]:
    return rows if caller.is_admin else rows.filter(project=caller.project)


def _one(rows: QuerySet[M], kind: str, id: str) -> M:
    row = rows.filter(pk=id).first()
    if row is None:
        raise NotFound(kind=kind, id=id)
    return row


def _info(kind: type[T], row: Model, **known: Any) -> T:
    return kind(**{name: known[name] if name in known else getattr(row, name) for name in kind.__struct_fields__})


def _gathered(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return found
