"""Snapshots of groups: one of each volume in it, made together and deleted together. Called by Cinder's facade; each function is
one transaction.

They are of one moment where no disk has to be read, and otherwise one after the other: so no type of groups promises it.
"""

from typing import Final

import msgspec

from logic.access import Caller, require
from logic.errors import clipped
from logic.transactions import atomically
from logic.volume.commands.grouping import group_held, members, must_be
from logic.volume.commands.rows import copy_held
from logic.volume.commands.snapshots import NewSnapshot, create_snapshot, delete_snapshot
from logic.volume.models import GroupSnapshot, Snapshot
from logic.volume.refusals import InvalidGroup, InvalidInput

STATUSES: Final = frozenset({"available", "creating", "deleting", "error", "error_deleting"})


class NewGroupSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    group: str
    name: str = ""
    description: str | None = None


@atomically
def create_group_snapshot(caller: Caller, wanted: NewGroupSnapshot) -> str:
    """Its id. Raises :class:`NotFound`, :class:`InvalidGroup`, and what making snapshots raises."""
    require(caller, "member", "create a group snapshot")
    group = group_held(caller, wanted.group)
    must_be(group, "available", action="copy it")
    inside = members(group)
    if not inside:
        raise InvalidGroup(reason=f"group {group.pk} has no volumes. There is nothing to copy.")
    said = {"name": wanted.name, "description": wanted.description}
    row = GroupSnapshot.objects.create(group=group.pk, type=group.type, project=group.project, user=caller.user, **said)
    made = [create_snapshot(caller, NewSnapshot(volume=one, name=wanted.name, attached=True)) for one in inside]
    Snapshot.objects.filter(pk__in=made).update(group_snapshot=row.pk)
    return row.pk


@atomically
def delete_group_snapshot(caller: Caller, id: str) -> None:
    """With its snapshots. Raises :class:`NotFound`, :class:`InvalidSnapshot`."""
    require(caller, "member", "delete a group snapshot")
    row = copy_held(caller, GroupSnapshot, "group snapshot", id)
    snapshots = Snapshot.objects.filter(group_snapshot=row.pk)
    inside = list(snapshots.order_by("pk").values_list("pk", flat=True))
    snapshots.update(group_snapshot="")
    for one in inside:
        delete_snapshot(caller, one)
    row.delete()


@atomically
def reset_group_snapshot_status(caller: Caller, id: str, status: str) -> None:
    """Raises :class:`Forbidden`, :class:`NotFound`, :class:`InvalidInput`."""
    require(caller, "admin", "reset a group snapshot's status")
    row = copy_held(caller, GroupSnapshot, "group snapshot", id)
    if status not in STATUSES:
        words = ", ".join(sorted(STATUSES))
        raise InvalidInput(
            reason=f"the status of a group snapshot is reset to one of {words}, not to {clipped(status)!r}."
        )
    GroupSnapshot.objects.filter(pk=row.pk).update(marked="" if status == "available" else status)
