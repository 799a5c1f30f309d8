"""Frames: Ethernet, IPv4, IPv6, UDP and ICMPv6, put together and taken apart. Pure bytes.

The address server and the announcements of routed addresses send whole frames, since neither has an address of its own
where it speaks.
"""

import struct
from typing import Final, NamedTuple

ARP: Final = 0x0806
IP4: Final = 0x0800
IP6: Final = 0x86DD
UDP: Final = 17
ICMP6: Final = 58
ALL_NODES: Final = bytes.fromhex("ff020000000000000000000000000001")
ALL_NODES_MAC: Final = bytes.fromhex("333300000001")
EVERYBODY: Final = b"\xff" * 6
_ETHERNET, _IP4_LEAST, _IP6_LENGTH, _UDP_LENGTH = 14, 20, 40, 8


class Packet(NamedTuple):
    """A frame that was understood. ``payload`` is behind UDP's header, or the whole ICMPv6 message; ports are 0 there."""

    mac: bytes
    version: int
    source: bytes
    destination: bytes
    protocol: int
    sport: int
    dport: int
    payload: bytes


def packed_mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def ethernet(destination: bytes, source: bytes, kind: int, payload: bytes) -> bytes:
    return destination + source + struct.pack("!H", kind) + payload


def ip4(source: bytes, destination: bytes, payload: bytes, protocol: int = UDP) -> bytes:
    start = struct.pack("!BBHHHBBH", 0x45, 0, _IP4_LEAST + len(payload), 0, 0, 64, protocol, 0) + source + destination
    return start[:10] + checksum(start) + start[12:] + payload


def ip6(source: bytes, destination: bytes, protocol: int, payload: bytes, hops: int = 255) -> bytes:
    return struct.pack("!IHBB", 6 << 28, len(payload), protocol, hops) + source + destination + payload


def udp(source: bytes, destination: bytes, sport: int, dport: int, payload: bytes) -> bytes:
    """With its checksum, over addresses of either length."""
    length = _UDP_LENGTH + len(payload)
    start = struct.pack("!HHHH", sport, dport, length, 0)
    total = checksum(source + destination + struct.pack("!II", length, UDP) + start + payload)
    return start[:6] + (b"\xff\xff" if total == b"\0\0" else total) + payload


def icmp6(source: bytes, destination: bytes, kind: int, body: bytes) -> bytes:
    """A message of code 0; ``body`` begins behind the checksum."""
    start = struct.pack("!BBH", kind, 0, 0)
    length = len(start) + len(body)
    total = checksum(source + destination + struct.pack("!II", length, ICMP6) + start + body)
    return start[:2] + total + body


def arp_announcement(mac: bytes, address: bytes) -> bytes:
    """``address`` is at ``mac``, told to everybody."""
    body = struct.pack("!HHBBH", 1, IP4, 6, 4, 1) + mac + address + bytes(6) + address
    return ethernet(EVERYBODY, mac, ARP, body)


def advertisement(mac: bytes, address: bytes) -> bytes:
    """The same for IPv6: an unsolicited neighbour advertisement that overrides what was known."""
    body = struct.pack("!I", 1 << 29) + address + b"\x02\x01" + mac
    message = icmp6(address, ALL_NODES, 136, body)
    return ethernet(ALL_NODES_MAC, mac, IP6, ip6(address, ALL_NODES, ICMP6, message))


def checksum(data: bytes) -> bytes:
    """The Internet's."""
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", ~total & 0xFFFF)


def understood(frame: bytes) -> Packet | None:
    """A datagram or an ICMPv6 message; None for all else, and for what is cut short or in parts."""
    kind = int.from_bytes(frame[12:14], "big")
    if kind == IP4:
        return _packet4(frame[6:12], frame[_ETHERNET:])
    return _packet6(frame[6:12], frame[_ETHERNET:]) if kind == IP6 else None


def _packet4(mac: bytes, data: bytes) -> Packet | None:
    start = (data[0] & 15) * 4 if data else 0
    parts = int.from_bytes(data[6:8], "big") & 0x3FFF
    if start < _IP4_LEAST or data[0] >> 4 != 4 or parts or len(data) < start + _UDP_LENGTH or data[9] != UDP:
        return None
    return _datagram(mac, 4, data[12:16], data[16:20], data[start:])


def _packet6(mac: bytes, data: bytes) -> Packet | None:
    """Without extension headers, which nobody puts before what is answered here."""
    length = int.from_bytes(data[4:6], "big")
    if len(data) < _IP6_LENGTH + _UDP_LENGTH or data[0] >> 4 != 6 or len(data) < _IP6_LENGTH + length:
        return None
    source, destination, body = data[8:24], data[24:40], data[_IP6_LENGTH : _IP6_LENGTH + length]
    if data[6] == UDP and length >= _UDP_LENGTH:
        return _datagram(mac, 6, source, destination, body)
    return Packet(mac, 6, source, destination, ICMP6, 0, 0, body) if data[6] == ICMP6 else None


def _datagram(mac: bytes, version: int, source: bytes, destination: bytes, data: bytes) -> Packet | None:
    sport, dport, length = struct.unpack("!HHH", data[:6])
    if not _UDP_LENGTH <= length <= len(data):
        return None
    return Packet(mac, version, source, destination, UDP, sport, dport, data[_UDP_LENGTH:length])
