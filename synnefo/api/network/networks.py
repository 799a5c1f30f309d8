"""Neutron's networks: their bodies, and the views that make, change and delete them."""

from msgspec import UNSET, Struct, UnsetType, field

from logic.network import queries
from logic.network.networks import commands
from logic.network.networks.commands import NetworkChange, NewNetwork
from logic.network.networks.providing import Provider
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes
from synnefo.api.network import attributes, render
from synnefo.api.network.answers.networks import Network
from synnefo.api.network.attributes import Flag, Text, flag


class _New(Struct, frozen=True, kw_only=True):
    name: Text = ""
    description: Text | None = None
    admin_state_up: Flag | UnsetType = UNSET
    shared: Flag | UnsetType = UNSET
    external: Flag | UnsetType = field(name="router:external", default=UNSET)
    is_default: Flag | UnsetType | None = UNSET
    mtu: int | None = None
    port_security_enabled: Flag | UnsetType = UNSET
    network_type: str | None = field(name="provider:network_type", default=None)
    physical_network: str | None = field(name="provider:physical_network", default=None)
    segmentation_id: int | str | None = field(name="provider:segmentation_id", default=None)
    availability_zone_hints: list[str] = []
    tenant_id: Text | None = None
    project_id: Text | None = None


class _Change(Struct, frozen=True, kw_only=True):
    name: Text | None = None
    description: Text | None = None
    admin_state_up: Flag | UnsetType = UNSET
    shared: Flag | UnsetType = UNSET
    external: Flag | UnsetType = field(name="router:external", default=UNSET)
    is_default: Flag | UnsetType | None = UNSET
    mtu: int | None = None
    port_security_enabled: Flag | UnsetType = UNSET


@describes(takes=attributes.taken("network", _New), gives=attributes.shown("network", Network), status=201)
def create(call: Call) -> Answer:
    alone, sent = attributes.new(call, "network", _New)
    ids = commands.create_networks(call.caller, [_wanted(one) for one in sent])
    made = [render.network(queries.network(call.caller, id), call.caller) for id in ids]
    return Answer(201, {"network": made[0]} if alone else {"networks": made})


@describes(takes={"network": _Change}, gives={"network": Network})
def update(call: Call, id: str) -> Answer:
    queries.network(call.caller, id)
    sent = attributes.change(call, "network", _Change)
    wanted = NetworkChange(
        name=sent.name,
        description=sent.description,
        admin_state_up=flag(sent.admin_state_up, "admin_state_up", None),
        shared=flag(sent.shared, "shared", None),
        external=flag(sent.external, "router:external", None),
        is_default=flag(sent.is_default, "is_default", None),
        mtu=sent.mtu,
        port_security=flag(sent.port_security_enabled, "port_security_enabled", None),
    )
    commands.update_network(call.caller, id, wanted, attributes.revision(call))
    return Answer(200, {"network": render.network(queries.network(call.caller, id), call.caller)})


@describes(status=204)
def delete(call: Call, id: str) -> Answer:
    commands.delete_network(call.caller, id, attributes.revision(call))
    return Answer(204)


def _wanted(sent: _New) -> NewNetwork:
    return NewNetwork(
        name=sent.name,
        description=sent.description or "",
        project=attributes.project(sent),
        admin_state_up=flag(sent.admin_state_up, "admin_state_up", default=True),
        shared=flag(sent.shared, "shared", default=False),
        external=flag(sent.external, "router:external", default=False),
        is_default=flag(sent.is_default, "is_default", default=False),
        mtu=sent.mtu or 0,
        port_security=flag(sent.port_security_enabled, "port_security_enabled", default=True),
        zone_hints=tuple(sent.availability_zone_hints),
        provider=_provider(sent),
    )


def _provider(sent: _New) -> Provider | None:
    if sent.network_type is None and sent.physical_network is None and sent.segmentation_id is None:
        return None
    number = sent.segmentation_id
    return Provider(
        network_type=sent.network_type or "",
        physical_network=sent.physical_network or "",
        segmentation_id=None if number is None else 0,
    )
