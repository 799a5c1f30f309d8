"""Images made of disks: the content of one that a cluster has is asked for by a command, brought by the node that has it, and
becomes an image's (docs/decisions/0044).

Whoever gives the command makes the image here in the same transaction. A node that carries it out asks what is wanted
(:func:`wanted`) and brings it (:func:`begin_content`, then ``uploading.fill``). When the command is over, however that was,
:func:`settle` takes away what nothing came of, with its quota: by ``working``, all the time.
"""

from collections.abc import Sequence

import msgspec
from django.db.models import Exists, OuterRef

from logic.access import Caller
from logic.errors import NotFound
from logic.image import making, removing, uploading
from logic.image.making import NewImage
from logic.image.models import Capture, Image
from logic.image.uploading import Upload
from logic.ledger.models import OPEN, Command
from logic.transactions import atomically

BATCH = 100
WAITING = ("queued", "saving")  # the states of an image that has no content yet
BACKUP = "backup_type"  # the property of an image that is one of several that are kept


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A disk, by its place among those of an instance on a backend (its primary key), and the command that has it captured.
    ``keep``: how many backups like this one there shall be at most; None: it is none."""

    command: str
    backend: int
    instance: str
    disk: int = 0
    keep: int | None = None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a node is told of an instance. ``ours``: a command of ours is about its disks; ``disk``: which one's content is
    wanted, None for none (any more)."""

    ours: bool
    disk: int | None = None


@atomically
def begin(caller: Caller, image: NewImage, source: Source) -> str:
    """The id of an image that waits for this disk. Raises as ``making.create_image``."""
    id = making.create_image(caller, image)
    Capture.objects.create(image=id, **msgspec.structs.asdict(source))
    return id


def wanted(backend: int, instance: str) -> Wanted:
    """What nodes of this backend are to bring of an instance."""
    row = _newest(backend, instance)
    if row is None:
        return Wanted(ours=False)
    waits = Image.objects.filter(pk=row.image, status__in=WAITING).exists()
    return Wanted(ours=True, disk=row.disk if waits else None)


@atomically
def begin_content(backend: int, instance: str, disk: int, length: int | None) -> Upload:
    """The image waits for these bytes alone from now on. Raises :class:`NotFound` when nobody does (any more), and as
    ``uploading.begin``."""
    row = _newest(backend, instance)
    image = Image.objects.select_for_update().filter(pk=row.image, status__in=WAITING).first() if row else None
    if row is None or row.disk != disk or image is None:
        raise NotFound(kind="export", id=instance)
    return uploading.start(image, "saving", length)


def _newest(backend: int, instance: str) -> Capture | None:
    """Of the captures of an instance, whose commands may still be carried out."""
    rows = Capture.objects.filter(_is_open(), backend=backend, instance=instance)
    return rows.order_by("-created_at", "-image").first()


def _is_open() -> Exists:
    return Exists(Command.objects.filter(pk=OuterRef("command"), status__in=OPEN))


def settle() -> list[str]:
    """Of captures whose command is over: images that nothing came of are gone, and so are the backups before those that are to be
    kept. Ids of the content that nobody holds now."""
    over = list(Capture.objects.filter(~_is_open()).order_by("created_at").values_list("pk", flat=True)[:BATCH])
    return [blob for image in over for blob in _settle(image)]


@atomically
def _settle(image: str) -> list[str]:
    row = Capture.objects.select_for_update().filter(pk=image).first()
    if row is None:
        return []
    row.delete()
    made = Image.objects.select_for_update().filter(pk=image).first()
    if made is None:
        return []
    gone = [made] if made.status in WAITING else _spare(made, row.keep)
    return [blob for one in gone for blob in removing.remove(one)]


def _spare(made: Image, keep: int | None) -> Sequence[Image]:
    """Backups of the same server and kind that are one too many; what is protected stays."""
    if keep is None:
        return []
    names = ("instance_uuid", "image_type", BACKUP)
    same = {name: made.properties[name] for name in names if name in made.properties}
    every = Image.objects.filter(owner=made.owner, status="active", created_at__lte=made.created_at)
    alike = [one for one in every.order_by("-created_at", "-id") if same.items() <= one.properties.items()]
    return [one for one in alike[keep:] if not one.protected] if len(same) == len(names) else []
