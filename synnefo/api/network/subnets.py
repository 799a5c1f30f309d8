"""Neutron's subnets: their bodies, and the views that make, change and delete them."""

from msgspec import UNSET, Struct, UnsetType

from logic.network import queries
from logic.network.subnets import commands
from logic.network.subnets.commands import NewSubnet, SubnetChange
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes
from synnefo.api.network import attributes, render
from synnefo.api.network.answers.networks import Subnet
from synnefo.api.network.attributes import Flag, Text, flag, given


class _Pool(Struct, forbid_unknown_fields=True, frozen=True):
    start: str
    end: str


class _Route(Struct, forbid_unknown_fields=True, frozen=True):
    destination: str
    nexthop: str


class _New(Struct, frozen=True, kw_only=True):
    network_id: str
    name: Text | None = None
    description: Text | None = None
    ip_version: int | str = 4
    cidr: str | UnsetType | None = UNSET
    subnetpool_id: str | UnsetType | None = UNSET
    prefixlen: int | str | UnsetType | None = UNSET
    use_default_subnetpool: Flag | UnsetType = UNSET
    gateway_ip: str | UnsetType | None = UNSET
    allocation_pools: list[_Pool] | UnsetType | None = UNSET
    enable_dhcp: Flag | UnsetType = UNSET
    dns_nameservers: list[str] | UnsetType | None = UNSET
    host_routes: list[_Route] | UnsetType | None = UNSET
    ipv6_ra_mode: str | UnsetType | None = UNSET
    ipv6_address_mode: str | UnsetType | None = UNSET
    tenant_id: Text | None = None
    project_id: Text | None = None


class _Change(Struct, frozen=True, kw_only=True):
    name: Text | None = None
    description: Text | None = None
    gateway_ip: str | UnsetType | None = UNSET
    allocation_pools: list[_Pool] | UnsetType = UNSET
    enable_dhcp: Flag | UnsetType = UNSET
    dns_nameservers: list[str] | UnsetType | None = UNSET
    host_routes: list[_Route] | UnsetType | None = UNSET


@describes(takes=attributes.taken("subnet", _New), gives=attributes.shown("subnet", Subnet), status=201)
def create(call: Call) -> Answer:
    alone, sent = attributes.new(call, "subnet", _New)
    ids = commands.create_subnets(call.caller, [_wanted(one) for one in sent])
    made = [render.subnet(queries.subnet(call.caller, id), call.caller) for id in ids]
    return Answer(201, {"subnet": made[0]} if alone else {"subnets": made})


@describes(takes={"subnet": _Change}, gives={"subnet": Subnet})
def update(call: Call, id: str) -> Answer:
    queries.subnet(call.caller, id)
    sent = attributes.change(call, "subnet", _Change)
    servers, routes = sent.dns_nameservers, sent.host_routes
    wanted = SubnetChange(
        name=sent.name,
        description=sent.description,
        gateway=None if sent.gateway_ip is UNSET else sent.gateway_ip or "",
        pools=None if isinstance(sent.allocation_pools, UnsetType) else _pools(sent.allocation_pools),
        enable_dhcp=flag(sent.enable_dhcp, "enable_dhcp", None),
        dns_nameservers=None if isinstance(servers, UnsetType) else tuple(servers or ()),
        host_routes=None if isinstance(routes, UnsetType) else _routes(routes),
    )
    commands.update_subnet(call.caller, id, wanted, attributes.revision(call))
    return Answer(200, {"subnet": render.subnet(queries.subnet(call.caller, id), call.caller)})


@describes(status=204)
def delete(call: Call, id: str) -> Answer:
    commands.delete_subnet(call.caller, id, attributes.revision(call))
    return Answer(204)


def _wanted(sent: _New) -> NewSubnet:
    pools, gateway = sent.allocation_pools, sent.gateway_ip
    return NewSubnet(
        network=sent.network_id,
        name=sent.name or "",
        description=sent.description or "",
        project=attributes.project(sent),
        ip_version=attributes.number(sent.ip_version, "ip_version", 4),
        cidr=given(sent.cidr, ""),
        subnetpool=_pool(sent),
        length=attributes.number(sent.prefixlen, "prefixlen", None),
        gateway="" if isinstance(gateway, UnsetType) else gateway or None,
        pools=None if isinstance(pools, UnsetType) or pools is None else _pools(pools),
        enable_dhcp=flag(sent.enable_dhcp, "enable_dhcp", default=True),
        dns_nameservers=tuple(given(sent.dns_nameservers, [])),
        host_routes=_routes(given(sent.host_routes, [])),
        modes=(given(sent.ipv6_ra_mode, "") or None, given(sent.ipv6_address_mode, "") or None),
    )


def _pool(sent: _New) -> str | None:
    """The default one is the empty word."""
    if flag(sent.use_default_subnetpool, "use_default_subnetpool", default=False):
        return ""
    return given(sent.subnetpool_id, "") or None


def _pools(sent: list[_Pool]) -> list[list[str]]:
    return [[one.start, one.end] for one in sent]


def _routes(sent: list[_Route] | None) -> tuple[tuple[str, str], ...]:
    return tuple((one.destination, one.nexthop) for one in sent or [])
