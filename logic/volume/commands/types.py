"""Types of volumes, made and changed by administrators: what they are called, who may use them, what is said of them, and which
is a project's default. Called by Cinder's facade; each function is one transaction.
"""

from typing import Any

import msgspec

from logic.access import Caller, require
from logic.errors import BadRequest, Conflict, NotFound
from logic.transactions import atomically
from logic.volume.commands.naming import changed, saved, without
from logic.volume.models import DefaultType, Snapshot, TypeAccess, Volume, VolumeType
from logic.volume.queries.types import DEFAULT, default_row, named
from logic.volume.refusals import InvalidType
from logic.volume.states import Observed

MAKE, KIND = "manage volume types", "Volume Type"


class NewType(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    description: str | None = None
    public: bool = True
    extra_specs: dict[str, str] = {}


@atomically
def create_type(caller: Caller, wanted: NewType) -> str:
    """Its id. Raises :class:`Forbidden`, :class:`Conflict` for a name that there is."""
    require(caller, "admin", MAKE)
    _held(DEFAULT)
    return saved(VolumeType(**msgspec.structs.asdict(wanted)), KIND).pk


@atomically
def change_type(caller: Caller, id: str, changes: dict[str, Any]) -> None:
    """``name``, ``description``, ``public``. Raises :class:`Forbidden`, :class:`NotFound`, :class:`Conflict`."""
    require(caller, "admin", MAKE)
    changed(_held(id), changes, KIND)


@atomically
def delete_type(caller: Caller, id: str) -> None:
    """Raises :class:`Forbidden`, :class:`NotFound`, :class:`BadRequest` while it is used, or is somebody's default."""
    require(caller, "admin", MAKE)
    row = _held(id)
    if id == DEFAULT or DefaultType.objects.filter(type=row).exists():
        raise BadRequest(reason=f"Volume type {id} is a default one and cannot be deleted. Set another default first.")
    used = Volume.objects.filter(type=id).exclude(observed=Observed.GONE).exists()
    if used or Snapshot.objects.filter(type=id).exists():
        raise BadRequest(reason="Target volume type is still in use.")
    row.delete()


@atomically
def set_extra_specs(caller: Caller, id: str, specs: dict[str, str]) -> None:
    """Merged. Raises :class:`Forbidden`, :class:`NotFound`."""
    require(caller, "admin", MAKE)
    row = _held(id)
    changed(row, {"extra_specs": {**row.extra_specs, **specs}}, KIND)


@atomically
def delete_extra_spec(caller: Caller, id: str, key: str) -> None:
    """Raises :class:`Forbidden`, :class:`NotFound` for the type and for the key."""
    require(caller, "admin", MAKE)
    row = _held(id)
    changed(row, {"extra_specs": without(row.extra_specs, key, "extra spec")}, KIND)


@atomically
def add_access(caller: Caller, id: str, project: str) -> None:
    """Raises :class:`Forbidden`, :class:`NotFound`, :class:`InvalidType` for a public one, :class:`Conflict` for one who has."""
    require(caller, "admin", MAKE)
    row = _private(id)
    if TypeAccess.objects.filter(type=row, project=project).exists():
        raise Conflict(reason=f"Project {project} may use volume type {id} already.")
    TypeAccess.objects.create(type=row, project=project)


@atomically
def remove_access(caller: Caller, id: str, project: str) -> None:
    """Raises :class:`Forbidden`, :class:`NotFound` for the type and the project, :class:`InvalidType` for a public one."""
    require(caller, "admin", MAKE)
    if not TypeAccess.objects.filter(type=_private(id), project=project).delete()[0]:
        raise NotFound(kind=f"access to volume type {id} of project", id=project)


def _private(id: str) -> VolumeType:
    row = _held(id)
    if row.public:
        raise InvalidType(reason=f"Type access modification is not applicable to public volume type {id}.")
    return row


@atomically
def set_default(caller: Caller, project: str, word: str) -> str:
    """Of this type (its id or name) are a project's volumes from now on; its id. Raises :class:`Forbidden`,
    :class:`NotFound`."""
    require(caller, "admin", "set a project's default volume type")
    row = _held(named(caller, word).id)
    DefaultType.objects.update_or_create(project=project, defaults={"type": row})
    return row.pk


@atomically
def unset_default(caller: Caller, project: str) -> None:
    """Raises :class:`Forbidden`."""
    require(caller, "admin", "set a project's default volume type")
    DefaultType.objects.filter(project=project).delete()


def _held(id: str) -> VolumeType:
    """The row, locked. The default one has none until it is needed."""
    row = VolumeType.objects.select_for_update().filter(pk=id).first()
    if row is None and id == DEFAULT:
        row = default_row()
        row.save(force_insert=True)
    if row is None:
        raise NotFound(kind="volume type", id=id)
    return row
