"""Neutron's ports: their bodies, and the views that make, change and delete them."""

from typing import Any

from msgspec import UNSET, Struct, UnsetType, field

from logic.errors import BadRequest
from logic.network import queries
from logic.network.ports import commands
from logic.network.ports.commands import NewPort, Option, PortChange
from logic.network.ports.holding import Fixed
from logic.network.ports.pairs import Pair
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes
from synnefo.api.network import attributes, render
from synnefo.api.network.answers.networks import Port
from synnefo.api.network.attributes import Flag, Text, flag, given


class _Fixed(Struct, forbid_unknown_fields=True, frozen=True):
    subnet_id: str | None = None
    ip_address: str | None = None


class _Pair(Struct, forbid_unknown_fields=True, frozen=True):
    ip_address: str
    mac_address: str | None = None
    active: bool | None = None


class _Option(Struct, forbid_unknown_fields=True, frozen=True):
    opt_name: str
    opt_value: str | None
    ip_version: int | str = 4


class _Change(Struct, frozen=True, kw_only=True):
    name: Text | None = None
    description: Text | None = None
    admin_state_up: Flag | UnsetType = UNSET
    fixed_ips: list[_Fixed] | UnsetType | None = UNSET
    mac_address: str | UnsetType | None = UNSET
    security_groups: list[str] | UnsetType | None = UNSET
    port_security_enabled: Flag | UnsetType = UNSET
    allowed_address_pairs: list[_Pair] | UnsetType | None = UNSET
    extra_dhcp_opts: list[_Option] | UnsetType | None = UNSET
    device_id: Text | None = None
    device_owner: Text | None = None
    host_id: Text | None = field(name="binding:host_id", default=None)
    vnic_type: str | None = field(name="binding:vnic_type", default=None)
    profile: dict[str, Any] | None = field(name="binding:profile", default=None)


class _New(_Change, frozen=True, kw_only=True):
    network_id: str = ""
    tenant_id: Text | None = None
    project_id: Text | None = None


@describes(takes=attributes.taken("port", _New), gives=attributes.shown("port", Port), status=201)
def create(call: Call) -> Answer:
    alone, sent = attributes.new(call, "port", _New)
    ids = commands.create_ports(call.caller, [_wanted(one) for one in sent])
    made = [render.port(queries.port(call.caller, id), call.caller) for id in ids]
    return Answer(201, {"port": made[0]} if alone else {"ports": made})


@describes(takes={"port": _Change}, gives={"port": Port}, refuses=[501])
def update(call: Call, id: str) -> Answer:
    queries.port(call.caller, id)
    sent = attributes.change(call, "port", _Change)
    _check_binding(sent)
    wanted = PortChange(
        name=sent.name,
        description=sent.description,
        admin_state_up=flag(sent.admin_state_up, "admin_state_up", None),
        fixed_ips=_fixed(sent),
        mac=given(sent.mac_address, None),
        groups=None if sent.security_groups is UNSET else tuple(given(sent.security_groups, [])),
        port_security=flag(sent.port_security_enabled, "port_security_enabled", None),
        pairs=None if sent.allowed_address_pairs is UNSET else _pairs(sent),
        dhcp_options=None if sent.extra_dhcp_opts is UNSET else _options(sent),
        device=sent.device_id,
        owner=sent.device_owner,
        host=sent.host_id,
    )
    commands.update_port(call.caller, id, wanted, attributes.revision(call))
    return Answer(200, {"port": render.port(queries.port(call.caller, id), call.caller)})


@describes(status=204)
def delete(call: Call, id: str) -> Answer:
    commands.delete_port(call.caller, id, attributes.revision(call))
    return Answer(204)


def _wanted(sent: _New) -> NewPort:
    _check_binding(sent)
    if not sent.network_id:
        raise BadRequest(reason="Failed to parse request. Required attribute 'network_id' not specified.")
    groups = sent.security_groups
    return NewPort(
        network=sent.network_id,
        name=sent.name or "",
        description=sent.description or "",
        project=attributes.project(sent),
        admin_state_up=flag(sent.admin_state_up, "admin_state_up", default=True),
        fixed_ips=_fixed(sent),
        mac=given(sent.mac_address, ""),
        groups=None if isinstance(groups, UnsetType) else tuple(groups or ()),
        port_security=flag(sent.port_security_enabled, "port_security_enabled", None),
        pairs=_pairs(sent),
        dhcp_options=_options(sent),
        device=sent.device_id or "",
        owner=sent.device_owner or "",
        host=sent.host_id or "",
    )


def _check_binding(sent: _Change) -> None:
    if sent.vnic_type not in (None, "normal") or sent.profile:
        raise BadRequest(
            reason="Invalid input for binding: ports of this cloud are of the vnic_type normal, without a profile."
        )


def _fixed(sent: _Change) -> tuple[Fixed, ...] | None:
    if isinstance(sent.fixed_ips, UnsetType) or sent.fixed_ips is None:
        return None
    return tuple(Fixed(one.subnet_id or "", one.ip_address or "") for one in sent.fixed_ips)


def _pairs(sent: _Change) -> tuple[Pair, ...]:
    return tuple(Pair(one.ip_address, one.mac_address or "") for one in given(sent.allowed_address_pairs, []))


def _options(sent: _Change) -> tuple[Option, ...]:
    return tuple(
        (one.opt_name, one.opt_value, attributes.number(one.ip_version, "ip_version", 4))
        for one in given(sent.extra_dhcp_opts, [])
    )
