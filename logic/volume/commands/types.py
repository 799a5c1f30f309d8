"""Types of volumes, made and changed by administrators: what they are called, who may use them, what is said of them, and which
is a project's default. Called by Cinder's facade; each function is one transaction.
"""

from typing import Any

import msgspec
from django.db import IntegrityError, transaction

from logic import clock
from logic.access import Caller, require
from logic.errors import BadRequest, Conflict, NotFound
from logic.transactions import atomically
from logic.volume.models import DefaultType, Snapshot, TypeAccess, Volume, VolumeType
from logic.volume.queries.types import DEFAULT, default_row, named
from logic.volume.refusals import InvalidInput, InvalidType
from logic.volume.states import Observed

MAKE = "manage volume types"


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
    return _saved(VolumeType(**msgspec.structs.asdict(wanted))).pk


@atomically
def change_type(caller: Caller, id: str, changes: dict[str, Any]) -> None:
    """``name``, ``description``, ``public``. Raises :class:`Forbidden`, :class:`NotFound`, :class:`Conflict`."""
    require(caller, "admin", MAKE)
    row = _held(id)
    for name, value in changes.items():
        setattr(row, name, value)
    row.updated_at = clock.now()
    _saved(row)


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
    _write(row, {"extra_specs": {**row.extra_specs, **specs}})


@atomically
def delete_extra_spec(caller: Caller, id: str, key: str) -> None:
    """Raises :class:`Forbidden`, :class:`NotFound` for the type and for the key."""
    require(caller, "admin", MAKE)
    row = _held(id)
    if key not in row.extra_specs:
        raise NotFound(kind="extra spec", id=key)
    _write(row, {"extra_specs": {name: value for name, value in row.extra_specs.items() if name != key}})


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


def _write(row: VolumeType, changes: dict[str, Any]) -> None:
    VolumeType.objects.filter(pk=row.pk).update(**changes, updated_at=clock.now())


def _saved(row: VolumeType) -> VolumeType:
    if not row.name.strip():
        raise InvalidInput(reason="a volume type needs a name.")
    if VolumeType.objects.filter(name=row.name).exclude(pk=row.pk).exists():
        raise Conflict(reason=f"Volume Type {row.name} already exists.")
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Conflict(reason=f"Volume Type {row.name} already exists.") from error
    return row
