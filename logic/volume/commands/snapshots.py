"""Snapshots of volumes: references to what a volume without a disk begins with, or to what is read from the disk of one that has
one (``bringing``). Called by Cinder's facade; each function is one transaction.
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
from logic.volume.commands import bringing, sources
from logic.volume.commands.rows import amounts, copy_held, held_at_rest
from logic.volume.models import Snapshot
from logic.volume.refusals import InvalidInput, InvalidSnapshot

STATUSES: Final = frozenset({"creating", "available", "deleting", "error", "error_deleting"})
MAY_BECOME: Final = {
    "creating": frozenset({"creating", "available", "error"}),
    "deleting": frozenset({"deleting", "error_deleting"}),
}


class NewSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot asked for. ``attached``: of one that a server has, too."""

    volume: str
    name: str = ""
    description: str | None = None
    metadata: dict[str, str] = {}
    attached: bool = False


@atomically
def create_snapshot(caller: Caller, wanted: NewSnapshot) -> str:
    """Its id. One of a disk is ``creating`` until that has been read. Raises :class:`NotFound`, :class:`InvalidVolume`,
    :class:`NotSupported`, :class:`QuotaExceeded`, ``WrongState``."""
    require(caller, "member", "create a snapshot")
    volume, server = held_at_rest(caller, wanted.volume, attached=wanted.attached, action="create snapshot")
    content = sources.copied(volume)
    taken = amounts(volume.size, volume.type, kind="snapshots")
    quota.check(volume.project, taken)
    check_metadata(wanted.metadata, 0)
    said = {"name": wanted.name, "description": wanted.description, "metadata": wanted.metadata}
    whose = {"project": volume.project, "user": caller.user, "volume": volume.pk, "type": volume.type}
    state = {"status": bringing.WAITS, "progress": "0%"} if "unread" in content else {}
    row = Snapshot.objects.create(size=volume.size, **said, **whose, **content, **state)
    sources.keep("snapshot", row)
    quota.record(volume.project, {row.pk: taken})
    beginning.note(caller, "volume", volume.pk, "snapshot", row.pk)
    if row.unread:
        bringing.begin(caller, volume, server, bringing.Holder("snapshot", row.pk))
    return row.pk


@atomically
def change_snapshot(caller: Caller, id: str, changes: dict[str, Any]) -> None:
    """``name``, ``description``. Raises :class:`NotFound`."""
    require(caller, "member", "change a snapshot")
    _write(copy_held(caller, Snapshot, "snapshot", id), changes)


@atomically
def set_metadata(caller: Caller, id: str, items: dict[str, str], *, replace: bool) -> dict[str, str]:
    """Merge or replace; what it is afterwards. Raises :class:`NotFound`, :class:`QuotaExceeded`."""
    require(caller, "member", "change a snapshot's metadata")
    row = copy_held(caller, Snapshot, "snapshot", id)
    metadata = items if replace else {**row.metadata, **items}
    check_metadata(metadata, len(row.metadata))
    _write(row, {"metadata": metadata})
    return metadata


@atomically
def delete_metadata(caller: Caller, id: str, key: str) -> None:
    """Raises :class:`NotFound` for the snapshot and for the key."""
    require(caller, "member", "change a snapshot's metadata")
    row = copy_held(caller, Snapshot, "snapshot", id)
    if key not in row.metadata:
        raise NotFound(kind="metadata item", id=key)
    _write(row, {"metadata": {name: value for name, value in row.metadata.items() if name != key}})


@atomically
def delete_snapshot(caller: Caller, id: str, *, force: bool = False) -> None:
    """``force``: an administrator's, whatever its status. Raises :class:`NotFound`, :class:`InvalidSnapshot`."""
    require(caller, "admin" if force else "member", "delete a snapshot by force" if force else "delete a snapshot")
    row = copy_held(caller, Snapshot, "snapshot", id)
    if not force and row.status not in {"available", "error", "error_deleting"}:
        raise InvalidSnapshot(reason=f"Volume Snapshot status must be available or error, but it is {row.status}.")
    if row.group_snapshot:
        raise InvalidSnapshot(reason=f"snapshot {row.pk} belongs to group snapshot {row.group_snapshot}. Delete that.")
    capturing.leave(row.pk)
    row.delete()
    store().release([id])


@atomically
def reset_status(caller: Caller, id: str, status: str) -> None:
    """Raises :class:`Forbidden`, :class:`NotFound`, :class:`InvalidInput`."""
    require(caller, "admin", "reset a snapshot's status")
    row = copy_held(caller, Snapshot, "snapshot", id)
    if status not in STATUSES:
        words = ", ".join(sorted(STATUSES))
        raise InvalidInput(reason=f"the status of a snapshot is reset to one of {words}, not to {clipped(status)!r}.")
    _check_content(row, status)
    _write(row, {"status": status})


@atomically
def update_status(caller: Caller, id: str, status: str, progress: str) -> None:
    """What Cinder's drivers tell of one that is made or deleted. Raises :class:`NotFound`, :class:`InvalidInput`."""
    require(caller, "member", "tell the status of a snapshot")
    row = copy_held(caller, Snapshot, "snapshot", id)
    if status not in MAY_BECOME.get(row.status, ()):
        raise InvalidInput(reason=f"a snapshot that is {row.status} does not become {clipped(status)!r}.")
    _check_content(row, status)
    _write(row, {"status": status} | ({"progress": progress} if progress else {}))


def _check_content(row: Snapshot, status: str) -> None:
    if row.unread and status == "available":
        raise InvalidSnapshot(reason=f"snapshot {row.pk} has no content (yet), and cannot be called available.")


def _write(row: Snapshot, changes: dict[str, Any]) -> None:
    Snapshot.objects.filter(pk=row.pk).update(**changes, updated_at=clock.now())
