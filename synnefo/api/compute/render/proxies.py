"""What Nova showed below 2.36 of other services' things: volumes and their snapshots, floating addresses."""

from typing import Any, TypedDict

from logic.network.floating.queries import FloatingInfo
from logic.volume.queries import VolumeInfo
from logic.volume.queries.copies import CopyInfo
from synnefo.api.kernel.times import bare

ANYWHERE = "nova"  # the zone of what is in none in particular

Json = dict[str, Any]


class ProxiedAttachment(TypedDict, total=False):
    """Nothing of a volume that is on no server."""

    id: str
    volumeId: str
    serverId: str
    device: str


class ProxiedVolume(TypedDict):
    """``size`` in GiB."""

    id: str
    status: str
    size: int
    availabilityZone: str
    createdAt: str
    displayName: str | None
    displayDescription: str | None
    volumeType: str | None
    snapshotId: str | None
    metadata: dict[str, str]
    attachments: list[ProxiedAttachment]


class ProxiedSnapshot(TypedDict):
    """``size`` in GiB."""

    id: str
    volumeId: str
    status: str
    size: int
    createdAt: str
    displayName: str | None
    displayDescription: str | None


class FloatingIp(TypedDict):
    id: str
    ip: str
    pool: str
    fixed_ip: str | None
    instance_id: str | None


def volume(one: VolumeInfo) -> Json:
    return {
        "id": one.id,
        "status": one.status,
        "size": one.size,
        "availabilityZone": one.zone or ANYWHERE,
        "createdAt": bare(one.created_at),
        "displayName": one.name,
        "displayDescription": one.description,
        "volumeType": one.type_name,
        "snapshotId": one.snapshot or None,
        "metadata": one.metadata,
        "attachments": [_attachment(one) if one.server else {}],  # one that is on no server is on an empty one here
    }


def _attachment(one: VolumeInfo) -> Json:
    return {"id": one.id, "volumeId": one.id, "serverId": one.server, "device": one.mountpoint}


def snapshot(one: CopyInfo) -> Json:
    return {
        "id": one.id,
        "volumeId": one.volume,
        "status": one.status,
        "size": one.size,
        "createdAt": bare(one.created_at),
        "displayName": one.name,
        "displayDescription": one.description,
    }


def floating(one: FloatingInfo, pool: str) -> Json:
    """``pool`` is the name of its network."""
    return {"id": one.id, "ip": one.ip, "pool": pool, "fixed_ip": one.fixed or None, "instance_id": one.device or None}
