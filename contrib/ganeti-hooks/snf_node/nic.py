"""Ganeti's environment → a typed interface. Pure; whoever sets the environment is believed in nothing.

``kvm-vif-bridge`` calls ``parse`` with what Ganeti 3 gives it: ``INTERFACE`` (the tap), ``MODE``, ``LINK``, ``BRIDGE``, ``MAC``,
``IP``, ``TAGS`` (the instance's), ``NETWORK_*`` where the interface is on a Ganeti network. What is missing there is unset or
empty. Values reach ``ip``, ``nft``, ``/proc`` and file names, so each has to have its own exact form: what does not is
refused with its name. What follows from the values is ``deciding``.
"""

import re
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, NamedTuple, TypeVar

from snf_node.errors import Refused

VARIABLES: Final = (
    "INTERFACE", "MODE", "LINK", "BRIDGE", "MAC", "IP", "VLAN", "INSTANCE", "TAGS", "INTERFACE_INDEX", "INTERFACE_NAME",
    "INTERFACE_UUID", "NETWORK_NAME", "NETWORK_SUBNET", "NETWORK_GATEWAY", "NETWORK_SUBNET6", "NETWORK_GATEWAY6",
    "NETWORK_MAC_PREFIX", "NETWORK_TAGS",
)  # fmt: skip

MODES: Final = frozenset({"bridged", "routed"})
DEVICE: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,14}")  # a name that is safe in a path, in nft and in ip
TABLE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
MAC: Final = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")
PREFIX: Final = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){2}")
INDEX: Final = re.compile(r"[0-9]{1,3}")
VLAN: Final = re.compile(r"\.?([1-9][0-9]{0,3})")
MOST_VLAN: Final = 4094
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")

Value = TypeVar("Value")


class Network(NamedTuple):
    """The Ganeti network of an interface."""

    name: str
    tags: frozenset[str]
    mac_prefix: str
    subnet: IPv4Network | None
    gateway: IPv4Address | None
    subnet6: IPv6Network | None
    gateway6: IPv6Address | None


class Nic(NamedTuple):
    """An interface. ``place`` is its bridge, or its routing table; ``address6`` only where Ganeti itself names one."""

    tap: str
    mode: str
    place: str
    mac: str
    address: IPv4Address | None
    address6: IPv6Address | None
    vlan: int | None
    instance: str
    tags: frozenset[str]
    position: str
    name: str
    uuid: str
    network: Network | None

    @property
    def known_as(self) -> str:
        """What its file of rules is called: a name that is one, else its uuid, else nothing."""
        return next((one for one in (self.name, self.uuid) if WORD.fullmatch(one)), "")


def parse(environment: Mapping[str, str]) -> Nic:
    """The interface, or :class:`Refused` with what is wrong."""
    given = {name: _printable(name, environment.get(name, "")) for name in VARIABLES}
    mode = _one_of(given["MODE"])
    address = _made(ip_address, "IP", given["IP"]) if given["IP"] else None
    return Nic(
        tap=tap(given),
        mode=mode,
        place=_place(given, mode),
        mac=_mac(given["MAC"]),
        address=address if isinstance(address, IPv4Address) else None,
        address6=address if isinstance(address, IPv6Address) else None,
        vlan=_vlan(given["VLAN"]),
        instance=_matching(WORD, "INSTANCE", given["INSTANCE"]),
        tags=frozenset(given["TAGS"].split()),
        position=_matching(INDEX, "INTERFACE_INDEX", given["INTERFACE_INDEX"] or "0"),
        name=given["INTERFACE_NAME"],
        uuid=given["INTERFACE_UUID"],
        network=_network(given) if given["NETWORK_NAME"] else None,
    )


def tap(environment: Mapping[str, str]) -> str:
    """The tap's name alone: all that is needed to take an interface down."""
    return _matching(DEVICE, "INTERFACE", environment.get("INTERFACE", ""))


def _network(given: Mapping[str, str]) -> Network:
    prefix = given["NETWORK_MAC_PREFIX"].lower()
    return Network(
        name=given["NETWORK_NAME"],
        tags=frozenset(re.split(r"[\s,]+", given["NETWORK_TAGS"])) - {""},
        mac_prefix=prefix and _matching(PREFIX, "NETWORK_MAC_PREFIX", prefix),
        subnet=_optional(IPv4Network, "NETWORK_SUBNET", given),
        gateway=_optional(IPv4Address, "NETWORK_GATEWAY", given),
        subnet6=_optional(IPv6Network, "NETWORK_SUBNET6", given),
        gateway6=_optional(IPv6Address, "NETWORK_GATEWAY6", given),
    )


def _place(given: Mapping[str, str], mode: str) -> str:
    if mode == "routed":
        return _matching(TABLE, "LINK", given["LINK"])
    return _matching(DEVICE, "BRIDGE", given["BRIDGE"] or given["LINK"])


def _one_of(mode: str) -> str:
    if mode not in MODES:
        raise Refused(f"MODE is {mode!r}: it has to be one of {', '.join(sorted(MODES))}")
    return mode


def _mac(text: str) -> str:
    mac = _matching(MAC, "MAC", text.lower())
    if int(mac[:2], 16) & 1 or mac == "00:00:00:00:00:00":
        raise Refused(f"MAC is {mac}: no interface has such an address")
    return mac


def _vlan(text: str) -> int | None:
    """``.10`` or ``10`` is an access port; trunks (``:10:20``) are not for guests whose frames are checked."""
    if not text:
        return None
    found = VLAN.fullmatch(text)
    if not found or int(found[1]) > MOST_VLAN:
        raise Refused(f"VLAN is {text!r}: only one untagged VLAN, as .10, can be given to a guest")
    return int(found[1])


def _printable(name: str, text: str) -> str:
    if _CONTROL.search(text) or not text.isascii():
        raise Refused(f"{name} has characters that do not belong there: {text[:80]!r}")
    return text


def _matching(pattern: re.Pattern[str], name: str, text: str) -> str:
    if not text:
        raise Refused(f"{name} is missing")
    if not pattern.fullmatch(text):
        raise Refused(f"{name} is not as it should be: {text[:80]!r}")
    return text


def _optional(kind: Callable[[str], Value], name: str, given: Mapping[str, str]) -> Value | None:
    return _made(kind, name, given[name]) if given[name] else None


def _made(kind: Callable[[str], Value], name: str, text: str) -> Value:
    try:
        return kind(text)
    except ValueError as error:
        raise Refused(f"{name} is not as it should be: {text[:80]!r}") from error
