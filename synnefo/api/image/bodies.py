"""Bodies that make or change an image: JSON as Glance takes it, where what is no field of an image is a custom property."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from logic.errors import BadRequest
from logic.image import rules
from logic.image.changing import Change, text
from logic.image.making import NewImage
from synnefo.api.kernel.calls import Call
from synnefo.api.kernel.faults import UnsupportedMediaType
from synnefo.api.kernel.reading import clipped

PATCHES = ("application/openstack-images-v2.1-json-patch", "application/openstack-images-v2.0-json-patch")
STREAM = "application/octet-stream"
_OPS = ("add", "replace", "remove")
Text = Annotated[str, Meta(max_length=rules.TEXT)]
Amount = Annotated[int, Meta(ge=0, le=rules.LARGEST)]


class NewFields(msgspec.Struct, frozen=True):
    """The fields that a client may give a new image."""

    id: str | UnsetType = UNSET
    name: Text | None = None
    visibility: Literal["private", "shared", "community", "public"] = "shared"
    owner: Annotated[str, Meta(max_length=rules.PROJECT)] | None = None
    disk_format: str | None = None
    container_format: str | None = None
    min_disk: Amount = 0
    min_ram: Amount = 0
    protected: bool = False
    os_hidden: bool = False
    tags: list[str] = []


def new_image(call: Call) -> NewImage:
    """Raises :class:`BadRequest`, and what ``rules`` says of names."""
    given = call.decode(dict[str, Any])
    fields = call.decode(NewFields)
    for name in given.keys() - set(NewFields.__struct_fields__):
        rules.check_name(name)
    _check_word("disk_format", fields.disk_format, rules.DISK_FORMATS)
    _check_word("container_format", fields.container_format, rules.CONTAINER_FORMATS)
    return NewImage(
        id="" if fields.id is UNSET else fields.id,
        name=fields.name or "",
        visibility=fields.visibility,
        owner=fields.owner or "",
        disk_format=fields.disk_format or "",
        container_format=fields.container_format or "",
        min_disk=fields.min_disk,
        min_ram=fields.min_ram,
        protected=fields.protected,
        hidden=fields.os_hidden,
        tags=fields.tags,
        properties={
            name: text(name, value) for name, value in given.items() if name not in NewFields.__struct_fields__
        },
    )


def _check_word(name: str, word: str | None, words: tuple[str, ...]) -> None:
    if word is not None and word not in words:
        raise BadRequest(reason=f"Invalid value for {name}: {clipped(word)!r} is not one of {', '.join(words)}.")


def changes(call: Call) -> list[Change]:
    """Operations of a patch, of either of Glance's two forms: ``{"op": "replace", "path": "/name", "value": …}`` and
    ``{"replace": "/name", "value": …}``. Raises :class:`BadRequest`, :class:`UnsupportedMediaType`."""
    kind = _content_type(call)
    if kind not in PATCHES:
        raise UnsupportedMediaType(given=clipped(kind) or "(none)", wanted=PATCHES[0])
    return [_change(one) for one in call.decode(list[dict[str, Any]])]


def _change(given: dict[str, Any]) -> Change:
    op: Any = given.get("op") or next((name for name in _OPS if name in given), None)
    path = given.get("path") if "op" in given else given.get(op)
    if op not in _OPS or not isinstance(path, str):
        raise BadRequest(reason=f"Each operation needs an op, one of {', '.join(_OPS)}, and a path such as /name.")
    if op != "remove" and "value" not in given:
        raise BadRequest(reason=f"The operation {op} needs a value.")
    return Change(op, _name(path), given.get("value"))


def _name(path: str) -> str:
    """Raises :class:`BadRequest` for what does not lead to a field or a property of the image itself."""
    first, *more = path.removeprefix("/").split("/")
    name = first.replace("~1", "/").replace("~0", "~")
    if path.startswith("/") and first == "locations":
        return first
    if not path.startswith("/") or more or not first or "~" in first.replace("~1", "").replace("~0", ""):
        raise BadRequest(reason=f"The path {clipped(path)!r} does not name a property. Write /name.")
    return name


def length(call: Call) -> int | None:
    """Bytes of content that are announced; None: they come in chunks. Raises :class:`UnsupportedMediaType`."""
    kind = _content_type(call)
    if kind != STREAM:
        raise UnsupportedMediaType(given=clipped(kind) or "(none)", wanted=STREAM)
    declared = str(call.meta.get("CONTENT_LENGTH") or "")
    return int(declared[:19]) if declared.isdigit() else None


def _content_type(call: Call) -> str:
    return str(call.meta.get("CONTENT_TYPE") or "").partition(";")[0].strip().lower()


class NewMember(msgspec.Struct, frozen=True):
    """``POST /images/{id}/members``."""

    member: Text


class MemberAnswer(msgspec.Struct, frozen=True):
    """``PUT /images/{id}/members/{member}``."""

    status: str
