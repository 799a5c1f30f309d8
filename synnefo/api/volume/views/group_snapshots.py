"""Snapshots of groups of volumes."""

from collections.abc import Callable
from typing import Annotated, Any, NotRequired, TypedDict

import msgspec

from logic.errors import BadRequest
from logic.volume.commands import group_snapshots as commands
from logic.volume.commands.group_snapshots import NewGroupSnapshot
from logic.volume.queries import groups as queries
from logic.volume.queries.groups import GroupSnapshotInfo
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes
from synnefo.api.kernel.reading import clipped
from synnefo.api.kernel.times import bare
from synnefo.api.volume.requests import lists
from synnefo.api.volume.requests.parts import Name, Text
from synnefo.api.volume.requests.volumes import action
from synnefo.api.volume.versions import Since, since


class GroupSnapshotBrief(TypedDict):
    id: str
    name: str


class NewGroupSnapshotBrief(GroupSnapshotBrief):
    group_type_id: str


class GroupSnapshot(NewGroupSnapshotBrief):
    group_id: str
    status: str
    description: str | None
    created_at: str
    project_id: NotRequired[Annotated[str, since(Since.GROUP_PROJECT)]]


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    group_id: Name
    name: Text | None = None
    description: Text | None = None


class Body(msgspec.Struct, frozen=True):
    group_snapshot: Wanted


@describes(takes=Body, status=202, gives={"group_snapshot": NewGroupSnapshotBrief}, refuses=[501])
def create_group_snapshot(call: Call) -> Answer:
    wanted = call.decode(Body).group_snapshot
    about = NewGroupSnapshot(group=wanted.group_id, name=wanted.name or "", description=wanted.description)
    made = queries.group_snapshot(call.caller, commands.create_group_snapshot(call.caller, about))
    body: NewGroupSnapshotBrief = {**brief(made), "group_type_id": made.type}
    return Answer(202, {"group_snapshot": body})


@describes(gives=lists.told("group_snapshots", GroupSnapshotBrief), query=lists.GROUP_SNAPSHOTS.query)
def list_group_snapshots(call: Call) -> Answer:
    return _listed(call, brief)


@describes(gives=lists.told("group_snapshots", GroupSnapshot), query=lists.GROUP_SNAPSHOTS.query)
def list_group_snapshots_in_detail(call: Call) -> Answer:
    return _listed(call, lambda one: shown(one, call))


def _listed(call: Call, write: Callable[[GroupSnapshotInfo], Any]) -> Answer:
    found = queries.group_snapshots(call.caller, lists.asked(call, lists.GROUP_SNAPSHOTS))
    return Answer(200, lists.body(call, "group_snapshots", found, write))


@describes(gives={"group_snapshot": GroupSnapshot})
def show_group_snapshot(call: Call, id: str) -> Answer:
    return Answer(200, {"group_snapshot": shown(queries.group_snapshot(call.caller, id), call)})


@describes(status=202)
def delete_group_snapshot(call: Call, id: str) -> Answer:
    commands.delete_group_snapshot(call.caller, id)
    return Answer(202)


class Status(msgspec.Struct, frozen=True):
    status: Text


@describes(takes=({"reset_status": Status},), status=202)
def act_on_group_snapshot(call: Call, id: str) -> Answer:
    queries.group_snapshot(call.caller, id)
    name, said = action(call)
    if name != "reset_status":
        raise BadRequest(reason=f"There is no such action: {clipped(name)}.")
    inner = msgspec.structs.replace(call, body=bytes(said))
    commands.reset_group_snapshot_status(call.caller, id, inner.decode(Status).status)
    return Answer(202)


def brief(one: GroupSnapshotInfo) -> GroupSnapshotBrief:
    return {"id": one.id, "name": one.name}


def shown(one: GroupSnapshotInfo, call: Call) -> GroupSnapshot:
    body: GroupSnapshot = {
        "id": one.id,
        "name": one.name,
        "group_id": one.group,
        "group_type_id": one.type,
        "status": one.status,
        "description": one.description,
        "created_at": bare(one.created_at),
    }
    if call.at_least(Since.GROUP_PROJECT):
        body["project_id"] = one.project
    return body
