"""Reading networks, subnets and ports: a project's own, and what is shared."""

import datetime
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
from django.db.models import Model, Q, QuerySet

from logic import paging
from logic.access import Caller
from logic.errors import NotFound
from logic.ledger.resources import state_of
from logic.network import away, tagging
from logic.network import connection_states as connections
from logic.network.models import Address, Network, Port, PortGroup, RbacPolicy, Subnet
from logic.network.networks import providing
from logic.network.security import switch
from logic.network.states import AT_REST, IN_FLIGHT, NEUTRON_STATUS, Observed, neutron_status

M = TypeVar("M", bound=Model)
DOWN = "DOWN"
_AWAY = Q(away=True)
NOBODY, ZONE = "", "compute:"  # whose a port is: nobody's, a server's in the zone that follows


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
    flavor: str
    mac_prefix: str
    port_security: bool
    zone_hints: list[str]
    zones: list[str]
    revision: int
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
    ipv6_mode: str
    subnetpool: str
    revision: int
    created_at: datetime.datetime
    updated_at: datetime.datetime


class FixedIp(msgspec.Struct, frozen=True):
    subnet: str
    ip: str


class PortInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A port; ``status`` is Neutron's word, ``host`` the backend's name (empty: none), ``zone`` that of its server, which may be
    on no host (``away``), ``bound``: is it on one; ``owner`` what of its device it is, empty for a server's, ``security_groups``
    are ids."""

    id: str
    network: str
    name: str
    project: str
    device: str
    owner: str
    owned: bool
    mac: str
    admin_state_up: bool
    status: str
    host: str
    zone: str
    bound: bool
    fixed_ips: list[FixedIp]
    port_security: bool
    security_groups: list[str]
    description: str
    pairs: list[list[str]]
    dhcp_options: list[tuple[str, str, int]]
    revision: int
    created_at: datetime.datetime
    updated_at: datetime.datetime


class PlaceInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A network, and where it stands on one cluster (``backend``, a name); of one that is on none, those two are empty.
    ``fault`` is why it could not be made there, or removed."""

    id: str
    name: str
    project: str
    flavor: str
    mode: str
    link: str
    backend: str = ""
    state: str = ""
    fault: str = ""


class AddressInfo(msgspec.Struct, frozen=True, kw_only=True):
    """An address of a server, as Nova lists it under its network's name. ``floating``: it stands for the one before it."""

    network: str
    ip: str
    version: int
    mac: str
    floating: bool = False


def visible(caller: Caller) -> QuerySet[Network]:
    """The networks a caller knows of: those of :func:`usable`, and the ways outside, which routers lead to."""
    return _of(caller, Q(shared=True) | Q(external=True) | _granted(caller))


def usable(caller: Caller) -> QuerySet[Network]:
    """The networks a caller may have interfaces on."""
    return _of(caller, Q(shared=True) | _granted(caller, "access_as_shared"))


def _granted(caller: Caller, *actions: str) -> Q:
    """Shared with the caller's project, or with all, by a policy (``sharing``)."""
    if not caller.project:
        return Q(pk__in=[])
    with_it = RbacPolicy.objects.filter(Q(target=caller.project) | Q(target="*")).order_by()
    return Q(pk__in=(with_it.filter(action__in=actions) if actions else with_it).values("network"))


def _of(caller: Caller, everybodys: Q) -> QuerySet[Network]:
    there = Network.objects.filter(deleted_at=None)
    if caller.is_admin:
        return there
    return there.filter(everybodys | Q(project=caller.project) if caller.project else everybodys)


def networks(
    caller: Caller, *, sort: Sequence[tuple[str, str]] = (), limit: int = 1000, marker: str = "", **filters: Any
) -> list[NetworkInfo]:
    """A page of networks after the one called ``marker``, oldest first unless ``sort`` says otherwise. ``filters``: a
    column's value, or a list of which any will do, and ``network_type`` and ``segmentation_id`` (``networks.providing``).
    Raises :class:`NotFound` for a marker that cannot be seen."""
    rows, shared = _whole(caller), filters.pop("shared", None)
    for flag in (True, False):
        if shared is not None and flag not in (shared if isinstance(shared, list) else [shared]):
            everybodys = Q(shared=True) | _granted(caller, "access_as_shared")
            rows = rows.filter(~everybodys if flag else everybodys)
    wanted = Wanted(sort=sort, limit=limit, marker=marker, where=filters)
    found = list(page_of("network", rows, wanted))
    let = _let(caller, found)
    return [_network(row, shared=row.shared or row.pk in let) for row in found]


def _whole(caller: Caller) -> QuerySet[Network]:
    return visible(caller).prefetch_related("subnets", "places__backend")


def ports_ever(server: str) -> list[str]:
    """Ids of the ports a server has or had. For who has seen that the caller may look at the server."""
    return list(Port.objects.filter(device=server).values_list("pk", flat=True))


