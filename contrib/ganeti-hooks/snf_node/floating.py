"""Floating addresses: each stands for the own address of a routed guest. Pure: from the file to nft, routes and proxies.

The node is the guest's router already, so a floating address needs no tunnel and no state: what comes for it is routed to the
tap and is given the guest's own address there; what the guest sends outside its subnet leaves with the floating one. Guests
of the same subnet know each other by their own addresses; when one is asked by its floating address, who asked is remembered
for as long as the answers flow.
"""

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Address
from typing import Any, Final, NamedTuple

from snf_node.errors import Refused
from snf_node.nic import Nic

MOST: Final = 64  # of one interface
TO, FROM = "natto-", "natfrom-"  # chains: on what the tap sends to its guest, on what it receives from it
ASKED, PINGED = "natflows-", "natpings-"  # sets: who of the own subnet has asked by the floating address
_KEYS: Final = {ASKED: "ip saddr . th sport . th dport", PINGED: "ip saddr . icmp id"}
_ANSWERS: Final = {ASKED: "ip daddr . th dport . th sport", PINGED: "ip daddr . icmp id"}
_OF: Final = {ASKED: ("meta l4proto { tcp, udp }",) * 2, PINGED: ("icmp type echo-request", "icmp type echo-reply")}
_MEMORY: Final = "flags dynamic, timeout; timeout 3m; size 16384;"


class Floating(NamedTuple):
    """``address`` stands for ``fixed``, which has to be the interface's own."""

    address: IPv4Address
    fixed: IPv4Address


def parsed(given: Any) -> tuple[Floating, ...]:
    """``[{"address": "203.0.113.5", "fixed": "192.0.2.5"}]``, the part of an interface's file. Refuses everything else."""
    if not isinstance(given, list) or len(given) > MOST:
        raise Refused(f"floating has to be a list of at most {MOST}")
    found = tuple(_one(one) for one in given)
    if len({one.address for one in found}) < len(found):
        raise Refused("a floating address is there twice")
    return found


def _one(given: Any) -> Floating:
    if not isinstance(given, dict) or given.keys() != {"address", "fixed"}:
        raise Refused("a floating address has an address and what it stands for, and nothing else")
    try:
        return Floating(IPv4Address(str(given["address"])), IPv4Address(str(given["fixed"])))
    except ValueError as error:
        raise Refused("a floating address is none of IPv4") from error


def usable(nic: Nic, address: IPv4Address | None, given: Sequence[Floating]) -> tuple[Floating, ...]:
    """Those that stand for this interface's own address, where it is routed; the others are another's, or of the past."""
    return tuple(one for one in given if nic.mode == "routed" and one.fixed == address != one.address)


def chains(tap: str, subnet: Any, floating: Sequence[Floating]) -> Iterator[tuple[str, str, list[str]]]:
    """The chains of a tap: name, hook, rules. Outside it is known by the first of several."""
    near = f"ip saddr {subnet}" if subnet else "ip saddr 0.0.0.0"
    yield f"{TO}{tap}", "egress", [rule for one in floating for rule in _inward(tap, near, one)]
    yield f"{FROM}{tap}", "ingress", [*_answers(tap, floating), *_outward(subnet, floating[0])]


def sets(tap: str) -> Iterator[tuple[str, str]]:
    """Its sets: name, and what nft is told of them."""
    for start, key in _KEYS.items():
        yield f"{start}{tap}", f"typeof {key}; {_MEMORY}"


def _inward(tap: str, near: str, one: Floating) -> Iterator[str]:
    for start, key in _KEYS.items():
        yield f"ip daddr {one.address} {near} {_OF[start][0]} update @{start}{tap} {{ {key} }}"
    yield f"ip daddr {one.address} ip daddr set {one.fixed}"


def _answers(tap: str, floating: Sequence[Floating]) -> Iterator[str]:
    one = floating[0]
    for start, key in _ANSWERS.items():
        yield f"ip saddr {one.fixed} {_OF[start][1]} {key} @{start}{tap} ip saddr set {one.address}"


def _outward(subnet: Any, one: Floating) -> Iterator[str]:
    elsewhere = f"ip daddr != {subnet} " if subnet else ""
    yield f"ip saddr {one.fixed} {elsewhere}ip daddr != 224.0.0.0/4 ip saddr set {one.address}"


def routes(tap: str, table: str, floating: Sequence[Floating], listed: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Each lies behind the own address on the tap; no other does. ``listed``: the routes of the table by this tap."""
    wanted = {str(one.address) for one in floating}
    for one in listed:
        if "gateway" in one and str(one["dst"]) not in wanted:
            yield f"route del {one['dst']} dev {tap} table {table}"
    yield from (f"route replace {one.address} via {one.fixed} dev {tap} onlink table {table}" for one in floating)
