"""Router advertisements (RFC 4861, 8106): what a guest is told of its IPv6 network. Pure.

The prefix to make an address of, the MTU, nameservers, and that there is more to ask for (DHCPv6). Who the router is depends:

- routed: this node, by the tap itself;
- bridged, and the gateway is an address of the bridge on this node: this node, by the bridge;
- bridged, and the gateway is a link-local address: that one, whoever has it;
- bridged otherwise: nobody (a lifetime of 0). A router says itself who it is, by its link-local address, which is not known here.
"""

import struct
from collections.abc import Iterable, Mapping
from ipaddress import IPv6Address
from typing import Final

from snf_node import wire
from snf_node.leases.reading import Lease
from snf_node.leases.told import LINK, SERVER_LINK_LOCAL, SERVER_MAC, Told, domain_name, nameservers6

SOLICITATION: Final = 133
ADVERTISEMENT: Final = 134
EVERY: Final = 300  # seconds between unasked ones
LASTS: Final = 6 * EVERY
_HOPS, _MORE = 64, 0x40
_ON_LINK, _MAKE_ADDRESS = 0x80, 0x40
_VALID, _PREFERRED = 2_592_000, 604_800
_SOURCE, _PREFIX, _MTU, _NAMESERVERS, _SEARCH = 1, 3, 5, 25, 31

# Of each device of this node its IPv6 addresses.
Own = Mapping[str, Iterable[IPv6Address]]


def answer(packet: wire.Packet, lease: Lease, told: Told, own: Own) -> bytes | None:
    """To a solicitation of the guest's."""
    if packet.protocol != wire.ICMP6 or packet.payload[:2] != bytes([SOLICITATION, 0]):
        return None
    return advertisement(lease, told, own)


def advertisement(lease: Lease, told: Told, own: Own) -> bytes | None:
    """The frame; None where there is no prefix."""
    if lease.subnet6 is None or lease.address6 is None:
        return None
    source, lasts = router(lease, own)
    start = struct.pack("!BBHII", _HOPS, _MORE, lasts, 0, 0)
    message = wire.icmp6(source.packed, wire.ALL_NODES, ADVERTISEMENT, start + b"".join(_options(lease, told)))
    packet = wire.ip6(source.packed, wire.ALL_NODES, wire.ICMP6, message)
    return wire.ethernet(wire.ALL_NODES_MAC, SERVER_MAC, wire.IP6, packet)


def router(lease: Lease, own: Own) -> tuple[IPv6Address, int]:
    """By which address it is known, and for how many seconds."""
    gateway, mine = lease.gateway6, set(own.get(lease.device, ()))
    if lease.routed:
        return SERVER_LINK_LOCAL, LASTS
    if gateway and gateway in LINK:
        return gateway, LASTS
    local = sorted(one for one in mine if one in LINK)
    if gateway in mine and local:
        return local[0], LASTS
    return SERVER_LINK_LOCAL, 0


def _options(lease: Lease, told: Told) -> Iterable[bytes]:
    """On a bridge neighbours are on the link; routed, everybody is behind the router."""
    if lease.subnet6:
        flags = _MAKE_ADDRESS if lease.routed else _MAKE_ADDRESS | _ON_LINK
        prefix = lease.subnet6
        yield (
            struct.pack("!BBBBIII", _PREFIX, 4, prefix.prefixlen, flags, _VALID, _PREFERRED, 0)
            + prefix.network_address.packed
        )
    if lease.routed:
        yield bytes([_SOURCE, 1]) + SERVER_MAC
    if lease.mtu:
        yield struct.pack("!BBHI", _MTU, 1, 0, lease.mtu)
    if nameservers := nameservers6(lease, told):
        addresses = b"".join(one.packed for one in nameservers)
        yield struct.pack("!BBHI", _NAMESERVERS, 1 + len(addresses) // 8, 0, LASTS) + addresses
    if told.domain:
        name = domain_name(told.domain)
        name += b"\0" * (-len(name) % 8)
        yield struct.pack("!BBHI", _SEARCH, 1 + len(name) // 8, 0, LASTS) + name