def network(caller: Caller, id: str) -> NetworkInfo:
    """Raises :class:`NotFound`."""
    row = one_of("network", _whole(caller), id)
    return _network(row, shared=row.shared or row.pk in _let(caller, [row]))


def _let(caller: Caller, rows: Sequence[Network]) -> set[str]:
    """Those that a policy shares with the caller's project."""
    ids = [row.pk for row in rows]
    granted = Network.objects.filter(_granted(caller, "access_as_shared"), pk__in=ids).order_by()
    return set(granted.values_list("pk", flat=True)) if ids else set()


def _subnets(caller: Caller) -> QuerySet[Subnet]:
    return Subnet.objects.filter(network__in=usable(caller))


def subnets(
    caller: Caller, *, sort: Sequence[tuple[str, str]] = (), limit: int = 1000, marker: str = "", **filters: Any
) -> list[SubnetInfo]:
    """As :func:`networks`. ``network`` is a network's id."""
    wanted = Wanted(sort=sort, limit=limit, marker=marker, where=filters)
    return [_subnet(row) for row in page_of("subnet", _subnets(caller), wanted)]


def subnet(caller: Caller, id: str) -> SubnetInfo:
    """Raises :class:`NotFound`."""
    return _subnet(one_of("subnet", _subnets(caller), id))


def _ports(caller: Caller) -> QuerySet[Port]:
    more = ["addresses", "groups"] if switch.on() else ["addresses"]
    rows = Port.objects.exclude(observed=Observed.GONE).annotate(away=away.AWAY)
    rows = rows.select_related("backend").prefetch_related(*more)
    if caller.is_admin:
        return rows
    return rows.filter(project=caller.project) if caller.project else rows.none()  # gateways are nobody's


def ports(
    caller: Caller, *, sort: Sequence[tuple[str, str]] = (), limit: int = 1000, marker: str = "", **filters: Any
) -> list[PortInfo]:
    """As :func:`networks`. Besides columns, ``filters`` may be ``owner`` (as in :class:`PortInfo`, ``NOBODY``, or ``ZONE`` with a
    backend's name for servers' there), ``host`` (a backend's name, as it is told), ``bound`` and ``secured`` (flags), ``status``
    (Neutron's words), ``ip`` and ``subnet`` of its addresses, and ``security_group``, an id."""
    wanted = Wanted(sort=sort, limit=limit, marker=marker, where=filters)
    return [_port(row) for row in page_of("port", _ports(caller), wanted)]


def port(caller: Caller, id: str) -> PortInfo:
    """Raises :class:`NotFound`."""
    return _port(one_of("port", _ports(caller), id))


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a list is asked for: see :func:`networks`."""

    sort: Sequence[tuple[str, str]]
    limit: int
    marker: str
    where: dict[str, Any]


def page_of(kind: str, visible: QuerySet[M], wanted: Wanted) -> QuerySet[M]:
    keys = paging.with_id(wanted.sort or [("created_at", "asc")])
    rows = visible
    for name, value in wanted.where.items():
        values = value if isinstance(value, list) else [value]
        rows = rows.filter(_WHERE[name](values) if name in _WHERE else Q(**{f"{name}__in": values}))
    if wanted.marker:
        rows = rows.filter(paging.after(keys, one_of(kind, visible, wanted.marker)))
    return paging.ordered(rows, keys)[: wanted.limit]


def one_of(kind: str, visible: QuerySet[M], id: str) -> M:
    row = visible.filter(pk=id).first()
    if row is None:
        raise NotFound(kind=kind, id=id)
    return row


def _with_status(words: list[str]) -> Q:
    """Neutron's words as conditions on a port's columns: the inverse of ``states.neutron_status``."""
    chosen = Q(pk__in=[])
    for word in words:
        verbs = [verb for verb, phase in IN_FLIGHT.items() if NEUTRON_STATUS[phase] == word]
        at_rest = [observed for observed, phase in AT_REST.items() if NEUTRON_STATUS[phase] == word]
        found = Q(admin_state_up=True) & ~_AWAY & (Q(verb__in=verbs) | Q(verb="", observed__in=at_rest))
        chosen |= found | Q(admin_state_up=False) | _AWAY if word == DOWN else found
    return chosen


def _owned_by(words: list[str]) -> Q:
    chosen = Q(device_owner__in=[word for word in words if word != NOBODY and not word.startswith(ZONE)])
    zones = [word.removeprefix(ZONE) for word in words if word.startswith(ZONE)]
    if zones:
        chosen |= Q(device_owner="", backend__name__in=zones) & ~Q(device="")
    return chosen | Q(device_owner="", device="") if NOBODY in words else chosen


def _parts(parts: list[str]) -> Q:
    chosen = Q(pk__in=[])
    for part in parts:
        chosen |= Q(ip__contains=part)
    return chosen


def _at(hosts: list[str]) -> Q:
    """Of a server's port it is told where that is, of others what was said of them."""
    sited = Q(backend__isnull=False) & ~Q(device="")
    found = ~_AWAY & ((sited & Q(backend__name__in=hosts)) | (~sited & Q(host__in=hosts)))
    return found | _AWAY if "" in hosts else found


