"""Neutron's routers: their bodies, the views that make, change and delete them and what they join, and how one is written."""

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from logic.access import Caller
from logic.errors import BadRequest
from logic.network.routing import commands, gateways, interfaces, queries, switch
from logic.network.routing.commands import Change, NewRouter
from logic.network.routing.gateways import NewGateway
from logic.network.routing.interfaces import InterfaceInfo
from logic.network.routing.queries import GatewayInfo, RouterInfo
from logic.network.routing.routes import Route
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes
from synnefo.api.kernel.times import seconds
from synnefo.api.network import attributes, render, requests
from synnefo.api.network.answers.routing import Router, RouterInterface
from synnefo.api.network.attributes import Flag, Text, flag
from synnefo.api.network.requests import COMMON, COMMON_SORT, Filters, text_of


class _FixedIp(Struct, forbid_unknown_fields=True, frozen=True):
    subnet_id: str | None = None
    ip_address: str | None = None


class _Gateway(Struct, forbid_unknown_fields=True, frozen=True):
    """``{}`` is none, as null is."""

    network_id: str | None = None
    enable_snat: Flag | None = None
    external_fixed_ips: list[_FixedIp] | None = None
    qos_policy_id: None = None


class _Route(Struct, forbid_unknown_fields=True, frozen=True):
    destination: str
    nexthop: str


class _New(Struct, frozen=True):
    name: Text | None = None
    description: Text | None = None
    admin_state_up: Flag | None = None
    external_gateway_info: _Gateway | None = None
    tenant_id: str | None = None
    project_id: str | None = None


class _Change(Struct, frozen=True):
    name: Text | None = None
    description: Text | None = None
    admin_state_up: Flag | None = None
    external_gateway_info: _Gateway | UnsetType | None = UNSET
    routes: list[_Route] | UnsetType | None = UNSET


class _Routes(Struct, forbid_unknown_fields=True, frozen=True):
    routes: list[_Route]


class _ToRoute(Struct, forbid_unknown_fields=True, frozen=True):
    router: _Routes


class _Interface(Struct, forbid_unknown_fields=True, frozen=True):
    subnet_id: str | None = None
    port_id: str | None = None


@describes(takes=attributes.taken("router", _New), gives=attributes.shown("router", Router), status=201, refuses=[501])
def create(call: Call) -> Answer:
    switch.require()
    alone, sent = attributes.new(call, "router", _New)
    ids = commands.create_routers(call.caller, [_new(one) for one in sent])
    made = [written(queries.router(call.caller, id), call.caller) for id in ids]
    return Answer(201, {"router": made[0]} if alone else {"routers": made})


@describes(takes={"router": _Change}, gives={"router": Router})
def update(call: Call, id: str) -> Answer:
    queries.router(call.caller, id)
    sent = attributes.change(call, "router", _Change)
    change = Change(
        name=UNSET if sent.name is None else sent.name,
        description=UNSET if sent.description is None else sent.description,
        admin_state_up=flag(sent.admin_state_up, "admin_state_up", UNSET),
        gateway=UNSET if sent.external_gateway_info is UNSET else _gateway(sent.external_gateway_info),
        routes=UNSET if sent.routes is UNSET else _routes(sent.routes or ()),
    )
    commands.update_router(call.caller, id, change, attributes.revision(call))
    return _shown(call, id)


@describes(status=204)
def delete(call: Call, id: str) -> Answer:
    commands.delete_router(call.caller, id, attributes.revision(call))
    return Answer(204)


@describes(takes=_Interface, gives=RouterInterface)
def add_interface(call: Call, id: str) -> Answer:
    queries.router(call.caller, id)
    sent = call.decode(_Interface)
    if bool(sent.subnet_id) == bool(sent.port_id):
        raise BadRequest(reason="Either subnet_id or port_id must be specified, not both. Send one of them.")
    if sent.port_id:
        return _joined(interfaces.add_port(call.caller, id, sent.port_id))
    return _joined(interfaces.add_subnet(call.caller, id, sent.subnet_id or ""))


