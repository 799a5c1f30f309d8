"""Protocols as rules name them: Neutron's names and numbers, which there are for IPv4 and for IPv6, and what a node calls them.

Pure. Called by ``rules``, which refuses what is not here, and by ``logic.network.enforcing``. Extension headers of IPv6 are
none: what stands behind them is the protocol of a packet, and a node sees nothing else.
"""

from typing import Final

NUMBERS: Final = {
    "ah": 51,
    "dccp": 33,
    "egp": 8,
    "esp": 50,
    "gre": 47,
    "icmp": 1,
    "icmpv6": 58,
    "igmp": 2,
    "ipip": 4,
    "ipv6-encap": 41,
    "ipv6-icmp": 58,
    "ipv6-nonxt": 59,
    "ospf": 89,
    "pgm": 113,
    "rsvp": 46,
    "sctp": 132,
    "tcp": 6,
    "udp": 17,
    "udplite": 136,
    "vrrp": 112,
}
ANY: Final = frozenset({"", "any", "0"})  # Neutron's words for it
MOST: Final = 255
ICMP: Final = {"IPv4": NUMBERS["icmp"], "IPv6": NUMBERS["ipv6-icmp"]}
WITH_PORTS: Final = frozenset({NUMBERS["tcp"], NUMBERS["udp"]})
ONLY_IPV6: Final = frozenset({41, 43, 44, 58, 59, 60})
EXTENSIONS: Final = {"IPv4": frozenset[int](), "IPv6": frozenset({43, 44, 51, 60})}
_NAMES: Final = {6: "tcp", 17: "udp", 1: "icmp", 58: "icmpv6"}  # all that a node knows by name


def number(protocol: str) -> int | None:
    """The number of a protocol that was given by name or number; None for any, and for what is none."""
    if protocol.isascii() and protocol.isdigit() and len(protocol) <= len(str(MOST)):
        return int(protocol) or None
    return NUMBERS.get(protocol)


def on_node(protocol: str) -> str | None:
    """As a node is told; None: any."""
    known = number(protocol)
    return None if known is None else _NAMES.get(known, str(known))
