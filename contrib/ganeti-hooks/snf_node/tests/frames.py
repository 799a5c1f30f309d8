"""Frames that guests send, right and wrong. Each carries a word by which it is known again at the other end."""

import struct
from ipaddress import ip_address

from snf_node import wire
from snf_node.tests.namespaces import GUEST, OTHER

EVERYBODY = wire.EVERYBODY
SYN, ACK = 0x02, 0x10


def packed(text):
    return ip_address(text).packed


def arp(word=b"", *, source=GUEST, mac=None, ip="192.0.2.5", to=EVERYBODY):
    body = struct.pack("!HHBBH", 1, wire.IP4, 6, 4, 2) + (mac or source) + packed(ip) + OTHER + packed("192.0.2.1")
    return wire.ethernet(to, source, wire.ARP, body + word)


def udp(word=b"", *, source=GUEST, to=EVERYBODY, ip="192.0.2.5", other="192.0.2.9", sport=1000, dport=2000):
    a, b = packed(ip), packed(other)
    datagram = wire.udp(a, b, sport, dport, word)
    if len(a) == 4:
        return wire.ethernet(to, source, wire.IP4, wire.ip4(a, b, datagram))
    return wire.ethernet(to, source, wire.IP6, wire.ip6(a, b, wire.UDP, datagram))


def tcp(word=b"", *, source=GUEST, to=EVERYBODY, ip="192.0.2.5", other="192.0.2.9", dport=80, flags=SYN):
    a, b = packed(ip), packed(other)
    segment = struct.pack("!HHIIBBHHH", 1000, dport, 1, 1, 5 << 4, flags, 1000, 0, 0) + word
    return wire.ethernet(to, source, wire.IP4, wire.ip4(a, b, segment, 6))


def icmp(word=b"", kind=8, *, source=GUEST, to=EVERYBODY, ip="192.0.2.5", other="192.0.2.9"):
    message = struct.pack("!BBHI", kind, 0, 0, 0) + word
    return wire.ethernet(to, source, wire.IP4, wire.ip4(packed(ip), packed(other), message, 1))


def icmp6(kind, body, *, source=GUEST, to=EVERYBODY, ip, other="ff02::1"):
    a, b = packed(ip), packed(other)
    return wire.ethernet(to, source, wire.IP6, wire.ip6(a, b, wire.ICMP6, wire.icmp6(a, b, kind, body)))


def solicit(word=b"", *, target, ip="::"):
    return icmp6(135, bytes(4) + packed(target) + word, ip=ip)


def advert(word=b"", *, target, ip):
    return icmp6(136, struct.pack("!I", 1 << 29) + packed(target) + word, ip=ip)


def router(word=b"", *, ip, kind=134):
    return icmp6(kind, bytes(12) + word, ip=ip)


def tagged(frame, vlan=10):
    """Inside an 802.1Q header."""
    return frame[:12] + struct.pack("!HH", 0x8100, vlan) + frame[12:]


def behind_options(frame):
    """An IPv6 packet with a hop-by-hop header before what it holds."""
    start, data = frame[:14], frame[14:]
    options = bytes([data[6], 0, 1, 4, 0, 0, 0, 0])
    length = struct.pack("!H", len(data) - 40 + len(options))
    return start + data[:4] + length + b"\0" + data[7:40] + options + data[40:]
