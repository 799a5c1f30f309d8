"""What nodes are told of ports beside the rules of their groups: addresses that clusters do not know of, and what guests are
told with their address. Called by the API that nodes ask; the words are those of ``snf_node.beside``. As many statements for
a thousand ports as for one.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings

from logic.network.models import Address, Port, Subnet
from logic.network.ports import options
from logic.network.subnets import ranges

USUAL_MTU = 1500


def told(ports: Sequence[str]) -> dict[str, dict[str, Any]]:
    """By port the parts of its file that there is something to say in, ``addresses`` and ``leases``. For those that
    ``enforcing.firewalls`` tells of."""
    if not (settings.SECURITY_GROUPS and ports):
        return {}
    rows = list(Port.objects.filter(pk__in=ports).select_related("network"))
    held: dict[str, list[Address]] = defaultdict(list)
    for one in Address.objects.filter(port__in=ports).select_related("subnet").order_by("id"):
        held[one.port_id or ""].append(one)
    first = _first({row.network_id for row in rows})
    return {row.pk: _parts(row, held[row.pk], first) for row in rows}


def _first(networks: set[str]) -> dict[str, str]:
    """By network its range of IPv4 that clusters know."""
    found: dict[str, str] = {}
    rows = Subnet.objects.filter(network__in=networks, ip_version=ranges.FOUR).order_by("created_at", "id")
    for id, network in rows.values_list("pk", "network"):
        found.setdefault(network, id)
    return found


def _parts(port: Port, held: Sequence[Address], first: Mapping[str, str]) -> dict[str, Any]:
    pairs = [(_prefix(ip), mac) for ip, mac in [*_unknown(port, held, first), *(port.pairs or [])]]
    parts = {
        "addresses": [{"address": address, "mac": mac} for address, mac in dict.fromkeys(pairs)],
        "leases": _leases(port, held),
    }
    return {name: value for name, value in parts.items() if value}


def _unknown(port: Port, held: Sequence[Address], first: Mapping[str, str]) -> list[tuple[str, str]]:
    """Its own addresses that the interface does not have on its cluster: see ``claiming``."""
    fours = [one for one in held if one.subnet.ip_version == ranges.FOUR]
    known = [one for one in fours if not port.network.flavor or one.subnet_id == first.get(port.network_id)]
    made = [one for one in held if one.subnet.ipv6_mode in ranges.MADE_OF_MAC]
    return [(one.ip, port.mac) for one in held if one not in [*known[:1], *made]]


def _prefix(address: str) -> str:
    return address if "/" in address else f"{address}/{128 if ':' in address else 32}"


def _leases(port: Port, held: Sequence[Address]) -> dict[str, Any]:
    subnets = [one.subnet for one in held if one.subnet.enable_dhcp]
    parts = {
        "nameservers": list(dict.fromkeys(ip for one in subnets for ip in one.dns_nameservers)),
        "routes": [route for one in subnets if one.ip_version == ranges.FOUR for route in one.host_routes],
        "mtu": port.network.mtu if port.network.mtu != USUAL_MTU else 0,
        "options": [list(options.encoded(name, value)) for name, value, _ in port.dhcp_options or []],
    }
    return {name: value for name, value in parts.items() if value}
