"""Attachments: which volumes are on which servers, and which are reserved. The former are made and ended by Nova's addresses."""

import uuid
from collections.abc import Callable
from typing import Any, Final, Literal, TypedDict

import msgspec

from logic.errors import BadRequest, NotSupported
from logic.volume.commands import reserving
from logic.volume.queries import attachments as queries
from logic.volume.queries.attachments import AttachmentInfo
from synnefo.api.kernel.answers import Nothing
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import acts, describes
from synnefo.api.kernel.reading import clipped
from synnefo.api.kernel.times import bare
from synnefo.api.volume.requests import lists
from synnefo.api.volume.requests.lists import Kind
from synnefo.api.volume.requests.parts import Text, only
from synnefo.api.volume.requests.volumes import Id, action
from synnefo.api.volume.versions import Since

Json = dict[str, Any]
KIND: Final = Kind(
    sort={"id": "attachment", "created_at": "created_at", "updated_at": "updated_at"},
    filters={
        "volume_id": ("id", lists.text),
        "id": ("attachment", lists.text),
        "instance_id": ("instance", lists.text),
        "instance_uuid": ("instance", lists.text),
        "status": ("status", lists.text),
        "attach_status": ("status", lists.text),
        "project_id": ("project", lists.text),
    },
)


class AttachmentBrief(TypedDict):
    """``instance``: the server that has the volume, or what it is reserved for, which need be nothing of this cloud."""

    id: str
    status: str
    instance: str | None
    volume_id: str


class Attachment(AttachmentBrief):
    """``connection_info``: nobody connects by it, and it says nothing."""

    attached_at: str | None
    detached_at: None
    attach_mode: str
    connection_info: Nothing


class NewAttachment(msgspec.Struct, frozen=True):
    """Clients send an empty ``connector``, and null for what they leave out. ``mode`` is of 3.54 and later."""

    volume_uuid: Id
    instance_uuid: Text | None = None
    connector: Json | None = None
    mode: Literal["rw", "ro"] | None = None


class Connected(msgspec.Struct, frozen=True):
    connector: Json


class Connection(msgspec.Struct, frozen=True):
    attachment: Connected


@describes(gives=lists.told("attachments", AttachmentBrief), query=KIND.query)
def list_attachments(call: Call) -> Answer:
    return _listed(call, brief)


@describes(gives=lists.told("attachments", Attachment), query=KIND.query)
def list_attachments_in_detail(call: Call) -> Answer:
    return _listed(call, shown)


def _listed(call: Call, write: Callable[[AttachmentInfo], Any]) -> Answer:
    found = queries.attachments(call.caller, lists.asked(call, KIND))
    return Answer(200, lists.body(call, "attachments", found, write))


@describes(gives={"attachment": Attachment})
def show_attachment(call: Call, id: str) -> Answer:
    return Answer(200, {"attachment": shown(queries.attachment(call.caller, id))})


@describes(takes={"attachment": NewAttachment}, gives={"attachment": Attachment}, refuses=[501])
def create_attachment(call: Call) -> Answer:
    wanted = only(call, "attachment", NewAttachment)
    if wanted.mode and not call.at_least(Since.ATTACH_MODE):
        raise BadRequest(reason="Additional properties are not allowed ('mode' was unexpected). Ask in 3.54 or later.")
    instance, connected = _instance(wanted.instance_uuid), bool(wanted.connector)
    id = reserving.create_attachment(
        call.caller, wanted.volume_uuid, instance=instance, mode=wanted.mode or "", connected=connected
    )
    return Answer(200, {"attachment": shown(queries.attachment(call.caller, id))})


def _instance(said: str | None) -> str:
    """Any UUID will do. Raises :class:`BadRequest`."""
    try:
        return str(uuid.UUID(said)) if said is not None else ""
    except ValueError:
        raise BadRequest(reason=f"The field instance_uuid must be a UUID, not {clipped(said or '')!r}.") from None


@describes(takes=Connection, answers={}, refuses=[501])
def change_attachment(call: Call, id: str) -> Answer:
    """Raises :class:`NotSupported`: a connector is what changes one."""
    queries.attachment(call.caller, id)
    if not call.decode(Connection).attachment.connector:
        raise BadRequest(reason="Must specify 'connector' to update attachment.")
    raise NotSupported(reason=reserving.UNCONNECTED)


@describes(gives={"attachments": list[AttachmentBrief]})
def delete_attachment(call: Call, id: str) -> Answer:
    """Those that are left of its volume: none."""
    reserving.delete_attachment(call.caller, id)
    return Answer(200, {"attachments": []})


@describes(takes=Any, status=204)
def complete(call: Call, id: str) -> Answer:
    """What clients send with it says nothing."""
    reserving.complete_attachment(call.caller, id)
    return Answer(204)


ACTIONS: Final = {"os-complete": complete}


@acts(ACTIONS)
def act_on_attachment(call: Call, id: str) -> Answer:
    queries.attachment(call.caller, id)
    name, _ = action(call)
    if name not in ACTIONS:
        raise BadRequest(reason=f"There is no such action: {clipped(name)}.")
    return ACTIONS[name](call, id)


def brief(one: AttachmentInfo) -> Json:
    return {"id": one.id, "status": one.status, "instance": one.instance or None, "volume_id": one.volume}


def shown(one: AttachmentInfo) -> Json:
    moment = bare(one.attached_at) if one.attached_at else None
    return brief(one) | {
        "attached_at": moment,
        "detached_at": None,
        "attach_mode": one.mode,
        "connection_info": {},
    }
