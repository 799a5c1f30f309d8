"""Routers, what they join, and floating addresses."""

from typing import Literal, TypedDict

from synnefo.api.network.answers.words import FixedIp, Named, Route, Shown, Tagged


class Gateway(TypedDict):
    network_id: str
    enable_snat: bool
    external_fixed_ips: list[FixedIp]


class Router(Named):
    admin_state_up: bool
    status: Literal["ACTIVE", "BUILD", "DOWN"]
    external_gateway_info: Gateway | None
    routes: list[Route]
    availability_zone_hints: list[str]
    availability_zones: list[str]
    flavor_id: None


class RouterInterface(Shown):
    """``id`` is the router's, the project the port's."""

    port_id: str
    network_id: str
    subnet_id: str
    subnet_ids: list[str]


class FloatingIp(Tagged):
    """It goes through no router where the node of the port is one."""

    floating_network_id: str
    floating_ip_address: str
    port_id: str | None
    fixed_ip_address: str | None
    router_id: str | None
    status: Literal["ACTIVE", "DOWN"]
    dns_domain: str
    dns_name: str
    qos_policy_id: None
    port_details: None
