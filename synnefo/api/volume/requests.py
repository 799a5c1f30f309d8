"""What bodies and lists ask for, in Cinder's words."""

from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from logic.errors import BadRequest
from logic.volume.commands import LARGEST, NewVolume
from synnefo.api.kernel.calls import Call
from synnefo.api.kernel.reading import clipped
from synnefo.api.volume.types import TYPE

Text = Annotated[str, Meta(max_length=255)]
Key = Annotated[str, Meta(min_length=1, max_length=255)]
Items = dict[Key, Text]
ANYWHERE: Final = "nova"  # what clients call the zone that is none in particular
MOST_DIGITS: Final = 9
# What a volume may be made of in Cinder, and here not: the field, and what there is instead.
SOURCES: Final[dict[str, str]] = {
    "snapshot_id": "there are no snapshots",
    "source_volid": "copy the data in a server that has both volumes",
    "backup_id": "there are no backups",
    "image_ref": "servers boot from the disk of their flavor",
    "consistencygroup_id": "there are no groups of volumes",
}


class Wanted(msgspec.Struct, frozen=True):
    """The parts of ``POST /volumes`` that are read. Clients send null for what they leave out."""

    size: int | str | None = None
    name: Text | None = None
    display_name: Text | None = None
    description: Text | None = None
    metadata: Items | None = None
    volume_type: str | None = None
    availability_zone: str | None = None
    snapshot_id: str | None = None
    source_volid: str | None = None
    backup_id: str | None = None
    image_ref: str | None = field(default=None, name="imageRef")
    consistencygroup_id: str | None = None
    multiattach: bool | str | None = None


class Body(msgspec.Struct, frozen=True):
    volume: Wanted


def volume(call: Call) -> NewVolume:
    """Raises :class:`BadRequest`, also for what cannot be had here."""
    wanted = call.decode(Body).volume
    for name, instead in SOURCES.items():
        if getattr(wanted, name):
            raise BadRequest(reason=f"A volume of this cloud is always made empty: {instead}. Leave {name} out.")
    if str(wanted.multiattach).lower() == "true":
        raise BadRequest(reason="A volume of this cloud is on one server at a time. Leave multiattach out.")
    if wanted.volume_type and wanted.volume_type not in {TYPE["id"], TYPE["name"]}:
        asked = clipped(wanted.volume_type)
        raise BadRequest(reason=f"Volume type {asked!r} is unknown. There is one, {TYPE['name']}: leave it out.")
    zone = wanted.availability_zone or ""
    return NewVolume(
        size=_size(wanted.size),
        name=wanted.name or wanted.display_name or "",
        description=wanted.description,
        metadata=wanted.metadata or {},
        zone="" if zone == ANYWHERE else zone,
    )


def _size(value: int | str | None) -> int:
    digits = str(value)
    if not (digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS):
        raise BadRequest(reason=f"The field volume.size must be from 1 to {LARGEST} (GiB), not {clipped(digits)!r}.")
    return int(digits)


class Change(msgspec.Struct, frozen=True):
    """The parts of ``PUT /volumes/{id}`` that are read."""

    name: Text | UnsetType | None = UNSET
    description: Text | UnsetType | None = UNSET
    metadata: Items | UnsetType = UNSET


class ChangeBody(msgspec.Struct, frozen=True):
    volume: Change


def change(call: Call) -> dict[str, object]:
    """The columns to change. Raises :class:`BadRequest`."""
    wanted = msgspec.structs.asdict(call.decode(ChangeBody).volume)
    found = {name: value for name, value in wanted.items() if value is not UNSET}
    return found | ({"name": found["name"] or ""} if "name" in found else {})


class Metadata(msgspec.Struct, frozen=True):
    metadata: Items


def metadata(call: Call) -> dict[str, str]:
    """Raises :class:`BadRequest`."""
    return call.decode(Metadata).metadata


def action(call: Call) -> str:
    """The name of the action. Raises :class:`BadRequest` unless the body has one."""
    body = call.decode(dict[str, Any])
    if len(body) != 1:
        raise BadRequest(reason="The body of an action has its name as the only key.")
    return str(next(iter(body)))


FILTERS: Final = ("name", "status", "id")
SORT: Final = {
    "id": "id",
    "name": "name",
    "display_name": "name",
    "size": "size",
    "created_at": "created_at",
    "updated_at": "updated_at",
}


def filters(call: Call) -> dict[str, list[str]]:
    """Those of ours among the parameters; others are ignored, as Cinder does with what a tenant may not filter by. Raises
    :class:`BadRequest`, also for pages that are counted, which would not be those that were meant."""
    if call.query.number("offset", 0):
        raise BadRequest(reason="Lists have no offset here. Take the id of the last volume of a page as the marker.")
    return {name: call.query.all(name) for name in FILTERS if name in call.query}
