"""Backups."""

from typing import Annotated, Any, NotRequired, TypedDict

import msgspec

from logic.errors import BadRequest, NotSupported
from logic.volume.commands import backups as commands
from logic.volume.commands.backups import NewBackup
from logic.volume.queries import copies as queries
from logic.volume.queries.copies import CopyInfo
from synnefo.api.kernel.answers import Links
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes
from synnefo.api.kernel.faults import UnknownRoute
from synnefo.api.kernel.reading import clipped
from synnefo.api.kernel.reasons import told
from synnefo.api.kernel.times import bare
from synnefo.api.volume.render.volumes import links
from synnefo.api.volume.requests import lists
from synnefo.api.volume.requests.parts import Described, Flag, Items, Text, described, flag, only
from synnefo.api.volume.requests.volumes import Id, action
from synnefo.api.volume.versions import Since, since

Json = dict[str, Any]


class BackupBrief(TypedDict):
    id: str
    name: str
    links: Links
    metadata: NotRequired[Annotated[dict[str, str], since(Since.BACKUP_METADATA)]]


_OfProject = TypedDict(
    "_OfProject",
    {
        "os-backup-project-attr:project_id": NotRequired[
            Annotated[str, since(Since.BACKUP_PROJECT, when="for administrators")]
        ]
    },
)


class Backup(BackupBrief, _OfProject):
    """``size`` in GiB."""

    status: str
    description: str | None
    size: int
    object_count: int
    container: str | None
    availability_zone: str | None
    created_at: str
    updated_at: str | None
    data_timestamp: str
    has_dependent_backups: bool
    is_incremental: bool
    volume_id: str
    snapshot_id: str | None
    fail_reason: str | None
    user_id: NotRequired[Annotated[str, since(Since.BACKUP_USER)]]


class Restored(TypedDict):
    backup_id: str
    volume_id: str
    volume_name: str


class Wanted(msgspec.Struct, frozen=True):
    """The parts of ``POST /backups`` that are read."""

    volume_id: Id
    name: Text | None = None
    description: Text | None = None
    container: Text | None = None
    incremental: Flag = None
    force: Flag = None
    snapshot_id: Id | None = None
    metadata: Items | None = None
    availability_zone: Text | None = None


class Body(msgspec.Struct, frozen=True):
    backup: Wanted


@describes(takes=Body, status=202, gives={"backup": BackupBrief}, refuses=[501])
def create_backup(call: Call) -> Answer:
    wanted = call.decode(Body).backup
    id = commands.create_backup(
        call.caller,
        NewBackup(
            volume=wanted.volume_id,
            name=wanted.name or "",
            description=wanted.description,
            container=wanted.container or "",
            snapshot=wanted.snapshot_id or "",
            incremental=flag(wanted.incremental, "incremental"),
            attached=flag(wanted.force, "force"),
            metadata=(wanted.metadata or {}) if call.at_least(Since.BACKUP_METADATA) else {},
            zone=(wanted.availability_zone or "") if call.at_least(Since.BACKUP_ZONE) else "",
        ),
    )
    return Answer(202, {"backup": brief(queries.backup(call.caller, id), call)})


@describes(gives=lists.told("backups", BackupBrief), query=lists.BACKUPS.query)
def list_backups(call: Call) -> Answer:
    return _listed(call, brief)


@describes(gives=lists.told("backups", Backup), query=lists.BACKUPS.query)
def list_backups_in_detail(call: Call) -> Answer:
    return _listed(call, shown)


def _listed(call: Call, write: Any) -> Answer:
    found = queries.backups(call.caller, lists.asked(call, lists.BACKUPS))
    return Answer(200, lists.body(call, "backups", found, lambda one: write(one, call)))


@describes(gives={"backup": Backup})
def show_backup(call: Call, id: str) -> Answer:
    return Answer(200, {"backup": shown(queries.backup(call.caller, id), call)})


@describes(takes={"backup": Described}, gives={"backup": BackupBrief})
def change_backup(call: Call, id: str) -> Answer:
    if not call.at_least(Since.BACKUP_CHANGES):
        raise UnknownRoute(path=call.path)
    queries.backup(call.caller, id)
    changes = described(only(call, "backup", Described))
    if not call.at_least(Since.BACKUP_METADATA):
        changes.pop("metadata", None)
    if not changes:
        raise BadRequest(reason="At least one of name, description and metadata is needed to change a backup.")
    commands.change_backup(call.caller, id, changes)
    return Answer(200, {"backup": brief(queries.backup(call.caller, id), call)})


@describes(status=202)
def delete_backup(call: Call, id: str) -> Answer:
    commands.delete_backup(call.caller, id)
    return Answer(202)


class Restoring(msgspec.Struct, frozen=True):
    volume_id: Id | None = None
    name: Text | None = None


class RestoreBody(msgspec.Struct, frozen=True):
    restore: Restoring


@describes(takes=RestoreBody, status=202, gives={"restore": Restored})
def restore_backup(call: Call, id: str) -> Answer:
    wanted = call.decode(RestoreBody).restore
    volume, name = commands.restore_backup(call.caller, id, wanted.volume_id or "", wanted.name or "")
    return Answer(202, {"restore": {"backup_id": id, "volume_id": volume, "volume_name": name}})


class Status(msgspec.Struct, frozen=True):
    status: Text


@describes(takes=({"os-reset_status": Status}, {"os-force_delete": dict | str | None}), status=202)
def act_on_backup(call: Call, id: str) -> Answer:
    queries.backup(call.caller, id)
    name, said = action(call)
    if name == "os-reset_status":
        commands.reset_status(call.caller, id, msgspec.structs.replace(call, body=bytes(said)).decode(Status).status)
    elif name == "os-force_delete":
        commands.delete_backup(call.caller, id, force=True)
    else:
        raise BadRequest(reason=f"There is no such action: {clipped(name)}.")
    return Answer(202)


@describes(answers={}, refuses=[501])
def exchange_backup_records(call: Call, id: str = "") -> Answer:  # noqa: ARG001
    raise NotSupported(
        reason="A backup of this cloud is kept with its images, and has no record that another could read."
    )


def brief(one: CopyInfo, call: Call) -> Json:
    """What POST and PUT answer, and a line of ``GET /backups``."""
    body: Json = {"id": one.id, "name": one.name, "links": links("backups", one.id, call)}
    return body | ({"metadata": one.metadata} if call.at_least(Since.BACKUP_METADATA) else {})


def shown(one: CopyInfo, call: Call) -> Json:
    """``GET /backups/{id}``, and a line of ``GET /backups/detail``."""
    body = brief(one, call) | {
        "status": one.status,
        "description": one.description,
        "size": one.size,
        "object_count": one.objects,
        "container": one.container or None,
        "availability_zone": one.zone or None,
        "created_at": bare(one.created_at),
        "updated_at": bare(one.updated_at) if one.updated_at else None,
        "data_timestamp": bare(one.created_at),
        "has_dependent_backups": one.has_more,
        "is_incremental": bool(one.parent),
        "volume_id": one.volume,
        "snapshot_id": one.snapshot or None,
        "fail_reason": told(one.trouble, admin=call.caller.is_admin) or None,
    }
    if call.at_least(Since.BACKUP_PROJECT) and call.caller.is_admin:
        body["os-backup-project-attr:project_id"] = one.project
    if call.at_least(Since.BACKUP_USER):
        body["user_id"] = one.user
    return body
