"""Neutron's floating addresses: their bodies, the views that make, change and delete them, and how one is written."""

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from logic.access import Caller
from logic.errors import BadRequest
from logic.network.floating import commands, queries
from logic.network.floating.commands import NewFloating
from logic.network.floating.queries import FloatingInfo
from logic.network.security import switch
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes
from synnefo.api.kernel.times import seconds
from synnefo.api.network.answers.routing import FloatingIp
from synnefo.api.network.requests import TAGS, Columns, Filters, always, none_has, number, text_of

STATUS = {True: "ACTIVE", False: "DOWN"}


class _New(Struct, forbid_unknown_fields=True, frozen=True):
    floating_network_id: str
    subnet_id: str | None = None
    floating_ip_address: str | None = None
    port_id: str | None = None
    fixed_ip_address: str | None = None
    description: str | None = None
    tenant_id: str | None = None
    project_id: str | None = None


class _Change(Struct, forbid_unknown_fields=True, frozen=True):
    """``port_id`` null takes it off its port."""

    port_id: str | UnsetType | None = UNSET
    fixed_ip_address: str | None = None
    description: str | None = None


class _ToMake(Struct, forbid_unknown_fields=True, frozen=True):
    floatingip: _New


class _ToChange(Struct, forbid_unknown_fields=True, frozen=True):
    floatingip: _Change


@describes(takes=_ToMake, status=201, gives={"floatingip": FloatingIp}, refuses=[501])
def create(call: Call) -> Answer:
    switch.require()
    sent = call.decode(_ToMake).floatingip
    wanted = NewFloating(
        network=sent.floating_network_id,
        subnet=sent.subnet_id or "",
        ip=sent.floating_ip_address or "",
        port=sent.port_id or "",
        fixed=sent.fixed_ip_address or "",
        description=sent.description or "",
        project=sent.project_id or sent.tenant_id or "",
    )
    return _answer(call, commands.create_floating_ip(call.caller, wanted), 201)


@describes(takes=_ToChange, gives={"floatingip": FloatingIp})
def update(call: Call, id: str) -> Answer:
    queries.floating_ip(call.caller, id)
    sent = call.decode(_ToChange).floatingip
    if sent.port_id is UNSET and sent.fixed_ip_address:
        raise BadRequest(reason="fixed_ip_address cannot be specified without a port_id. Give both.")
    if sent.description is not None:
        commands.describe(call.caller, id, sent.description)
    if sent.port_id is not UNSET:
        commands.associate(call.caller, id, sent.port_id or "", sent.fixed_ip_address or "")
    return _answer(call, id, 200)


@describes(status=204)
def delete(call: Call, id: str) -> Answer:
    commands.release(call.caller, id)
    return Answer(204)


def _answer(call: Call, id: str, status: int) -> Answer:
    return Answer(status, {"floatingip": written(queries.floating_ip(call.caller, id), call.caller)})


def written(info: FloatingInfo, caller: Caller) -> dict[str, Any]:  # noqa: ARG001 - as every resource is written
    """It goes through no router where the node of the port is one."""
    return {
        "id": info.id,
        "tenant_id": info.project,
        "project_id": info.project,
        "description": info.description,
        "floating_network_id": info.network,
        "floating_ip_address": info.ip,
        "port_id": info.port or None,
        "fixed_ip_address": info.fixed or None,
        "router_id": info.router or None,
        "status": STATUS[bool(info.port)],
        "dns_domain": "",
        "dns_name": "",
        "qos_policy_id": None,
        "port_details": None,
        "revision_number": info.revision,
        "created_at": seconds(info.created_at),
        "updated_at": seconds(info.updated_at),
    }


def _status(call: Call, name: str) -> Columns:
    return {"associated": [flag for flag, word in STATUS.items() if word in call.query.all(name)]}


def _router(call: Call, name: str) -> Columns:
    return {"router": ["" if one == "None" else one for one in call.query.all(name)]}


FILTERS: Filters = {
    **TAGS,
    "id": text_of("id"),
    "tenant_id": text_of("project"),
    "project_id": text_of("project"),
    "description": text_of("description"),
    "floating_network_id": text_of("network"),
    "floating_ip_address": text_of("ip"),
    "port_id": text_of("port"),
    "fixed_ip_address": text_of("fixed"),
    "status": _status,
    "router_id": _router,
    "revision_number": number("revision"),
    "dns_domain": always(""),
    "dns_name": always(""),
    "qos_policy_id": none_has,
}
SORT = {
    "id": "id",
    "tenant_id": "project",
    "project_id": "project",
    "created_at": "created_at",
    "updated_at": "updated_at",
}
