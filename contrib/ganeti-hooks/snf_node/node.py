"""What a node says of itself: its interfaces, and what lies around a bridge or a routing table. Reads only."""

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_interface, ip_network
from typing import Any, Final

from snf_node import running
from snf_node.deciding import ONE_ADDRESS, Surroundings
from snf_node.errors import Failed
from snf_node.nic import Nic

Address = IPv4Address | IPv6Address
Subnet = IPv4Network | IPv6Network
_WHOLE: Final = {4: 32, 6: 128}


def living() -> dict[str, int]:
    """The interfaces that are there, and their numbers."""
    return {name: number for number, name in socket.if_nameindex()}


def look(nic: Nic) -> Surroundings:
    """What lies around the interface's place. A bridge has to be there."""
    if nic.mode == "bridged":
        return _bridge(nic)
    return _table(nic)


def _bridge(nic: Nic) -> Surroundings:
    """Its addresses on this node are the networks on it. The gateway is this node's own there, else this node."""
    links = running.shown("addr", "show", "dev", nic.place)
    if not links:
        raise Failed(f"the bridge {nic.place} is not on this node")
    known = [f"{one['local']}/{one['prefixlen']}" for one in links[0].get("addr_info", []) if one["scope"] == "global"]
    found = [ip_interface(text) for text in known]
    four = next((one for one in found if one.version == 4 and (not nic.address or nic.address in one.network)), None)
    six = next((one for one in found if one.version == 6 and one.network.prefixlen == ONE_ADDRESS), None)
    if not nic.address:
        four = None
    return Surroundings(
        mtu=int(links[0].get("mtu", 0)),
        subnet=four.network if four else None,
        gateway=_gateway(four, nic.place, 4) if four else None,
        subnet6=six.network if six else None,
        gateway6=_gateway(six, nic.place, 6) if six else None,
    )


def _gateway(own: Any, device: str, version: int) -> Any:
    for route in running.shown("route", "show", "default", "dev", device, version=version):
        if (via := route.get("gateway")) and ip_network(via).network_address in own.network:
            return ip_network(via).network_address
    return own.ip


def _table(nic: Nic) -> Surroundings:
    """The prefixes in it are the networks, its default route names gateway and uplink."""
    subnet, gateway, uplink = _routes(nic, 4)
    subnet6, gateway6, uplink6 = _routes(nic, 6)
    links = running.shown("link", "show", "dev", uplink or uplink6) if uplink or uplink6 else []
    return Surroundings(
        mtu=int(links[0]["mtu"]) if links else 0,
        subnet=subnet,
        gateway=gateway,
        subnet6=subnet6,
        gateway6=gateway6,
        uplink=uplink,
        uplink6=uplink6,
    )


def _routes(nic: Nic, version: int) -> tuple[Any, Any, str]:
    """Of a table: the prefix around the interface's address, its gateway, and the device to the outside."""
    routes = running.shown("route", "show", "table", nic.place, version=version)
    default = next((one for one in routes if one.get("dst") == "default" and "dev" in one), {})
    around = [
        (ip_network(one["dst"]), str(one["dev"]))
        for one in routes
        if one.get("dst", "default") != "default" and one.get("dev") not in {None, "lo", nic.tap}
    ]
    ours = [(subnet, device) for subnet, device in around if _fits(subnet, nic, version)]
    subnet, device = max(ours, key=lambda one: one[0].prefixlen, default=(None, ""))
    via = ip_network(default["gateway"]).network_address if "gateway" in default else None
    gateway = via if subnet and via and via in subnet else None
    return subnet, gateway, str(default.get("dev", "")) or device


def _fits(subnet: Subnet, nic: Nic, version: int) -> bool:
    if version == 4:
        return bool(nic.address and nic.address in subnet and subnet.prefixlen < _WHOLE[4])
    return subnet.prefixlen == ONE_ADDRESS and not subnet.is_link_local
