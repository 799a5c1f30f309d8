"""Reading networks, subnets and ports: a project's own, and what is shared."""

import datetime
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec
from django.db.models import Q, QuerySet

from logic.access import Caller
from logic.errors import NotFound
from logic.ledger.resources import state_of
from logic.network.models import Address, Network, Port, Subnet
from logic.network.states import neutron_status


class NetworkInfo(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    project: str
    description: str
    admin_state_up: bool
    shared: bool
    external: bool
    is_default: bool
    mtu: int
    mode: str
    link: str
    subnets: list[str]
    created_at: datetime.datetime
    updated_at: datetime.datetime


class SubnetInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A subnet; ``pools`` is [[first, last], …]."""

    id: str
    network: str
    name: str
    project: str
    description: str
    ip_version: int
    cidr: str
    gateway: str
    enable_dhcp: bool
    dns_nameservers: list[str]
    host_routes: list[dict[str, str]]
    pools: list[list[str]]
    created_at: datetime.datetime
    updated_at: datetime.datetime


class FixedIp(msgspec.Struct, frozen=True):
    subnet: str
    ip: str


class PortInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A port; ``status`` is Neutron's word, ``host`` the backend's name (empty: none)."""

    id: str
    network: str
    name: str
    project: str
    device: str
    owned: bool
    mac: str
    admin_state_up: bool
    status: str
    host: str
    fixed_ips: list[FixedIp]
    created_at: datetime.datetime
    updated_at: datetime.datetime


class AddressInfo(msgspec.Struct, frozen=True, kw_only=True):
    """An address of a server, as Nova lists it under its network's name."""

    network: str
    ip: str
    version: int
    mac: str


def visible(caller: Caller) -> QuerySet[Network]:
    """The networks a caller may use."""
    if caller.is_admin:
        return Network.objects.all()
    return Network.objects.filter(Q(shared=True) | Q(project=caller.project))


def networks(caller: Caller, **filters: Any) -> list[NetworkInfo]:
    rows = visible(caller).filter(**filters).prefetch_related("subnets")
    return [_network(row) for row in rows]


def network(caller: Caller, id: str) -> NetworkInfo:
    """Raises :class:`NotFound`."""
    row = visible(caller).filter(pk=id).first()
    if row is None:
        raise NotFound(kind="network", id=id)
    return _network(row)


def subnets(caller: Caller, **filters: Any) -> list[SubnetInfo]:
    return [_subnet(row) for row in Subnet.objects.filter(network__in=visible(caller), **filters)]


def subnet(caller: Caller, id: str) -> SubnetInfo:
    """Raises :class:`NotFound`."""
    row = Subnet.objects.filter(network__in=visible(caller), pk=id).first()
    if row is None:
        raise NotFound(kind="subnet", id=id)
    return _subnet(row)


def _ports(caller: Caller) -> QuerySet[Port]:
    rows = Port.objects.exclude(observed="gone").select_related("backend").prefetch_related("addresses")
    return rows if caller.is_admin else rows.filter(project=caller.project)


def ports(caller: Caller, *, marker: str = "", limit: int = 1000, **filters: Any) -> list[PortInfo]:
    """A page of ports, oldest first, after the one called ``marker``."""
    rows = _ports(caller).filter(**filters).order_by("created_at", "id")
    if marker:
        last = _ports(caller).filter(pk=marker).first()
        if last is None:
            raise NotFound(kind="port", id=marker)
        rows = rows.filter(Q(created_at__gt=last.created_at) | Q(created_at=last.created_at, id__gt=last.pk))
    return [_port(row) for row in rows[:limit]]


def port(caller: Caller, id: str) -> PortInfo:
    """Raises :class:`NotFound`."""
    row = _ports(caller).filter(pk=id).first()
    if row is None:
        raise NotFound(kind="port", id=id)
    return _port(row)


def addresses(servers: Sequence[str]) -> dict[str, list[AddressInfo]]:
    """Addresses by server id, in one query."""
    rows = Address.objects.filter(port__device__in=servers).exclude(port__observed="gone")
    columns = ("port__device", "port__network__name", "ip", "subnet__ip_version", "port__mac")
    found: dict[str, list[AddressInfo]] = defaultdict(list)
    for device, name, ip, version, mac in rows.order_by("id").values_list(*columns):
        found[device].append(AddressInfo(network=name, ip=ip, version=version, mac=mac))
    return found


def _network(row: Network) -> NetworkInfo:
    values = {name: getattr(row, name) for name in NetworkInfo.__struct_fields__ if name != "subnets"}
    return NetworkInfo(**values, subnets=[one.pk for one in row.subnets.all()])


def _subnet(row: Subnet) -> SubnetInfo:
    values = {name: getattr(row, name) for name in SubnetInfo.__struct_fields__ if name != "network"}
    return SubnetInfo(**values, network=row.network_id)


def _port(row: Port) -> PortInfo:
    plain = {"id", "name", "project", "device", "owned", "mac", "admin_state_up", "created_at", "updated_at"}
    fixed = [FixedIp(subnet=one.subnet_id, ip=one.ip) for one in row.addresses.all()]
    return PortInfo(
        **{name: getattr(row, name) for name in plain},
        network=row.network_id,
        status=neutron_status(state_of(row)),
        host=row.backend.name if row.backend else "",
        fixed_ips=fixed,
    )
