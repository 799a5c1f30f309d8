"""Networks, subnets, ports and security groups as Neutron writes them. What a caller does not see is left out for them:
``logic.network.fields``."""

from ipaddress import ip_network
from typing import Any

from logic.access import Caller
from logic.network import fields, tagging
from logic.network.availability import Availability
from logic.network.networks import providing
from logic.network.queries import ZONE, NetworkInfo, PortInfo, SubnetInfo
from logic.network.security.queries import GroupInfo, RuleInfo
from logic.network.subnets.pools import PoolInfo
from logic.network.subnets.ranges import MADE_OF_MAC
from synnefo.api.kernel.times import seconds


def tagged(bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With their tags, asked for all at once."""
    known = tagging.tags([body["id"] for body in bodies])
    return [{**body, "tags": known.get(body["id"], [])} for body in bodies]


def network(info: NetworkInfo, caller: Caller) -> dict[str, Any]:
    """Where it is, administrators see, and who else the site says."""
    body = {
        "id": info.id,
        "name": info.name,
        "tenant_id": info.project,
        "project_id": info.project,
        "description": info.description,
        "admin_state_up": info.admin_state_up,
        "status": "ACTIVE" if info.admin_state_up else "DOWN",
        "shared": info.shared,
        "router:external": info.external,
        "is_default": info.is_default,
        "mtu": info.mtu,
        "port_security_enabled": info.port_security,
        "availability_zone_hints": info.zone_hints,
        "availability_zones": info.zones,
        "ipv4_address_scope": None,
        "ipv6_address_scope": None,
        "subnets": info.subnets,
        "revision_number": info.revision,
        "created_at": seconds(info.created_at),
        "updated_at": seconds(info.updated_at),
    }
    seen = fields.seen(caller, "get_network")
    if not seen:
        return body
    where = providing.told(flavor=info.flavor, mode=info.mode, link=info.link, mac_prefix=info.mac_prefix)
    hidden = {
        "provider:network_type": where.network_type,
        "provider:physical_network": where.physical_network or None,
        "provider:segmentation_id": where.segmentation_id,
    }
    return {**body, **{name: one for name, one in hidden.items() if name in seen}}


def subnet(info: SubnetInfo, caller: Caller) -> dict[str, Any]:  # noqa: ARG001
    return {
        "id": info.id,
        "name": info.name,
        "tenant_id": info.project,
        "project_id": info.project,
        "description": info.description,
        "network_id": info.network,
        "ip_version": info.ip_version,
        "cidr": info.cidr,
        "gateway_ip": info.gateway or None,
        "enable_dhcp": info.enable_dhcp,
        "dns_nameservers": info.dns_nameservers,
        "host_routes": info.host_routes,
        "allocation_pools": [{"start": first, "end": last} for first, last in info.pools],
        "subnetpool_id": info.subnetpool or None,
        "ipv6_address_mode": info.ipv6_mode if info.ipv6_mode in MADE_OF_MAC else None,
        "ipv6_ra_mode": info.ipv6_mode if info.ipv6_mode in MADE_OF_MAC else None,
        "service_types": [],
        "revision_number": info.revision,
        "created_at": seconds(info.created_at),
        "updated_at": seconds(info.updated_at),
    }


def port(info: PortInfo, caller: Caller) -> dict[str, Any]:
    """``device_owner`` says that it is a server's, and in which zone, or what of a router it is."""
    body = {
        "id": info.id,
        "name": info.name,
        "tenant_id": info.project,
        "project_id": info.project,
        "description": info.description,
        "network_id": info.network,
        "mac_address": info.mac,
        "admin_state_up": info.admin_state_up,
        "status": info.status,
        "device_id": info.device,
        "device_owner": info.owner or (f"{ZONE}{info.zone}" if info.device else ""),
        "fixed_ips": [{"subnet_id": one.subnet, "ip_address": one.ip} for one in info.fixed_ips],
        "security_groups": info.security_groups,
        "port_security_enabled": info.port_security,
        "allowed_address_pairs": [{"ip_address": ip, "mac_address": mac} for ip, mac in info.pairs],
        "extra_dhcp_opts": [
            {"opt_name": name, "opt_value": value, "ip_version": version} for name, value, version in info.dhcp_options
        ],
        "binding:vnic_type": "normal",
        "revision_number": info.revision,
        "created_at": seconds(info.created_at),
        "updated_at": seconds(info.updated_at),
    }
    seen = fields.seen(caller, "get_port")
    if not seen:
        return body
    hidden: dict[str, Any] = {
        "binding:host_id": info.host,
        "binding:vif_type": "bridge" if info.bound else "unbound",
        "binding:vif_details": {},
        "binding:profile": {},
    }
    return {**body, **{name: one for name, one in hidden.items() if name in seen}}


def group(info: GroupInfo, caller: Caller) -> dict[str, Any]:
    """With its rules. All are stateful: what a rule lets through is answered."""
    return {
        "id": info.id,
        "name": info.name,
        "tenant_id": info.project,
        "project_id": info.project,
        "description": info.description,
        "stateful": True,
        "security_group_rules": [rule(one, caller) for one in info.rules],
        "revision_number": info.revision,
        "created_at": seconds(info.created_at),
        "updated_at": seconds(info.updated_at),
    }


def rule(info: RuleInfo, caller: Caller) -> dict[str, Any]:  # noqa: ARG001
    prefix = info.remote_prefix
    return {
        "id": info.id,
        "tenant_id": info.project,
        "project_id": info.project,
        "security_group_id": info.group,
        "direction": info.direction,
        "ethertype": info.ethertype,
        "protocol": info.protocol or None,
        "port_range_min": info.port_min,
        "port_range_max": info.port_max,
        "remote_ip_prefix": prefix or None,
        "normalized_cidr": str(ip_network(prefix, strict=False)) if prefix else None,
        "remote_group_id": info.remote_group or None,
        "remote_address_group_id": info.remote_addresses or None,
        "description": info.description,
        "revision_number": 0,
        "created_at": seconds(info.created_at),
        "updated_at": seconds(info.created_at),
    }


def availability(info: Availability, caller: Caller) -> dict[str, Any]:  # noqa: ARG001
    return {
        "network_id": info.id,
        "network_name": info.name,
        "tenant_id": info.project,
        "project_id": info.project,
        "total_ips": sum(one.total for one in info.subnets),
        "used_ips": sum(one.used for one in info.subnets),
        "subnet_ip_availability": [
            {
                "subnet_id": one.id,
                "subnet_name": one.name,
                "cidr": one.cidr,
                "ip_version": one.ip_version,
                "total_ips": one.total,
                "used_ips": one.used,
            }
            for one in info.subnets
        ],
    }


def pool(info: PoolInfo, caller: Caller) -> dict[str, Any]:  # noqa: ARG001
    return {
        "id": info.id,
        "name": info.name,
        "tenant_id": info.project,
        "project_id": info.project,
        "description": info.description,
        "prefixes": info.prefixes,
        "default_prefixlen": info.default_length,
        "min_prefixlen": info.shortest,
        "max_prefixlen": info.longest,
        "default_quota": info.quota,
        "shared": info.shared,
        "is_default": info.is_default,
        "ip_version": info.version,
        "address_scope_id": None,
        "revision_number": info.revision,
        "created_at": seconds(info.created_at),
        "updated_at": seconds(info.updated_at),
    }
