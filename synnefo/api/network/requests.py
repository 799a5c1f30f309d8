"""What a list is asked for: Neutron's filters as those of ``logic.network.queries``, and its sort keys as columns.

A filter may be given several times: any of the values will do. What is shown and is no filter, or is not shown to who asks, is
refused; parameters that are nothing of it are ignored, as Neutron does without its filter validation.
"""

import ipaddress
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from logic.errors import BadRequest
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


def check(call: Call, filters: Filters, shown: AbstractSet[str], unseen: AbstractSet[str]) -> None:
    """Before any value is looked at, so that none of what the caller does not see can be guessed. Raises :class:`BadRequest`."""
    for name in sorted(call.query.keys() & shown):
        if name not in filters or name in unseen:
            known = ", ".join(sorted(filters.keys() - unseen))
            raise BadRequest(reason=f"'{name}' is invalid attribute for filtering. Use one of {known}.")


def text_of(column: str) -> Callable[[Call, str], Columns]:
    return lambda call, name: {column: call.query.all(name)}


def flag(column: str) -> Callable[[Call, str], Columns]:
    def read(call: Call, name: str) -> Columns:
        value = call.query.flag(name)
        return {} if value is None else {column: [value]}

    return read


def number(column: str) -> Callable[[Call, str], Columns]:
    return lambda call, name: {column: [call.query.number(name, 0)]}


def always(value: str) -> Callable[[Call, str], Columns]:
    """All have this value: any other finds nothing."""
    return lambda call, name: {} if value in call.query.all(name) else NOTHING


def all_are(*, value: bool) -> Callable[[Call, str], Columns]:
    """As :func:`always`, of a flag."""
    return lambda call, name: NOTHING if call.query.flag(name, value) is not value else {}


none_has = always("None")


def _bound(call: Call, name: str) -> Columns:
    words = {True: "bridge", False: "unbound"}
    return {"bound": [flag for flag, word in words.items() if word in call.query.all(name)]}


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
    "revision_number": number("revision"),
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
    "mtu": number("mtu"),
    "ipv4_address_scope": none_has,
    "ipv6_address_scope": none_has,
    "provider:network_type": text_of("network_type"),
    "provider:physical_network": text_of("link"),
    "provider:segmentation_id": number("segmentation_id"),
}
SUBNET: Filters = {
    **COMMON,
    "description": text_of("description"),
    "network_id": text_of("network"),
    "ip_version": number("ip_version"),
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
    "binding:vif_type": _bound,
    "binding:vnic_type": always("normal"),
    "security_groups": text_of("security_group"),
    "port_security_enabled": flag("secured"),
}
AVAILABILITY: Filters = {
    "network_id": text_of("id"),
    "network_name": text_of("name"),
    "tenant_id": text_of("project"),
    "project_id": text_of("project"),
    "ip_version": number("version"),
}
POLICY: Filters = {
    "id": text_of("id"),
    "tenant_id": text_of("project"),
    "project_id": text_of("project"),
    "object_id": text_of("network"),
    "object_type": always("network"),
    "target_tenant": text_of("target"),
    "action": text_of("action"),
}
POOL: Filters = {
    **COMMON,
    "description": text_of("description"),
    "shared": flag("shared"),
    "is_default": flag("is_default"),
    "default_prefixlen": number("default_length"),
    "min_prefixlen": number("shortest"),
    "max_prefixlen": number("longest"),
    "default_quota": number("quota"),
    "ip_version": number("version"),
    "address_scope_id": none_has,
}
ADDRESSES: Filters = {**COMMON, "description": text_of("description"), "shared": all_are(value=False)}
GROUP: Filters = {**COMMON, "description": text_of("description"), "stateful": all_are(value=True)}
RULE: Filters = {
    "revision_number": always("0"),
    "id": text_of("id"),
    "tenant_id": text_of("group__project"),
    "project_id": text_of("group__project"),
    "security_group_id": text_of("group"),
    "direction": text_of("direction"),
    "ethertype": text_of("ethertype"),
    "protocol": text_of("protocol"),
    "port_range_min": number("port_min"),
    "port_range_max": number("port_max"),
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
