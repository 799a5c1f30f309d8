"""What a volume begins with when its disk was to be given up for that: the other content, or what it had.

Called by folding, through the store's door, in the transaction that hears of it (``sizes.resize``); :class:`Other` is what
``logic.volume.commands.replacing`` writes into the row. Until then the volume holds both contents, and who has the other one (a
snapshot, a backup) is ``restoring``.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from logic import clock
from logic.decoding import convert
from logic.image.models import CONDEMNED, Blob, BlobUse
from logic.ledger.models import Command
from logic.volume.models import Backup, Message, Snapshot, Volume

SOURCES: Final[Mapping[str, type[Snapshot | Backup]]] = {"snapshot": Snapshot, "backup": Backup}
RESTORING: Final = "restoring"
NOTHING: Final = "Its disk could not be given up, and is as it was. Try again."
# Cinder's, which has none for reverting: a snapshot that is changed comes next.
# https://docs.openstack.org/cinder/latest/contributor/user_messages.html
EVENTS: Final = {
    "revert": "VOLUME_VOLUME_011_001",
    "restore": "VOLUME_VOLUME_015_001",
    "reimage": "VOLUME_VOLUME_016_001",
}


class Other(msgspec.Struct, frozen=True, kw_only=True):
    """``command`` gives the disk up. ``columns`` are of the content, ``metadata`` is what the volume has of it beside its own,
    ``source`` whose it is (kind and id). ``marked`` is a mark that the volume had before, and has again unless it begins with
    this."""

    command: str
    columns: dict[str, Any]
    metadata: dict[str, str] = {}
    source: tuple[str, str] | None = None
    marked: str = ""


def named(source: Snapshot | Backup) -> tuple[str, str]:
    """Kind and id of who has a content."""
    return next(kind for kind, model in SOURCES.items() if isinstance(source, model)), source.pk


def after(row: Volume, change: str) -> dict[str, Any]:
    """The columns of a row that is to begin with another content. ``taken``: it does; ``kept``: it is as it was. What an
    administrator has marked it as meanwhile stays."""
    other = convert(row.other_content, Other)
    if change != "taken":
        return {"marked": row.marked or other.marked, "other_content": None}
    metadata = {**row.metadata, **other.metadata}
    about = {"metadata": metadata, "unread": False, "remains": True, "other_content": None}
    return {**other.columns, **about}


def settle(row: Volume, change: str) -> None:
    """The row of a volume, whose lock the caller holds."""
    other, columns = convert(row.other_content, Other), after(row, change)
    Volume.objects.filter(pk=row.pk).update(**columns)
    _let_go(row.pk, columns.get("blob", row.blob))
    if other.source:
        kind, id = other.source
        rows = SOURCES[kind]._default_manager.filter(pk=id, status=RESTORING)
        rows.update(status="available", updated_at=clock.now())
    if change != "taken":
        _tell(row, other.command)


def _let_go(volume: str, kept: str) -> None:
    """It holds this content alone. What nobody holds is condemned, as by ``logic.image.blobs``, and swept later."""
    theirs = BlobUse.objects.filter(holder=volume).exclude(blob_id=kept)
    ids = sorted(theirs.values_list("blob_id", flat=True))
    list(Blob.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    theirs.delete()
    Blob.objects.filter(pk__in=ids, uses__isnull=True).update(state=CONDEMNED, until=None)


def _tell(row: Volume, command: str) -> None:
    """Why it is as it was."""
    found = Command.objects.filter(pk=command).first()
    if found is None:
        return
    told = {"event": EVENTS[found.verb], "text": found.error or NOTHING}
    Message.objects.create(project=row.project, request=found.request, volume=row.pk, **told)
