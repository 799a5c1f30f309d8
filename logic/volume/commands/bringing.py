"""What is on a volume's disk, brought: to a snapshot, a backup or another volume, each of which waits for it as an image does
(``logic.image.capturing``). Called by ``snapshots``, ``backups`` and ``volumes``, in the transactions that make these.

While the volume's command is carried out it is nobody else's: it is not moved, deleted or made larger. When the command is over,
:func:`settle` lets who waited have the content, or be in error: by ``logic.image.working``, all the time.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from django.conf import settings

from ganeti.vocabulary import volume_name
from logic import clock
from logic.access import Caller
from logic.compute.checks import can
from logic.compute.models import Server
from logic.db import new_id
from logic.image import blobs, capturing
from logic.image.capturing import NO_PLACE
from logic.image.models import Blob, Capture
from logic.ledger import beginning
from logic.ledger.models import Command
from logic.messages.commands import CaptureVolume
from logic.transactions import atomically
from logic.volume.commands.scheduling import tell
from logic.volume.models import Backup, Snapshot, Volume

HOLDERS: Final[Mapping[str, type[Snapshot | Backup | Volume]]] = {
    "snapshot": Snapshot,
    "backup": Backup,
    "volume": Volume,
}
WAITS: Final = "creating"
# Cinder's. https://docs.openstack.org/cinder/latest/contributor/user_messages.html
EVENTS: Final = {
    "snapshot": "VOLUME_VOLUME_009_001",
    "backup": "VOLUME_VOLUME_013_001",
    "volume": "VOLUME_VOLUME_008_001",
    "image": "VOLUME_VOLUME_003_001",
}
NOTHING: Final = "Its disk was not brought. Try again; an administrator finds the reason at the command."
_MIB: Final = 2**20
_GIB: Final = 2**30
_OVERHEAD: Final = 1024  # a qcow2 of a whole disk is longer by less than this part of it, and than a MiB


def check(row: Volume) -> None:
    """Raises :class:`NotSupported` where its cluster does not tell what is on its disk."""
    capturing.check_told()
    can(row.backend, CaptureVolume)


class Holder(NamedTuple):
    """Who waits: a snapshot, a backup or a volume that was just made."""

    kind: str
    id: str


def begin(caller: Caller, row: Volume, server: Server | None, holder: Holder, *, verb: str = "upload") -> None:
    """It waits for what is on the disk of this volume, which is held, with the server that has it. Raises ``WrongState``."""
    command = order(row, server)
    most = row.size * (_GIB + _GIB // _OVERHEAD) + _MIB
    capturing.await_by(*holder, source(row, server, command.id), most)
    beginning.begin(caller, "volume", row, verb, command)


def order(row: Volume, server: Server | None) -> CaptureVolume:
    """What its cluster is told."""
    instance = server.instance if server else ""
    return CaptureVolume(id=new_id(), resource=row.pk, instance=instance, timeout=settings.GANETI_SHUTDOWN_TIMEOUT)


def source(row: Volume, server: Server | None, command: str) -> capturing.Source:
    """Its disk, by its name."""
    name = volume_name(settings.BACKEND_PREFIX_ID, row.pk)
    instance = server.instance if server else name
    return capturing.Source(command=command, backend=row.backend.pk, instance=instance, disk=NO_PLACE, name=name)


def settle() -> list[str]:
    """Of commands that are over: who waited has the content that has come, or is in error. Ids of the content that nobody holds
    now."""
    return [blob for kind in HOLDERS for holder in capturing.over(kind) for blob in _settle(kind, holder)]


@atomically
def _settle(kind: str, id: str) -> list[str]:
    """Who waits is held before the row that says so, as by who deletes it."""
    holder = HOLDERS[kind]._default_manager.select_for_update().filter(pk=id, unread=True).first()
    capture = capturing.ended(id)
    if capture is None:
        return []
    if holder is None or not capture.kind:
        return blobs.release(id)
    if not capture.staged:
        _fail(holder, capture)
        return blobs.release(id)
    _write(holder, _content(capture.staged) | {"unread": False}, "available")
    return [one for one in blobs.of(id) if one != capture.staged and blobs.let_go(one, id)]


def _content(id: str) -> dict[str, Any]:
    """The columns that say so."""
    found = Blob.objects.get(pk=id)
    return {"blob": id, "file": id, "format": found.format, "checksum": f"sha512:{found.hash_value}"}


def _fail(holder: Snapshot | Backup | Volume, capture: Capture) -> None:
    """It has nothing, is counted until it is deleted, and says why."""
    why = capturing.explained(capture) or NOTHING
    about = holder.pk if isinstance(holder, Volume) else holder.volume
    _write(holder, {} if isinstance(holder, Volume) else {"trouble": why[: capturing.TOLD]}, "error")
    _tell(capture, holder.project, about, why)


def tell_of_image(capture: Capture, why: str) -> None:
    """No image could be made of a volume. That of a server's disk its own history says."""
    whose = Command.objects.filter(pk=capture.command, kind="volume").values("resource")
    row = Volume.objects.filter(pk__in=whose).first()
    if row is not None:
        _tell(capture, row.project, row.pk, why or NOTHING)


def _tell(capture: Capture, project: str, volume: str, why: str) -> None:
    request = Command.objects.filter(pk=capture.command).values_list("request", flat=True).first()
    tell(project, request or "", volume, EVENTS[capture.kind], why)


def _write(holder: Snapshot | Backup | Volume, columns: dict[str, Any], status: str) -> None:
    """What an administrator has said of it meanwhile stays, but that it waits or is in error."""
    columns["updated_at"] = clock.now()
    if isinstance(holder, Volume):
        columns["marked"] = (
            ("" if status == "available" else status) if holder.marked in {WAITS, "error"} else holder.marked
        )
    elif holder.status in {WAITS, "error"}:
        columns["status"] = status
    if isinstance(holder, Snapshot) and status == "available":
        columns["progress"] = "100%"
    type(holder)._default_manager.filter(pk=holder.pk).update(**columns)
