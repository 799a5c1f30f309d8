"""Router advertisements (RFC 4861) of a router's inner legs: guests learn that it is their way out of an IPv6 subnet. Pure.

Unasked, now and then. What else a guest is told of its network is the address server's affair (``snf_node.leases.routers``).
"""

import struct
from ipaddress import IPv6Interface
from typing import Final

from snf_node import wire
from snf_node.deciding import LINK_LOCAL, ONE_ADDRESS, eui64
from snf_node.routers.wanted import Leg

EVERY: Final = 10.0  # seconds
_LASTS: Final = 1800  # seconds: another node goes on with the same address
_KIND, _HOPS = 134, 64
_SOURCE, _PREFIX = 1, 3
_ON_LINK_AND_MAKE_ADDRESS: Final = 0xC0
_VALID, _PREFERRED = 2_592_000, 604_800


def advertisement(leg: Leg) -> bytes | None:
    """The frame; None where a leg leads outside, or has no IPv6."""
    prefixes = [one.network for one in leg.addresses if isinstance(one, IPv6Interface)]
    if leg.outside or not prefixes:
        return None
    mac, source = wire.packed_mac(leg.mac), eui64(LINK_LOCAL, leg.mac).packed
    options = bytes([_SOURCE, 1]) + mac
    for one in prefixes:
        flags = _ON_LINK_AND_MAKE_ADDRESS if one.prefixlen == ONE_ADDRESS else 0x80
        about = struct.pack("!BBBBIII", _PREFIX, 4, one.prefixlen, flags, _VALID, _PREFERRED, 0)
        options += about + one.network_address.packed
    body = struct.pack("!BBHII", _HOPS, 0, _LASTS, 0, 0) + options
    message = wire.icmp6(source, wire.ALL_NODES, _KIND, body)
    return wire.ethernet(wire.ALL_NODES_MAC, mac, wire.IP6, wire.ip6(source, wire.ALL_NODES, wire.ICMP6, message))
