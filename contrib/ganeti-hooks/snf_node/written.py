"""What an operator has written of the networks on a node's bridges and routing tables: ``/etc/synnefo/node-networks``.

A line each: the bridge or table, a prefix, and its gateway where it has one; ``#`` begins a remark::

    br0  192.0.2.0/24   192.0.2.1
    br0  2001:db8::/64  2001:db8::1

For interfaces that are on no Ganeti network, where the node itself has no address to tell by. What stands there is believed
before the node's own addresses. Pure, but for reading the file.
"""

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any, NamedTuple

from snf_node.deciding import ONE_ADDRESS, Surroundings
from snf_node.errors import Refused
from snf_node.nic import Nic


class Written(NamedTuple):
    """One line. ``gateway`` is of the prefix's version, or None."""

    place: str
    subnet: IPv4Network | IPv6Network
    gateway: Any


def written(file: Path) -> list[Written]:
    """All lines; :class:`Refused` with the first that is wrong. No file has none."""
    if not file.exists():
        return []
    lines = [line.partition("#")[0].split() for line in file.read_text(encoding="utf-8", errors="replace").splitlines()]
    return [_line(words, f"{file}, line {number}") for number, words in enumerate(lines, 1) if words]


def applied(around: Surroundings, nic: Nic, lines: list[Written]) -> Surroundings:
    """The surroundings of an interface with what is written of its place."""
    for line in lines:
        if line.place != nic.place:
            continue
        if isinstance(line.subnet, IPv4Network) and nic.address and nic.address in line.subnet:
            around = around._replace(subnet=line.subnet, gateway=line.gateway)
        if isinstance(line.subnet, IPv6Network) and line.subnet.prefixlen == ONE_ADDRESS:
            around = around._replace(subnet6=line.subnet, gateway6=line.gateway)
    return around


def _line(words: list[str], where: str) -> Written:
    try:
        place, prefix, *rest = words
        subnet, gateways = ip_network(prefix), [ip_address(one) for one in rest]
    except ValueError as error:
        raise Refused(f"{where}: it has to be a link, a prefix and a gateway: {error}") from error
    if len(gateways) > 1 or any(one.version != subnet.version for one in gateways):
        raise Refused(f"{where}: a prefix has one gateway of its own version, or none")
    return Written(place, subnet, gateways[0] if gateways else None)
