"""MAC addresses and address pools: what is taken, what comes next, and the map RAPI shows. Pure but for the MAC's chance.

Ganeti hands out the lowest free address of a network. A network's own address, its gateway and its broadcast address
are reserved, and so is what the operator excludes.
"""

import ipaddress
import re
from collections.abc import Collection, Iterable
from functools import lru_cache

from ganeti.simulator.chance import Chance
from ganeti.simulator.errors import INVALID, NO_RESOURCES, NOT_UNIQUE, OpError
from ganeti.simulator.model import Network

Subnet = ipaddress.IPv4Network
_LARGEST, _SMALLEST = 16, 30


def new_mac(prefix: str, taken: Collection[str], chance: Chance) -> str:
    """``prefix`` is three bytes, such as ``aa:00:00``."""
    while True:
        tail = chance.bits(24).to_bytes(3)
        mac = f"{prefix}:{tail.hex(':')}"
        if mac not in taken:
            return mac


def given_mac(mac: str, taken: Collection[str]) -> str:
    """A MAC somebody asks for, in lower case. Raises :class:`OpError` when it is none, or taken."""
    lower = mac.lower()
    if not re.fullmatch("[0-9a-f]{2}(:[0-9a-f]{2}){5}", lower):
        raise OpError(f"Invalid MAC address '{mac}'", INVALID)
    if lower in taken:
        raise OpError(f"MAC address {lower} already in use in cluster", NOT_UNIQUE)
    return lower


@lru_cache(maxsize=256)
def subnet(text: str) -> Subnet:
    """Raises :class:`OpError` for what is no IPv4 network, or one that Ganeti does not do: from /16 to /30."""
    try:
        found = ipaddress.IPv4Network(text)
    except ValueError as error:
        raise OpError(f"Invalid network '{text}': {error}", INVALID) from error
    if not _LARGEST <= found.prefixlen <= _SMALLEST:
        raise OpError(f"Invalid network '{text}': only networks from /{_LARGEST} to /{_SMALLEST} can be used", INVALID)
    return found


def member(network: str, text: str) -> str:
    """An address of a network's own, in its usual form. Raises :class:`OpError`."""
    found = address(text)
    if ipaddress.ip_address(found) not in subnet(network):
        raise OpError(f"IP address {found} is not in network {network}", INVALID)
    return found


def mac_prefix(text: str) -> str:
    """Three bytes, in lower case. Raises :class:`OpError`."""
    lower = text.lower()
    if not re.fullmatch("[0-9a-f]{2}(:[0-9a-f]{2}){2}", lower):
        raise OpError(f"Invalid MAC address prefix '{text}'", INVALID)
    return lower


def address(text: str) -> str:
    """An address somebody asks for, in its usual form."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as error:
        raise OpError(f"Invalid IP address '{text}'", INVALID) from error


def reserved(network: Network) -> list[str]:
    """Addresses of a network that no instance may have, in order."""
    pool = subnet(network.network)
    found = {pool.network_address, pool.broadcast_address, *map(ipaddress.IPv4Address, network.reserved)}
    if network.gateway:
        found.add(ipaddress.IPv4Address(network.gateway))
    return [str(one) for one in sorted(found)]


def pick(network: Network, used: Iterable[str]) -> str:
    """The lowest free address. Raises :class:`OpError` when there is none."""
    taken = {*used, *reserved(network)}
    for one in subnet(network.network):
        if str(one) not in taken:
            return str(one)
    raise OpError(f"No more free addresses in network {network.name}", NO_RESOURCES)


def claim(network: Network, wanted: str, used: Iterable[str], *, conflicts_check: bool) -> str:
    """An address of a network somebody asks for. Raises :class:`OpError` when it is taken or outside."""
    outside = ipaddress.ip_address(wanted) not in subnet(network.network)
    if outside or wanted in set(used) or (conflicts_check and wanted in reserved(network)):
        raise OpError(f"IP address {wanted} already in use or does not belong to network {network.name}", NOT_UNIQUE)
    return wanted


def picture(network: Network, used: Iterable[str]) -> str:
    """``XX..X``: one letter an address, X when it is taken."""
    taken = {*used, *reserved(network)}
    return "".join("X" if str(one) in taken else "." for one in subnet(network.network))
