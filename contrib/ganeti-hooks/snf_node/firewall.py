"""What may reach a guest and leave it: its firewall profile, or the rules of its security groups.

``rules_of`` reads the file of an interface in ``RULES_DIR``, which whoever knows the security groups writes on each node:
``<name of the interface>.json``, by rename, then runs the ifup again with ``ACTION=refresh``. By name and not by tap, since
the name goes with the interface to other nodes and the tap does not. Its words are Neutron's::

    {"version": 1, "rules": [
        {"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp", "port_range_min": 22, "port_range_max": 22,
         "remote": ["192.0.2.0/24"]},
        {"direction": "egress", "ethertype": "IPv6"}]}

Each rule lets something through; what none does is dropped, in both directions. Missing ``protocol``, ports and ``remote`` mean
all. ``remote`` is a list of prefixes: the writer knows who is in a remote group. For icmp the ports are type and code. A file
that is there takes the place of the profile. One that cannot be understood is refused, never half applied.
"""

import json
from collections.abc import Mapping
from ipaddress import collapse_addresses, ip_network
from pathlib import Path
from typing import Any, Final, NamedTuple

from snf_node.errors import Refused

VERSION: Final = 1
MOST_RULES: Final = 2000
MOST_BYTES: Final = 4_000_000
MOST_PORT: Final = 65535
MOST_TYPE: Final = 255
WITH_PORTS: Final = frozenset({"tcp", "udp"})
NOBODY: Final = {4: "0.0.0.0/32", 6: "::/128"}  # a remote group without members
ICMP: Final = {4: "icmp", 6: "icmpv6"}
_VERSIONS: Final = {"IPv4": 4, "IPv6": 6}
_NAMES: Final = {"ipv6-icmp": "icmpv6", "any": ""}
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


OPEN: Final = Firewall(None, None)
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


def rules_of(directory: Path, name: str, profile: str) -> Firewall:
    """The firewall of an interface: its file's, else its profile's. One without a name has no file."""
    path = directory / f"{name}.json"
    if not name or not path.exists():
        return PROFILES[profile]
    if path.stat().st_size > MOST_BYTES:
        raise Refused(f"{path} is too long")
    try:
        return parsed(json.loads(path.read_bytes()))
    except (ValueError, RecursionError) as error:
        raise Refused(f"{path} is no JSON") from error
    except Refused as error:
        raise Refused(f"{path}: {error}") from error


def parsed(document: Any) -> Firewall:
    """A file's content as a firewall, or :class:`Refused`."""
    if not isinstance(document, dict) or document.get("version") != VERSION or document.keys() - {"version", "rules"}:
        raise Refused(f"it has to have version {VERSION} and rules, and nothing else")
    rules = document.get("rules")
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
