"""Attachments: which volumes are on which servers. They are made and ended by Nova's addresses, which this one says."""

from typing import Any, Final, TypedDict

from logic.errors import Conflict, NotFound, NotSupported
from logic.volume import queries
from logic.volume.queries import VolumeInfo
from synnefo.api.kernel.answers import Nothing
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes
from synnefo.api.kernel.faults import UnknownRoute
from synnefo.api.kernel.times import bare
from synnefo.api.volume.requests import lists
from synnefo.api.volume.requests.lists import Kind
from synnefo.api.volume.versions import Since

Json = dict[str, Any]
KIND: Final = Kind(
    sort={"id": "id", "created_at": "created_at", "updated_at": "updated_at"},
    filters={
        "volume_id": ("id", lists.text),
        "id": ("id", lists.text),
        "instance_id": ("device", lists.text),
        "instance_uuid": ("device", lists.text),
        "status": ("status", lists.text),
        "attach_status": ("status", lists.text),
        "project_id": ("project", lists.text),
    },
)
WORDS: Final = {"attached": "in-use"}  # an attachment's status → its volume's, where it is another word
BY_NOVA = "Volumes of this cloud are put on servers over Nova's os-volume_attachments, or by the action os-attach."


class AttachmentBrief(TypedDict):
    id: str
    status: str
    instance: str
    volume_id: str


class Attachment(AttachmentBrief):
    """``connection_info``: nobody connects by it, and it says nothing."""

    attached_at: str | None
    detached_at: None
    attach_mode: str
    connection_info: Nothing


@describes(gives=lists.told("attachments", AttachmentBrief), query=KIND.query)
def list_attachments(call: Call) -> Answer:
    return _listed(call, brief)


@describes(gives=lists.told("attachments", Attachment), query=KIND.query)
def list_attachments_in_detail(call: Call) -> Answer:
    return _listed(call, shown)


def _listed(call: Call, write: Any) -> Answer:
    _check(call)
    wanted = lists.asked(call, KIND)
    if "status" in wanted.columns:
        wanted.columns["status"] = [WORDS.get(word, word) for word in wanted.columns["status"]]
    found = queries.attached(call.caller, wanted)
    return Answer(200, lists.body(call, "attachments", found, write))


@describes(gives={"attachment": Attachment})
def show_attachment(call: Call, id: str) -> Answer:
    return Answer(200, {"attachment": shown(_one(call, id))})


def _one(call: Call, id: str) -> VolumeInfo:
    _check(call)
    one = queries.volume(call.caller, id)
    if not one.server:
        raise NotFound(kind="attachment", id=id)
    return one


@describes(answers={}, refuses=[501])
def create_attachment(call: Call) -> Answer:
    _check(call)
    raise NotSupported(reason=BY_NOVA)


@describes(answers={}, refuses=[501])
def change_attachment(call: Call, id: str) -> Answer:
    _one(call, id)
    raise NotSupported(reason=BY_NOVA)


@describes(answers={})
def delete_attachment(call: Call, id: str) -> Answer:
    """As Cinder's, for what a server has."""
    one = _one(call, id)
    raise Conflict(reason=f"Detach volume from instance {one.server} using the Compute API: the server has it.")


def _check(call: Call) -> None:
    if not call.at_least(Since.ATTACHMENTS):
        raise UnknownRoute(path=call.path)


def brief(one: VolumeInfo) -> Json:
    status = next((word for word, of_volume in WORDS.items() if of_volume == one.status), one.status)
    return {"id": one.id, "status": status, "instance": one.server, "volume_id": one.id}


def shown(one: VolumeInfo) -> Json:
    moment = bare(one.attached_at) if one.attached_at else None
    return brief(one) | {"attached_at": moment, "detached_at": None, "attach_mode": "rw", "connection_info": {}}
