"""Other content for a volume that is there: a snapshot's, an image's, a backup's. Called by Cinder's facade, and by ``backups``.

A volume without a disk is a row, and begins with the other content at once. One that has a disk gives it up first, by a command
(``ClearVolume``): until that is over it holds both contents, and what becomes of it then is ``logic.ledger.contents``'. Its next
server has the disk made anew.
"""

from typing import Any

import msgspec

from logic import clock
from logic.access import Caller, require
from logic.compute.checks import can
from logic.compute.models import Server
from logic.db import new_id
from logic.errors import NotFound
from logic.image import blobs, capturing
from logic.ledger import beginning, contents
from logic.messages.commands import ClearVolume
from logic.transactions import atomically
from logic.volume.commands import sources
from logic.volume.commands.attaching import RESERVED
from logic.volume.commands.rows import change, held, is_placed, may_be_begun, must, must_be
from logic.volume.models import Backup, Snapshot, Volume
from logic.volume.refusals import InvalidInput, InvalidSnapshot, InvalidVolume
from logic.volume.states import TAKEN, Observed, Verb

IN_ERROR = "error"  # a mark that other content takes away


class Replacement(msgspec.Struct, frozen=True, kw_only=True):
    """``columns`` say the content; ``metadata`` is what the volume has of it beside its own; ``source`` is the row, held, that it
    is of. ``marked``: with one of these marks it may have it."""

    verb: Verb
    columns: dict[str, Any]
    metadata: dict[str, str] = {}
    source: Snapshot | Backup | None = None
    marked: tuple[str, ...] = ()


@atomically
def revert(caller: Caller, id: str, snapshot: str) -> None:
    """To the newest of its snapshots; its size stays. Raises :class:`NotFound`, :class:`InvalidVolume`, :class:`InvalidSnapshot`,
    :class:`InvalidInput`, :class:`NotSupported`."""
    require(caller, "member", "revert a volume to a snapshot")
    row = held(caller, id)
    found = Snapshot.objects.select_for_update().filter(pk=snapshot, project=row.project).first()
    if found is None:
        raise NotFound(kind="snapshot", id=snapshot)
    newest = Snapshot.objects.filter(volume=row.pk).order_by("-created_at", "-pk").first()
    if newest is None or newest.pk != found.pk:
        raise InvalidInput(reason=f"Specified snapshot {found.pk} is None or not the latest one of volume {row.pk}.")
    must_be(row, "available", action="revert it")
    if found.status != "available":
        raise InvalidSnapshot(reason=f"snapshot {found.pk} status must be available, but it is {found.status}.")
    replace(caller, row, Replacement(verb="revert", columns=sources.content(found), source=found))


@atomically
def reimage(caller: Caller, id: str, image: str, *, reserved: bool = False) -> None:
    """It begins with another image. ``reserved``: also one that is, and stays so. Raises :class:`NotFound`,
    :class:`InvalidVolume`, :class:`InvalidInput`, :class:`NotSupported`."""
    require(caller, "member", "give a volume another image")
    row = held(caller, id)
    marks = (IN_ERROR, *((RESERVED, TAKEN) if reserved else ()))
    must_be(row, "available", *marks, action="give it another image")
    source = sources.of_image(caller, image, row.size)
    replace(caller, row, Replacement(verb="reimage", columns=source.columns, marked=marks))


def replace(caller: Caller, row: Volume, wanted: Replacement) -> None:
    """Of a volume that the caller holds. Raises :class:`InvalidVolume`, :class:`NotSupported`, :class:`NotFound`."""
    if is_placed(row):
        _give_up_disk(caller, row, wanted)
        return
    capturing.leave(row.pk)
    columns = {"unread": False, "remains": may_be_begun(row), "marked": _unless_in_error(row)}
    metadata = {**row.metadata, **wanted.metadata}
    change(caller, row, {**wanted.columns, **columns, "metadata": metadata}, wanted.verb)
    sources.keep("volume", held(caller, row.pk))


def _unless_in_error(row: Volume) -> str:
    """Its mark: one that is in error is so no more."""
    return "" if row.marked == IN_ERROR else row.marked


def _give_up_disk(caller: Caller, row: Volume, wanted: Replacement) -> None:
    can(row.backend, ClearVolume)
    must(row, wanted.verb, "available", marked=wanted.marked)
    if row.observed == Observed.ATTACHED:  # which was not found there
        raise InvalidVolume(
            reason=f"the disk of volume {row.pk} was last on a server. Detach it, or delete the volume."
        )
    last = Server.objects.filter(pk=row.device).first()
    command = ClearVolume(id=new_id(), resource=row.pk, instance=last.instance if last else "")
    if wanted.columns.get("blob"):
        blobs.hold(wanted.columns["blob"], "volume", row.pk)
    other = contents.Other(
        command=command.id,
        columns=wanted.columns,
        metadata=wanted.metadata,
        source=contents.named(wanted.source) if wanted.source else None,
        marked=row.marked if row.marked == IN_ERROR else "",
    )
    change(caller, row, {"other_content": msgspec.to_builtins(other), "marked": _unless_in_error(row)}, wanted.verb)
    if wanted.source:
        rows = type(wanted.source)._default_manager.filter(pk=wanted.source.pk)
        rows.update(status=contents.RESTORING, updated_at=clock.now())
    beginning.begin(caller, "volume", row, wanted.verb, command)
