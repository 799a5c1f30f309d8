"""DHCP (RFC 2131): what a guest asks → the frame it gets. Pure.

The lease is the binding: nothing is offered, kept or counted. The server is the network's gateway, on each node alike, so that a
guest that has moved is answered by the next node as by the last.
"""

import struct
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import Final, NamedTuple

from snf_node import wire
from snf_node.beside import NEXT_SERVER
from snf_node.leases.reading import Lease
from snf_node.leases.told import SERVER_MAC, Told

SERVER_PORT, CLIENT_PORT = 67, 68
DISCOVER, OFFER, REQUEST, ACK, NAK, INFORM = 1, 2, 3, 5, 6, 8
LASTS: Final = 604_800  # seconds; asked for again after RENEWED
RENEWED: Final = 3_600
NOBODY: Final = IPv4Address("192.0.0.8")  # the server of a network without a gateway (RFC 7600's dummy address)
EVERYBODY: Final = b"\xff" * 4
_COOKIE: Final = bytes.fromhex("63825363")
_BROADCAST: Final = 0x8000
_START: Final = struct.Struct("!BBBBIHH4s4s4s4s16s192s4s")
_MASK, _ROUTER, _DNS, _HOSTNAME, _DOMAIN, _MTU, _ENDS, _ROUTES = 1, 3, 6, 12, 15, 26, 28, 121
_WANTED, _LASTS, _KIND, _SERVER, _RENEWED, _REBOUND, _CLIENT = 50, 51, 53, 54, 58, 59, 61
_LEAST: Final = 300  # old clients drop shorter ones


class Question(NamedTuple):
    """A client's message. ``own`` is the address it has (or asks for), 0 when it has none."""

    kind: int
    transaction: int
    flags: int
    has: bytes
    hardware: bytes
    options: dict[int, bytes]


def answer(packet: wire.Packet, lease: Lease, told: Told) -> bytes | None:
    """The frame to send back, or None when it is not for us or needs no answer."""
    if packet.dport != SERVER_PORT or packet.version != 4 or lease.address is None or lease.subnet is None:
        return None
    question = understood(packet.payload)
    if question is None or question.hardware[:6] != lease.mac:
        return None
    kind = _kind(question, lease)
    return _frame(question, lease, _message(question, kind, lease, told)) if kind else None


def understood(data: bytes) -> Question | None:
    """None for what is no client's message, and for what came through a relay."""
    if len(data) < _START.size:
        return None
    op, hardware_kind, length, _, transaction, _, flags, has, _, _, relay, hardware, _, cookie = _START.unpack_from(
        data
    )
    if (op, hardware_kind, length, relay, cookie) != (1, 1, 6, bytes(4), _COOKIE):
        return None
    options = dict(_options(data[_START.size :]))
    kind = options.get(_KIND, b"")
    return Question(kind[0], transaction, flags, has, hardware, options) if len(kind) == 1 else None


def server(lease: Lease) -> bytes:
    return (lease.gateway or NOBODY).packed


def _kind(question: Question, lease: Lease) -> int:
    """Which message answers it; 0: none."""
    if question.options.get(_SERVER, server(lease)) != server(lease):
        return 0  # it has chosen another
    if question.kind == REQUEST:
        wanted = question.options.get(_WANTED, question.has)
        return ACK if lease.address and wanted == lease.address.packed else NAK
    return {DISCOVER: OFFER, INFORM: ACK}.get(question.kind, 0)


def _message(question: Question, kind: int, lease: Lease, told: Told) -> bytes:
    given = lease.address if lease.address and kind != NAK and question.kind != INFORM else IPv4Address(0)
    has = question.has if kind == ACK else bytes(4)
    flags = question.flags | (_BROADCAST if kind == NAK else 0)
    start = _START.pack(
        2,
        1,
        6,
        0,
        question.transaction,
        0,
        flags,
        has,
        given.packed,
        dict(lease.options).get(NEXT_SERVER, bytes(4)),
        bytes(4),
        question.hardware,
        b"",
        _COOKIE,
    )
    options = [(_KIND, bytes([kind])), (_SERVER, server(lease))]
    if client := question.options.get(_CLIENT):
        options.append((_CLIENT, client))  # RFC 6842
    if kind != NAK:
        own = {number: value for number, value in lease.options if number != NEXT_SERVER}
        options += [*(dict(_given(lease, told)) | own).items(), *(_times() if question.kind != INFORM else ())]
    text = b"".join(bytes([number, len(value)]) + value for number, value in options)
    return (start + text + b"\xff").ljust(_LEAST, b"\0")


def _given(lease: Lease, told: Told) -> Iterator[tuple[int, bytes]]:
    """What a guest has to know of its network."""
    if lease.subnet:
        yield _MASK, lease.subnet.netmask.packed
        yield _ENDS, lease.subnet.broadcast_address.packed
    if lease.gateway:
        yield _ROUTER, lease.gateway.packed
    if nameservers := [one for one in lease.nameservers if one.version == 4] or told.nameservers4:
        yield _DNS, b"".join(one.packed for one in nameservers)
    if lease.routes:
        yield _ROUTES, b"".join(_routed(lease))
    if lease.hostname:
        yield _HOSTNAME, lease.hostname.encode("ascii")
    if told.domain:
        yield _DOMAIN, told.domain.encode("ascii")
    if lease.mtu:
        yield _MTU, struct.pack("!H", lease.mtu)


def _routed(lease: Lease) -> Iterator[bytes]:
    """RFC 3442: who understands these looks at no other way outside, so that the usual one is among them."""
    default = [(IPv4Network("0.0.0.0/0"), lease.gateway)] if lease.gateway else []
    for destination, nexthop in [*default, *lease.routes]:
        octets = (destination.prefixlen + 7) // 8
        yield bytes([destination.prefixlen]) + destination.network_address.packed[:octets] + nexthop.packed


def _times() -> Iterator[tuple[int, bytes]]:
    for number, seconds in ((_LASTS, LASTS), (_RENEWED, RENEWED), (_REBOUND, LASTS * 7 // 8)):
        yield number, struct.pack("!I", seconds)


def _frame(question: Question, lease: Lease, message: bytes) -> bytes:
    """To the address it has, else to the one it is given, which its frame's MAC reaches; or to everybody, as it wishes."""
    given = message[16:20]
    own = question.has if question.has != bytes(4) else given
    everybody = own == bytes(4) or message[10] & 0x80
    to, mac = (EVERYBODY, wire.EVERYBODY) if everybody else (own, lease.mac)
    datagram = wire.udp(server(lease), to, SERVER_PORT, CLIENT_PORT, message)
    return wire.ethernet(mac, SERVER_MAC, wire.IP4, wire.ip4(server(lease), to, datagram))


def _options(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Up to the end mark; what is cut short is left out."""
    at = 0
    while at + 1 < len(data) and data[at] != 0xFF:
        if data[at] == 0:
            at += 1
            continue
        length = data[at + 1]
        if at + 2 + length > len(data):
            return
        yield data[at], data[at + 2 : at + 2 + length]
        at += 2 + length
