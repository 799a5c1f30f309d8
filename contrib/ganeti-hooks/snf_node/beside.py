"""What an interface's file says beside its rules: addresses that it may use besides its own, and what its guest is told with its
address. Pure.

``addresses`` are Neutron's allowed address pairs and fixed addresses that clusters do not know of; each with the MAC that it
is used with.  ``leases`` are nameservers, routes, the MTU and options of DHCP by their numbers,
in hexadecimal; number 0 is no option, but the next server's address (``siaddr``). What is told here takes the place of what
the node tells all.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Network, collapse_addresses, ip_address, ip_network
from typing import Any, Final, NamedTuple

from snf_node.errors import Refused
from snf_node.nic import MAC

MOST: Final = 64  # of each
LEAST_MTU, MOST_MTU = 68, 65535
NEXT_SERVER: Final = 0
MOST_OPTION: Final = 254
MOST_BYTES: Final = 255
OURS: Final = frozenset({1, 50, 51, 53, 54, 55, 58, 59, 61})  # the protocol's own options


class Beside(NamedTuple):
    """A prefix of addresses, and the MAC that they are used with."""

    address: IPv4Network | IPv6Network
    mac: str


class Leases(NamedTuple):
    """``mtu`` 0: that of the place; ``routes`` are of destination and nexthop; ``options`` of number and value."""

    nameservers: tuple[str, ...] = ()
    routes: tuple[tuple[str, str], ...] = ()
    mtu: int = 0
    options: tuple[tuple[int, bytes], ...] = ()


def addresses(given: Any) -> tuple[Beside, ...]:
    """``[{"address": "192.0.2.7/32", "mac": "02:…"}]``. Refuses everything else."""
    return tuple(_beside(one) for one in _several("addresses", given))


def leases(given: Any) -> Leases:
    """``{"nameservers": […], "routes": [{"destination": …, "nexthop": …}], "mtu": 1400, "options": [[66, "6162"]]}``."""
    if not isinstance(given, dict) or given.keys() - {"nameservers", "routes", "mtu", "options"}:
        raise Refused("leases are nameservers, routes, mtu and options, and nothing else")
    mtu = given.get("mtu", 0)
    if type(mtu) is not int or (mtu and not LEAST_MTU <= mtu <= MOST_MTU):
        raise Refused("the mtu of leases is none")
    try:
        return Leases(
            tuple(str(ip_address(str(one))) for one in _several("nameservers", given.get("nameservers", []))),
            tuple(_route(one) for one in _several("routes", given.get("routes", []))),
            mtu,
            tuple(_option(one) for one in _several("options", given.get("options", []))),
        )
    except (ValueError, TypeError, KeyError) as error:
        raise Refused("leases are not as they should be") from error


def macs(own: str, beside: Sequence[Beside]) -> list[str]:
    """The MACs that may send, its own first."""
    return list(dict.fromkeys([own, *(one.mac for one in beside)]))


def allowed(version: int, own: Sequence[str], beside: Sequence[Beside]) -> list[str]:
    """The addresses of a version that may be used, put together so that none is in another; empty: all."""
    whole: list[Any] = [ip_network(one) for one in own]
    whole += [one.address for one in beside if one.address.version == version]
    found = list(collapse_addresses(whole))
    if any(not one.prefixlen for one in found):
        return []
    return [str(one.network_address) if one.prefixlen == one.max_prefixlen else str(one) for one in found]


def _several(what: str, given: Any) -> list[Any]:
    if not isinstance(given, list) or len(given) > MOST:
        raise Refused(f"{what} has to be a list of at most {MOST}")
    return given


def _beside(given: Any) -> Beside:
    if not isinstance(given, dict) or given.keys() != {"address", "mac"}:
        raise Refused("an address beside the own one has an address and a mac, and nothing else")
    try:
        address, mac = ip_network(str(given["address"])), str(given["mac"])
    except ValueError as error:
        raise Refused("an address beside the own one is none") from error
    if not MAC.fullmatch(mac) or int(mac[:2], 16) & 1:
        raise Refused("an address beside the own one has no MAC of an interface")
    return Beside(address, mac)


def _route(given: Any) -> tuple[str, str]:
    destination, nexthop = IPv4Network(str(given["destination"])), IPv4Address(str(given["nexthop"]))
    return str(destination), str(nexthop)


def _option(given: Any) -> tuple[int, bytes]:
    number, text = given
    value = bytes.fromhex(text)
    fits = 1 <= len(value) <= MOST_BYTES if number else len(value) == 4
    if type(number) is not int or not 0 <= number <= MOST_OPTION or number in OURS or not fits:
        raise ValueError(number)
    return number, value
