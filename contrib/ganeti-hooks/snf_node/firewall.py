"""What may reach a guest and leave it: its firewall profile, or the rules of its security groups.

``wanted_of`` reads the file of an interface, ``<name of the interface>.json``, which ``snf_node.wanted`` keeps on each node (or
whoever else knows the security groups: by rename, then the ifup again with ``ACTION=refresh``). By name and not by tap, since
the name goes with the interface to other nodes and the tap does not. Its words are Neutron's::

    {"version": 1, "rules": [
        {"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp", "port_range_min": 22, "port_range_max": 22,
         "remote": ["192.0.2.0/24"]},
        {"direction": "egress", "ethertype": "IPv6"}]}

Each rule lets something through; what none does is dropped, in both directions. Missing ``protocol``, ports and ``remote`` mean
all. ``remote`` is a list of prefixes: the writer knows who is in a remote group. For icmp the ports are type and code. A file
that is there takes the place of the profile, but for one whose ``rules`` are null: then the profile holds. Beside ``rules``
there may be the interface's ``floating`` addresses, and ``addresses`` and ``leases`` (``beside``). One that cannot be
understood is refused, never half applied.

Where ``.kept`` says how the names begin that somebody keeps, an interface of such a name without a file is closed in both
directions: what may reach it is not known.
"""

import json
from collections.abc import Mapping
from ipaddress import collapse_addresses, ip_network
from pathlib import Path
from typing import Any, Final, NamedTuple

from snf_node import beside, floating
from snf_node.beside import Beside, Leases
from snf_node.errors import Refused
from snf_node.floating import Floating

VERSION: Final = 1
KEPT: Final = ".kept"  # no name of an interface begins like that
MOST_RULES: Final = 2000
MOST_BYTES: Final = 4_000_000
MOST_PORT: Final = 65535
MOST_TYPE: Final = 255
WITH_PORTS: Final = frozenset({"tcp", "udp"})
NOBODY: Final = {4: "0.0.0.0/32", 6: "::/128"}  # a remote group without members
ICMP: Final = {4: "icmp", 6: "icmpv6"}
_VERSIONS: Final = {"IPv4": 4, "IPv6": 6}
_NAMES: Final = {"ipv6-icmp": "icmpv6", "any": ""}
_PARTS: Final = frozenset(["version", "rules", "floating", "addresses", "leases"])
_KEYS: Final = frozenset(
    ["direction", "ethertype", "protocol", "port_range_min", "port_range_max", "remote"],
)


class Rule(NamedTuple):
    """What is let through. ``protocol`` empty: any; ``first`` and ``last`` None: all ports; ``remote`` empty: everybody."""

    version: int
    protocol: str = ""
    first: int | None = None
    last: int | None = None
    remote: tuple[str, ...] = ()


class Firewall(NamedTuple):
    """Rules for each direction; None lets everything through."""

    ingress: tuple[Rule, ...] | None
    egress: tuple[Rule, ...] | None


class Wanted(NamedTuple):
    """``firewall`` None: the profile's."""

    firewall: Firewall | None
    floating: tuple[Floating, ...] = ()
    beside: tuple[Beside, ...] = ()
    leases: Leases = Leases()


OPEN: Final = Firewall(None, None)
CLOSED: Final = Firewall((), ())
# DISABLED: no firewall. ENABLED: only what the guest began. PROTECTED: that, and what an operator needs to reach it.
PROFILES: Final[Mapping[str, Firewall]] = {
    "DISABLED": OPEN,
    "ENABLED": Firewall((), None),
    "PROTECTED": Firewall(
        (
            *(Rule(version, "tcp", port, port) for version in (4, 6) for port in (22, 3389)),
            Rule(4, "icmp", 8, None),
            Rule(6, "icmpv6", 128, None),
        ),
        None,
    ),
}


def wanted_of(directory: Path, name: str, profile: str) -> Wanted:
    """What an interface's file says, and its profile where that says nothing. One without a name has no file."""
    path = directory / f"{name}.json"
    if not name or not path.exists():
        return Wanted(CLOSED if name and name.startswith(kept(directory)) else PROFILES[profile])
    try:
        found = parsed(_document(path))
    except Refused as error:
        raise Refused(f"{path}: {error}") from error
    return found if found.firewall else found._replace(firewall=PROFILES[profile])


