"""What clients look at beside volumes: versions, zones, extensions, what lists can be narrowed by."""

from typing import Any, Final, TypedDict

from logic.errors import NotFound
from logic.placement import queries as placement
from synnefo.api.kernel.answers import Links
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes
from synnefo.api.kernel.faults import UnknownRoute
from synnefo.api.services import VOLUME
from synnefo.api.volume.requests import lists
from synnefo.api.volume.versions import Since

UPDATED = "2018-07-17T00:00:00Z"
# Cinder's aliases of what answers here.
EXTENSIONS: Final[dict[str, str]] = {
    "backups": "Backups",
    "capabilities": "Capabilities",
    "os-admin-actions": "AdminActions",
    "os-availability-zone": "AvailabilityZones",
    "os-extended-snapshot-attributes": "ExtendedSnapshotAttributes",
    "os-hosts": "Hosts",
    "os-quota-class-sets": "QuotaClasses",
    "os-quota-sets": "Quotas",
    "os-services": "Services",
    "os-snapshot-actions": "SnapshotActions",
    "os-types-extra-specs": "TypesExtraSpecs",
    "os-types-manage": "TypesManage",
    "os-used-limits": "UsedLimits",
    "os-vol-host-attr": "VolumeHostAttribute",
    "os-vol-image-meta": "VolumeImageMetadata",
    "os-vol-mig-status-attr": "VolumeMigStatusAttribute",
    "os-vol-tenant-attr": "VolumeTenantAttribute",
    "os-volume-actions": "VolumeActions",
    "os-volume-encryption-metadata": "VolumeEncryptionMetadata",
    "os-volume-transfer": "VolumeTransfer",
    "os-volume-type-access": "VolumeTypeAccess",
    "qos-specs": "Qos_specs_manage",
    "scheduler-stats": "Scheduler_stats",
}


class MediaType(TypedDict):
    base: str
    type: str


_MediaTypes = TypedDict("_MediaTypes", {"media-types": list[MediaType]})


class Version(_MediaTypes):
    """``version`` and ``min_version`` are the highest and the lowest microversion."""

    id: str
    status: str
    version: str
    min_version: str
    updated: str
    links: Links


class ZoneState(TypedDict):
    available: bool


class Zone(TypedDict):
    zoneName: str
    zoneState: ZoneState


class Extension(TypedDict):
    alias: str
    name: str
    description: str
    updated: str
    links: Links


class Filters(TypedDict):
    resource: str
    filters: list[str]


@describes(status=300, gives={"versions": list[Version]})
def list_versions(call: Call) -> Answer:
    return Answer(300, {"versions": [_version(call)]})


@describes(gives={"versions": list[Version]})
def show_version(call: Call) -> Answer:
    return Answer(200, {"versions": [_version(call)]})


def _version(call: Call) -> dict[str, Any]:
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


@describes(gives={"availabilityZoneInfo": list[Zone]})
def list_zones(call: Call) -> Answer:  # noqa: ARG001
    """Every cluster is one."""
    found = [{"zoneName": name, "zoneState": {"available": up}} for name, up in placement.zones()]
    return Answer(200, {"availabilityZoneInfo": found})


@describes(gives={"extensions": list[Extension]})
def list_extensions(call: Call) -> Answer:  # noqa: ARG001
    return Answer(200, {"extensions": [_extension(alias) for alias in EXTENSIONS]})


@describes(gives={"extension": Extension})
def show_extension(call: Call, alias: str) -> Answer:  # noqa: ARG001
    if alias not in EXTENSIONS:
        raise NotFound(kind="extension", id=alias)
    return Answer(200, {"extension": _extension(alias)})


def _extension(alias: str) -> dict[str, Any]:
    name = EXTENSIONS[alias]
    return {"alias": alias, "name": name, "description": f"{name}.", "updated": UPDATED, "links": []}


@describes(gives={"resource_filters": list[Filters]}, query=["resource"])
def list_filters(call: Call) -> Answer:
    if not call.at_least(Since.RESOURCE_FILTERS):
        raise UnknownRoute(path=call.path)
    wanted = call.query.one("resource")
    found = [
        {"resource": name, "filters": sorted(key for key in kind.filters if call.at_least(kind.since.get(key, 0)))}
        for name, kind in lists.RESOURCES.items()
        if wanted in {"", name}
    ]
    return Answer(200, {"resource_filters": found})
