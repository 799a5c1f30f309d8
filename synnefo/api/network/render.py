"""Networks, subnets and ports as Neutron writes them. What only administrators see is left out for all others."""

from typing import Any

from logic.access import Caller
from logic.network.queries import NetworkInfo, PortInfo, SubnetInfo
from synnefo.api.kernel.times import seconds
from synnefo.api.network.requests import COMPUTE


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
    """``device_owner`` says that it is a server's, and in which zone; nothing filters its traffic."""
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
        "device_owner": f"{COMPUTE}{info.host}" if info.device else "",
        "fixed_ips": [{"subnet_id": one.subnet, "ip_address": one.ip} for one in info.fixed_ips],
        "security_groups": [],
        "binding:vnic_type": "normal",
        "created_at": seconds(info.created_at),
        "updated_at": seconds(info.updated_at),
    }
    return {**body, "binding:host_id": info.host} if caller.is_admin else body
