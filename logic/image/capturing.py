"""What is on disks: the content of one that a cluster has is asked for by a command, comes from the node that has it, and
becomes an image's, a snapshot's, a backup's or a volume's (docs/decisions/0044).

Whoever gives the command says in the same transaction who waits for it: :func:`begin` makes an image that does, :func:`await_by`
is for the others. A node that carries it out asks what is wanted (:func:`wanted`) and brings it (:func:`begin_content`, then
``uploading.fill``); it is kept aside as if it were staged. When the command is over, however that was, :func:`settle` makes an
image active that has its content, and takes away what nothing came of, with its quota: by ``working``, all the time. What becomes
of the others is their own affair (``logic.volume.commands.bringing``), told by :func:`over` and :func:`ended`.
"""

import math
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from django.conf import settings
from django.db.models import Exists, OuterRef

from logic.access import Caller
from logic.backends import os_parameters
from logic.errors import NotFound, NotSupported
from logic.image import blobs, counting, making, removing, uploading
from logic.image.making import NewImage
from logic.image.models import Capture, Image
from logic.image.uploading import Upload
from logic.ledger import explaining
from logic.ledger.models import OPEN, Command
from logic.transactions import atomically

BATCH = 100
IMAGE: Final = "image"  # the kind of who waits
TOLD: Final = 1024  # characters of a reason
NOBODY: Final = ""  # the one who waited is gone
FORMAT: Final = "qcow2"  # in which it comes to those that are no images
NO_PLACE = 9999  # of a disk that its name is known of: a version that knows no names takes none for it
WAITING = ("queued", "saving")  # the states of an image whose command is not over
BACKUP = "backup_type"  # the property of an image that is one of several that are kept


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A disk, by its ``name`` or, without one, by its place among those of an instance on a backend (its primary key), and the
    command that has it captured.
    ``keep``: how many backups like this one there shall be at most; None: it is none."""

    command: str
    backend: int
    instance: str
    disk: int = 0
    name: str = ""
    keep: int | None = None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a node is told of an instance. ``ours``: a command of ours is about its disks; ``disk`` or ``name``: which one's
    content is wanted, None and empty for none (any more); ``format``: as what."""

    ours: bool
    disk: int | None = None
    name: str = ""
    format: str = "qcow2"


def check_told() -> None:
    """Raises :class:`NotSupported` where no node brings what is on disks."""
    if not tells():
        raise NotSupported(reason="The clusters of this cloud do not tell what is on disks. Make images from a file.")


def tells() -> bool:
    """Does any node bring what is on disks?"""
    return bool(os_parameters.provider_of(settings.GANETI_OS_PROVIDER).brings and settings.NODES_BRING_DISKS)


@atomically
def begin(caller: Caller, image: NewImage, source: Source, least: int = 1) -> str:
    """The id of an image that waits for this disk, of which ``least`` MiB will come. Raises as ``making.create_image``."""
    id = making.create_image(caller, image)
    counting.check_room(caller.project, least)
    Capture.objects.create(image=id, **msgspec.structs.asdict(source))
    return id


@atomically
def await_by(kind: str, holder: str, source: Source, most: int) -> None:
    """A snapshot, a backup or a volume, just made, waits for this disk, of which at most so many bytes will come."""
    Capture.objects.create(image=holder, kind=kind, most=most, **msgspec.structs.asdict(source))


def wanted(backend: int, instance: str) -> Wanted:
    """What nodes of this backend are to bring of an instance."""
    rows = _open(backend, instance)
    row, image = _waiting(rows)
    if row is None:
        return Wanted(ours=bool(rows))
    format = image.disk_format if image else FORMAT
    return Wanted(ours=True, disk=None if row.name else row.disk, name=row.name, format=format)


@atomically
def begin_content(backend: int, instance: str, disk: int | str, length: int | None) -> Upload:
    """An image waits for these bytes alone from now on; ``disk``: its place, or its name. Raises :class:`NotFound` when nobody
    does (any more), and as ``uploading.begin``."""
    row, image = _waiting([row for row in _open(backend, instance) if disk == (row.name or row.disk)], lock=True)
    if row is None:
        raise NotFound(kind="export", id=instance)
    if image is None:
        return uploading.start_for(row, FORMAT, length)
    return uploading.start(image, "saving", length, staging=True)


