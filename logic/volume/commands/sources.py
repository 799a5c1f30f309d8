"""What a new volume begins with: nothing, or the content of an image, a snapshot, another volume, or a backup.

Content is never copied here: an image does not change, and a volume that has no disk yet is as the image that it was made of.
So a copy is another reference to that: :func:`keep` has each row hold its blob, as long as it is there. Of a volume that has a
disk its cluster is asked for what is written there, and the copy waits for that (``bringing``). Called by ``volumes``.
"""

from typing import Any, Final

import msgspec

from logic.access import Caller
from logic.compute import guests
from logic.compute.models import Server
from logic.errors import NotFound
from logic.image import blobs
from logic.image import queries as images
from logic.image.queries import ImageInfo
from logic.placement.fitting import GIB
from logic.volume.commands import bringing, composing
from logic.volume.commands.rows import held_at_rest, is_placed
from logic.volume.models import Backup, Content, Snapshot, Volume
from logic.volume.refusals import InvalidBackup, InvalidInput, InvalidSnapshot

MIB = 2**20
SAID: Final = frozenset(
    {"image_id", "image_name", "checksum", "container_format", "disk_format", "min_disk", "min_ram", "size"}
)  # what :func:`described` says beside the properties
CONTENT: Final = ("blob", "file", "format", "checksum")


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What a volume begins with. ``least`` GiB it must have; ``columns`` are what its row says of it; ``type`` is what it is of
    unless another one is asked for (empty: whatever is the default). ``read``: the volume whose disk has it, held, and the server
    that has that."""

    least: int = 0
    type: str = ""
    columns: dict[str, Any] = {}
    read: tuple[Volume, Server | None] | None = None


def of_image(caller: Caller, id: str, size: int | None) -> Source:
    """Raises :class:`NotFound`, :class:`InvalidInput`."""
    image = images.image(caller, id)
    if image.status != "active":
        raise InvalidInput(reason=f"Image {image.id} is not active.")
    if composing.is_composed(image):
        return of_snapshot(caller, composing.parts(image)[0].snapshot_id)
    least = max(-(-max(image.virtual_size or 0, image.size or 0) // (GIB * MIB)), 1)
    if size is not None and size < least:
        raise InvalidInput(reason=f"Size of specified image {least}GB is larger than volume size {size}GB.")
    if size is not None and size < image.min_disk:
        raise InvalidInput(
            reason=f"Volume size {size}GB cannot be smaller than the image minDisk size {image.min_disk}GB."
        )
    told = guests.image_parameters(image)
    content = {"blob": image.blob_id or "", "file": told["img_id"]}
    content |= {"format": told["img_format"], "checksum": told["img_checksum"]}
    columns = {**content, "image_metadata": described(image), "bootable": True}
    return Source(least=max(least, image.min_disk), columns=columns)


def described(image: ImageInfo) -> dict[str, str]:
    """As Cinder copies it: the properties, and what every image has."""
    every = {
        "image_id": image.id,
        "image_name": image.name,
        "checksum": image.checksum,
        "container_format": image.container_format,
        "disk_format": image.disk_format,
        "min_disk": str(image.min_disk),
        "min_ram": str(image.min_ram),
        "size": str(image.size or 0),
    }
    return {**{name: str(value) for name, value in image.properties.items()}, **every}


def of_snapshot(caller: Caller, id: str) -> Source:
    """Raises :class:`NotFound`, :class:`InvalidSnapshot`."""
    row = Snapshot.objects.filter(pk=id).first()
    if row is None or not _is_own(caller, row.project):
        raise NotFound(kind="snapshot", id=id)
    if row.status != "available":
        raise InvalidSnapshot(reason=f"originating snapshot status must be available, but it is {row.status}.")
    return Source(least=row.size, type=row.type, columns={**content(row), "snapshot": row.pk})


def of_volume(caller: Caller, id: str) -> Source:
    """Raises :class:`NotFound`, :class:`InvalidVolume`, :class:`NotSupported`, ``WrongState``."""
    row, server = held_at_rest(caller, id, attached=True, action="clone it")
    read = (row, server) if is_placed(row) else None
    return Source(least=row.size, type=row.type, columns={**copied(row), "source": row.pk}, read=read)


def of_backup(caller: Caller, id: str) -> Source:
    """Raises :class:`NotFound`, :class:`InvalidBackup`."""
    row = Backup.objects.filter(pk=id).first()
    if row is None or not _is_own(caller, row.project):
        raise NotFound(kind="backup", id=id)
    if row.status != "available":
        raise InvalidBackup(reason=f"backup {row.pk} status must be available, but it is {row.status}.")
    return Source(least=row.size, columns=content(row))


def content(row: Volume | Content) -> dict[str, Any]:
    """The columns that say what is on it."""
    return {name: getattr(row, name) for name in (*CONTENT, "image_metadata", "bootable")}


def copied(row: Volume) -> dict[str, Any]:
    """The same of a copy, for which a disk is yet to be read. Raises :class:`NotSupported` where none is."""
    if not is_placed(row):
        return content(row)
    bringing.check(row)
    return {"image_metadata": row.image_metadata, "bootable": row.bootable, "unread": True}


def keep(kind: str, row: Volume | Content) -> None:
    """The row, just made, holds its content. Raises :class:`NotFound` when that has gone meanwhile."""
    if row.blob:
        blobs.hold(row.blob, kind, row.pk)


def _is_own(caller: Caller, project: str) -> bool:
    return caller.is_admin or project == caller.project
