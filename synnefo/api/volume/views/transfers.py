"""Transfers of volumes between projects: at an old address, and at a new one that tells more."""

from typing import Annotated, Any, NotRequired, TypedDict

import msgspec

from logic.volume.commands import transfers as commands
from logic.volume.queries import Wanted
from logic.volume.queries import copies as queries
from logic.volume.queries.copies import TransferInfo
from synnefo.api.kernel.answers import Links
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes
from synnefo.api.kernel.faults import UnknownRoute
from synnefo.api.kernel.times import bare
from synnefo.api.volume.render.volumes import links
from synnefo.api.volume.requests import lists
from synnefo.api.volume.requests.parts import Flag, Name, Text, flag
from synnefo.api.volume.requests.volumes import Id
from synnefo.api.volume.versions import Since, since

Json = dict[str, Any]
OLD, NEW = "os-volume-transfer", "volume-transfers"


class TransferBrief(TypedDict):
    id: str
    volume_id: str
    name: str
    links: Links


class Transfer(TransferBrief):
    created_at: str
    no_snapshots: NotRequired[Annotated[bool, since(Since.TRANSFERS)]]
    source_project_id: NotRequired[Annotated[str, since(Since.TRANSFER_PROJECTS)]]
    destination_project_id: NotRequired[Annotated[None, since(Since.TRANSFER_PROJECTS)]]
    accepted: NotRequired[Annotated[bool, since(Since.TRANSFER_PROJECTS)]]


class TransferCreated(Transfer):
    """``auth_key`` is told here alone: who has it takes the volume."""

    auth_key: str


class Offer(msgspec.Struct, frozen=True):
    volume_id: Id
    name: Text | None = None
    no_snapshots: Flag = None


class OfferBody(msgspec.Struct, frozen=True):
    transfer: Offer


class Key(msgspec.Struct, frozen=True):
    auth_key: Name


class KeyBody(msgspec.Struct, frozen=True):
    accept: Key


def _check(call: Call) -> None:
    """The new address is there since a version."""
    if f"/{NEW}" in call.path and not call.at_least(Since.TRANSFERS):
        raise UnknownRoute(path=call.path)


@describes(takes=OfferBody, status=202, gives={"transfer": TransferCreated})
def create_transfer(call: Call) -> Answer:
    _check(call)
    wanted = call.decode(OfferBody).transfer
    bare_of = call.at_least(Since.TRANSFERS) and flag(wanted.no_snapshots, "no_snapshots")
    id, key = commands.create_transfer(call.caller, wanted.volume_id, wanted.name or "", no_snapshots=bare_of)
    made = queries.transfer(call.caller, id)
    return Answer(202, {"transfer": shown(made, call) | {"auth_key": key}})


@describes(gives={"transfers": list[TransferBrief]}, query=lists.TRANSFERS.query)
def list_transfers(call: Call) -> Answer:
    return _listed(call, brief)


@describes(gives={"transfers": list[Transfer]}, query=lists.TRANSFERS.query)
def list_transfers_in_detail(call: Call) -> Answer:
    return _listed(call, shown)


def _listed(call: Call, write: Any) -> Answer:
    _check(call)
    if call.at_least(Since.TRANSFER_PAGES):
        wanted = lists.asked(call, lists.TRANSFERS)
    else:
        wanted = Wanted(everybodys=bool(call.query.flag("all_tenants")))
    found = queries.transfers(call.caller, wanted)
    return Answer(200, {"transfers": [write(one, call) for one in found.items]})


@describes(gives={"transfer": Transfer})
def show_transfer(call: Call, id: str) -> Answer:
    _check(call)
    return Answer(200, {"transfer": shown(queries.transfer(call.caller, id), call)})


@describes(status=202)
def delete_transfer(call: Call, id: str) -> Answer:
    _check(call)
    commands.delete_transfer(call.caller, id)
    return Answer(202)


@describes(takes=KeyBody, status=202, gives={"transfer": TransferBrief})
def accept_transfer(call: Call, id: str) -> Answer:
    _check(call)
    volume, name = commands.accept_transfer(call.caller, id, call.decode(KeyBody).accept.auth_key)
    return Answer(202, {"transfer": {"id": id, "volume_id": volume, "name": name, "links": _links(id, call)}})


def brief(one: TransferInfo, call: Call) -> Json:
    return {"id": one.id, "volume_id": one.volume, "name": one.name, "links": _links(one.id, call)}


def shown(one: TransferInfo, call: Call) -> Json:
    body = brief(one, call) | {"created_at": bare(one.created_at)}
    if call.at_least(Since.TRANSFERS):
        body["no_snapshots"] = one.no_snapshots
    if call.at_least(Since.TRANSFER_PROJECTS):
        body |= {"source_project_id": one.project, "destination_project_id": None, "accepted": False}
    return body


def _links(id: str, call: Call) -> list[Json]:
    return links(NEW if f"/{NEW}" in call.path else OLD, id, call)
