"""Handing out addresses: by us and not by the cluster, so that the API can tell them before the machine exists.

Called by ``commands`` and ``adopting`` inside their transactions. Free addresses are looked for from where the last one
was given out, so that finding one costs the same however many are in use.
"""

import ipaddress
from collections.abc import Collection, Iterable, Iterator, Sequence

import msgspec

from logic import clock
from logic.access import Caller
from logic.errors import BadRequest, Conflict
from logic.kept import Kept
from logic.network.models import Address, Network, Port, Subnet
from logic.network.subnets import ranges

WINDOW = 64
_NEWEST = Kept(lambda subnet: Address.objects.filter(subnet=subnet).order_by("-id")[:1])
_HELD = Kept(lambda *ports: Address.objects.filter(port__in=ports))
Span = tuple[int, int]  # the first and the last address of a pool


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where an interface goes: a network, its subnets of IPv4 that servers are given addresses of, those of IPv6, and perhaps a
    fixed address; or ``port``, one that is there."""

    network: Network
    subnets: list[Subnet]
    six: list[Subnet] = []
    fixed_ip: str = ""
    port: str = ""


def same(held: Iterable[Address], wanted: Sequence[tuple[str, str]]) -> bool:
    """Is each of these, a subnet and an address of which one may be empty, one of those held, and are there no others?"""
    left = list(held)
    for subnet, ip in sorted(wanted, key=lambda one: not one[1]):  # a certain one before any of a subnet
        found = next((one for one in left if subnet in ("", one.subnet_id) and _canonical(ip) in ("", one.ip)), None)
        if found is None or not (subnet or ip):
            return False
        left.remove(found)
    return not left


def _canonical(ip: str) -> str:
    try:
        return str(ipaddress.ip_address(ip)) if ip else ""
    except ValueError:
        return ip


def assign(caller: Caller, wanted: Sequence[tuple[Port, Place]]) -> dict[str, str]:
    """The address of each port by the port's id; none on a network without subnets. Raises :class:`BadRequest`,
    :class:`Conflict`."""
    found = {
        port.pk: _take_fixed(caller, port, place.subnets, place.fixed_ip) for port, place in wanted if place.fixed_ip
    }
    for place in {place.network.pk: place for _, place in wanted}.values():
        found |= _take_any(place, [port for port, one in wanted if one.network == place.network and not one.fixed_ip])
    return found


def assign_six(wanted: Sequence[tuple[Port, Place]]) -> None:
    """The addresses of IPv6 that the ports make of their MACs, and one out of the pools where guests are given theirs
    otherwise."""
    for place in {place.network.pk: place for _, place in wanted if place.six}.values():
        ports = [port for port, one in wanted if one.network == place.network]
        for subnet in place.six:
            if subnet.ipv6_mode in ranges.MADE_OF_MAC:
                _taken(subnet, [(port, ranges.eui64(subnet.cidr, port.mac)) for port in ports])
        for subnet in [one for one in place.six if one.ipv6_mode == ranges.STATIC][:1]:
            take_next(subnet, ports)


def _take_any(place: Place, ports: list[Port]) -> dict[str, str]:
    found: dict[str, str] = {}
    for subnet in place.subnets if ports else ():
        found |= take_next(subnet, [port for port in ports if port.pk not in found])
        if len(found) == len(ports):
            return found
    if place.subnets and ports:
        advice = "Delete a port there or choose another network."
        raise Conflict(reason=f"No more addresses on network {place.network.pk}. {advice}")
    return found


def _take_fixed(caller: Caller, port: Port, subnets: list[Subnet], fixed_ip: str) -> str:
    subnet, wanted = _found(port.network_id, subnets, fixed_ip)
    _usable(caller, subnet, wanted)
    if not take_address(port, subnet, str(wanted)):
        raise Conflict(reason=f"Address {wanted} is in use. Choose another, or leave it out to be given one.")
    return str(wanted)


def _usable(caller: Caller, subnet: Subnet, wanted: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    """Nobody takes the gateway's address or one that is no host's; outside the pools only administrators take any."""
    whole = ipaddress.ip_network(subnet.cidr)
    if str(wanted) == subnet.gateway or wanted in (whole.network_address, whole.broadcast_address):
        raise BadRequest(
            reason=f"Address {wanted} is the gateway's or no host's address in {subnet.cidr}. Choose another."
        )
    pooled = any(ipaddress.ip_address(low) <= wanted <= ipaddress.ip_address(high) for low, high in subnet.pools)  # type: ignore[operator]
    if not pooled and not caller.is_admin:
        pools = ", ".join(f"{low} to {high}" for low, high in subnet.pools)
        raise BadRequest(reason=f"Address {wanted} is outside the allocation pools of its subnet ({pools}).")


def take_next(subnet: Subnet, ports: Sequence[Port], held: Collection[str] = ()) -> dict[str, str]:
    """Addresses for as many of the ports as there are free ones. Those behind the last one given out are taken without a
    look, since hardly ever is one of them in use; but for those that a port has already (``held``), which are not taken anew."""
    spans, size = _spans(subnet)
    start = _next_place(subnet, spans)
    behind = [_nth(spans, (start + place) % size) for place in range(min(len(ports), size))]
    found = _taken(subnet, [(port, ip) for port, ip in zip(ports, behind, strict=False) if ip not in held])
    if len(found) < len(ports):
        found |= _take_looking(subnet, [port for port in ports if port.pk not in found], _windows(spans, start, size))
    return found


def _take_looking(subnet: Subnet, ports: Sequence[Port], windows: Iterator[list[str]]) -> dict[str, str]:
    """Somebody else is taking addresses too: from anywhere in a window, so that not all want the same one again."""
    found: dict[str, str] = {}
    for window in windows:
        used = set(Address.objects.filter(subnet=subnet, ip__in=window).values_list("ip", flat=True))
        free = _turned([ip for ip in window if ip not in used])
        while free and len(found) < len(ports):
            pairs = list(zip([port for port in ports if port.pk not in found], free, strict=False))
            found |= _taken(subnet, pairs)
            free = free[len(pairs) :]
        if len(found) == len(ports):
            break
    return found


def _turned(ips: list[str]) -> list[str]:
    """From anywhere on, and around."""
    first = int(clock.jitter(0, len(ips)))
    return ips[first:] + ips[:first]


def _windows(spans: Sequence[Span], start: int, size: int) -> Iterator[list[str]]:
    """Addresses of the pools, a window at a time: those from ``start``, and if they are all in use, all of them from
    anywhere on."""
    if size:
        yield [_nth(spans, (start + place) % size) for place in range(min(WINDOW, size))]
        start = int(clock.jitter(0, size - 1))
    for offset in range(0, size, WINDOW):
        yield [_nth(spans, (start + place) % size) for place in range(offset, min(offset + WINDOW, size))]


def _next_place(subnet: Subnet, spans: Sequence[Span]) -> int:
    """The place in the pools behind the last address given out."""
    number = next((int(ipaddress.ip_address(last.ip)) for last in _NEWEST(subnet.pk)), 0)
    return sum(max(min(number, high) - low + 1, 0) for low, high in spans)


def _nth(spans: Sequence[Span], place: int) -> str:
    for low, high in spans:
        if place <= high - low:
            return str(ipaddress.ip_address(low + place))
        place -= high - low + 1
    raise IndexError(place)


def take_address(port: Port, subnet: Subnet, ip: str) -> bool:
    """Take an address for a port; was it free? Who takes the same one at the same time waits here, and only one has it."""
    return bool(_taken(subnet, [(port, ip)]))


def take_for_nobody(caller: Caller, subnets: Sequence[Subnet], wanted: str = "") -> Address | None:
    """A free address of these subnets of a network, of which there is one at least, without a port, inside the transaction of who
    holds it then: any, or the one that is wanted. None when there is none. Raises :class:`BadRequest`."""
    if wanted:
        subnet, address = _found(subnets[0].network_id, subnets, wanted)
        _usable(caller, subnet, address)
        return _first(subnet, [str(address)])
    found = (_first(subnet, window) for subnet in subnets for window in _free_windows(subnet))
    return next((one for one in found if one), None)


def _found(
    network: str, subnets: Sequence[Subnet], text: str
) -> tuple[Subnet, ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        wanted = ipaddress.ip_address(text)
    except ValueError:
        raise BadRequest(reason=f"{text!r} is not an IP address.") from None
    for subnet in subnets:
        if wanted in ipaddress.ip_network(subnet.cidr):
            return subnet, wanted
    raise BadRequest(reason=f"Address {wanted} is not in any subnet of network {network}.")


def _spans(subnet: Subnet) -> tuple[list[Span], int]:
    """Its pools, and how many addresses they have."""
    spans = [(int(ipaddress.ip_address(low)), int(ipaddress.ip_address(high))) for low, high in subnet.pools]
    return spans, sum(high - low + 1 for low, high in spans)


def _free_windows(subnet: Subnet) -> Iterator[list[str]]:
    spans, size = _spans(subnet)
    for window in _windows(spans, _next_place(subnet, spans), size):
        used = set(Address.objects.filter(subnet=subnet, ip__in=window).values_list("ip", flat=True))
        yield _turned([ip for ip in window if ip not in used])


def _first(subnet: Subnet, ips: Sequence[str]) -> Address | None:
    """Of these the first that nobody takes at the same time."""
    made = (Address.objects.get_or_create(subnet=subnet, ip=ip) for ip in ips)
    return next((row for row, new in made if new), None)


def _taken(subnet: Subnet, pairs: Sequence[tuple[Port, str]]) -> dict[str, str]:
    """Those of the addresses that were free, by their ports' ids."""
    Address.objects.bulk_create([Address(subnet=subnet, port=port, ip=ip) for port, ip in pairs], ignore_conflicts=True)
    wanted = {port.pk: ip for port, ip in pairs}
    held = _HELD(*wanted) if wanted else []
    return {row.port_id: row.ip for row in held if row.port_id and row.ip == wanted[row.port_id]}
