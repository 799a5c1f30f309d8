"""Volumes as Cinder writes them, at version 3.0."""

from typing import Any

from logic.quota.queries import QuotaInfo
from logic.volume.queries import VolumeInfo
from synnefo.api.kernel.calls import Call
from synnefo.api.kernel.times import bare
from synnefo.api.services import VOLUME
from synnefo.api.volume.requests import ANYWHERE
from synnefo.api.volume.types import TYPE

Json = dict[str, Any]
UPDATED = "2018-07-17T00:00:00Z"
KINDS = ("volumes", "gigabytes")
# What Cinder limits and this cloud has none of.
NONE = ("snapshots", "backups", "backup_gigabytes", "groups")


def version(call: Call) -> Json:
    """v3, in a list of one."""
    spoken = VOLUME.dialect.versions
    assert spoken, "block storage has versions"
    lowest, highest = (f"{major}.{minor}" for major, minor in (spoken.minimum, spoken.maximum))
    return {
        "id": "v3.0",
        "status": "CURRENT",
        "version": highest,
        "min_version": lowest,
        "updated": UPDATED,
        "links": [{"rel": "self", "href": f"{call.base_url}{VOLUME.path}/"}],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.volume+json;version=3"}],
    }


def brief(one: VolumeInfo, call: Call) -> Json:
    """A line of ``GET /volumes``."""
    return {"id": one.id, "name": one.name, "links": _links(one, call)}


def created(one: VolumeInfo, call: Call) -> Json:
    """What POST and PUT answer."""
    return {
        **brief(one, call),
        "status": one.status,
        "size": one.size,
        "availability_zone": one.zone or ANYWHERE,
        "created_at": bare(one.created_at),
        "updated_at": bare(one.updated_at),
        "attachments": [attachment(one)] if one.server else [],
        "description": one.description,
        "volume_type": TYPE["name"],
        "snapshot_id": None,
        "source_volid": None,
        "metadata": one.metadata,
        "user_id": one.user,
        "bootable": "false",
        "encrypted": False,
        "replication_status": None,
        "consistencygroup_id": None,
        "multiattach": False,
        "migration_status": None,
    }


def shown(one: VolumeInfo, call: Call) -> Json:
    """``GET /volumes/{id}``, and a line of ``GET /volumes/detail``. Administrators see where it is."""
    body = created(one, call) | {"os-vol-tenant-attr:tenant_id": one.project}
    if not call.caller.is_admin:
        return body
    return body | {
        "os-vol-host-attr:host": one.host or None,
        "os-vol-mig-status-attr:migstat": None,
        "os-vol-mig-status-attr:name_id": None,
    }


def attachment(one: VolumeInfo) -> Json:
    """A volume is on one server at most, so that its own id says which attachment is meant."""
    return {
        "id": one.id,
        "attachment_id": one.id,
        "volume_id": one.id,
        "server_id": one.server,
        "host_name": None,
        "device": None,
        "attached_at": bare(one.attached_at) if one.attached_at else None,
    }


def _links(one: VolumeInfo, call: Call) -> list[Json]:
    self, bookmark = f"{VOLUME.path}/volumes/{one.id}", f"/{VOLUME.mount}/volumes/{one.id}"
    return [{"rel": "self", "href": call.base_url + self}, {"rel": "bookmark", "href": call.base_url + bookmark}]


def quota_set(known: dict[str, QuotaInfo], project: str, *, usage: bool) -> Json:
    """``GET /os-quota-sets/{project}``. There is one type, which is all of it."""
    counted = {name: known.get(name, QuotaInfo(-1, 0)) for name in KINDS}
    every = counted | {f"{name}_{TYPE['name']}": one for name, one in counted.items()}
    every |= {name: QuotaInfo(0, 0) for name in (*NONE, f"snapshots_{TYPE['name']}")}
    every["per_volume_gigabytes"] = QuotaInfo(-1, 0)
    numbers = {
        name: {"limit": one.limit, "in_use": one.used, "reserved": 0} if usage else one.limit
        for name, one in every.items()
    }
    return {"id": project, **numbers}


def limits(known: dict[str, QuotaInfo]) -> Json:
    """``GET /limits``."""
    volumes, gigabytes = (known.get(name, QuotaInfo(-1, 0)) for name in KINDS)
    return {
        "rate": [],
        "absolute": {
            "maxTotalVolumes": volumes.limit,
            "totalVolumesUsed": volumes.used,
            "maxTotalVolumeGigabytes": gigabytes.limit,
            "totalGigabytesUsed": gigabytes.used,
            "maxTotalSnapshots": 0,
            "totalSnapshotsUsed": 0,
            "maxTotalBackups": 0,
            "totalBackupsUsed": 0,
            "maxTotalBackupGigabytes": 0,
            "totalBackupGigabytesUsed": 0,
        },
    }
