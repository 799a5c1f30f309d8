"""What a list is asked for: Neutron's filters as those of ``logic.network.queries``, and its sort keys as columns.

A filter may be given several times: any of the values will do. Parameters that are not filters are ignored, as Neutron
does without its filter validation.
"""

import ipaddress
from collections.abc import Callable, Mapping
from typing import Any

from synnefo.api.kernel.calls import Call

Columns = dict[str, list[Any]]
Filters = Mapping[str, Callable[[Call, str], Columns]]
NOTHING: Columns = {"id": []}


def wanted(call: Call, filters: Filters) -> Columns:
    """Values by column; of two filters on one column, what both allow. Raises :class:`BadRequest`."""
    found: Columns = {}
    for name in sorted(filters.keys() & call.query.keys()):
        for column, values in filters[name](call, name).items():
            found[column] = [one for one in values if one in found[column]] if column in found else values
    return found


def text_of(column: str) -> Callable[[Call, str], Columns]:
    return lambda call, name: {column: call.query.all(name)}


def flag(column: str) -> Callable[[Call, str], Columns]:
    def read(call: Call, name: str) -> Columns:
        value = call.query.flag(name)
        return {} if value is None else {column: [value]}

    return read


def _number(column: str) -> Callable[[Call, str], Columns]:
    return lambda call, name: {column: [call.query.number(name, 0)]}


def _always(value: str) -> Callable[[Call, str], Columns]:
    """All have this value: any other finds nothing."""
    return lambda call, name: {} if value in call.query.all(name) else NOTHING


def _up(call: Call, name: str) -> Columns:
    words = {True: "ACTIVE", False: "DOWN"}
    return {"admin_state_up": [flag for flag, word in words.items() if word in call.query.all(name)]}


def _mac(call: Call, name: str) -> Columns:
    return {"mac": [value.lower() for value in call.query.all(name)]}


def _fixed_ips(call: Call, name: str) -> Columns:
    """``ip_address=10.0.0.5`` or ``subnet_id=…``, each any number of times."""
    found: Columns = {}
    for pair in call.query.all(name):
        key, _, value = pair.partition("=")
        if key == "ip_address":
            found.setdefault("ip", []).extend(_address(value))
        elif key == "ip_address_substr":
            found.setdefault("ip_part", []).append(value)
        elif key == "subnet_id":
            found.setdefault("subnet", []).append(value)
    return found


def _address(text: str) -> list[str]:
    try:
        return [str(ipaddress.ip_address(text))]
    except ValueError:
        return []  # nobody has it


TAGS: Filters = {
    "tags": text_of("tags"),
    "tags-any": text_of("tags_any"),
    "not-tags": text_of("not_tags"),
    "not-tags-any": text_of("not_tags_any"),
}
COMMON: Filters = {
    **TAGS,
    "revision_number": _number("revision"),
    "id": text_of("id"),
    "name": text_of("name"),
    "tenant_id": text_of("project"),
    "project_id": text_of("project"),
}
NETWORK: Filters = {
    **COMMON,
    "description": text_of("description"),
    "status": _up,
    "port_security_enabled": flag("port_security"),
    "admin_state_up": flag("admin_state_up"),
    "shared": flag("shared"),
    "router:external": flag("external"),
    "is_default": flag("is_default"),
    "mtu": _number("mtu"),
}
SUBNET: Filters = {
    **COMMON,
    "description": text_of("description"),
    "network_id": text_of("network"),
    "ip_version": _number("ip_version"),
    "cidr": text_of("cidr"),
    "gateway_ip": text_of("gateway"),
    "enable_dhcp": flag("enable_dhcp"),
    "subnetpool_id": text_of("subnetpool"),
    "ipv6_ra_mode": text_of("ipv6_mode"),
    "ipv6_address_mode": text_of("ipv6_mode"),
}
PORT: Filters = {
    **COMMON,
    "description": text_of("description"),
    "network_id": text_of("network"),
    "device_id": text_of("device"),
    "device_owner": text_of("owner"),
    "mac_address": _mac,
    "fixed_ips": _fixed_ips,
    "status": text_of("status"),
    "admin_state_up": flag("admin_state_up"),
    "binding:host_id": text_of("host"),
    "security_groups": text_of("security_group"),
}
AVAILABILITY: Filters = {
    "network_id": text_of("id"),
    "network_name": text_of("name"),
    "tenant_id": text_of("project"),
    "project_id": text_of("project"),
    "ip_version": _number("version"),
}
POLICY: Filters = {
    "id": text_of("id"),
    "tenant_id": text_of("project"),
    "project_id": text_of("project"),
    "object_id": text_of("network"),
    "object_type": _always("network"),
    "target_tenant": text_of("target"),
    "action": text_of("action"),
}
POOL: Filters = {
    **COMMON,
    "description": text_of("description"),
    "shared": flag("shared"),
    "is_default": flag("is_default"),
    "default_prefixlen": _number("default_length"),
    "min_prefixlen": _number("shortest"),
    "max_prefixlen": _number("longest"),
    "default_quota": _number("quota"),
}
GROUP: Filters = {**COMMON, "description": text_of("description")}
RULE: Filters = {
    "id": text_of("id"),
    "tenant_id": text_of("group__project"),
    "project_id": text_of("group__project"),
    "security_group_id": text_of("group"),
    "direction": text_of("direction"),
    "ethertype": text_of("ethertype"),
    "protocol": text_of("protocol"),
    "port_range_min": _number("port_min"),
    "port_range_max": _number("port_max"),
    "remote_ip_prefix": text_of("remote_prefix"),
    "remote_group_id": text_of("remote_group"),
    "remote_address_group_id": text_of("remote_addresses"),
    "description": text_of("description"),
}

COMMON_SORT = {
    "id": "id",
    "name": "name",
    "tenant_id": "project",
    "project_id": "project",
    "created_at": "created_at",
    "updated_at": "updated_at",
    "description": "description",
    "revision_number": "revision",
}
NETWORK_SORT = {
    **COMMON_SORT,
    "admin_state_up": "admin_state_up",
    "shared": "shared",
    "mtu": "mtu",
    "status": "admin_state_up",
}
SUBNET_SORT = {**COMMON_SORT, "network_id": "network_id", "ip_version": "ip_version", "cidr": "cidr"}
PORT_SORT = {
    **COMMON_SORT,
    "network_id": "network_id",
    "device_id": "device",
    "mac_address": "mac",
    "admin_state_up": "admin_state_up",
}
POOL_SORT = {**COMMON_SORT, "description": "description", "shared": "shared", "is_default": "is_default"}
GROUP_SORT = {**COMMON_SORT, "description": "description"}
RULE_SORT = {
    "id": "id",
    "security_group_id": "group_id",
    "direction": "direction",
    "ethertype": "ethertype",
    "protocol": "protocol",
    "created_at": "created_at",
}
