"""Groups of volumes: made, changed, made of others, and deleted with what is in them.

A group is a row, and its volumes say that they are in it. No cluster knows of groups, so that none is taken that would promise
something of one: copies of one moment, or replication. Called by Cinder's facade; each function is one transaction.
"""

from collections import Counter
from typing import Any, Final

import msgspec

from logic import clock
from logic.access import Caller, require
from logic.errors import NotFound, clipped
from logic.ledger.store import store
from logic.quota import commands as quota
from logic.transactions import atomically
from logic.volume.commands.grouping import check_type, group_held, members, must_be, must_be_alone
from logic.volume.commands.rows import IN_TROUBLE, amounts, check_zone, copy_held, held
from logic.volume.commands.rows import must_be as volume_must_be
from logic.volume.commands.volumes import NewVolume, create_volume, delete_row
from logic.volume.models import Group, GroupSnapshot, Snapshot, Volume
from logic.volume.queries import groups as queries
from logic.volume.queries import types
from logic.volume.queries.groups import GroupTypeInfo
from logic.volume.queries.types import DEFAULT
from logic.volume.refusals import InvalidGroup, InvalidInput, InvalidVolume
from logic.volume.states import Observed

COUNTED: Final = {"groups": 1}
STATUSES: Final = frozenset({"available", "creating", "deleting", "error", "error_deleting", "updating"})
# Specs by which types of groups ask for what no group of this cloud is.
IMPOSSIBLE: Final = {
    "consistent_group_snapshot_enabled": "copied at one moment",
    "group_replication_enabled": "replicated",
    "consistent_group_replication_enabled": "replicated",
}


class NewGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A group asked for. ``type`` and ``volume_types`` are ids or names; ``zone`` empty: anywhere."""

    type: str
    volume_types: list[str]
    name: str = ""
    description: str | None = None
    zone: str = ""


class FromSource(msgspec.Struct, frozen=True, kw_only=True):
    """A group asked for that is as another one (``group``), or as one was when it was copied (``snapshot``)."""

    name: str = ""
    description: str | None = None
    snapshot: str = ""
    group: str = ""


@atomically
def create_group(caller: Caller, wanted: NewGroup) -> str:
    """Its id. Raises :class:`NotFound` for a type, :class:`BadRequest`, :class:`InvalidInput`, :class:`QuotaExceeded`."""
    require(caller, "member", "create a group of volumes")
    kind = queries.type_named(caller, wanted.type)
    _check_kind(kind)
    if not wanted.volume_types:
        raise InvalidInput(reason="volume_types must be provided to create a group.")
    check_zone(wanted.zone)
    chosen = [types.named(caller, word).id for word in wanted.volume_types]
    said = {"name": wanted.name, "description": wanted.description, "zone": wanted.zone}
    return _made(caller, Group(type=kind.id, types=list(dict.fromkeys(chosen)), **said)).pk


def _check_kind(kind: GroupTypeInfo) -> None:
    for key, what in IMPOSSIBLE.items():
        if kind.specs.get(key, "").lower().replace(" ", "") in {"<is>true", "true"}:
            raise InvalidInput(
                reason=f"groups of type {kind.name} are {what}, which none of this cloud can be. Choose another type."
            )


def _made(caller: Caller, row: Group) -> Group:
    quota.check(caller.project, COUNTED)
    row.project, row.user = caller.project, caller.user
    row.save(force_insert=True)
    quota.record(caller.project, {row.pk: COUNTED})
    return row


@atomically
def create_group_from(caller: Caller, wanted: FromSource) -> str:
    """Its id, with a volume for each of the source's. Raises :class:`NotFound`, :class:`InvalidInput`, :class:`InvalidGroup`, and
    what making volumes raises."""
    require(caller, "member", "create a group of volumes")
    if bool(wanted.snapshot) == bool(wanted.group):
        raise InvalidInput(reason="give one of group_snapshot_id and source_group_id.")
    source = group_held(caller, _group_of(caller, wanted.snapshot) if wanted.snapshot else wanted.group)
    must_be(source, "available", action="create a group of it")
    parts = _of_snapshot(wanted.snapshot) if wanted.snapshot else _of_group(source)
    if not parts:
        raise InvalidInput(reason=f"group {source.pk} has no volumes, so that none is made of it.")
    origin = {"snapshot": wanted.snapshot, "source": wanted.group, "zone": source.zone}
    said = {"name": wanted.name, "description": wanted.description}
    quota.check(caller.project, _together(parts))
    row = _made(caller, Group(type=source.type, types=source.types, **origin, **said))
    for part in parts:
        create_volume(caller, msgspec.structs.replace(part, group=row.pk, zone=source.zone))
    return row.pk


def _together(parts: list[NewVolume]) -> dict[str, int]:
    """What they take, so that one refusal tells of all."""
    taken: Counter[str] = Counter(COUNTED)
    for one in parts:
        taken.update(amounts(one.size or 0, "" if one.type == DEFAULT else one.type))
    return taken


def _group_of(caller: Caller, id: str) -> str:
    return copy_held(caller, GroupSnapshot, "group snapshot", id).group


def _of_snapshot(id: str) -> list[NewVolume]:
    rows = list(Snapshot.objects.filter(group_snapshot=id).order_by("created_at", "pk"))
    names = dict(Volume.objects.filter(pk__in=[row.volume for row in rows]).values_list("pk", "name"))
    return [
        NewVolume(snapshot=row.pk, size=row.size, name=names.get(row.volume, ""), type=row.type or DEFAULT)
        for row in rows
    ]


def _of_group(source: Group) -> list[NewVolume]:
    rows = Volume.objects.filter(pk__in=members(source)).order_by("created_at", "pk")
    return [NewVolume(source=row.pk, size=row.size, name=row.name, type=row.type or DEFAULT) for row in rows]


@atomically
def change_group(caller: Caller, id: str, changes: dict[str, Any], *, add: list[str], remove: list[str]) -> None:
    """``name``, ``description``; volumes come in and go out. Raises :class:`NotFound`, :class:`InvalidGroup`,
    :class:`InvalidVolume`, :class:`InvalidInput`."""
    require(caller, "member", "change a group of volumes")
    row = group_held(caller, id)
    must_be(row, "available", action="change it")
    if both := set(add) & set(remove):
        raise InvalidVolume(reason=f"volume {clipped(min(both))} is to be added and removed. Do one of the two.")
    for one in dict.fromkeys(add):
        _take_in(caller, row, one)
    for one in dict.fromkeys(remove):
        _take_out(caller, row, one)
    Group.objects.filter(pk=row.pk).update(**changes, updated_at=clock.now())


def _take_in(caller: Caller, row: Group, id: str) -> None:
    volume = held(caller, id)
    if volume.project != row.project:
        raise NotFound(kind="volume", id=id)
    must_be_alone(volume, "added to another")
    volume_must_be(volume, "available", "in-use", action="add it to a group")
    check_type(row, volume.type)
    if row.zone and volume.zone != row.zone:
        raise InvalidVolume(reason=f"volume {id} is not asked for in availability zone {row.zone}, as its group is.")
    Volume.objects.filter(pk=volume.pk).update(group=row.pk)


def _take_out(caller: Caller, row: Group, id: str) -> None:
    volume = held(caller, id)
    if volume.group != row.pk:
        raise InvalidVolume(reason=f"volume {clipped(id)} is not in group {row.pk}.")
    volume_must_be(volume, "available", "in-use", *IN_TROUBLE, action="remove it from its group")
    Volume.objects.filter(pk=volume.pk).update(group="")


@atomically
def delete_group(caller: Caller, id: str, *, with_volumes: bool) -> None:
    """Raises :class:`NotFound`, :class:`InvalidGroup`, and what deleting its volumes raises."""
    require(caller, "member", "delete a group of volumes")
    row = group_held(caller, id)
    must_be(row, "available", "error", "error_deleting", action="delete it")
    if GroupSnapshot.objects.filter(group=row.pk).exists():
        raise InvalidGroup(reason=f"group {row.pk} has group snapshots. Delete them first.")
    inside = members(row)
    if inside and not with_volumes:
        raise InvalidGroup(reason=f"group {row.pk} is not empty. Delete its volumes with it (delete-volumes).")
    for one in inside:
        delete_row(caller, held(caller, one), cascade=False, marked=IN_TROUBLE)
    Volume.objects.filter(group=row.pk).exclude(observed=Observed.GONE).update(group="")
    row.delete()
    store().release([id])


@atomically
def reset_group_status(caller: Caller, id: str, status: str) -> None:
    """Raises :class:`Forbidden`, :class:`NotFound`, :class:`InvalidInput`."""
    require(caller, "admin", "reset a group's status")
    row = group_held(caller, id)
    if status not in STATUSES:
        words = ", ".join(sorted(STATUSES))
        raise InvalidInput(reason=f"the status of a group is reset to one of {words}, not to {clipped(status)!r}.")
    Group.objects.filter(pk=row.pk).update(status=status, updated_at=clock.now())
