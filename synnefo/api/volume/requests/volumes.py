"""What is asked for of volumes, in Cinder's words."""

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, field

from logic.errors import BadRequest
from logic.volume.commands import NewVolume
from logic.volume.queries.reading import ANYWHERE
from synnefo.api.kernel.calls import Call
from synnefo.api.volume.requests.parts import Described, Flag, Items, Text, described, flag, only, whole
from synnefo.api.volume.versions import Since

Id = Annotated[str, Meta(max_length=255)]


class Wanted(msgspec.Struct, frozen=True):
    """The parts of ``POST /volumes`` that are read. Clients send null for what they leave out."""

    size: int | str | None = None
    name: Text | None = None
    display_name: Text | None = None
    description: Text | None = None
    display_description: Text | None = None
    metadata: Items | None = None
    volume_type: Text | None = None
    availability_zone: Text | None = None
    snapshot_id: Id | None = None
    source_volid: Id | None = None
    backup_id: Id | None = None
    image_ref: Id | None = field(default=None, name="imageRef")
    image_id: Id | None = None
    consistencygroup_id: Id | None = None
    group_id: Id | None = None
    multiattach: Flag = None


class Body(msgspec.Struct, frozen=True):
    volume: Wanted


def volume(call: Call) -> NewVolume:
    """Raises :class:`BadRequest`, also for what cannot be had here."""
    wanted = call.decode(Body).volume
    if wanted.consistencygroup_id or (wanted.group_id and not call.at_least(Since.GROUPS)):
        raise BadRequest(reason="A volume is in no group before version 3.13, and then in a group of group_id.")
    if flag(wanted.multiattach, "multiattach"):
        raise BadRequest(reason="A volume of this cloud is on one server at a time. Leave multiattach out.")
    zone = wanted.availability_zone or ""
    return NewVolume(
        size=None if wanted.size is None else whole(wanted.size, "volume.size"),
        name=wanted.name or wanted.display_name or "",
        description=wanted.description if wanted.description is not None else wanted.display_description,
        metadata=wanted.metadata or {},
        zone="" if zone == ANYWHERE else zone,
        type=wanted.volume_type or "",
        image=wanted.image_ref or wanted.image_id or "",
        snapshot=wanted.snapshot_id or "",
        source=wanted.source_volid or "",
        backup=(wanted.backup_id or "") if call.at_least(Since.FROM_BACKUP) else "",
        group=wanted.group_id or "",
    )


def change(call: Call) -> dict[str, Any]:
    """The columns to change. Raises :class:`BadRequest`."""
    return described(only(call, "volume", Described))


class Deletion(msgspec.Struct, frozen=True):
    """``force`` is an administrator's."""

    cascade: bool
    force: bool


def deletion(call: Call) -> Deletion:
    """Raises :class:`BadRequest`."""
    force = call.at_least(Since.FORCED_DELETION) and bool(call.query.flag("force"))
    return Deletion(cascade=bool(call.query.flag("cascade")), force=force)


NOT_HERE: Final[dict[str, str]] = {
    "os-migrate_volume": "A volume is on the cluster of its first server and stays there.",
    "os-migrate_volume_completion": "A volume is on the cluster of its first server and stays there.",
    "os-initialize_connection": "Disks of this cloud are put on servers by their cluster: nothing connects to them.",
    "os-terminate_connection": "Disks of this cloud are put on servers by their cluster: nothing connects to them.",
    "os-extend_volume_completion": "A volume of this cloud is made larger by its cluster alone.",
    "os-unmanage": "A volume of this cloud is not given to somebody else's hands.",
}


def action(call: Call) -> tuple[str, msgspec.Raw]:
    """The name of the action and what it says. Raises :class:`BadRequest` unless the body has one."""
    body = call.decode(dict[str, msgspec.Raw])
    if len(body) != 1:
        raise BadRequest(reason="The body of an action has its name as the only key.")
    ((name, said),) = body.items()
    return str(name), said