@atomically
def note_trouble(backend: int, instance: str, disk: int | str, why: str) -> None:
    """What came of this disk was refused. Its command may go on, and bring it again."""
    named = [row.pk for row in _open(backend, instance) if disk == (row.name or row.disk)]
    Capture.objects.filter(pk__in=named).update(trouble=why[:TOLD])


def explained(row: Capture) -> str:
    """Why nothing came, also said of its command from now on; empty: nobody knows."""
    return explaining.explain(row.command, row.trouble)


def _open(backend: int, instance: str) -> list[Capture]:
    """Captures of an instance whose commands may still be carried out. Disks of volumes are captured beside the server's own, and
    a node does not know for which command: exports go one after the other, so that of the first job is wanted first."""
    rows = list(Capture.objects.filter(_is_open(), backend=backend, instance=instance).order_by("created_at", "image"))
    if len(rows) < 2:  # noqa: PLR2004
        return rows
    jobs = dict(Command.objects.filter(pk__in=[row.command for row in rows]).values_list("pk", "job"))
    return sorted(rows, key=lambda row: jobs.get(row.command) or math.inf)


def _waiting(rows: Sequence[Capture], *, lock: bool = False) -> tuple[Capture | None, Image | None]:
    """The first that still waits, and its image, if it is one."""
    images = Image.objects.select_for_update() if lock else Image.objects.all()
    named = [row.image for row in rows if row.kind == IMAGE]
    there = images.filter(pk__in=named, status__in=WAITING, staged=None).in_bulk()
    row = next(
        (row for row in rows if row.image in there or (row.kind not in (NOBODY, IMAGE) and not row.staged)), None
    )
    return row, there.get(row.image) if row else None


def _is_open() -> Exists:
    return Exists(Command.objects.filter(pk=OuterRef("command"), status__in=OPEN))


Tell = Callable[[Capture, str], None]


def settle(tell: Tell = lambda _row, _why: None) -> list[str]:
    """Of captures whose command is over: images whose content has come are active, those that nothing came of are gone, and so
    are the backups before those that are to be kept. ``tell`` hears of each that nothing came of, and why, in its
    transaction. Ids of the content that nobody holds now."""
    return [blob for kind in (IMAGE, NOBODY) for image in over(kind) for blob in _settle(image, tell)]


def over(kind: str) -> Sequence[str]:
    """Who of this kind waits for what will not come any more, the oldest first: its command is over."""
    ended = Capture.objects.filter(~_is_open(), kind=kind)
    return list(ended.order_by("created_at").values_list("pk", flat=True)[:BATCH])


def ended(holder: str) -> Capture | None:
    """The row, which is no more from this transaction on. None: another had it."""
    row = Capture.objects.select_for_update().filter(pk=holder).first()
    if row is not None:
        Capture.objects.filter(pk=holder).delete()
    return row


@atomically
def leave(holder: str) -> list[str]:
    """Who waited for a disk, or has what came of one, does no more. Ids of the content that nobody holds now."""
    Capture.objects.filter(pk=holder).update(kind=NOBODY)
    return blobs.release(holder)


@atomically
def _settle(image: str, tell: Tell) -> list[str]:
    row = ended(image)
    if row is None:
        return []
    made = Image.objects.select_for_update().filter(pk=image).first()
    if made is None:
        return []
    if made.staged is not None:
        uploading.activate(image, made.staged)
    elif made.status in WAITING:
        tell(row, explained(row))
        return removing.remove(made)
    gone = _spare(made, row.keep)
    return [blob for id in gone for blob in removing.spare(id)]


def _spare(made: Image, keep: int | None) -> Sequence[str]:
    """Backups of the same server and kind that are one too many."""
    if keep is None:
        return []
    names = ("instance_uuid", "image_type", BACKUP)
    same = {name: made.properties[name] for name in names if name in made.properties}
    every = Image.objects.filter(owner=made.owner, status="active", created_at__lte=made.created_at)
    alike = [one for one in every.order_by("-created_at", "-id") if same.items() <= one.properties.items()]
    return [one.pk for one in alike[keep:]] if len(same) == len(names) else []
