"""Limits and quotas as Nova shows them: our resources under its names, and what it counts that is not here.

Which name means what, and until which version it is shown, is in one literal table for each of the two.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import msgspec

from logic.quota.queries import QuotaInfo
from synnefo.api.compute.render.frame import Frame
from synnefo.api.compute.versions import MAXIMUM, Since, since
from synnefo.api.kernel.answers import of_keys
from synnefo.api.kernel.describing import Objects

ALWAYS = MAXIMUM[1] + 1


class Quota(msgspec.Struct, frozen=True):
    """A key of a quota set, shown below 2.``until``. ``resource`` is ours; ``limit`` holds of what is not here (injected files)
    until an administrator says something else, which changes nothing."""

    resource: str
    until: int = ALWAYS
    limit: int = 0  # of what is not here


QUOTAS: dict[str, Quota] = {
    "instances": Quota("servers"),
    "cores": Quota("cores"),
    "ram": Quota("ram"),
    "key_pairs": Quota("key_pairs"),
    "metadata_items": Quota("metadata_items"),
    "server_groups": Quota("server_groups"),
    "server_group_members": Quota("server_group_members"),
    "fixed_ips": Quota("fixed_ips", until=Since.NO_PROXIES, limit=-1),  # networks count ports instead
    "floating_ips": Quota("floating_ips", until=Since.NO_PROXIES),
    "security_groups": Quota("security_groups", until=Since.NO_PROXIES),
    "security_group_rules": Quota("security_group_rules", until=Since.NO_PROXIES),
    "injected_files": Quota("injected_files", until=Since.NO_PERSONALITY),
    "injected_file_content_bytes": Quota("injected_file_content_bytes", until=Since.NO_PERSONALITY),
    "injected_file_path_bytes": Quota("injected_file_path_bytes", until=Since.NO_PERSONALITY),
}


NETWORKS = {"fixed_ips", "floating_ips", "security_groups", "security_group_rules"}
GROUPS = {"server_groups", "server_group_members"}


class Limit(msgspec.Struct, frozen=True):
    """A key of the absolute limits, shown below 2.``until``: the limit or the usage of one of :data:`QUOTAS`."""

    quota: str
    side: Literal["limit", "used"] = "limit"
    until: int = ALWAYS


LIMITS: dict[str, Limit] = {
    "maxTotalInstances": Limit("instances"),
    "totalInstancesUsed": Limit("instances", "used"),
    "maxTotalCores": Limit("cores"),
    "totalCoresUsed": Limit("cores", "used"),
    "maxTotalRAMSize": Limit("ram"),
    "totalRAMUsed": Limit("ram", "used"),
    "maxTotalKeypairs": Limit("key_pairs"),
    "maxServerMeta": Limit("metadata_items"),
    "maxServerGroups": Limit("server_groups"),
    "totalServerGroupsUsed": Limit("server_groups", "used"),
    "maxServerGroupMembers": Limit("server_group_members"),
    "maxTotalFloatingIps": Limit("floating_ips", until=Since.NO_PROXIES),
    "totalFloatingIpsUsed": Limit("floating_ips", "used", until=Since.NO_PROXIES),
    "maxSecurityGroups": Limit("security_groups", until=Since.NO_PROXIES),
    "totalSecurityGroupsUsed": Limit("security_groups", "used", until=Since.NO_PROXIES),
    "maxSecurityGroupRules": Limit("security_group_rules", until=Since.NO_PROXIES),
    "maxImageMeta": Limit("metadata_items", until=Since.NO_IMAGE_METADATA),
    "maxPersonality": Limit("injected_files", until=Since.NO_PERSONALITY),
    "maxPersonalitySize": Limit("injected_file_content_bytes", until=Since.NO_PERSONALITY),
}


class InUse(TypedDict):
    limit: int
    in_use: int
    reserved: int


def _told(kind: Any, until: int, first: int = 0) -> Any:
    """Of a key that is shown below 2.``until``, from 2.``first`` on."""
    if first == 0 and until == ALWAYS:
        return kind
    return NotRequired[Annotated[kind, since(first, until=0 if until == ALWAYS else until)]]


def _set(name: str, kind: Any = int, **keys: Any) -> Any:
    return of_keys(name, {**keys, **{key: _told(kind, quota.until) for key, quota in QUOTAS.items()}})


def _of_class(name: str) -> Any:
    """By the rules of :func:`in_class`."""
    if name in NETWORKS:
        return _told(int, Since.CLASS_GROUPS)
    return _told(int, ALWAYS, Since.CLASS_GROUPS) if name in GROUPS else _told(int, QUOTAS[name].until)


QuotaSet: Any = _set("QuotaSet", id=str)
QuotaSetChanged: Any = _set("QuotaSetChanged")
QuotaSetDetail: Any = _set("QuotaSetDetail", InUse, id=str)
_CLASS = {name: _of_class(name) for name in QUOTAS}
QuotaClass: Any = of_keys("QuotaClass", {"id": str, **_CLASS})
QuotaClassChanged: Any = of_keys("QuotaClassChanged", _CLASS)
AbsoluteLimits: Any = of_keys("AbsoluteLimits", {name: _told(int, limit.until) for name, limit in LIMITS.items()})


class Limits(TypedDict):
    """There are no rates."""

    rate: Objects
    absolute: AbsoluteLimits


def quota_set(quotas: Mapping[str, QuotaInfo], frame: Frame, *, project: str = "") -> dict[str, Any]:
    """Limits by Nova's names; ``project`` becomes the set's id (PUT answers none)."""
    view: dict[str, Any] = {name: info.limit for name, info in _shown(quotas, frame).items()}
    return view | {"id": project} if project else view


def class_set(quotas: Mapping[str, QuotaInfo], frame: Frame, *, id: str = "") -> dict[str, Any]:
    """``GET /os-quota-class-sets/{id}``."""
    view: dict[str, Any] = {name: _info(quotas, name).limit for name in QUOTAS if in_class(name, frame.minor)}
    return view | {"id": id} if id else view


def in_class(name: str, minor: int) -> bool:
    """Below 2.50 a class has no server groups, and from there on nothing of networks (a project has lost that in 2.36)."""
    if name in NETWORKS:
        return minor < Since.CLASS_GROUPS
    return minor >= Since.CLASS_GROUPS if name in GROUPS else minor < QUOTAS[name].until


def detailed_set(quotas: Mapping[str, QuotaInfo], frame: Frame, project: str) -> dict[str, Any]:
    """Limits with what is used of them."""
    shown = _shown(quotas, frame).items()
    view = {name: {"limit": info.limit, "in_use": info.used, "reserved": 0} for name, info in shown}
    return {"id": project, **view}


def _shown(quotas: Mapping[str, QuotaInfo], frame: Frame) -> dict[str, QuotaInfo]:
    return {name: _info(quotas, name) for name, quota in QUOTAS.items() if not frame.at_least(quota.until)}


def _info(quotas: Mapping[str, QuotaInfo], name: str) -> QuotaInfo:
    return quotas.get(QUOTAS[name].resource) or QuotaInfo(QUOTAS[name].limit, 0)


def limits(quotas: Mapping[str, QuotaInfo], frame: Frame) -> dict[str, Any]:
    """``GET /limits``. There are no rate limits to tell of."""
    absolute = {
        name: getattr(_info(quotas, limit.quota), limit.side)
        for name, limit in LIMITS.items()
        if not frame.at_least(limit.until)
    }
    return {"limits": {"rate": [], "absolute": absolute}}
