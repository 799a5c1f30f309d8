"""The actions of a volume: each says what it wants, and is one function of ``logic.volume``."""

from collections.abc import Callable
from typing import Any, Final, Literal

import msgspec
from msgspec import field
from msgspec.structs import replace

from logic.errors import BadRequest, NotSupported
from logic.volume import commands, queries
from logic.volume.commands import actions, replacing
from logic.volume.commands.uploading import WantedImage, upload_volume
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import acts, describes
from synnefo.api.kernel.reading import clipped
from synnefo.api.volume.render import volumes as render
from synnefo.api.volume.render.volumes import VolumeUploaded
from synnefo.api.volume.requests.parts import Flag, Items, Key, Name, Text, flag, whole
from synnefo.api.volume.requests.volumes import NOT_HERE, Id, action
from synnefo.api.volume.versions import Since

Act = Callable[[Call, str], Answer]


class Size(msgspec.Struct, frozen=True):
    new_size: int | str


@describes(takes=Size, status=202)
def extend(call: Call, id: str) -> Answer:
    size = whole(call.decode(Size).new_size, "new_size")
    commands.extend_volume(call.caller, id, size, attached=call.at_least(Since.EXTEND_ATTACHED))
    return Answer(202)


class Type(msgspec.Struct, frozen=True):
    new_type: Name
    migration_policy: Text | None = None


@describes(takes=Type, status=202)
def retype(call: Call, id: str) -> Answer:
    wanted = call.decode(Type)
    if wanted.migration_policy not in {None, "never", "on-demand"}:
        raise BadRequest(
            reason="migration_policy must be 'on-demand' or 'never', passed: " + clipped(f"{wanted.migration_policy}")
        )
    commands.retype_volume(call.caller, id, wanted.new_type)
    return Answer(202)


class Bootable(msgspec.Struct, frozen=True):
    bootable: Flag


@describes(takes=Bootable)
def set_bootable(call: Call, id: str) -> Answer:
    actions.set_bootable(call.caller, id, bootable=flag(call.decode(Bootable).bootable, "bootable"))
    return Answer(200)


class Readonly(msgspec.Struct, frozen=True):
    readonly: Flag


@describes(takes=Readonly, status=202)
def set_readonly(call: Call, id: str) -> Answer:
    actions.set_readonly(call.caller, id, readonly=flag(call.decode(Readonly).readonly, "readonly"))
    return Answer(202)


class Status(msgspec.Struct, frozen=True):
    status: Text | None = None
    attach_status: Text | None = None
    migration_status: Text | None = None


@describes(takes=Status, status=202)
def reset_status(call: Call, id: str) -> Answer:
    wanted = call.decode(Status)
    if wanted.attach_status or wanted.migration_status or not wanted.status:
        raise BadRequest(reason="The status of a volume is what can be reset here. Send status alone.")
    actions.reset_status(call.caller, id, wanted.status)
    return Answer(202)


@describes(status=202)
def force_delete(call: Call, id: str) -> Answer:
    commands.force_delete_volume(call.caller, id)
    return Answer(202)


class Attaching(msgspec.Struct, frozen=True):
    instance_uuid: Id | None = None
    host_name: Text | None = None
    mountpoint: Text | None = None
    mode: Text | None = None


@describes(takes=Attaching, status=202)
def attach(call: Call, id: str) -> Answer:
    wanted = call.decode(Attaching)
    queries.volume(call.caller, id)
    if wanted.host_name or not wanted.instance_uuid:
        raise BadRequest(
            reason="A volume of this cloud is put on a server: send its id as instance_uuid, and no host_name."
        )
    if wanted.mode not in {None, "rw"}:
        raise BadRequest(reason="Servers of this cloud write to every disk that they have: the mode is rw.")
    actions.attach(call.caller, id, wanted.instance_uuid, wanted.mountpoint or "")
    return Answer(202)


class Detaching(msgspec.Struct, frozen=True):
    attachment_id: Id | None = None


@describes(takes=Detaching, status=202)
def detach(call: Call, id: str) -> Answer:
    actions.detach(call.caller, id, call.decode(Detaching).attachment_id or "")
    return Answer(202)


@describes(takes=Detaching, status=202)
def force_detach(call: Call, id: str) -> Answer:
    actions.detach(call.caller, id, call.decode(Detaching).attachment_id or "", force=True)
    return Answer(202)


@describes(status=202)
def reserve(call: Call, id: str) -> Answer:
    actions.reserve(call.caller, id)
    return Answer(202)


@describes(status=202)
def unreserve(call: Call, id: str) -> Answer:
    actions.unreserve(call.caller, id)
    return Answer(202)


