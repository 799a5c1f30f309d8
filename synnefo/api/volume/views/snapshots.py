"""Snapshots and their actions."""

from typing import Annotated, Any, NotRequired, TypedDict

import msgspec

from logic.access import Caller
from logic.errors import BadRequest, NotFound, NotSupported
from logic.volume.commands import snapshots as commands
from logic.volume.commands.snapshots import NewSnapshot
from logic.volume.queries import copies as queries
from logic.volume.queries.copies import CopyInfo
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import Shape, describes
from synnefo.api.kernel.reading import clipped
from synnefo.api.kernel.times import bare
from synnefo.api.volume.requests import lists
from synnefo.api.volume.requests.parts import Described, Flag, Items, Text, described, flag, only
from synnefo.api.volume.requests.volumes import Id, action
from synnefo.api.volume.versions import Since, since
from synnefo.api.volume.views.documents import Documents

Json = dict[str, Any]


class SnapshotBrief(TypedDict):
    """``size`` in GiB."""

    id: str
    name: str
    description: str | None
    volume_id: str
    size: int
    status: str
    metadata: dict[str, str]
    created_at: str
    updated_at: str | None
    group_snapshot_id: NotRequired[Annotated[str | None, since(Since.GROUP_SNAPSHOTS)]]
    user_id: NotRequired[Annotated[str, since(Since.SNAPSHOT_USER)]]
    consumes_quota: NotRequired[Annotated[bool, since(Since.CONSUMES_QUOTA)]]


_Extended = TypedDict(
    "_Extended",
    {"os-extended-snapshot-attributes:progress": str, "os-extended-snapshot-attributes:project_id": str},
)


class Snapshot(SnapshotBrief, _Extended):
    pass


class Wanted(msgspec.Struct, frozen=True):
    """The parts of ``POST /snapshots`` that are read."""

    volume_id: Id | None  # null is the volume None, as Cinder has it
    name: Text | None = None
    display_name: Text | None = None
    description: Text | None = None
    display_description: Text | None = None
    metadata: Items | None = None
    force: Flag = None


class Body(msgspec.Struct, frozen=True):
    snapshot: Wanted


@describes(takes=Body, status=202, gives={"snapshot": SnapshotBrief}, refuses=[501])
def create_snapshot(call: Call) -> Answer:
    wanted = call.decode(Body).snapshot
    if wanted.volume_id is None:
        raise NotFound(kind="volume", id="None")
    id = commands.create_snapshot(
        call.caller,
        NewSnapshot(
            volume=wanted.volume_id,
            name=wanted.name or wanted.display_name or "",
            description=wanted.description if wanted.description is not None else wanted.display_description,
            metadata=wanted.metadata or {},
            attached=_attached(call, wanted.force),
        ),
    )
    return Answer(202, {"snapshot": render(queries.snapshot(call.caller, id), call)})


def _attached(call: Call, force: Flag) -> bool:
    """Is one in use meant too? Since a version always, and who says that it is not is refused."""
    said = flag(force, "force", default=True) if call.at_least(Since.NO_FORCE) else flag(force, "force")
    if call.at_least(Since.NO_FORCE) and not said:
        raise BadRequest(reason="Invalid value for force: since version 3.66 it is not needed, and cannot be False.")
    return said


@describes(gives=lists.told("snapshots", SnapshotBrief), query=lists.SNAPSHOTS.query)
def list_snapshots(call: Call) -> Answer:
    return _listed(call, render)


@describes(gives=lists.told("snapshots", Snapshot), query=lists.SNAPSHOTS.query)
def list_snapshots_in_detail(call: Call) -> Answer:
    return _listed(call, shown)


def _listed(call: Call, write: Any) -> Answer:
    found = queries.snapshots(call.caller, lists.asked(call, lists.SNAPSHOTS))
    return Answer(200, lists.body(call, "snapshots", found, lambda one: write(one, call)))


@describes(gives={"snapshot": Snapshot})
def show_snapshot(call: Call, id: str) -> Answer:
    return Answer(200, {"snapshot": shown(queries.snapshot(call.caller, id), call)})


@describes(takes={"snapshot": Described}, gives={"snapshot": SnapshotBrief})
def change_snapshot(call: Call, id: str) -> Answer:
    queries.snapshot(call.caller, id)
    changes = described(only(call, "snapshot", Described))
    changes.pop("metadata", None)
    commands.change_snapshot(call.caller, id, changes)
    return Answer(200, {"snapshot": render(queries.snapshot(call.caller, id), call)})


@describes(status=202)
def delete_snapshot(call: Call, id: str) -> Answer:
    commands.delete_snapshot(call.caller, id)
    return Answer(202)


class Status(msgspec.Struct, frozen=True):
    status: Text
    progress: Text = ""


NOTHING: Shape = dict | str | None  # whatever clients send for it
ACTIONS: Shape = ({"os-reset_status": Status}, {"os-update_snapshot_status": Status}, {"os-force_delete": NOTHING})


@describes(takes=ACTIONS, status=202)
def act_on_snapshot(call: Call, id: str) -> Answer:
    queries.snapshot(call.caller, id)
    name, said = action(call)
    inner = msgspec.structs.replace(call, body=bytes(said))
    if name == "os-reset_status":
        commands.reset_status(call.caller, id, inner.decode(Status).status)
    elif name == "os-update_snapshot_status":
        told = inner.decode(Status)
        commands.update_status(call.caller, id, told.status, told.progress)
    elif name == "os-force_delete":
        commands.delete_snapshot(call.caller, id, force=True)
    elif name == "os-unmanage":
        raise NotSupported(reason="A snapshot of this cloud is not given to somebody else's hands.")
    else:
        raise BadRequest(reason=f"There is no such action: {clipped(name)}.")
    return Answer(202)


def _metadata(caller: Caller, id: str) -> dict[str, str]:
    return queries.snapshot(caller, id).metadata


METADATA = Documents(_metadata, commands.set_metadata, commands.delete_metadata)


def render(one: CopyInfo, call: Call) -> Json:
    """What POST and PUT answer, and a line of ``GET /snapshots``."""
    body: Json = {
        "id": one.id,
        "name": one.name,
        "description": one.description,
        "volume_id": one.volume,
        "size": one.size,
        "status": one.status,
        "metadata": one.metadata,
        "created_at": bare(one.created_at),
        "updated_at": bare(one.updated_at) if one.updated_at else None,
    }
    if call.at_least(Since.GROUP_SNAPSHOTS):
        body["group_snapshot_id"] = one.group_snapshot or None
    if call.at_least(Since.SNAPSHOT_USER):
        body["user_id"] = one.user
    if call.at_least(Since.CONSUMES_QUOTA):
        body["consumes_quota"] = True
    return body


def shown(one: CopyInfo, call: Call) -> Json:
    """``GET /snapshots/{id}``, and a line of ``GET /snapshots/detail``."""
    return render(one, call) | {
        "os-extended-snapshot-attributes:progress": one.progress,
        "os-extended-snapshot-attributes:project_id": one.project,
    }