@describes(takes=_Interface, gives=RouterInterface)
def remove_interface(call: Call, id: str) -> Answer:
    queries.router(call.caller, id)
    sent = call.decode(_Interface)
    return _joined(interfaces.remove(call.caller, id, subnet=sent.subnet_id or "", port=sent.port_id or ""))


@describes(takes=_ToRoute, gives={"router": Router})
def add_routes(call: Call, id: str) -> Answer:
    queries.router(call.caller, id)
    commands.change_routes(call.caller, id, more=_routes(call.decode(_ToRoute).router.routes))
    return _tagged(call, id)


@describes(takes=_ToRoute, gives={"router": Router})
def remove_routes(call: Call, id: str) -> Answer:
    queries.router(call.caller, id)
    commands.change_routes(call.caller, id, fewer=_routes(call.decode(_ToRoute).router.routes))
    return _tagged(call, id)


ACTIONS = {
    "add_router_interface": add_interface,
    "remove_router_interface": remove_interface,
    "add_extraroutes": add_routes,
    "remove_extraroutes": remove_routes,
}


def _new(sent: _New) -> NewRouter:
    return NewRouter(
        name=sent.name or "",
        description=sent.description or "",
        admin_state_up=flag(sent.admin_state_up, "admin_state_up", default=True),
        gateway=_gateway(sent.external_gateway_info),
        project=attributes.project(sent),
    )


def _gateway(sent: _Gateway | UnsetType | None) -> NewGateway | None:
    if sent is None or sent is UNSET or sent == _Gateway():
        return None
    if not sent.network_id:
        raise BadRequest(reason="external_gateway_info must name its network_id. Send {} or null for no gateway.")
    fixed = [gateways.FixedIp(one.subnet_id or "", one.ip_address or "") for one in sent.external_fixed_ips or ()]
    return NewGateway(network=sent.network_id, snat=flag(sent.enable_snat, "enable_snat", None), fixed=fixed or None)


def _routes(sent: Sequence[_Route]) -> list[Route]:
    return [(one.destination, one.nexthop) for one in sent]


def _joined(info: InterfaceInfo) -> Answer:
    body = {
        "id": info.router,
        "tenant_id": info.project,
        "project_id": info.project,
        "port_id": info.port,
        "network_id": info.network,
        "subnet_id": info.subnets[0],
        "subnet_ids": info.subnets,
    }
    return Answer(200, body)


def _shown(call: Call, id: str) -> Answer:
    return Answer(200, {"router": written(queries.router(call.caller, id), call.caller)})


def _tagged(call: Call, id: str) -> Answer:
    """Of an action; what is made and changed gets its tags from ``views``."""
    (body,) = render.tagged([written(queries.router(call.caller, id), call.caller)])
    return Answer(200, {"router": body})


def written(info: RouterInfo, caller: Caller) -> dict[str, Any]:  # noqa: ARG001 - as every resource is written
    return {
        "id": info.id,
        "name": info.name,
        "tenant_id": info.project,
        "project_id": info.project,
        "description": info.description,
        "admin_state_up": info.admin_state_up,
        "status": info.status,
        "external_gateway_info": _outside(info.gateway) if info.gateway else None,
        "routes": info.routes,
        "availability_zone_hints": [],
        "availability_zones": [],
        "flavor_id": None,
        "revision_number": info.revision,
        "created_at": seconds(info.created_at),
        "updated_at": seconds(info.updated_at),
    }


def _outside(gateway: GatewayInfo) -> dict[str, Any]:
    fixed = [{"subnet_id": one.subnet, "ip_address": one.ip} for one in gateway.fixed_ips]
    return {"network_id": gateway.network, "enable_snat": gateway.snat, "external_fixed_ips": fixed}


FILTERS: Filters = {
    **COMMON,
    "description": text_of("description"),
    "status": text_of("status"),
    "admin_state_up": requests.flag("admin_state_up"),
    "flavor_id": requests.none_has,
}
SORT = {**COMMON_SORT, "admin_state_up": "admin_state_up"}
