"""What every guest of a node is told alike, and as whom the server speaks."""

import struct
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final, NamedTuple

from snf_node.deciding import LINK_LOCAL, eui64
from snf_node.leases.reading import Lease
from snf_node.routing import TAP_MAC
from snf_node.wire import packed_mac

SERVER_MAC: Final = packed_mac(TAP_MAC)
SERVER_LINK_LOCAL: Final = eui64(LINK_LOCAL, TAP_MAC)
LINK: Final = IPv6Network("fe80::/10")


class Told(NamedTuple):
    """Nameservers and the domain that names are looked up in."""

    nameservers4: tuple[IPv4Address, ...] = ()
    nameservers6: tuple[IPv6Address, ...] = ()
    domain: str = ""


def told(nameservers: str, domain: str) -> Told:
    """From words of a command line; :class:`ValueError` for an address that is none."""
    found = [ip_address(word) for word in nameservers.replace(",", " ").split()]
    if domain and not domain.isascii():
        raise ValueError(f"{domain!r} is no domain")
    domain_name(domain)
    return Told(
        tuple(one for one in found if isinstance(one, IPv4Address)),
        tuple(one for one in found if isinstance(one, IPv6Address)),
        domain,
    )


def nameservers6(lease: Lease, told: Told) -> Sequence[IPv6Address]:
    """The guest's own, else those of all."""
    return [one for one in lease.nameservers if isinstance(one, IPv6Address)] or told.nameservers6


def domain_name(domain: str) -> bytes:
    """As DNS writes it."""
    labels = [label.encode("ascii") for label in domain.strip(".").split(".") if label]
    if any(len(label) > 63 for label in labels):
        raise ValueError(f"{domain!r} is no domain")
    return b"".join(struct.pack("B", len(label)) + label for label in labels) + b"\0"
