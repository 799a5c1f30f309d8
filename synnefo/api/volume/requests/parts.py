"""Parts of bodies that several of Cinder's have."""

from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from logic.errors import BadRequest
from synnefo.api.kernel.calls import Call, Query
from synnefo.api.kernel.reading import clipped
from synnefo.api.volume.versions import Since

Text = Annotated[str, Meta(max_length=255)]
Key = Annotated[str, Meta(min_length=1, max_length=255)]
Items = dict[Key, Text]
Flag = bool | str | int | None  # ``true``, ``"True"``, ``1`` …
Name = Annotated[str, Meta(min_length=1, max_length=255)]
T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)
MOST_DIGITS: Final = 9


def flag(value: Flag, name: str, *, default: bool = False) -> bool:
    """Raises :class:`BadRequest`."""
    if isinstance(value, bool):
        return value
    found = Query({name: [] if value is None else [str(value)]}).flag(name, default)
    return bool(found)


def whole(value: int | str | None, name: str, *, least: int = 1) -> int:
    """A number of so many or more, also as digits. Raises :class:`BadRequest`."""
    digits = str(value)
    if isinstance(value, bool) or not (digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS):
        raise BadRequest(reason=f"The field {name} must be a whole number of {least} or more, not {clipped(digits)!r}.")
    if int(digits) < least:
        raise BadRequest(reason=f"The field {name} must be {least} or more, not {digits}.")
    return int(digits)


class Described(msgspec.Struct, frozen=True):
    """What ``PUT`` changes of a volume or of a copy."""

    name: Text | UnsetType | None = UNSET
    display_name: Text | UnsetType | None = UNSET
    description: Text | UnsetType | None = UNSET
    display_description: Text | UnsetType | None = UNSET
    metadata: Items | UnsetType = UNSET


def described(wanted: Described) -> dict[str, Any]:
    """The columns to change; the old names are those of Cinder's first version."""
    given = {name: value for name, value in msgspec.structs.asdict(wanted).items() if value is not UNSET}
    for old, new in (("display_name", "name"), ("display_description", "description")):
        if old in given:
            given.setdefault(new, given.pop(old))
    return given | ({"name": given["name"] or ""} if "name" in given else {})


class KindChange(msgspec.Struct, frozen=True):
    """What ``PUT`` changes of a type of volumes or of groups."""

    name: Text | None = None
    description: Text | UnsetType | None = UNSET
    is_public: Flag = None


def kind_changes(wanted: KindChange, what: str) -> dict[str, Any]:
    """The columns to change. Raises :class:`BadRequest` for none."""
    changes: dict[str, Any] = {} if wanted.description is UNSET else {"description": wanted.description}
    changes |= {} if wanted.is_public is None else {"public": flag(wanted.is_public, "is_public")}
    changes |= {} if wanted.name is None else {"name": wanted.name}
    if not changes:
        raise BadRequest(reason=f"Specify {what} name, description, is_public or a combination thereof.")
    return changes


def only(call: Call, name: str, kind: type[S]) -> S:
    """``{name: {…}}``; from a version on, with no other fields. Raises :class:`BadRequest`."""
    body = call.decode(dict[str, msgspec.Raw])
    if name not in body:
        raise BadRequest(reason=f"The field {name} is required. Add it and send the request again.")
    inner = msgspec.structs.replace(call, body=bytes(body[name]))
    if call.at_least(Since.STRICT):
        known = {field.encode_name for field in msgspec.structs.fields(kind)}
        if extra := [key for key in inner.decode(dict[str, Any]) if key not in known]:
            raise BadRequest(reason=f"Additional properties are not allowed ({clipped(extra[0])!r} was unexpected).")
    return inner.decode(kind)


class Metadata(msgspec.Struct, frozen=True):
    metadata: Items


class Item(msgspec.Struct, frozen=True):
    meta: Items


def metadata(call: Call) -> dict[str, str]:
    """Raises :class:`BadRequest`."""
    return call.decode(Metadata).metadata


def item(call: Call, key: str) -> dict[str, str]:
    """``{"meta": {key: value}}``, of the key in the address. Raises :class:`BadRequest`."""
    found = call.decode(Item).meta
    if len(found) != 1:
        raise BadRequest(reason="Request body contains too many items, or none: send the one of the address.")
    if key not in found:
        raise BadRequest(reason=f"Request body and URI mismatch: the item of the address is {clipped(key)!r}.")
    return found
