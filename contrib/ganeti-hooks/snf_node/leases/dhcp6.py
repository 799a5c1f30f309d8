"""DHCPv6 (RFC 8415): what a guest asks → the frame it gets. Pure.

Guests make their address themselves, of the prefix that is advertised; here they learn nameservers and the search domain. One
that asks for an address is given that very one, for as long as it likes.
"""

import struct
from collections.abc import Iterator
from ipaddress import IPv6Address
from typing import Final

from snf_node import wire
from snf_node.leases.reading import Lease
from snf_node.leases.told import LINK, SERVER_LINK_LOCAL, SERVER_MAC, Told, domain_name, nameservers6

SERVER_PORT, CLIENT_PORT = 547, 546
SOLICIT, ADVERTISE, REQUEST, RENEW, REBIND, REPLY, INFORMATION = 1, 2, 3, 5, 6, 7, 11
DUID: Final = struct.pack("!HH", 3, 1) + SERVER_MAC  # the same on all nodes
LASTS: Final = 604_800
RENEWED: Final = 3_600
_CLIENT, _SERVER, _ADDRESSES, _ADDRESS, _RAPID, _DNS, _SEARCH = 1, 2, 3, 5, 14, 23, 24


def answer(packet: wire.Packet, lease: Lease, told: Told) -> bytes | None:
    """The frame to send back, or None when it is not for us or needs no answer."""
    if packet.dport != SERVER_PORT or packet.version != 6 or lease.address6 is None or len(packet.payload) < 4:
        return None
    if IPv6Address(packet.source) not in LINK:
        return None
    asked = dict(_options(packet.payload[4:]))
    kind = _kind(packet.payload[0], asked)
    if not kind or _CLIENT not in asked or asked.get(_SERVER, DUID) != DUID:
        return None
    options = [(_CLIENT, asked[_CLIENT]), (_SERVER, DUID), *_given(asked, lease, told)]
    if kind == REPLY and _RAPID in asked and packet.payload[0] == SOLICIT:
        options.append((_RAPID, b""))
    message = bytes([kind]) + packet.payload[1:4] + b"".join(map(_option, options))
    return _frame(packet, lease, message)


def _kind(asked: int, options: dict[int, bytes]) -> int:
    if asked == SOLICIT:
        return REPLY if _RAPID in options else ADVERTISE
    return REPLY if asked in {REQUEST, RENEW, REBIND, INFORMATION} else 0


def _given(asked: dict[int, bytes], lease: Lease, told: Told) -> Iterator[tuple[int, bytes]]:
    if len(wanted := asked.get(_ADDRESSES, b"")) >= 12 and lease.address6:
        address = _option((_ADDRESS, lease.address6.packed + struct.pack("!II", LASTS, LASTS)))
        yield _ADDRESSES, wanted[:4] + struct.pack("!II", RENEWED, LASTS * 7 // 8) + address
    if nameservers := nameservers6(lease, told):
        yield _DNS, b"".join(one.packed for one in nameservers)
    if told.domain:
        yield _SEARCH, domain_name(told.domain)


def _frame(packet: wire.Packet, lease: Lease, message: bytes) -> bytes:
    own = SERVER_LINK_LOCAL.packed
    datagram = wire.udp(own, packet.source, SERVER_PORT, CLIENT_PORT, message)
    return wire.ethernet(lease.mac, SERVER_MAC, wire.IP6, wire.ip6(own, packet.source, wire.UDP, datagram))


def _option(option: tuple[int, bytes]) -> bytes:
    number, value = option
    return struct.pack("!HH", number, len(value)) + value


def _options(data: bytes) -> Iterator[tuple[int, bytes]]:
    """What is cut short is left out."""
    at = 0
    while at + 4 <= len(data):
        number, length = struct.unpack_from("!HH", data, at)
        if at + 4 + length > len(data):
            return
        yield number, data[at + 4 : at + 4 + length]
        at += 4 + length