def _bound(flags: list[bool]) -> Q:
    chosen = Q(pk__in=[])
    for flag in flags:
        chosen |= ~Q(device="") & ~_AWAY if flag else Q(device="") | _AWAY
    return chosen


def _secured(flags: list[bool]) -> Q:
    """None is where nodes do not ask, whatever its row says."""
    if switch.on():
        return Q(port_security__in=flags)
    return Q() if False in flags else Q(pk__in=[])


_WHERE: dict[str, Callable[[list[Any]], Q]] = {
    "owner": _owned_by,
    "host": _at,
    "bound": _bound,
    "secured": _secured,
    "network_type": providing.of_types,
    "segmentation_id": providing.of_segments,
    "status": _with_status,
    "ip": lambda ips: Q(pk__in=Address.objects.filter(ip__in=ips).values("port")),
    "subnet": lambda ids: Q(pk__in=Address.objects.filter(subnet__in=ids).values("port")),
    "ip_part": lambda parts: Q(pk__in=Address.objects.filter(_parts(parts)).values("port")),
    **tagging.WHERE,
    "security_group": lambda ids: Q(pk__in=PortGroup.objects.filter(group__in=ids).values("port")),
}


def addresses(servers: Sequence[str]) -> dict[str, list[AddressInfo]]:
    """Addresses by server id, in one query."""
    rows = Address.objects.filter(port__device__in=servers).exclude(port__observed=Observed.GONE)
    columns = ("port__device", "port__network__name", "ip", "subnet__ip_version", "port__mac")
    found: dict[str, list[AddressInfo]] = defaultdict(list)
    for device, name, ip, version, mac in rows.order_by("id").values_list(*columns):
        found[device].append(AddressInfo(network=name, ip=ip, version=version, mac=mac))
    return found


def places() -> list[PlaceInfo]:
    """Every network on every cluster that it has gone to, by name, those deleted as long as they are still somewhere; for
    operators."""
    found: list[PlaceInfo] = []
    for row in Network.objects.order_by("name", "id").prefetch_related("places__backend"):
        about = {name: getattr(row, name) for name in ("id", "name", "project", "flavor", "mode", "link")}
        there = sorted(row.places.all(), key=lambda place: place.backend.name)
        told = [
            PlaceInfo(**about, backend=one.backend.name, state=connections.phase(state_of(one)), fault=one.fault)
            for one in there
        ]
        if row.deleted_at:
            found += [one for one in told if one.state != connections.AT_REST[connections.Observed.NONE] or one.fault]
        else:
            found += told or [PlaceInfo(**about)]
    return found


def _network(row: Network, *, shared: bool) -> NetworkInfo:
    own = {"shared", "subnets", "zone_hints", "zones"}
    values = {name: getattr(row, name) for name in NetworkInfo.__struct_fields__ if name not in own}
    subnets = [one.pk for one in row.subnets.all()]
    zones = sorted(one.backend.name for one in row.places.all() if one.observed == connections.Observed.CONNECTED)
    return NetworkInfo(**values, shared=shared, subnets=subnets, zone_hints=row.zone_hints or [], zones=zones)


def _subnet(row: Subnet) -> SubnetInfo:
    own = {"network", "subnetpool"}
    values = {name: getattr(row, name) for name in SubnetInfo.__struct_fields__ if name not in own}
    return SubnetInfo(**values, network=row.network_id, subnetpool=row.subnetpool_id or "")


_OF_PORTS = ("id", "name", "project", "device", "owned", "mac", "admin_state_up", "description", "revision",
             "created_at", "updated_at")  # fmt: skip


def host_of(row: Port) -> str:
    """A server's port is where that is, another where it was said to be."""
    return row.backend.name if row.backend and row.device else row.host


def told_host(row: Port) -> str:
    """The same as it is told: a server that is on none has its ports on none."""
    return "" if away.is_away(row.device) else host_of(row)


def owner_of(row: Port) -> str:
    """In Neutron's words: a server's says in which zone."""
    return row.device_owner or (f"{ZONE}{host_of(row)}" if row.device else "")


def _port(row: Port) -> PortInfo:
    unbound = row.away  # type: ignore[attr-defined]  # by _ports
    filtered = switch.on() and row.port_security
    fixed = [FixedIp(subnet=one.subnet_id, ip=one.ip) for one in row.addresses.all()]
    return PortInfo(
        **{name: getattr(row, name) for name in _OF_PORTS},
        network=row.network_id,
        owner=row.device_owner,
        status=neutron_status(state_of(row)) if row.admin_state_up and not unbound else DOWN,
        host="" if unbound else host_of(row),
        zone=host_of(row),
        bound=bool(row.device) and not unbound,
        fixed_ips=fixed,
        port_security=filtered,
        security_groups=[link.group_id for link in row.groups.all()] if filtered else [],
        pairs=row.pairs or [],
        dhcp_options=[(name, value, version) for name, value, version in row.dhcp_options or []],
    )
