"""The addresses of ports that are made without a server: those asked for, or one of each version of IP, besides those that a
guest makes of its MAC. Called by ``commands`` inside their transactions.

Clusters know one address of IPv4 of an interface, out of the first range of its network; the others nodes let pass since they are
told of them with the port (``logic.network.enforcing``), where they ask and the network is bridged.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from logic.access import Caller
from logic.network import addresses, refusals
from logic.network.models import Address, Network, Port, Subnet
from logic.network.refusals import InvalidInput
from logic.network.security import switch
from logic.network.subnets import ranges

MOST: Final = 10  # addresses that may be asked for


class Fixed(msgspec.Struct, frozen=True):
    """An address asked for: of a subnet (an id), or this one, or both."""

    subnet: str = ""
    ip: str = ""


def hold(caller: Caller, port: Port, network: Network, wanted: Sequence[Fixed] | None) -> None:
    """The port has these addresses and no others; None: what a new port is given. Raises what ``refusals`` has of addresses."""
    subnets = list(Subnet.objects.filter(network=network).order_by("created_at", "id"))
    if wanted is None:
        _give(port, network, subnets)
        return
    if len(wanted) > MOST:
        raise InvalidInput(reason=f"Exceeded maximum amount of fixed ips per port: {MOST}.")
    asked = [_placed(one, subnets) for one in wanted]
    _check_each_once([ip for _, ip in asked if ip])
    asked += [(one, "") for one in _automatic(subnets) if asked and one not in {subnet for subnet, _ in asked}]
    left = list(port.addresses.all())
    missing = [(subnet, ip) for subnet, ip in asked if not _kept(left, subnet, ip)]
    Address.objects.filter(pk__in=[one.pk for one in left]).delete()
    for subnet, ip in missing:
        _take(caller, port, network, subnet, ip)
    _check_doable(port, network, subnets)


def _give(port: Port, network: Network, subnets: Sequence[Subnet]) -> None:
    fours = [one for one in subnets if one.ip_version == ranges.FOUR]
    static = [one for one in subnets if one.ipv6_mode == ranges.STATIC]
    for several in (fours, static):
        if several and not any(addresses.take_next(one, [port]) for one in several):
            raise refusals.IpAddressGenerationFailure(network=network.pk)
    for subnet in _automatic(subnets):
        addresses.take_address(port, subnet, ranges.eui64(subnet.cidr, port.mac))
    _check_doable(port, network, subnets)


def _automatic(subnets: Sequence[Subnet]) -> list[Subnet]:
    return [one for one in subnets if one.ipv6_mode in ranges.MADE_OF_MAC]


def _placed(one: Fixed, subnets: Sequence[Subnet]) -> tuple[Subnet, str]:
    ip = ranges.address(one.ip, "fixed_ips") if one.ip else None
    if not (ip or one.subnet):
        raise InvalidInput(reason="IP allocation requires subnet_id or ip_address.")
    known = [row for row in subnets if one.subnet in ("", row.pk)]
    if not known:
        network = subnets[0].network_id if subnets else "without subnets"
        raise InvalidInput(reason=f"Failed to create port on network {network}, because fixed_ips included invalid"
                                  f" subnet {one.subnet}.")  # fmt: skip
    if ip is None:
        return known[0], ""
    for row in known:
        if ip in ranges.cidr(row.cidr, row.ip_version):
            return row, str(ip)
    raise refusals.InvalidIpForSubnet(ip=ip) if one.subnet else refusals.InvalidIpForNetwork(ip=ip)


def _check_each_once(ips: Sequence[str]) -> None:
    for ip in ips:
        if ips.count(ip) > 1:
            raise InvalidInput(reason=f"Duplicate IP address '{ip}' in fixed_ips.")


def _kept(left: list[Address], subnet: Subnet, ip: str) -> bool:
    """Has the port such an address already? Then it is nobody else's wish any more."""
    found = next((one for one in left if one.subnet_id == subnet.pk and ip in ("", one.ip)), None)
    if found:
        left.remove(found)
    return found is not None


def _take(caller: Caller, port: Port, network: Network, subnet: Subnet, ip: str) -> None:
    if subnet.ipv6_mode in ranges.MADE_OF_MAC:
        made = ranges.eui64(subnet.cidr, port.mac)
        if ip not in ("", made):
            reason = (
                f"IPv6 address {ip} cannot be directly assigned to a port on subnet {subnet.pk}: it is made of the MAC."
            )
            raise InvalidInput(reason=reason)
        ip = made
    if not ip:
        if not addresses.take_next(subnet, [port], set(port.addresses.values_list("ip", flat=True))):
            raise refusals.IpAddressGenerationFailure(network=network.pk)
        return
    _check_usable(caller, network, subnet, ip)
    if not addresses.take_address(port, subnet, ip):
        raise refusals.IpAddressAlreadyAllocated(ip=ip, subnet=subnet.pk)


def _check_usable(caller: Caller, network: Network, subnet: Subnet, ip: str) -> None:
    """Who has the network may use all of it; others what its pools have."""
    whole, wanted = ranges.cidr(subnet.cidr, subnet.ip_version), ranges.address(ip, "fixed_ips")
    own = caller.is_admin or network.project == caller.project
    ends = {whole.network_address, whole.broadcast_address} if whole.version == ranges.FOUR else {whole.network_address}
    if (wanted in ends and whole.num_addresses > 2) or (not own and not ranges.is_pooled(wanted, subnet.pools)):  # noqa: PLR2004
        raise refusals.InvalidIpForSubnet(ip=ip)


def _check_doable(port: Port, network: Network, subnets: Sequence[Subnet]) -> None:
    """An address that only nodes hear of, where they ask for it."""
    first = next((one.pk for one in subnets if one.ip_version == ranges.FOUR), "")
    static = {one.pk for one in subnets if one.ipv6_mode == ranges.STATIC}
    fours = {one.pk for one in subnets if one.ip_version == ranges.FOUR}
    held = list(port.addresses.values_list("subnet", flat=True))
    beside = [one for one in held if one in static or (one in fours and one != first)]
    if (beside or held.count(first) > 1) and not (switch.on() and network.mode == "bridged"):
        raise InvalidInput(
            reason="a port of this network has one address of IPv4, and those that its guest makes of its MAC."
        )
