"""A binding file → what its tap's guest is given. Pure; the writer is ``snf_node.bindings``, or another that knows the format.

NFDHCPD's format: ``KEY=value`` a line, the value ends at a second ``=``, an empty one is unset, unknown keys are left alone. A
binding without MAC, or with a value that is none, is :class:`ValueError`.
"""

import re
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, NamedTuple, TypeVar

from snf_node.nic import MAC
from snf_node.wire import packed_mac

MOST_BYTES: Final = 16_384
LABEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}")
Value = TypeVar("Value")


class Lease(NamedTuple):
    """``device`` is the bridge of a bridged tap, and the tap itself of a routed one. ``nameservers``, ``routes`` and ``options``
    are this guest's own (``snf_node.beside``)."""

    tap: str
    device: str
    mac: bytes
    hostname: str
    address: IPv4Address | None
    subnet: IPv4Network | None
    gateway: IPv4Address | None
    address6: IPv6Address | None
    subnet6: IPv6Network | None
    gateway6: IPv6Address | None
    mtu: int
    nameservers: tuple[IPv4Address | IPv6Address, ...] = ()
    routes: tuple[tuple[IPv4Network, IPv4Address], ...] = ()
    options: tuple[tuple[int, bytes], ...] = ()

    @property
    def routed(self) -> bool:
        return self.device == self.tap


def lease(tap: str, text: str) -> Lease:
    """The lease that a file's text amounts to."""
    given = {key: value for key, value in (_pair(line) for line in text[:MOST_BYTES].splitlines()) if value}
    mac = given.get("MAC", "").lower()
    if not MAC.fullmatch(mac):
        raise ValueError(f"MAC is {mac!r}")
    first = given.get("HOSTNAME", "").split(".")[0]
    return Lease(
        tap=tap,
        device=given.get("INDEV", tap),
        mac=packed_mac(mac),
        hostname=first if LABEL.fullmatch(first) else "",
        address=_made(IPv4Address, given, "IP"),
        subnet=_made(IPv4Network, given, "SUBNET"),
        gateway=_made(IPv4Address, given, "GATEWAY"),
        address6=_made(IPv6Address, given, "EUI64"),
        subnet6=_made(IPv6Network, given, "SUBNET6"),
        gateway6=_made(IPv6Address, given, "GATEWAY6"),
        mtu=_made(int, given, "MTU") or 0,
        nameservers=tuple(ip_address(word) for word in given.get("NAMESERVERS", "").split()),
        routes=tuple(_route(word) for word in given.get("ROUTES", "").split()),
        options=tuple(_option(word) for word in given.get("OPTIONS", "").split()),
    )


def _route(word: str) -> tuple[IPv4Network, IPv4Address]:
    destination, _, nexthop = word.partition(">")
    return IPv4Network(destination), IPv4Address(nexthop)


def _option(word: str) -> tuple[int, bytes]:
    number, _, value = word.partition(":")
    return int(number), bytes.fromhex(value)


def _pair(line: str) -> tuple[str, str]:
    key, _, rest = line.partition("=")
    return key.strip(), rest.partition("=")[0].strip().strip('"')


def _made(kind: Callable[[str], Value], given: Mapping[str, str], name: str) -> Value | None:
    return kind(given[name]) if name in given else None