def kept(directory: Path) -> tuple[str, ...]:
    """How the names begin of which each has a file, as soon as it is known; nobody keeps any where nothing says so."""
    path = directory / KEPT
    if not path.exists():
        return ()
    try:
        return (str(_document(path)["prefix"]),)
    except (Refused, TypeError, KeyError) as error:
        raise Refused(f"{path} does not say which names are kept") from error


def _document(path: Path) -> Any:
    if path.stat().st_size > MOST_BYTES:
        raise Refused("it is too long")
    return understood(path.read_bytes())


def understood(text: bytes) -> Any:
    """A file's content, or :class:`Refused`."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused("it is no JSON") from error


def parsed(document: Any) -> Wanted:
    """A file's content, or :class:`Refused`."""
    if not isinstance(document, dict) or document.get("version") != VERSION or document.keys() - _PARTS:
        known = ", ".join(sorted(_PARTS - {"version"}))
        raise Refused(f"it has to have version {VERSION}, perhaps {known}, and nothing else")
    rules = document.get("rules", ())
    return Wanted(
        None if rules is None else _firewall(rules),
        floating.parsed(document.get("floating", [])),
        beside.addresses(document.get("addresses", [])),
        beside.leases(document.get("leases", {})),
    )


def _firewall(rules: Any) -> Firewall:
    if not isinstance(rules, list) or len(rules) > MOST_RULES:
        raise Refused(f"rules has to be a list of at most {MOST_RULES}")
    sides: dict[str, list[Rule]] = {"ingress": [], "egress": []}
    for number, one in enumerate(rules):
        if not isinstance(one, dict) or one.keys() - _KEYS or one.get("direction") not in sides:
            raise Refused(f"rule {number} is not as it should be")
        sides[one["direction"]].append(_rule(one, number))
    return Firewall(tuple(sides["ingress"]), tuple(sides["egress"]))


def _rule(given: Mapping[str, Any], number: int) -> Rule:
    version = _VERSIONS.get(str(given.get("ethertype")))
    if not version:
        raise Refused(f"ethertype of rule {number} is neither IPv4 nor IPv6")
    protocol = _protocol(given.get("protocol"), version, number)
    first, last = given.get("port_range_min"), given.get("port_range_max")
    if (first, last) != (None, None):
        _check_range(protocol, first, last, number)
    return Rule(version, protocol, first, last, _remote(given.get("remote"), version, number))


def _protocol(given: Any, version: int, number: int) -> str:
    """A name, or a number as text."""
    if given is None:
        return ""
    name = _NAMES.get(str(given), str(given))
    if name.isascii() and name.isdigit() and int(name) <= MOST_TYPE:
        return {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}.get(str(int(name)), str(int(name)))
    if name in WITH_PORTS or not name:
        return name
    if name in ICMP.values():
        return ICMP[version]
    raise Refused(f"protocol of rule {number} is unknown; write its number")


def _check_range(protocol: str, first: Any, last: Any, number: int) -> None:
    """Ports from and to; of ICMP type and code, of which the code may be missing."""
    icmp = protocol in ICMP.values()
    most = MOST_TYPE if icmp else MOST_PORT
    given = [first] if icmp and last is None else [first, last]
    whole = all(type(one) is int and 0 <= one <= most for one in given)
    if not whole or (not icmp and (protocol not in WITH_PORTS or first > last)):
        raise Refused(f"ports of rule {number} are not as they should be")


def _remote(given: Any, version: int, number: int) -> tuple[str, ...]:
    if given is None:
        return ()
    try:
        networks: list[Any] = [ip_network(str(one), strict=False) for one in given]
    except (ValueError, TypeError) as error:
        raise Refused(f"remote of rule {number} is no list of prefixes") from error
    if any(one.version != version for one in networks):
        raise Refused(f"remote of rule {number} is of another ethertype")
    return tuple(str(one) for one in collapse_addresses(networks)) or (NOBODY[version],)
