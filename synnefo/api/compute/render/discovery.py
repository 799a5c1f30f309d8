"""What can be read without a token: version documents, and the list of extensions that old clients ask for."""

from typing import Any, TypedDict

from synnefo.api.compute.versions import MAXIMUM, MINIMUM
from synnefo.api.kernel.answers import Links
from synnefo.api.kernel.versions import shown

UPDATED = "2013-07-23T11:33:21Z"  # Nova's for v2.1
_OLD_UPDATED = "2011-01-21T11:33:21Z"  # and for v2.0
_EXTENSION_UPDATED = "2014-12-03T00:00:00Z"


class MediaType(TypedDict):
    base: str
    type: str


class VersionBrief(TypedDict):
    """``version`` and ``min_version`` are the highest and the lowest microversion, empty where there are none."""

    id: str
    status: str
    version: str
    min_version: str
    updated: str
    links: Links


_MediaTypes = TypedDict("_MediaTypes", {"media-types": list[MediaType]})


class Version(VersionBrief, _MediaTypes):
    pass


class Extension(TypedDict):
    alias: str
    name: str
    description: str
    namespace: str
    updated: str
    links: Links


def version(base: str) -> dict[str, Any]:
    """v2.1 in ``GET /compute/v2.1``; ``base`` as of a frame."""
    media = {"base": "application/json", "type": "application/vnd.openstack.compute+json;version=2.1"}
    return listed_version(base) | {"media-types": [media]}


def listed_version(base: str) -> dict[str, Any]:
    """v2.1 in the list that ``GET /compute/`` answers."""
    return {
        "id": "v2.1",
        "status": "CURRENT",
        "version": shown(MAXIMUM),
        "min_version": shown(MINIMUM),
        "updated": UPDATED,
        "links": [{"rel": "self", "href": f"{base}/v2.1/"}],
    }


def old_version(base: str) -> dict[str, Any]:
    """v2.0 in ``GET /compute/v2``: 2.1 without microversions, under the address that it had before."""
    media = {"base": "application/json", "type": "application/vnd.openstack.compute+json;version=2"}
    return listed_old_version(base) | {"media-types": [media]}


def listed_old_version(base: str) -> dict[str, Any]:
    """v2.0 in the list, which clients expect first."""
    return {
        "id": "v2.0",
        "status": "SUPPORTED",
        "version": "",
        "min_version": "",
        "updated": _OLD_UPDATED,
        "links": [{"rel": "self", "href": f"{base}/v2/"}],
    }


# What was once an extension of Nova and is here: alias → (name, description).
EXTENSIONS: dict[str, tuple[str, str]] = {
    "NMN": ("Multinic", "Interfaces on several networks."),
    "OS-DCF": ("DiskConfig", "How the disk of a server is laid out."),
    "OS-EXT-AZ": ("ExtendedAvailabilityZone", "The zone of a server."),
    "OS-EXT-IPS": ("ExtendedIps", "The type of an address."),
    "OS-EXT-IPS-MAC": ("ExtendedIpsMac", "The MAC address beside an address."),
    "OS-EXT-SRV-ATTR": ("ExtendedServerAttributes", "The host of a server, for admins."),
    "OS-EXT-STS": ("ExtendedStatus", "Task, VM and power state of a server."),
    "OS-FLV-EXT-DATA": ("FlavorExtraData", "More about a flavor."),
    "OS-SRV-USG": ("ServerUsage", "When a server was launched and terminated."),
    "os-attach-interfaces": ("AttachInterfaces", "Interfaces added and removed."),
    "os-availability-zone": ("AvailabilityZone", "The zones there are."),
    "os-flavor-extra-specs": ("FlavorExtraSpecs", "Notes on a flavor."),
    "os-flavor-manage": ("FlavorManage", "Flavors offered and withdrawn by admins."),
    "os-aggregates": ("Aggregates", "Clusters under one name, for admins."),
    "os-consoles": ("Consoles", "The screens of servers, and what they said while they booted."),
    "os-hosts": ("Hosts", "The clusters as hosts, for admins."),
    "os-hypervisors": ("Hypervisors", "The clusters, for admins."),
    "os-instance-actions": ("InstanceActions", "What was asked of a server and what became of it."),
    "os-keypairs": ("Keypairs", "Public keys for new servers."),
    "os-multiple-create": ("MultipleCreate", "Several servers in one request."),
    "os-quota-sets": ("Quotas", "Limits of a project."),
    "os-flavor-access": ("FlavorAccess", "Flavors opened to projects by admins."),
    "os-quota-class-sets": ("QuotaClasses", "Limits of those who have none of their own."),
    "os-server-diagnostics": ("ServerDiagnostics", "What a server is made of, for admins."),
    "os-simple-tenant-usage": ("SimpleTenantUsage", "What a project has used."),
    "os-server-groups": ("ServerGroups", "Servers made together or apart."),
    "os-server-start-stop": ("ServerStartStop", "Servers started and stopped."),
    "os-services": ("Services", "The clusters as services, for admins."),
    "os-used-limits": ("UsedLimits", "What is used of the limits."),
    "os-user-data": ("UserData", "Data handed to a new server."),
}


def extension(alias: str) -> dict[str, Any]:
    name, description = EXTENSIONS[alias]
    return {
        "alias": alias,
        "name": name,
        "description": description,
        "namespace": "http://docs.openstack.org/compute/ext/fake_xml",
        "updated": _EXTENSION_UPDATED,
        "links": [],
    }
