"""What ``createImage`` and ``createBackup`` take."""

from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from logic import decoding
from logic.compute.commands import WantedImage
from logic.errors import BadRequest
from synnefo.api.compute.requests.fields import Items, Name, Whole, items, name, whole

Kind = Annotated[str, Meta(min_length=1, max_length=255)]


class Image(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The value of ``createImage``."""

    name: Name
    metadata: Items = {}


class Backup(Image, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """The value of ``createBackup``: one of ``rotation`` that are kept of this type."""

    backup_type: Kind
    rotation: Whole


def image(value: Any) -> WantedImage:
    """Raises :class:`BadRequest`."""
    return _wanted("createImage", _read("createImage", value, Image))


def backup(value: Any) -> WantedImage:
    """Raises :class:`BadRequest`."""
    given = _read("createBackup", value, Backup)
    rotation = whole(given.rotation, "createBackup.rotation")
    return _wanted("createBackup", given, backup=given.backup_type, rotation=rotation)


Body = TypeVar("Body", bound=Image)


def _read(action: str, value: Any, kind: type[Body]) -> Body:
    try:
        return decoding.convert(value, kind)
    except msgspec.ValidationError as error:
        raise BadRequest(reason=f"The action {action} cannot be read: {error}. Correct it.") from None


def _wanted(action: str, given: Image, **more: Any) -> WantedImage:
    return WantedImage(
        name=name(given.name, f"{action}.name"), metadata=items(given.metadata, f"{action}.metadata"), **more
    )
