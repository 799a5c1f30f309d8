"""Volumes as Cinder writes them, at each version."""

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from logic.volume.commands.uploading import WantedImage
from logic.volume.queries import VolumeInfo
from logic.volume.queries.reading import ANYWHERE
from synnefo.api.kernel.answers import Links
from synnefo.api.kernel.calls import Call
from synnefo.api.kernel.times import bare
from synnefo.api.services import VOLUME
from synnefo.api.volume.versions import Since, since

Json = dict[str, Any]


class VolumeBrief(TypedDict):
    id: str
    name: str
    links: Links


class AttachmentOfVolume(TypedDict):
    id: str
    attachment_id: str
    volume_id: str
    server_id: str
    host_name: None
    device: str | None
    attached_at: str | None


class VolumeCreated(VolumeBrief):
    """``size`` in GiB."""

    status: str
    size: int
    availability_zone: str
    created_at: str
    updated_at: str
    attachments: list[AttachmentOfVolume]
    description: str | None
    volume_type: str
    snapshot_id: str | None
    source_volid: str | None
    metadata: dict[str, str]
    user_id: str
    bootable: Literal["true", "false"]
    encrypted: bool
    replication_status: None
    consistencygroup_id: None
    multiattach: bool
    migration_status: None
    group_id: NotRequired[Annotated[str | None, since(Since.GROUPS)]]
    provider_id: NotRequired[Annotated[None, since(Since.PROVIDER, when="for administrators")]]
    shared_targets: NotRequired[Annotated[bool | None, since(Since.SHARED_TARGETS)]]
    service_uuid: NotRequired[Annotated[None, since(Since.SHARED_TARGETS)]]
    cluster_name: NotRequired[Annotated[None, since(Since.CLUSTER_NAME, when="for administrators")]]
    volume_type_id: NotRequired[Annotated[str, since(Since.TYPE_ID)]]
    consumes_quota: NotRequired[Annotated[bool, since(Since.CONSUMES_QUOTA)]]


_Extended = TypedDict(
    "_Extended",
    {
        "os-vol-tenant-attr:tenant_id": str,
        "os-vol-host-attr:host": NotRequired[Annotated[str | None, since(0, when="for administrators")]],
        "os-vol-mig-status-attr:migstat": NotRequired[Annotated[None, since(0, when="for administrators")]],
        "os-vol-mig-status-attr:name_id": NotRequired[Annotated[None, since(0, when="for administrators")]],
    },
)


class Volume(VolumeCreated, _Extended):
    volume_image_metadata: NotRequired[Annotated[dict[str, str], since(0, when="of one that was made of an image")]]


class TypeOfUpload(TypedDict):
    id: str
    name: str


class VolumeUploaded(TypedDict):
    """``size`` in GiB."""

    id: str
    updated_at: str
    status: str
    display_description: str | None
    size: int
    volume_type: TypeOfUpload
    image_id: str
    image_name: str
    disk_format: str
    container_format: str
    visibility: str
    protected: bool


def brief(one: VolumeInfo, call: Call) -> Json:
    """A line of ``GET /volumes``."""
    return {"id": one.id, "name": one.name, "links": links("volumes", one.id, call)}


def created(one: VolumeInfo, call: Call) -> Json:
    """What POST and PUT answer."""
    body = {
        **brief(one, call),
        "status": one.status,
        "size": one.size,
        "availability_zone": one.zone or ANYWHERE,
        "created_at": bare(one.created_at),
        "updated_at": bare(one.updated_at),
        "attachments": [attachment(one)] if one.server else [],
        "description": one.description,
        "volume_type": one.type_name,
        "snapshot_id": one.snapshot or None,
        "source_volid": one.source or None,
        "metadata": metadata(one),
        "user_id": one.user,
        "bootable": "true" if one.bootable else "false",
        "encrypted": False,
        "replication_status": None,
        "consistencygroup_id": None,
        "multiattach": False,
        "migration_status": None,
    }
    return body | _since(one, call)


def _since(one: VolumeInfo, call: Call) -> Json:
    """What later versions have added."""
    added: dict[Since, Json] = {
        Since.GROUPS: {"group_id": one.group or None},
        Since.SHARED_TARGETS: {"shared_targets": False, "service_uuid": None},
        Since.TYPE_ID: {"volume_type_id": one.type},
        Since.CONSUMES_QUOTA: {"consumes_quota": True},
        Since.TARGETS_UNKNOWN: {"shared_targets": None},
    }
    if call.caller.is_admin:
        added |= {Since.PROVIDER: {"provider_id": None}, Since.CLUSTER_NAME: {"cluster_name": None}}
    found: Json = {}
    for version, fields in sorted(added.items()):
        found |= fields if call.at_least(version) else {}
    return found


def metadata(one: VolumeInfo) -> dict[str, str]:
    """Whether it is read-only stands among them, once somebody has said so."""
    return one.metadata if one.readonly is None else {**one.metadata, "readonly": str(one.readonly)}


def shown(one: VolumeInfo, call: Call) -> Json:
    """``GET /volumes/{id}``, and a line of ``GET /volumes/detail``. Administrators see where it is."""
    body = created(one, call) | {"os-vol-tenant-attr:tenant_id": one.project}
    if one.image_metadata is not None:
        body["volume_image_metadata"] = one.image_metadata
    if not call.caller.is_admin:
        return body
    return body | {
        "os-vol-host-attr:host": host(one.host) if one.host else None,
        "os-vol-mig-status-attr:migstat": None,
        "os-vol-mig-status-attr:name_id": None,
    }


def uploaded(one: VolumeInfo, image: str, wanted: WantedImage) -> Json:
    """What ``os-volume_upload_image`` answers; its type is an object here alone."""
    return {
        "id": one.id,
        "updated_at": bare(one.updated_at),
        "status": one.status,
        "display_description": one.description,
        "size": one.size,
        "volume_type": {"id": one.type, "name": one.type_name},
        "image_id": image,
        "image_name": wanted.name,
        "disk_format": wanted.disk_format,
        "container_format": wanted.container_format,
        "visibility": wanted.visibility,
        "protected": wanted.protected,
    }


def host(backend: str) -> str:
    """host@backend#pool, which Cinder's clients take apart."""
    return f"{backend}@ganeti#{backend}"


def attachment(one: VolumeInfo) -> Json:
    """A volume is on one server at most, so that its own id says which attachment is meant."""
    return {
        "id": one.id,
        "attachment_id": one.id,
        "volume_id": one.id,
        "server_id": one.server,
        "host_name": None,
        "device": one.mountpoint or None,
        "attached_at": bare(one.attached_at) if one.attached_at else None,
    }


def links(kind: str, id: str, call: Call) -> list[Json]:
    """Where it is."""
    self, bookmark = f"{VOLUME.path}/{kind}/{id}", f"/{VOLUME.mount}/{kind}/{id}"
    return [{"rel": "self", "href": call.base_url + self}, {"rel": "bookmark", "href": call.base_url + bookmark}]
