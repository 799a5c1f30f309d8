"""Groups of volumes and their actions."""

from typing import Annotated, Any, NotRequired, TypedDict

import msgspec
from msgspec import UNSET, UnsetType, field

from logic.errors import BadRequest
from logic.volume.commands import groups as commands
from logic.volume.commands.groups import FromSource, NewGroup
from logic.volume.queries import groups as queries
from logic.volume.queries.groups import GroupInfo
from logic.volume.queries.reading import ANYWHERE
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes
from synnefo.api.kernel.faults import UnknownRoute
from synnefo.api.kernel.reading import clipped
from synnefo.api.kernel.times import bare
from synnefo.api.volume.requests import lists
from synnefo.api.volume.requests.parts import Flag, Name, Text, flag
from synnefo.api.volume.requests.volumes import Id, action
from synnefo.api.volume.versions import Since, since

Json = dict[str, Any]
NO_REPLICATION = "No group of volumes of this cloud is replicated."


class GroupBrief(TypedDict):
    id: str
    name: str


class Group(GroupBrief):
    status: str
    description: str | None
    availability_zone: str
    created_at: str
    group_type: str
    volume_types: list[str]
    group_snapshot_id: NotRequired[Annotated[str | None, since(Since.GROUP_SNAPSHOTS)]]
    source_group_id: NotRequired[Annotated[str | None, since(Since.GROUP_SNAPSHOTS)]]
    volumes: NotRequired[Annotated[list[str], since(Since.VOLUMES_OF_GROUPS, when="if list_volume asks for them")]]
    replication_status: NotRequired[Annotated[str, since(Since.GROUP_REPLICATION)]]
    project_id: NotRequired[Annotated[str, since(Since.GROUP_PROJECT)]]


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    group_type: Name
    volume_types: list[Name]
    name: Text | None = None
    description: Text | None = None
    availability_zone: Text | None = None


class Body(msgspec.Struct, frozen=True):
    group: Wanted


@describes(takes=Body, status=202, gives={"group": GroupBrief})
def create_group(call: Call) -> Answer:
    wanted = call.decode(Body).group
    zone = wanted.availability_zone or ""
    about = NewGroup(
        type=wanted.group_type,
        volume_types=wanted.volume_types,
        name=wanted.name or "",
        description=wanted.description,
        zone="" if zone == ANYWHERE else zone,
    )
    return _made(call, commands.create_group(call.caller, about))


def _made(call: Call, id: str) -> Answer:
    return Answer(202, {"group": brief(queries.group(call.caller, id))})


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Text | None = None
    description: Text | None = None
    group_snapshot_id: Id | None = None
    source_group_id: Id | None = None


class SourceBody(msgspec.Struct, frozen=True):
    create: Source = field(name="create-from-src")


@describes(takes=SourceBody, status=202, gives={"group": GroupBrief})
def create_group_from(call: Call) -> Answer:
    wanted = call.decode(SourceBody).create
    about = FromSource(
        name=wanted.name or "",
        description=wanted.description,
        snapshot=wanted.group_snapshot_id or "",
        group=wanted.source_group_id or "",
    )
    return _made(call, commands.create_group_from(call.caller, about))


@describes(gives=lists.told("groups", GroupBrief), query={**lists.GROUPS.query, "list_volume": str})
def list_groups(call: Call) -> Answer:
    found = queries.groups(call.caller, lists.asked(call, lists.GROUPS))
    return Answer(200, lists.body(call, "groups", found, brief))


@describes(gives=lists.told("groups", Group), query={**lists.GROUPS.query, "list_volume": str})
def list_groups_in_detail(call: Call) -> Answer:
    found = queries.groups(call.caller, lists.asked(call, lists.GROUPS))
    inside = _inside(call, [one.id for one in found.items])
    return Answer(200, lists.body(call, "groups", found, lambda one: shown(one, call, inside)))


@describes(gives={"group": Group}, query=["list_volume"])
def show_group(call: Call, id: str) -> Answer:
    found = queries.group(call.caller, id)
    return Answer(200, {"group": shown(found, call, _inside(call, [id]))})


def _inside(call: Call, ids: list[str]) -> dict[str, list[str]] | None:
    """What is in each, for who asks for it. One query for all."""
    if not (call.at_least(Since.VOLUMES_OF_GROUPS) and call.query.flag("list_volume")):
        return None
    return queries.inside(ids)


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``add_volumes`` and ``remove_volumes`` are ids with commas between them."""

    name: Text | UnsetType | None = UNSET
    description: Text | UnsetType | None = UNSET
    add_volumes: str | None = None
    remove_volumes: str | None = None


class ChangeBody(msgspec.Struct, frozen=True):
    group: Change


@describes(takes=ChangeBody, status=202)
def change_group(call: Call, id: str) -> Answer:
    wanted = call.decode(ChangeBody).group
    changes: Json = {} if wanted.name is UNSET else {"name": wanted.name or ""}
    changes |= {} if wanted.description is UNSET else {"description": wanted.description}
    add, remove = _ids(wanted.add_volumes), _ids(wanted.remove_volumes)
    if not (changes or add or remove):
        raise BadRequest(reason="Name, description, add_volumes and remove_volumes cannot all be empty.")
    commands.change_group(call.caller, id, changes, add=add, remove=remove)
    return Answer(202)


def _ids(told: str | None) -> list[str]:
    return [one.strip() for one in (told or "").split(",") if one.strip()]


class Deletion(msgspec.Struct, frozen=True):
    delete_volumes: Flag = field(name="delete-volumes", default=None)


class Status(msgspec.Struct, frozen=True):
    status: Text


@describes(takes=({"delete": Deletion}, {"reset_status": Status}), status=202)
def act_on_group(call: Call, id: str) -> Answer:
    queries.group(call.caller, id)
    name, said = action(call)
    inner = msgspec.structs.replace(call, body=bytes(said))
    if name == "delete":
        whole = flag(inner.decode(Deletion).delete_volumes, "delete-volumes")
        commands.delete_group(call.caller, id, with_volumes=whole)
    elif name == "reset_status" and call.at_least(Since.GROUP_STATUS):
        commands.reset_group_status(call.caller, id, inner.decode(Status).status)
    elif name == "reset_status":
        raise UnknownRoute(path=call.path)
    else:
        raise BadRequest(reason=f"There is no such action: {clipped(name)}. {NO_REPLICATION}")
    return Answer(202)


def brief(one: GroupInfo) -> GroupBrief:
    return {"id": one.id, "name": one.name}


def shown(one: GroupInfo, call: Call, inside: dict[str, list[str]] | None) -> Group:
    body: Group = {
        "id": one.id,
        "name": one.name,
        "status": one.status,
        "description": one.description,
        "availability_zone": one.zone or ANYWHERE,
        "created_at": bare(one.created_at),
        "group_type": one.type,
        "volume_types": one.types,
    }
    if call.at_least(Since.GROUP_SNAPSHOTS):
        body["group_snapshot_id"], body["source_group_id"] = one.snapshot or None, one.source or None
    if call.at_least(Since.GROUP_REPLICATION):
        body["replication_status"] = "disabled"
    if call.at_least(Since.GROUP_PROJECT):
        body["project_id"] = one.project
    if inside is not None:
        body["volumes"] = inside.get(one.id, [])
    return body
