"""What a router should be: the API's text → a typed one. Pure; each value reaches ``ip`` and ``nft``, so each has its exact form.

::

    {"version": 1, "epoch": 3, "legs": [
        {"port": "3f0c…", "link": "br0", "mac": "fa:16:3e:00:00:01", "prefix": "", "mtu": 1500,
         "addresses": ["10.7.0.1/24"], "outside": false}],
     "gateways": ["203.0.113.1"], "snat": "203.0.113.10",
     "floating": [["203.0.113.11", "10.7.0.5"]], "routes": [["172.16.0.0/16", "10.7.0.9"]]}

What comes to a leg with a ``prefix`` from MACs of another one is another network's. ``gateways`` are where all else goes; who
goes out by the outer leg is known there by ``snat``, empty: by its own address. What comes for a ``floating`` address is for
what stands behind it. Fields that are not known are passed over: a newer API says more than is needed.
"""

import json
import re
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface, ip_address, ip_interface, ip_network
from typing import Any, Final, NamedTuple

from snf_node.errors import Refused
from snf_node.nic import DEVICE, MAC, PREFIX, WORD

VERSION: Final = 1
MOST_MTU: Final = 65535
LEAST_MTU: Final = 576
PORT: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
LINK: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
NEAR: Final = "rt"  # begins the name of a leg's end on the node
FAR: Final = "leg"  # and of its end in the router

Address = IPv4Address | IPv6Address
Interface = IPv4Interface | IPv6Interface


class Leg(NamedTuple):
    """An interface of a router on the bridge of a link."""

    port: str
    link: str
    mac: str
    prefix: str
    mtu: int
    addresses: tuple[Interface, ...]
    outside: bool

    @property
    def near(self) -> str:
        """The end on the node."""
        return NEAR + self.port.replace("-", "")[:12]

    @property
    def far(self) -> str:
        """The end in the router."""
        return FAR + self.port.replace("-", "")[:12]


class Router(NamedTuple):
    """One that is to be carried."""

    epoch: int
    legs: tuple[Leg, ...]
    gateways: tuple[Address, ...]
    snat: IPv4Address | None
    floating: tuple[tuple[IPv4Address, IPv4Address], ...]
    routes: tuple[tuple[Any, Address], ...]

    @property
    def outer(self) -> Leg | None:
        """The leg to the outside."""
        return next((leg for leg in self.legs if leg.outside), None)


def understood(text: str) -> Router:
    """Refuses with :class:`Refused` what is not exactly so."""
    try:
        given = json.loads(text)
        if given["version"] != VERSION:
            raise Refused(f"version {given['version']!r} of a router is not known here")
        router = _router(given)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(f"a router is not as it should be: {type(error).__name__}: {str(error)[:100]}") from error
    names = [leg.near for leg in router.legs]
    if len(set(names)) < len(names) or len([leg for leg in router.legs if leg.outside]) > 1:
        raise Refused("a router has two legs that are one")
    return router


def _router(given: Any) -> Router:
    return Router(
        epoch=int(given["epoch"]),
        legs=tuple(_leg(one) for one in given["legs"]),
        gateways=tuple(ip_address(str(one)) for one in given["gateways"]),
        snat=IPv4Address(str(given["snat"])) if given["snat"] else None,
        floating=tuple((IPv4Address(str(one)), IPv4Address(str(fixed))) for one, fixed in given["floating"]),
        routes=tuple((ip_network(str(where)), ip_address(str(via))) for where, via in given["routes"]),
    )


def _leg(given: Any) -> Leg:
    mtu = int(given["mtu"])
    if not LEAST_MTU <= mtu <= MOST_MTU or not isinstance(given["outside"], bool):
        raise ValueError("mtu or outside of a leg")
    return Leg(
        port=_matching(PORT, given["port"]),
        link=_matching(LINK, given["link"]),
        mac=_matching(MAC, given["mac"]),
        prefix=_matching(PREFIX, given["prefix"]) if given["prefix"] else "",
        mtu=mtu,
        addresses=tuple(ip_interface(str(one)) for one in given["addresses"]),
        outside=given["outside"],
    )


def _matching(pattern: re.Pattern[str], text: Any) -> str:
    if not isinstance(text, str) or not pattern.fullmatch(text):
        raise ValueError(f"{text!r}"[:80])
    return text


def links(words: str) -> dict[str, str]:
    """Bridges by the names that the cloud has for them: ``155=br-ext outside=br1``. Raises :class:`ValueError`."""
    pairs = [one.partition("=") for one in words.replace(",", " ").split()]
    for name, sign, bridge in pairs:
        if not sign or not LINK.fullmatch(name) or not DEVICE.fullmatch(bridge):
            raise ValueError(f"{name}{sign}{bridge} is no link and its bridge: 155=br-ext")
    return {name: bridge for name, _, bridge in pairs}


def is_router(name: str) -> bool:
    """May this be the id of one?"""
    return bool(WORD.fullmatch(name))
