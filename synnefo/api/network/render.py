"""Networks, subnets, ports and security groups as Neutron writes them. What only administrators see is left out for others."""

from ipaddress import ip_network
from typing import Any

from logic.access import Caller
from logic.network.queries import ZONE, NetworkInfo, PortInfo, SubnetInfo
from logic.network.security.queries import GroupInfo, RuleInfo
from synnefo.api.kernel.times import seconds


def network(info: NetworkInfo, caller: Caller) -> dict[str, Any]:  # noqa: ARG001 - as every resource is written
    return {
        "id": info.id,
        "name": info.name,
        "tenant_id": info.project,
        "project_id": info.project,
        "description": info.description,
        "admin_state_up": info.admin_state_up,
        "status": "ACTIVE",
        "shared": info.shared,
        "router:external": info.external,
        "is_default": info.is_default,
        "mtu": info.mtu,
        "subnets": info.subnets,
        "created_at": seconds(info.created_at),
        "updated_at": seconds(info.updated_at),
    }


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
        "subnetpool_id": None,
        "ipv6_address_mode": None,
        "ipv6_ra_mode": None,
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
        "description": "",
        "network_id": info.network,
        "mac_address": info.mac,
        "admin_state_up": info.admin_state_up,
        "status": info.status,
        "device_id": info.device,
        "device_owner": info.owner or (f"{ZONE}{info.host}" if info.device else ""),
        "fixed_ips": [{"subnet_id": one.subnet, "ip_address": one.ip} for one in info.fixed_ips],
        "security_groups": info.security_groups,
        "port_security_enabled": info.port_security,
        "binding:vnic_type": "normal",
        "created_at": seconds(info.created_at),
        "updated_at": seconds(info.updated_at),
    }
    return {**body, "binding:host_id": info.host} if caller.is_admin else body


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
        "tags": [],
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
        "description": info.description,
        "tags": [],
        "revision_number": 0,
        "created_at": seconds(info.created_at),
        "updated_at": seconds(info.created_at),
    }
