"""A server's volumes: put on, taken off, listed. What a volume is, its own service tells."""

from logic.access import require
from logic.compute import queries
from logic.errors import NotFound, NotSupported
from logic.volume import commands
from logic.volume import queries as volumes
from logic.volume.queries import VolumeInfo
from synnefo.api.compute.render import volumes as render
from synnefo.api.compute.render.frame import frame
from synnefo.api.compute.render.volumes import ServerVolume, ServerVolumeAdded
from synnefo.api.compute.requests import changes
from synnefo.api.kernel import paging
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import PAGE, describes


@describes(gives={"volumeAttachments": list[ServerVolume]}, query=PAGE)
def list_attachments(call: Call, server_id: str) -> Answer:
    page = paging.page(call)
    found = _on(call, server_id)[: page.limit]
    return Answer(200, {"volumeAttachments": [render.attachment(one, frame(call)) for one in found]})


@describes(gives={"volumeAttachment": ServerVolume})
def show_attachment(call: Call, server_id: str, volume_id: str) -> Answer:
    one = _attachment(call, server_id, volume_id)
    return Answer(200, {"volumeAttachment": render.attachment(one, frame(call))})


def _attachment(call: Call, server_id: str, volume_id: str) -> VolumeInfo:
    one = next((one for one in _on(call, server_id) if one.id == volume_id), None)
    if one is None:
        raise NotFound(kind="volume of this server", id=volume_id)
    return one


def _on(call: Call, server_id: str) -> list[VolumeInfo]:
    server = queries.server(call.caller, server_id)
    return volumes.on_servers([server.id]).get(server.id, [])


@describes(takes=changes.VolumeAttachmentBody, gives={"volumeAttachment": ServerVolumeAdded})
def attach_volume(call: Call, server_id: str) -> Answer:
    queries.server(call.caller, server_id)
    wanted, goes_along = changes.volume_attachment(call)
    commands.attach_volume(call.caller, server_id, wanted, goes_along=goes_along)
    made = volumes.volume(call.caller, wanted)
    return Answer(200, {"volumeAttachment": render.made(made, frame(call))})


@describes(takes=changes.AttachmentChangeBody, status=202, refuses=[501])
def change_attachment(call: Call, server_id: str, volume_id: str) -> Answer:
    """Whether it goes with the server may be changed; whatever else may be said is so already, or is refused. Another volume in
    its place is for administrators."""
    there = _attachment(call, server_id, volume_id)
    wanted, goes_along = changes.attachment_change(call, there)
    if wanted != volume_id:
        require(call.caller, "admin", "swap a volume")
        raise NotSupported(reason="Volumes are not swapped in this cloud. Detach one and attach the other.")
    if goes_along is not None:
        commands.change_attachment(call.caller, server_id, volume_id, goes_along=goes_along)
    return Answer(202)


@describes(status=202)
def detach_volume(call: Call, server_id: str, volume_id: str) -> Answer:
    commands.detach_volume(call.caller, server_id, volume_id)
    return Answer(202)
