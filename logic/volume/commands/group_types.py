"""Types of groups of volumes, which administrators make: what is said of them, and who sees them. Called by Cinder's facade; each
function is one transaction.
"""

from typing import Any

import msgspec

from logic.access import Caller, require
from logic.errors import BadRequest, NotFound
from logic.transactions import atomically
from logic.volume.commands.naming import changed, saved, without
from logic.volume.models import Group, GroupSnapshot, GroupType

MAKE, KIND = "manage types of groups", "Group Type"


class NewGroupType(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    description: str | None = None
    public: bool = True
    specs: dict[str, str] = {}


@atomically
def create_group_type(caller: Caller, wanted: NewGroupType) -> str:
    """Its id. Raises :class:`Forbidden`, :class:`InvalidInput`, :class:`Conflict` for a name that there is."""
    require(caller, "admin", MAKE)
    return saved(GroupType(**msgspec.structs.asdict(wanted)), KIND).pk


@atomically
def change_group_type(caller: Caller, id: str, changes: dict[str, Any]) -> None:
    """``name``, ``description``, ``public``. Raises :class:`Forbidden`, :class:`NotFound`, :class:`Conflict`."""
    require(caller, "admin", MAKE)
    changed(_held(id), changes, KIND)


@atomically
def delete_group_type(caller: Caller, id: str) -> None:
    """Raises :class:`Forbidden`, :class:`NotFound`, :class:`BadRequest` while it is used."""
    require(caller, "admin", MAKE)
    row = _held(id)
    if Group.objects.filter(type=id).exists() or GroupSnapshot.objects.filter(type=id).exists():
        raise BadRequest(reason="Target group type is still in use.")
    row.delete()


@atomically
def set_specs(caller: Caller, id: str, specs: dict[str, str]) -> None:
    """Merged. Raises :class:`Forbidden`, :class:`NotFound`."""
    require(caller, "admin", MAKE)
    row = _held(id)
    changed(row, {"specs": {**row.specs, **specs}}, KIND)


@atomically
def delete_spec(caller: Caller, id: str, key: str) -> None:
    """Raises :class:`Forbidden`, :class:`NotFound` for the type and for the key."""
    require(caller, "admin", MAKE)
    row = _held(id)
    changed(row, {"specs": without(row.specs, key, "group spec")}, KIND)


def _held(id: str) -> GroupType:
    row = GroupType.objects.select_for_update().filter(pk=id).first()
    if row is None:
        raise NotFound(kind="group type", id=id)
    return row
