"""Neutron's subnet pools: their bodies, and the views that make, change and delete them."""

from msgspec import UNSET, Struct, UnsetType

from logic.network.subnets import pools
from logic.network.subnets.pools import NewPool, PoolChange
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes
from synnefo.api.network import attributes, render
from synnefo.api.network.answers.networks import SubnetPool
from synnefo.api.network.attributes import Flag, Text, flag

Number = int | str | UnsetType | None


class _Change(Struct, frozen=True, kw_only=True):
    name: Text | None = None
    description: Text | None = None
    prefixes: list[str] | None = None
    default_prefixlen: Number = UNSET
    min_prefixlen: Number = UNSET
    max_prefixlen: Number = UNSET
    default_quota: Number = UNSET
    is_default: Flag | UnsetType = UNSET


class _New(_Change, frozen=True, kw_only=True):
    shared: Flag | UnsetType = UNSET
    tenant_id: Text | None = None
    project_id: Text | None = None


@describes(takes=attributes.taken("subnetpool", _New), gives=attributes.shown("subnetpool", SubnetPool), status=201)
def create(call: Call) -> Answer:
    alone, sent = attributes.new(call, "subnetpool", _New)
    ids = pools.create_pools(call.caller, [_wanted(one) for one in sent])
    made = [render.pool(pools.pool(call.caller, id), call.caller) for id in ids]
    return Answer(201, {"subnetpool": made[0]} if alone else {"subnetpools": made})


@describes(takes={"subnetpool": _Change}, gives={"subnetpool": SubnetPool})
def update(call: Call, id: str) -> Answer:
    pools.pool(call.caller, id)
    sent = attributes.change(call, "subnetpool", _Change)
    wanted = PoolChange(
        name=sent.name,
        description=sent.description,
        prefixes=None if sent.prefixes is None else tuple(sent.prefixes),
        default_length=_length(sent.default_prefixlen, "default_prefixlen"),
        shortest=_length(sent.min_prefixlen, "min_prefixlen"),
        longest=_length(sent.max_prefixlen, "max_prefixlen"),
        quota=_length(sent.default_quota, "default_quota"),
        is_default=flag(sent.is_default, "is_default", None),
    )
    pools.update_pool(call.caller, id, wanted, attributes.revision(call))
    return Answer(200, {"subnetpool": render.pool(pools.pool(call.caller, id), call.caller)})


@describes(status=204)
def delete(call: Call, id: str) -> Answer:
    pools.delete_pool(call.caller, id, attributes.revision(call))
    return Answer(204)


def _wanted(sent: _New) -> NewPool:
    return NewPool(
        name=sent.name or "",
        prefixes=tuple(sent.prefixes or ()),
        description=sent.description or "",
        project=attributes.project(sent),
        default_length=_length(sent.default_prefixlen, "default_prefixlen"),
        shortest=_length(sent.min_prefixlen, "min_prefixlen"),
        longest=_length(sent.max_prefixlen, "max_prefixlen"),
        quota=_length(sent.default_quota, "default_quota"),
        shared=flag(sent.shared, "shared", default=False),
        is_default=flag(sent.is_default, "is_default", default=False),
    )


def _length(sent: Number, name: str) -> int | None:
    return attributes.number(sent, name, None)
