"""What groups mean for the volumes in them: which may come in, and what is not done to one while it is in. Called by ``volumes``,
``transfers``, ``groups`` and ``group_snapshots``, inside their transactions. A group is locked before its volumes.
"""

from logic.access import Caller
from logic.errors import NotFound
from logic.volume.commands.rows import copy_held
from logic.volume.models import Group, Volume
from logic.volume.queries.types import DEFAULT
from logic.volume.refusals import InvalidGroup, InvalidInput, InvalidVolume
from logic.volume.states import Observed


def group_held(caller: Caller, id: str) -> Group:
    """The row, locked. Raises :class:`NotFound`."""
    return copy_held(caller, Group, "group", id)


def must_be(row: Group, *wanted: str, action: str) -> None:
    """Raises :class:`InvalidGroup`."""
    if row.status not in wanted:
        words = " or ".join(wanted)
        raise InvalidGroup(
            reason=f"group {row.pk} status must be {words} to {action}, but current status is: {row.status}."
        )


def members(row: Group) -> list[str]:
    """The ids of the volumes in it."""
    rows = Volume.objects.filter(group=row.pk).exclude(observed=Observed.GONE)
    return list(rows.order_by("created_at", "pk").values_list("pk", flat=True))


def check_new(row: Group, caller: Caller, asked: str, type: str, zone: str) -> None:
    """May a volume be made in it? ``asked`` is what the request calls its type. Raises :class:`NotFound`, :class:`InvalidGroup`,
    :class:`InvalidInput`."""
    if row.project != caller.project:
        raise NotFound(kind="group", id=row.pk)
    must_be(row, "available", action="create a volume in it")
    if not asked:
        raise InvalidInput(reason="volume_type must be provided when creating a volume in a group.")
    check_type(row, type)
    if row.zone and zone != row.zone:
        raise InvalidInput(reason=f"group {row.pk} is in availability zone {row.zone}. Ask for that one.")


def check_type(row: Group, type: str) -> None:
    """``type`` is an id, empty the default one's. Raises :class:`InvalidInput`."""
    if (type or DEFAULT) not in row.types:
        raise InvalidInput(
            reason=f"volume type {type or DEFAULT} is none of group {row.pk}, whose types are {', '.join(row.types)}."
        )


def check_change(volume: Volume, type: str) -> None:
    """May a volume become one of this type? Raises :class:`InvalidInput`."""
    if volume.group and (group := Group.objects.filter(pk=volume.group).first()):
        check_type(group, type)


def must_be_alone(volume: Volume, action: str) -> None:
    """Raises :class:`InvalidVolume` for one that belongs to a group."""
    if volume.group:
        raise InvalidVolume(
            reason=f"volume {volume.pk} belongs to group {volume.group} and cannot be {action}. Take it out of the group first."
        )
