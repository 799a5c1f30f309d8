"""Reading snapshots, backups and transfers: a project's own."""

import datetime
from typing import Any, TypeVar

import msgspec
from django.db.models import Exists, OuterRef, QuerySet

from logic.access import Caller
from logic.errors import NotFound
from logic.volume.models import Backup, Content, Snapshot, Transfer
from logic.volume.queries import pages
from logic.volume.queries.pages import Found, Wanted

C = TypeVar("C", bound=Content)


class CopyInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot or a backup; ``size`` in GiB, ``objects`` how many pieces its content has, ``trouble`` why it has none. What
    only one of the two has is empty in the other."""

    id: str
    name: str
    description: str | None
    project: str
    user: str
    volume: str
    size: int
    status: str
    metadata: dict[str, str]
    created_at: datetime.datetime
    updated_at: datetime.datetime | None
    progress: str = ""
    container: str = ""
    parent: str = ""
    snapshot: str = ""
    zone: str = ""
    group_snapshot: str = ""
    has_more: bool = False
    objects: int = 0
    trouble: str = ""


class TransferInfo(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    volume: str
    project: str
    no_snapshots: bool
    created_at: datetime.datetime


def snapshots(caller: Caller, wanted: Wanted) -> Found[CopyInfo]:
    """A page, newest first unless ``sort`` says otherwise. Raises :class:`NotFound` for a marker that cannot be seen."""
    return _copies(caller, wanted, Snapshot.objects.all(), "snapshot")


def snapshot(caller: Caller, id: str) -> CopyInfo:
    """Raises :class:`NotFound`."""
    return _info(_seen(caller, Snapshot.objects.all(), "snapshot", id))


def backups(caller: Caller, wanted: Wanted) -> Found[CopyInfo]:
    """As :func:`snapshots`."""
    return _copies(caller, wanted, _backups(), "backup")


def backup(caller: Caller, id: str) -> CopyInfo:
    """Raises :class:`NotFound`."""
    return _info(_seen(caller, _backups(), "backup", id))


def transfers(caller: Caller, wanted: Wanted) -> Found[TransferInfo]:
    """As :func:`snapshots`."""
    rows = pages.own(caller, Transfer.objects.all(), wanted)
    found = pages.page(rows, wanted, lambda id: _transfer(caller, id))
    return Found([_transfer_info(row) for row in found.items], found.count)


def transfer(caller: Caller, id: str) -> TransferInfo:
    """Raises :class:`NotFound`."""
    return _transfer_info(_transfer(caller, id))


def _backups() -> QuerySet[Backup]:
    return Backup.objects.annotate(has_more=Exists(Backup.objects.filter(parent=OuterRef("pk"))))


def _copies(caller: Caller, wanted: Wanted, rows: QuerySet[C], kind: str) -> Found[CopyInfo]:
    found = pages.page(pages.own(caller, rows, wanted), wanted, lambda id: _seen(caller, rows, kind, id))
    return Found([_info(row) for row in found.items], found.count)


def _seen(caller: Caller, rows: QuerySet[C], kind: str, id: str) -> C:
    row = (rows if caller.is_admin else rows.filter(project=caller.project)).filter(pk=id).first()
    if row is None:
        raise NotFound(kind=kind, id=id)
    return row


def _transfer(caller: Caller, id: str) -> Transfer:
    rows = Transfer.objects.filter(pk=id)
    row = (rows if caller.is_admin else rows.filter(project=caller.project)).first()
    if row is None:
        raise NotFound(kind="transfer", id=id)
    return row


def _transfer_info(row: Transfer) -> TransferInfo:
    return TransferInfo(**{name: getattr(row, name) for name in TransferInfo.__struct_fields__})


def _info(row: Content) -> CopyInfo:
    known: dict[str, Any] = {name: getattr(row, name) for name in CopyInfo.__struct_fields__ if hasattr(row, name)}
    return CopyInfo(**known, objects=int(bool(row.blob)))
