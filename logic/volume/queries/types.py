"""Reading types of volumes. They are made by administrators and are few, so that all of them are read at once.

One of them is there without a row until somebody changes it: the default one, a disk like those of its first server.
"""

import uuid
from typing import Final

import msgspec
from django.db.models import Q

from logic.access import Caller
from logic.errors import NotFound
from logic.volume.models import DefaultType, TypeAccess, VolumeType

DEFAULT: Final = "0d3c3c5e-8a0f-4b59-9d3b-6a1f6f0a7c11"
DEFAULT_NAME: Final = "default"
_ABOUT: Final = "A disk like those of the server that it is first attached to."


class TypeInfo(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    description: str | None
    public: bool
    extra_specs: dict[str, str]
    qos: str | None


def default_row() -> VolumeType:
    """The default one as it is while nobody has changed it; not in the database."""
    return VolumeType(id=DEFAULT, name=DEFAULT_NAME, description=_ABOUT)


def types(caller: Caller, *, public: bool | None = None) -> list[TypeInfo]:
    """Those that the caller may use, newest first and the default one last; an administrator sees all, or those that are
    ``public``, or not."""
    rows = list(VolumeType.objects.filter(_usable(caller)).order_by("-created_at", "-pk"))
    found = [row for row in rows if row.pk != DEFAULT]
    found += [row for row in rows if row.pk == DEFAULT] or ([] if _is_hidden(caller) else [default_row()])
    wanted = public if caller.is_admin else None
    return [_info(row) for row in found if wanted is None or row.public == wanted]


def volume_type(caller: Caller, id: str) -> TypeInfo:
    """Raises :class:`NotFound`."""
    return _info(row_of(caller, id))


def named(caller: Caller, word: str) -> TypeInfo:
    """By id or by name. Raises :class:`NotFound`."""
    if _is_id(word):
        return volume_type(caller, word)
    found = next((one for one in types(caller) if one.name == word), None)
    if found is None:
        raise NotFound(kind="volume type", id=word)
    return found


def default_type(caller: Caller) -> TypeInfo:
    """Of which a volume of the caller's project is when none is asked for."""
    own = DefaultType.objects.filter(project=caller.project).select_related("type").first()
    return _info(own.type if own else VolumeType.objects.filter(pk=DEFAULT).first() or default_row())


def default_types(caller: Caller, project: str = "") -> dict[str, str]:  # noqa: ARG001 - who may, the commands' callers check
    """Project → the id of its default type, for those with one of their own."""
    rows = DefaultType.objects.filter(**({"project": project} if project else {})).order_by("project")
    return dict(rows.values_list("project", "type_id"))


def names() -> dict[str, str]:
    """Id → name, of all of them."""
    return {DEFAULT: DEFAULT_NAME} | dict(VolumeType.objects.values_list("pk", "name"))


def access(caller: Caller, id: str) -> list[str]:
    """The projects that may use one that is not public. Raises :class:`NotFound`, also for one that is."""
    row = row_of(caller, id)
    if row.public:
        raise NotFound(kind="access list of the public volume type", id=id)
    return list(TypeAccess.objects.filter(type=row).order_by("project").values_list("project", flat=True))


def row_of(caller: Caller, id: str) -> VolumeType:
    """Raises :class:`NotFound`."""
    row = VolumeType.objects.filter(_usable(caller), pk=id).first()
    if row is None and id == DEFAULT and not _is_hidden(caller):
        return default_row()
    if row is None:
        raise NotFound(kind="volume type", id=id)
    return row


def _usable(caller: Caller) -> Q:
    granted = TypeAccess.objects.filter(project=caller.project).values("type")
    return Q() if caller.is_admin else Q(public=True) | Q(pk__in=granted)


def _is_hidden(caller: Caller) -> bool:
    """Has an administrator taken the default one from this caller's sight?"""
    return (
        VolumeType.objects.filter(pk=DEFAULT).exists()
        and not VolumeType.objects.filter(_usable(caller), pk=DEFAULT).exists()
    )


def _is_id(word: str) -> bool:
    try:
        return str(uuid.UUID(word)) == word
    except ValueError:
        return False


def _info(row: VolumeType) -> TypeInfo:
    return TypeInfo(
        id=row.pk,
        name=row.name,
        description=row.description,
        public=row.public,
        extra_specs=row.extra_specs,
        qos=row.qos_id,
    )
