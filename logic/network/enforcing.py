"""What nodes let through: the rules of ports as a node of a cluster enforces them, with remote groups as addresses.

Called by the API that nodes ask. The words are those of the file that ``snf_node.firewall`` reads; whatever the API of
security groups accepts, a node can do. As many statements for a thousand ports as for one.
"""

import ipaddress
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

import msgspec
from django.conf import settings

from ganeti.vocabulary import nic_name
from logic.network.floating.queries import of_ports
from logic.network.models import Address, Port, PortGroup, SecurityRule
from logic.network.security import protocols
from logic.network.states import Observed

Ranges = tuple[str, ...]
_EVERYBODY = frozenset({"0.0.0.0/0", "::/0"})


class Rule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is let through. None: any protocol, all ports (of ICMP: types and codes), everybody; no ``remote`` at all: nobody."""

    direction: str
    ethertype: str
    protocol: str | None = None
    port_range_min: int | None = None
    port_range_max: int | None = None
    remote: Ranges | None = None


def prefix() -> str:
    """How the names begin that interfaces of ports have on clusters; the port's id follows."""
    return nic_name(settings.BACKEND_PREFIX_ID, "")


def floating(ports: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """By port its floating addresses, each with the address that it stands for. For those that :func:`firewalls` tells of."""
    return of_ports(ports) if settings.SECURITY_GROUPS else {}


def firewalls(backend: str, ports: Sequence[str]) -> dict[str, tuple[Rule, ...] | None]:
    """By port, for those that are living ports of servers on this cluster: all that is let through, or None when nothing is
    said of it (port security is off). Nothing goes through one that is down, or whose network is."""
    there = Port.objects.filter(pk__in=ports, backend=int(backend)).exclude(device="").exclude(observed=Observed.GONE)
    columns = ("pk", "port_security", "admin_state_up", "network__admin_state_up")
    rows = list(there.values_list(*columns)) if ports else []
    found: dict[str, tuple[Rule, ...] | None] = {id: None for id, *_ in rows}
    if not settings.SECURITY_GROUPS:
        return found
    groups = _groups([id for id, secured, up, network_up in rows if secured and up and network_up])
    rules = _rules({group for several in groups.values() for group in several})
    found |= {id: () for id, _, up, network_up in rows if not (up and network_up)}
    for port, several in groups.items():
        found[port] = tuple(dict.fromkeys(rule for group in several for rule in rules.get(group, ())))
    return found


def _groups(ports: Sequence[str]) -> dict[str, list[str]]:
    """By port, in an order that is always the same."""
    found: dict[str, list[str]] = {port: [] for port in ports}
    links = PortGroup.objects.filter(port__in=ports).order_by("group") if ports else ()
    for link in links:
        found[link.port_id].append(link.group_id)
    return found


def _rules(groups: Collection[str]) -> dict[str, list[Rule]]:
    """By group."""
    wanted = SecurityRule.objects.filter(group__in=groups).select_related("remote_addresses")
    rows = list(wanted.order_by("created_at", "id")) if groups else []
    members = _members({row.remote_group_id for row in rows if row.remote_group_id})
    found: dict[str, list[Rule]] = defaultdict(list)
    for row in rows:
        found[row.group_id].append(_rule(row, members))
    return found


def _members(groups: Collection[str]) -> dict[tuple[str, str], Ranges]:
    """The addresses of the ports in these groups, by group and ethertype."""
    if not groups:
        return {}
    held = Address.objects.filter(port__groups__group__in=groups).exclude(port__observed=Observed.GONE)
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for group, ip in held.order_by().values_list("port__groups__group", "ip"):
        address = ipaddress.ip_address(ip)
        found[group, f"IPv{address.version}"].add(f"{address}/{address.max_prefixlen}")
    return {whose: tuple(sorted(several)) for whose, several in found.items()}


def _rule(row: SecurityRule, members: Mapping[tuple[str, str], Ranges]) -> Rule:
    return Rule(
        direction=row.direction,
        ethertype=row.ethertype,
        protocol=protocols.on_node(row.protocol),
        port_range_min=row.port_min,
        port_range_max=row.port_max,
        remote=_remote(row, members),
    )


def _remote(row: SecurityRule, members: Mapping[tuple[str, str], Ranges]) -> Ranges | None:
    if row.remote_group_id:
        return members.get((row.remote_group_id, row.ethertype), ())
    if row.remote_addresses:
        return tuple(one for one in row.remote_addresses.addresses if (":" in one) == (row.ethertype == "IPv6"))
    if not row.remote_prefix:
        return None
    prefix = str(ipaddress.ip_network(row.remote_prefix, strict=False))
    return None if prefix in _EVERYBODY else (prefix,)
