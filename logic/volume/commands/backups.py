"""Backups of volumes, made as snapshots are: references to content that does not change, counted by themselves, and independent
of their volume. Each is whole, also one that adds to another: that is what its user calls it. Called by Cinder's facade; each
function is one transaction.
"""

from typing import Any, Final

import msgspec

from logic import clock
from logic.access import Caller, require
from logic.compute.checks import check_metadata
from logic.errors import NotFound, clipped
from logic.image import capturing
from logic.ledger import beginning
from logic.ledger.store import store
from logic.quota import commands as quota
from logic.transactions import atomically
from logic.volume.commands import bringing, replacing, sources
from logic.volume.commands.replacing import Replacement
from logic.volume.commands.rows import copy_held, held, held_at_rest, must_be
from logic.volume.commands.volumes import NewVolume, create_volume
from logic.volume.models import Backup, Snapshot, Volume
from logic.volume.refusals import InvalidBackup, InvalidInput, InvalidSnapshot, InvalidVolume

STATUSES: Final = frozenset({"available", "error"})


class NewBackup(msgspec.Struct, frozen=True, kw_only=True):
    """A backup asked for. ``snapshot``: of that one of the volume's; ``attached``: of one that a server has, too."""

    volume: str
    name: str = ""
    description: str | None = None
    metadata: dict[str, str] = {}
    container: str = ""
    zone: str = ""
    snapshot: str = ""
    incremental: bool = False
    attached: bool = False


@atomically
def create_backup(caller: Caller, wanted: NewBackup) -> str:
    """Its id. One of a disk is ``creating`` until that has been read. Raises :class:`NotFound`, :class:`InvalidVolume`,
    :class:`InvalidBackup`, :class:`NotSupported`, :class:`QuotaExceeded`, ``WrongState``."""
    require(caller, "member", "create a backup")
    of: Volume | Snapshot
    if wanted.snapshot:
        volume, server = held(caller, wanted.volume), None
        of = _snapshot(volume, wanted.snapshot)
        content = sources.content(of)
    else:
        volume, server = held_at_rest(caller, wanted.volume, attached=wanted.attached, action="back it up")
        of, content = volume, sources.copied(volume)
    taken = {"backups": 1, "backup_gigabytes": of.size}
    quota.check(volume.project, taken)
    check_metadata(wanted.metadata, 0)
    row = Backup.objects.create(
        project=volume.project,
        user=caller.user,
        volume=volume.pk,
        size=of.size,
        parent=_parent(volume) if wanted.incremental else "",
        volume_name=volume.name,
        volume_description=volume.description,
        volume_metadata=volume.metadata,
        **{
            name: getattr(wanted, name) for name in ("name", "description", "metadata", "container", "zone", "snapshot")
        },
        **content,
        **({"status": bringing.WAITS} if "unread" in content else {}),
    )
    sources.keep("backup", row)
    quota.record(volume.project, {row.pk: taken})
    beginning.note(caller, "volume", volume.pk, "backup", row.pk)
    if row.unread:
        bringing.begin(caller, volume, server, bringing.Holder("backup", row.pk), verb="backup")
    return row.pk


def _snapshot(volume: Volume, id: str) -> Snapshot:
    row = Snapshot.objects.filter(pk=id, project=volume.project).first()
    if row is None:
        raise NotFound(kind="snapshot", id=id)
    if row.volume != volume.pk:
        raise InvalidInput(reason=f"snapshot {id} is none of volume {volume.pk}.")
    if row.status != "available":
        raise InvalidSnapshot(reason=f"Snapshot to be backed up must be available, but it is {row.status}.")
    return row


def _parent(volume: Volume) -> str:
    """The newest backup that another can add to."""
    rows = Backup.objects.select_for_update().filter(volume=volume.pk, project=volume.project, status="available")
    newest = rows.order_by("-created_at", "-pk").first()
    if newest is None:
        raise InvalidBackup(reason="No backups available to do an incremental backup.")
    return newest.pk


@atomically
def change_backup(caller: Caller, id: str, changes: dict[str, Any]) -> None:
    """``name``, ``description``, ``metadata``. Raises :class:`NotFound`, :class:`QuotaExceeded`."""
    require(caller, "member", "change a backup")
    row = copy_held(caller, Backup, "backup", id)
    if "metadata" in changes:
        check_metadata(changes["metadata"], len(row.metadata))
    Backup.objects.filter(pk=row.pk).update(**changes, updated_at=clock.now())


@atomically
def delete_backup(caller: Caller, id: str, *, force: bool = False) -> None:
    """``force``: an administrator's, whatever its status. Raises :class:`NotFound`, :class:`InvalidBackup`."""
    require(caller, "admin" if force else "member", "delete a backup by force" if force else "delete a backup")
    row = copy_held(caller, Backup, "backup", id)
    if not force and row.status not in STATUSES:
        raise InvalidBackup(reason=f"Backup status must be available or error, but it is {row.status}.")
    if Backup.objects.filter(parent=row.pk).exists():
        raise InvalidBackup(reason="Incremental backups exist for this backup.")
    capturing.leave(row.pk)
    row.delete()
    store().release([id])


@atomically
def restore_backup(caller: Caller, id: str, volume: str = "", name: str = "") -> tuple[str, str]:
    """Into a volume, or a new one; its id and its name. Raises :class:`NotFound`, :class:`InvalidBackup`,
    :class:`InvalidVolume`, :class:`NotSupported`, :class:`QuotaExceeded`."""
    require(caller, "member", "restore a backup")
    row = copy_held(caller, Backup, "backup", id)
    if row.status != "available":
        raise InvalidBackup(reason=f"Backup status must be available, but it is {row.status}.")
    if not volume:
        name = name or f"restore_backup_{row.pk}"
        told = {"description": row.volume_description, "metadata": row.volume_metadata}
        return create_volume(caller, NewVolume(size=row.size, name=name, backup=row.pk, **told)), name
    target = held(caller, volume)
    must_be(target, "available", action="be restored to")
    if target.size < row.size:
        raise InvalidVolume(
            reason=f"volume size {target.size} GB is too small to restore backup of size {row.size} GB."
        )
    columns = sources.content(row)
    wanted = Replacement(verb="restore", columns=columns, metadata=row.volume_metadata, source=row)
    replacing.replace(caller, target, wanted)
    return target.pk, target.name


@atomically
def reset_status(caller: Caller, id: str, status: str) -> None:
    """Raises :class:`Forbidden`, :class:`NotFound`, :class:`InvalidInput`."""
    require(caller, "admin", "reset a backup's status")
    row = copy_held(caller, Backup, "backup", id)
    if status not in STATUSES:
        raise InvalidInput(reason=f"the status of a backup is reset to available or error, not to {clipped(status)!r}.")
    if row.unread and status == "available":
        raise InvalidBackup(reason=f"backup {row.pk} has no content (yet), and cannot be called available.")
    Backup.objects.filter(pk=row.pk).update(status=status, updated_at=clock.now())
