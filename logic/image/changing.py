"""Changing what is said of an image: its fields, its properties, its tags, and whether it may be used.

Called by the facade. What is in an image never changes.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from logic import clock
from logic.access import Caller
from logic.errors import BadRequest, Forbidden, NotFound
from logic.image import blobs, counting, rules
from logic.image.models import Image
from logic.image.reaching import owned
from logic.image.refusals import NoProperty, NotDeactivated, NotQueued, NotRemovable, ReadOnly
from logic.transactions import atomically

# Glance's name → the column, and what it may be. None is the empty value where there is one.
_FIELDS: Final[dict[str, tuple[str, Any]]] = {
    "name": ("name", str),
    "visibility": ("visibility", rules.VISIBILITIES),
    "owner": ("owner", str),
    "disk_format": ("disk_format", rules.DISK_FORMATS),
    "container_format": ("container_format", rules.CONTAINER_FORMATS),
    "min_disk": ("min_disk", int),
    "min_ram": ("min_ram", int),
    "protected": ("protected", bool),
    "os_hidden": ("hidden", bool),
    "tags": ("tags", list),
}
_NULLABLE: Final = frozenset({"name", "owner", "disk_format", "container_format"})


class Change(msgspec.Struct, frozen=True):
    """One operation on a field or property."""

    op: Literal["add", "replace", "remove"]
    name: str
    value: Any = None


@atomically
def change_image(caller: Caller, id: str, changes: Sequence[Change]) -> None:
    """All of them or none. Raises :class:`NotFound`, :class:`Forbidden`, :class:`BadRequest`, :class:`Conflict`, and
    :class:`QuotaExceeded` where a new owner has no room for it."""
    row = owned(caller, id, "modify_image")
    owner = row.owner
    for change in changes:
        _apply(caller, row, change)
    own = {name: value for name, value in row.properties.items() if not name.startswith(rules.PREFIX)}
    rules.check_properties(own)
    rules.check_formats(row.disk_format, row.container_format)
    if row.owner != owner:
        counting.given(row.pk, blobs.of(row.pk, kind="image"), row.owner)
    _save(row)


@atomically
def set_properties(caller: Caller, id: str, items: Mapping[str, str], *, replace: bool) -> dict[str, str]:
    """Some, or all, of its properties; those it has now. Raises :class:`NotFound`, :class:`Forbidden`, :class:`BadRequest`."""
    row = owned(caller, id, "modify_image")
    rules.check_properties(items)
    ours = {name: value for name, value in row.properties.items() if name.startswith(rules.PREFIX)}
    row.properties = (ours if replace else row.properties) | dict(items)
    rules.check_properties({name: value for name, value in row.properties.items() if name not in ours})
    _save(row)
    return {name: value for name, value in row.properties.items() if name not in ours}


@atomically
def remove_property(caller: Caller, id: str, name: str) -> None:
    """Raises :class:`NotFound`, for a property that it does not have too, and :class:`Forbidden`."""
    row = owned(caller, id, "modify_image")
    if name not in row.properties or name.startswith(rules.PREFIX):
        raise NotFound(kind="metadata item", id=name)
    row.properties = {one: value for one, value in row.properties.items() if one != name}
    _save(row)


@atomically
def tag(caller: Caller, id: str, tag: str) -> None:
    """Raises :class:`NotFound`, :class:`Forbidden`, ``Exceeded``."""
    row = owned(caller, id, "modify_image")
    row.tags = rules.tidy_tags([*row.tags, tag])
    _save(row)


@atomically
def untag(caller: Caller, id: str, tag: str) -> None:
    """Raises :class:`NotFound`, for a tag that it does not have too."""
    row = owned(caller, id, "modify_image")
    if tag not in row.tags:
        raise NotFound(kind="tag", id=tag)
    row.tags = [one for one in row.tags if one != tag]
    _save(row)


@atomically
def deactivate(caller: Caller, id: str) -> None:
    """Nobody uses it until it is reactivated. Raises :class:`NotFound`, :class:`Forbidden`."""
    _switch(caller, id, "deactivate", "deactivated")


@atomically
def reactivate(caller: Caller, id: str) -> None:
    """Raises :class:`NotFound`, :class:`Forbidden`."""
    _switch(caller, id, "reactivate", "active")


def _switch(caller: Caller, id: str, action: str, wanted: str) -> None:
    row = owned(caller, id, action)
    if row.status not in {"active", "deactivated"}:
        raise NotDeactivated(action=action, status=row.status)
    row.status = wanted
    _save(row)


def _apply(caller: Caller, row: Image, change: Change) -> None:
    if change.name == "id":
        raise ReadOnly(name="id")
    rules.check_name(change.name)
    if change.name in _FIELDS:
        _apply_field(caller, row, change)
    elif change.op != "add" and change.name not in row.properties:
        raise NoProperty(name=change.name)
    elif change.op == "remove":
        row.properties = {name: value for name, value in row.properties.items() if name != change.name}
    else:
        row.properties = row.properties | {change.name: text(change.name, change.value)}


def _apply_field(caller: Caller, row: Image, change: Change) -> None:
    if change.op == "remove":
        raise NotRemovable(name=change.name)
    column, kind = _FIELDS[change.name]
    value = _fitting(change.name, change.value, kind)
    if change.name in {"disk_format", "container_format"} and row.status != "queued" and value != getattr(row, column):
        raise NotQueued(name=change.name, status=row.status)
    if change.name == "owner" and value != row.owner and not caller.is_admin:
        raise Forbidden(action="giving an image to another project", needs="admin")
    if change.name == "visibility" and value != row.visibility:
        rules.check_visibility(caller, value)
    setattr(row, column, value)


def text(name: str, value: Any) -> str:
    """A property's value. Raises :class:`BadRequest`."""
    if value is None and name in rules.KERNELS:
        return ""
    if not isinstance(value, str):
        raise BadRequest(reason=f"The value of the property {name} must be a string.")
    return value


def _fitting(name: str, value: Any, kind: Any) -> Any:
    """Raises :class:`BadRequest`."""
    if value is None and name in _NULLABLE:
        return ""
    if isinstance(kind, tuple):
        fits, needs = value in kind, f"one of {', '.join(kind)}"
    elif kind is int:
        fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= rules.LARGEST
        needs = f"a whole number from 0 to {rules.LARGEST}"
    elif kind is list:
        fits, needs = isinstance(value, list) and all(isinstance(one, str) for one in value), "a list of strings"
    else:
        most = rules.PROJECT if name == "owner" else rules.TEXT
        fits = isinstance(value, kind) and (kind is bool or len(value) <= most)
        needs = "true or false" if kind is bool else f"a string of at most {most} characters"
    if not fits:
        raise BadRequest(reason=f"Invalid value for {name}: it must be {needs}.")
    return rules.tidy_tags(value) if kind is list else value


def _save(row: Image) -> None:
    row.updated_at = clock.now()
    row.save()