@describes(status=202)
def begin_detaching(call: Call, id: str) -> Answer:
    actions.begin_detaching(call.caller, id)
    return Answer(202)


@describes(status=202)
def roll_detaching(call: Call, id: str) -> Answer:
    actions.roll_detaching(call.caller, id)
    return Answer(202)


class ImageMetadata(msgspec.Struct, frozen=True):
    metadata: Items


class ImageKey(msgspec.Struct, frozen=True):
    key: Key


@describes(takes=ImageMetadata, gives={"metadata": dict[str, str]})
def set_image_metadata(call: Call, id: str) -> Answer:
    items = call.decode(ImageMetadata).metadata
    return Answer(200, {"metadata": actions.set_image_metadata(call.caller, id, items)})


@describes(takes=ImageKey)
def unset_image_metadata(call: Call, id: str) -> Answer:
    actions.unset_image_metadata(call.caller, id, call.decode(ImageKey).key)
    return Answer(200)


@describes(gives={"metadata": dict[str, str]})
def show_image_metadata(call: Call, id: str) -> Answer:
    return Answer(200, {"metadata": queries.volume(call.caller, id).image_metadata or {}})


class Reverting(msgspec.Struct, frozen=True):
    snapshot: Id = field(name="snapshot_id")


@describes(takes=Reverting, status=202)
def revert(call: Call, id: str) -> Answer:
    replacing.revert(call.caller, id, call.decode(Reverting).snapshot)
    return Answer(202)


class Reimaging(msgspec.Struct, frozen=True):
    image_id: Id
    reimage_reserved: Flag = None


@describes(takes=Reimaging, status=202)
def reimage(call: Call, id: str) -> Answer:
    wanted = call.decode(Reimaging)
    replacing.reimage(call.caller, id, wanted.image_id, reserved=flag(wanted.reimage_reserved, "reimage_reserved"))
    return Answer(202)


class Uploading(msgspec.Struct, frozen=True):
    image_name: Name
    force: Flag = None
    disk_format: Text | None = None
    container_format: Text | None = None
    visibility: Literal["community", "public", "private", "shared"] | None = None
    protected: Flag = None


@describes(takes=Uploading, gives={"os-volume_upload_image": VolumeUploaded}, status=202, refuses=[501])
def upload(call: Call, id: str) -> Answer:
    said = call.decode(Uploading)
    wanted = WantedImage(
        name=said.image_name,
        disk_format=said.disk_format or "raw",
        container_format=said.container_format or "bare",
        visibility=said.visibility or "private",
        protected=flag(said.protected, "protected"),
        attached=flag(said.force, "force"),
    )
    image = upload_volume(call.caller, id, wanted)
    return Answer(202, {"os-volume_upload_image": render.uploaded(queries.volume(call.caller, id), image, wanted)})


ACTIONS: Final[dict[str, tuple[Act, int]]] = {
    "os-extend": (extend, 0),
    "os-retype": (retype, 0),
    "os-set_bootable": (set_bootable, 0),
    "os-update_readonly_flag": (set_readonly, 0),
    "os-reset_status": (reset_status, 0),
    "os-force_delete": (force_delete, 0),
    "os-attach": (attach, 0),
    "os-detach": (detach, 0),
    "os-force_detach": (force_detach, 0),
    "os-reserve": (reserve, 0),
    "os-unreserve": (unreserve, 0),
    "os-begin_detaching": (begin_detaching, 0),
    "os-roll_detaching": (roll_detaching, 0),
    "os-set_image_metadata": (set_image_metadata, 0),
    "os-unset_image_metadata": (unset_image_metadata, 0),
    "os-show_image_metadata": (show_image_metadata, 0),
    "revert": (revert, Since.REVERT),
    "os-reimage": (reimage, Since.REIMAGE),
    "os-volume_upload_image": (upload, 0),
}


@acts({name: act for name, (act, _) in ACTIONS.items()}, refuses=[501])
def act_on_volume(call: Call, id: str) -> Answer:
    """Raises :class:`BadRequest` for what Cinder does not know, :class:`NotSupported` for what this cloud does not do."""
    queries.volume(call.caller, id)
    name, said = action(call)
    act, since = ACTIONS.get(name, (None, 0))
    if act and call.at_least(since):
        return act(_saying(call, said), id)
    if name in NOT_HERE:
        raise NotSupported(reason=NOT_HERE[name])
    raise BadRequest(reason=f"There is no such action: {clipped(name)}.")


def _saying(call: Call, said: Any) -> Call:
    """An action that says nothing may say null."""
    return replace(call, body=bytes(said) if bytes(said) != b"null" else b"{}")
