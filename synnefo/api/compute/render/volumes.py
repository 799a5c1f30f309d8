"""What Nova shows of the volumes of a server."""

from typing import Annotated, Any, NotRequired, TypedDict

from logic.volume.queries import VolumeInfo
from synnefo.api.compute.render.frame import Frame
from synnefo.api.compute.versions import Since, since


class _ServerVolume(TypedDict):
    volumeId: str
    serverId: str
    device: str | None
    tag: NotRequired[Annotated[None, since(Since.INTERFACE_TAG)]]
    delete_on_termination: NotRequired[Annotated[bool, since(Since.ATTACHMENT_FLAG)]]


class ServerVolumeAdded(_ServerVolume):
    id: str


class ServerVolume(_ServerVolume):
    id: NotRequired[Annotated[str, since(0, until=Since.ATTACHMENT_IDS)]]
    attachment_id: NotRequired[Annotated[str, since(Since.ATTACHMENT_IDS)]]
    bdm_uuid: NotRequired[Annotated[str, since(Since.ATTACHMENT_IDS)]]


def made(one: VolumeInfo, frame: Frame) -> dict[str, Any]:
    """What POST answers. Which device the guest will see it as, the guest decides: what is told follows from their order."""
    view: dict[str, Any] = {"id": one.id, "volumeId": one.id, "serverId": one.server, "device": one.mountpoint or None}
    if frame.at_least(Since.INTERFACE_TAG):
        view["tag"] = None
    if frame.at_least(Since.ATTACHMENT_FLAG):
        view["delete_on_termination"] = one.goes_along
    return view


def attachment(one: VolumeInfo, frame: Frame) -> dict[str, Any]:
    """An item of ``volumeAttachments``. A volume is on one server at most: its own id says which attachment is meant."""
    view = made(one, frame)
    if frame.at_least(Since.ATTACHMENT_IDS):
        del view["id"]
        view |= {"attachment_id": one.id, "bdm_uuid": one.id}
    return view
