"""Routers on this node, made and taken away: the effects of ``planning``. Called by ``keeping``, one after the other.

Each is done by levels: what was begun by somebody who died is finished, or taken away, by whoever comes next. A leg is on its
bridge only behind its fence.
"""

import ctypes
import os
import re
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from snf_node import running, wire
from snf_node.errors import Failed
from snf_node.routers import advertising, planning
from snf_node.routers.wanted import NEAR, Leg, Router

NAMESPACES: Final = Path("/run/netns")
START: Final = "snf-router-"  # begins the names of namespaces, and the aliases of legs
OURS: Final = re.compile(rf"{NEAR}[0-9a-f]{{12}}")
SYSTEM: Final = Path("/proc/sys/net")
BRIDGES: Final = Path("/sys/class/net")
_NET: Final = 0x40000000  # CLONE_NEWNET
_library: Final = ctypes.CDLL(None, use_errno=True)


class Here(NamedTuple):
    """A near end that is there: the router that it is of (empty: who made it died at once), and the bridge that it is on."""

    router: str
    master: str


def there() -> tuple[set[str], dict[str, Here]]:
    """The routers of which there is a namespace, and the near ends."""
    spaces = {path.name.removeprefix(START) for path in NAMESPACES.glob(f"{START}*")}
    links = {
        str(one["ifname"]): Here(str(one.get("ifalias", "")).removeprefix(START), str(one.get("master", "")))
        for one in running.shown("link", "show")
        if OURS.fullmatch(str(one["ifname"]))
    }
    return spaces, links


def bridges(named: Mapping[str, str]) -> dict[str, str]:
    """The bridges that are there, by the names that the cloud has for them: their own, and what they are ``named``."""
    own = {path.parent.name for path in BRIDGES.glob("*/bridge")}
    return {one: one for one in own} | {name: bridge for name, bridge in named.items() if bridge in own}


def take_away(router: str, links: Iterable[str]) -> None:
    """Nothing of it is left. Its legs first: with them it is silent."""
    running.ip([f"link del {one}" for one in links], version=4)
    if (NAMESPACES / f"{START}{router}").exists():
        running.program(["ip", "netns", "del", f"{START}{router}"])


def prepare(router: str, wanted: Router, links: Mapping[str, Here], known: Router | None) -> None:
    """Its namespace and its legs, those that are wrong anew, down and on no bridge as long as they have no fence."""
    name = f"{START}{router}"
    if not (NAMESPACES / name).exists():
        running.program(["ip", "netns", "add", name])
    with inside(name):
        for switch, value in planning.SWITCHES.items():
            (SYSTEM / switch).write_text(value)
    mine = {one for one, here in links.items() if here.router == router}
    right = {leg.near for leg in wanted.legs if leg.near in mine and known and _same(leg, known)}
    running.ip([f"link del {one}" for one in sorted(mine - right)], version=4)
    for leg in wanted.legs:
        if leg.near not in right:
            running.ip(planning.made(leg, name, name), version=4)


def connect(router: str, wanted: Router, reached: Mapping[str, str]) -> None:
    """All of it as it is wanted, behind fences that are there. Rules come before addresses, and those before the bridge."""
    name = f"{START}{router}"
    running.nft(planning.inside(wanted), namespace=name)
    running.ip(["link set lo up", *(f"link set {leg.far} up" for leg in wanted.legs)], version=4, namespace=name)
    for version in (4, 6):
        listed = running.shown("addr", "show", namespace=name)
        running.ip(planning.addresses(wanted, listed, version), version=version, namespace=name)
        mine = running.shown("route", "show", "proto", str(planning.PROTOCOL), version=version, namespace=name)
        running.ip(planning.routes(wanted, mine, version), version=version, namespace=name)
    for leg in wanted.legs:
        if leg.link not in reached:
            raise Failed(f"there is no bridge for the link {leg.link}")
        running.ip(planning.joined(leg, reached[leg.link]), version=4)


def announce(router: str, wanted: Router) -> None:
    """Whoever had an address with another MAC, or behind another port of a bridge, learns where it is now."""
    with inside(f"{START}{router}"):
        for leg in wanted.legs:
            floating = [address for address, _ in wanted.floating] if leg.outside else []
            _tell(leg, [*(one.ip for one in leg.addresses), *floating])


def advertise(router: str, wanted: Router) -> None:
    """Its guests of IPv6 know their way out."""
    frames = [(leg, frame) for leg in wanted.legs if (frame := advertising.advertisement(leg))]
    if frames:
        with inside(f"{START}{router}"):
            for leg, frame in frames:
                _send(leg, [frame])


def _tell(leg: Leg, addresses: Sequence[Any]) -> None:
    mac = wire.packed_mac(leg.mac)
    ways = {4: wire.arp_announcement, 6: wire.advertisement}
    _send(leg, [ways[one.version](mac, one.packed) for one in addresses])


def _send(leg: Leg, frames: Sequence[bytes]) -> None:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
        sender.bind((leg.far, 0))
        for frame in frames:
            sender.send(frame)


def _same(leg: Leg, known: Router) -> bool:
    """Is it made as it was: what else it has can be changed?"""
    return any((one.near, one.link, one.mac, one.mtu) == (leg.near, leg.link, leg.mac, leg.mtu) for one in known.legs)


@contextmanager
def inside(name: str) -> Iterator[None]:
    """This thread is in the namespace meanwhile."""
    back = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _enter(NAMESPACES / name)
        try:
            yield
        finally:
            _checked(_library.setns(back, _NET))
    finally:
        os.close(back)


def _enter(path: Path) -> None:
    number = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _checked(_library.setns(number, _NET))
    finally:
        os.close(number)


def _checked(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
