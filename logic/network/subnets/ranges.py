"""A range of addresses: which are given out, whose is the gateway's, and whether what is asked of it makes sense. Pure.

Called by ``commands``. The refusals are Neutron's. What clusters cannot have is ``connecting.unfit``'s to say.
"""

import ipaddress
import itertools
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

from logic.errors import clipped
from logic.network import refusals
from logic.network.refusals import InvalidInput

Range = IPv4Network | IPv6Network
Ip = IPv4Address | IPv6Address
Pools = list[list[str]]
MOST_NAMESERVERS: Final = 5
MOST_ROUTES: Final = 20
FOUR, SIX = 4, 6
EUI64: Final = 64  # the length of the prefix that guests make addresses of
STATIC: Final = "static"  # an address out of the pools, that nobody tells the guest; ``connecting`` knows the word too
MADE_OF_MAC: Final = ("slaac", "dhcpv6-stateless")  # the words of Neutron's for an address that the guest makes


def cidr(text: str, version: int) -> Range:
    """Raises :class:`InvalidInput`."""
    try:
        found = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise InvalidInput(reason=f"'{clipped(text)}' is not a valid IP subnet.") from None
    if str(found.network_address) != text.partition("/")[0] and "/" in text:
        same = ipaddress.ip_address(text.partition("/")[0]) == found.network_address
        if not same:
            reason = f"'{clipped(text)}' isn't a recognized IP subnet cidr, '{found}' is recommended."
            raise InvalidInput(reason=reason)
    if found.version != version:
        raise InvalidInput(reason=f"the cidr {found} is not one of IPv{version}, as ip_version says.")
    if found.num_addresses < 2 or found.is_multicast or not found.prefixlen:  # noqa: PLR2004 - a gateway or a guest
        raise InvalidInput(reason=f"the cidr {found} has no room for guests, or is none for them.")
    return found


def new(text: str, version: int) -> Range:
    """One that a subnet is to have. Raises :class:`InvalidInput`."""
    found = cidr(text, version)
    if found.is_loopback or found.network_address.is_unspecified:
        raise InvalidInput(reason=f"the cidr {found} is of addresses by which a machine knows itself. Choose another.")
    return found


def gateway(whole: Range, asked: str | None) -> str:
    """The first address unless another is asked for; empty for None. Raises :class:`InvalidInput`."""
    if asked is None:
        return ""
    if not asked:
        return str(whole.network_address + 1)
    found = address(asked, "gateway_ip")
    local = found.version == SIX and found.is_link_local
    if not local and (found not in whole or not _is_hosts(found, whole)):
        raise InvalidInput(reason=f"Gateway {found} is not valid on subnet {whole}.")
    return str(found)


def pools(whole: Range, gateway: str, asked: Pools | None) -> Pools:
    """Those asked for, checked, else all but the gateway. Raises what ``refusals`` has of pools."""
    if asked is None:
        return _all_but(whole, gateway)
    spans = sorted((_span(pool, whole) for pool in asked), key=lambda span: int(span[0]))
    for (first, last), (start, end) in itertools.pairwise(spans):
        if int(start) <= int(last):
            one, other = f"{first}-{last}", f"{start}-{end}"
            raise refusals.OverlappingAllocationPools(one=one, other=other, cidr=whole)
    check_gateway(gateway, [[str(first), str(last)] for first, last in spans])
    return [[str(first), str(last)] for first, last in spans]


def check_gateway(gateway: str, pools: Pools) -> None:
    """Nobody is given the gateway's. Raises :class:`GatewayConflictWithAllocationPools`."""
    for first, last in pools:
        if gateway and _between(ipaddress.ip_address(gateway), first, last):
            raise refusals.GatewayConflictWithAllocationPools(ip=gateway, pool=f"{first}-{last}")


def is_pooled(ip: Ip, pools: Pools) -> bool:
    return any(_between(ip, first, last) for first, last in pools)


def nameservers(asked: Sequence[str]) -> list[str]:
    """Raises :class:`DNSNameServersExhausted`, :class:`InvalidInput`."""
    if len(asked) > MOST_NAMESERVERS:
        raise refusals.DNSNameServersExhausted(most=MOST_NAMESERVERS)
    if len(set(asked)) < len(asked):
        raise InvalidInput(reason="a DNS nameserver is there twice.")
    return [str(address(one, "dns_nameservers")) for one in asked]


