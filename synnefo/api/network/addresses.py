"""Neutron's address groups: their bodies, the views that make, change and delete them, and how one is written."""

from typing import Any

from msgspec import Struct

from logic.access import Caller
from logic.network.security import addresses
from logic.network.security.addresses import AddressGroupInfo
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes
from synnefo.api.kernel.times import seconds
from synnefo.api.network import attributes, render
from synnefo.api.network.answers.security import AddressGroup
from synnefo.api.network.attributes import Text


class _Change(Struct, frozen=True, kw_only=True):
    name: Text | None = None
    description: Text | None = None


class _New(_Change, frozen=True, kw_only=True):
    addresses: list[str] = []
    tenant_id: Text | None = None
    project_id: Text | None = None


class _Addresses(Struct, frozen=True, kw_only=True):
    addresses: list[str]


@describes(takes={"address_group": _New}, gives={"address_group": AddressGroup}, status=201)
def create(call: Call) -> Answer:
    sent = attributes.change(call, "address_group", _New)
    id = addresses.create(
        call.caller,
        name=sent.name or "",
        description=sent.description or "",
        addresses=sent.addresses,
        project=attributes.project(sent),
    )
    return _answer(call, id, 201)


@describes(takes={"address_group": _Change}, gives={"address_group": AddressGroup})
def update(call: Call, id: str) -> Answer:
    addresses.address_group(call.caller, id)
    sent = attributes.change(call, "address_group", _Change)
    addresses.update(call.caller, id, name=sent.name, description=sent.description)
    return _answer(call, id, 200)


@describes(status=204)
def delete(call: Call, id: str) -> Answer:
    addresses.delete(call.caller, id)
    return Answer(204)


@describes(takes=_Addresses, gives={"address_group": AddressGroup})
def add(call: Call, id: str) -> Answer:
    addresses.add(call.caller, id, call.decode(_Addresses).addresses)
    return _tagged(call, id)


@describes(takes=_Addresses, gives={"address_group": AddressGroup})
def remove(call: Call, id: str) -> Answer:
    addresses.remove(call.caller, id, call.decode(_Addresses).addresses)
    return _tagged(call, id)


ACTIONS = {"add_addresses": add, "remove_addresses": remove}


def _answer(call: Call, id: str, status: int) -> Answer:
    return Answer(status, {"address_group": written(addresses.address_group(call.caller, id), call.caller)})


def _tagged(call: Call, id: str) -> Answer:
    """Of an action; what is made and changed gets its tags from ``views``."""
    (body,) = render.tagged([written(addresses.address_group(call.caller, id), call.caller)])
    return Answer(200, {"address_group": body})


def written(info: AddressGroupInfo, caller: Caller) -> dict[str, Any]:  # noqa: ARG001 - as every resource is written
    return {
        "id": info.id,
        "name": info.name,
        "tenant_id": info.project,
        "project_id": info.project,
        "description": info.description,
        "addresses": info.addresses,
        "shared": False,
        "revision_number": info.revision,
        "created_at": seconds(info.created_at),
        "updated_at": seconds(info.updated_at),
    }