def routes(version: int, asked: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """Of destination and nexthop. Raises :class:`HostRoutesExhausted`, :class:`InvalidInput`."""
    if len(asked) > MOST_ROUTES:
        raise refusals.HostRoutesExhausted(most=MOST_ROUTES)
    found = []
    for destination, nexthop in asked:
        try:
            whole = ipaddress.ip_network(destination, strict=False)
        except ValueError:
            raise InvalidInput(reason=f"the destination {clipped(destination)!r} of a host route is no cidr.") from None
        hop = address(nexthop, "nexthop")
        if not whole.version == hop.version == version:
            raise InvalidInput(reason=f"host routes of this subnet are of IPv{version}.")
        found.append({"destination": str(whole), "nexthop": str(hop)})
    return found


def ipv6_mode(version: int, whole: Range, modes: tuple[str | None, str | None], *, leased: bool) -> str:
    """How guests come by an address of IPv6: as Neutron's ``ipv6_ra_mode`` and ``ipv6_address_mode`` say, in that order. Raises
    :class:`InvalidInput`, also for what nodes do not do: they make the address of the MAC, or leave guests to their own."""
    told = {mode for mode in modes if mode}
    if version == FOUR or not told:
        if told:
            raise InvalidInput(reason="ipv6_ra_mode or ipv6_address_mode cannot be set when ip_version is set to 4.")
        return STATIC if version == SIX else ""
    if not leased:
        raise InvalidInput(reason="ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False.")
    if len(told) > 1 or None in modes or not told <= set(MADE_OF_MAC):
        known = ", or both ".join(MADE_OF_MAC)
        raise InvalidInput(reason=f"nodes of this cloud can have ipv6_ra_mode and ipv6_address_mode both {known}.")
    if whole.prefixlen != EUI64:
        raise InvalidInput(reason=f"Invalid CIDR {whole} for IPv6 address mode: the prefix has to be /{EUI64}.")
    return told.pop()


def eui64(whole: str, mac: str) -> str:
    """The address that a guest makes of a prefix and its MAC."""
    first, *rest = (int(byte, 16) for byte in mac.split(":"))
    halves = bytes([first ^ 2, *rest[:2], 0xFF, 0xFE, *rest[2:]])
    return str(ipaddress.ip_network(whole).network_address + int.from_bytes(halves, "big"))


def address(text: str, field: str) -> Ip:
    """Raises :class:`InvalidInput`."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        raise InvalidInput(reason=f"'{clipped(text)}' is not a valid IP address, in {field}.") from None


def _is_hosts(ip: Ip, whole: Range) -> bool:
    """Neither the network's own nor everybody's; of IPv6 only the first is none."""
    ends = {whole.network_address} | ({whole.broadcast_address} if whole.version == FOUR else set())
    return whole.num_addresses <= 2 or ip not in ends  # noqa: PLR2004 - a /31 has no ends


def _between(ip: Ip, first: str, last: str) -> bool:
    low, high = ipaddress.ip_address(first), ipaddress.ip_address(last)
    return ip.version == low.version and int(low) <= int(ip) <= int(high)


def _span(pool: Sequence[str], whole: Range) -> tuple[Ip, Ip]:
    try:
        first, last = (ipaddress.ip_address(one) for one in pool)
    except ValueError:
        raise refusals.InvalidAllocationPool(pool=clipped("-".join(pool))) from None
    if first.version != last.version or first.version != whole.version or int(last) < int(first):
        raise refusals.InvalidAllocationPool(pool=f"{first}-{last}")
    if not all(one in whole and _is_hosts(one, whole) for one in (first, last)):
        raise refusals.OutOfBoundsAllocationPool(pool=f"{first}-{last}", cidr=whole)
    return first, last


def _all_but(whole: Range, gateway: str) -> Pools:
    first, last = int(whole.network_address), int(whole.broadcast_address)
    if whole.num_addresses > 2:  # noqa: PLR2004 - a /31 has no ends
        first, last = first + 1, last - (whole.version == FOUR)
    kind = type(whole.network_address)
    return [[str(kind(low)), str(kind(high))] for low, high in _around(first, last, gateway)]


def _around(first: int, last: int, gateway: str) -> Iterator[tuple[int, int]]:
    middle = int(ipaddress.ip_address(gateway)) if gateway else first - 1
    if not first <= middle <= last:
        yield first, last
        return
    if first < middle:
        yield first, middle - 1
    if middle < last:
        yield middle + 1, last
