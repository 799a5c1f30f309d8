"""Removing content that nobody holds, and what an upload left that ended without a word. By a process that has the stores:
``working``, and the API right after a deletion.

A blob's row is there before its first byte and goes after its last: so rows alone say what is to be removed, and a directory with
other things in it is left as it is.
"""

import contextlib
from collections.abc import Iterable

from logic import clock
from logic.image import blobs, copies, counting
from logic.image.models import Blob, BlobCopy, Image, Task
from logic.image.stores import opening
from logic.offload import Offload
from logic.transactions import atomically

BATCH = 100
OPEN = ("saving", "uploading")  # the states of an image that an upload leaves


def due() -> list[str]:
    """Blobs whose bytes are to be removed. Uploads that fell silent are given up first, and old tasks forgotten."""
    Task.objects.filter(
        pk__in=list(Task.objects.filter(expires_at__lt=clock.now()).values_list("pk", flat=True)[:BATCH])
    ).delete()
    for id in Blob.objects.filter(state=blobs.WRITING, until__lt=clock.now()).values_list("pk", flat=True)[:BATCH]:
        give_up(id)
    return list(Blob.objects.filter(state=blobs.CONDEMNED).order_by("pk").values_list("pk", flat=True)[:BATCH])


@atomically
def give_up(id: str) -> None:
    """What is being written is not wanted, or whoever wrote it is gone: its image waits for other content again."""
    row = Blob.objects.select_for_update().filter(pk=id, state=blobs.WRITING).first()
    if row is None:
        return
    for image in list(row.uses.values_list("holder", flat=True)):
        Image.objects.filter(pk=image, status__in=OPEN).update(status="queued", updated_at=clock.now())
    row.uses.all().delete()
    Blob.objects.filter(pk=id).update(state=blobs.CONDEMNED, until=None)
    counting.upload_over(id)


def remove(id: str) -> None:
    """The bytes, in every store, then the row. Blocks. What a store does not do now is done another time: raises ``OSError``."""
    row = Blob.objects.filter(pk=id, state=blobs.CONDEMNED).first()
    if row is None:
        return
    BlobCopy.objects.filter(blob=row, state=copies.WHOLE).update(state=copies.CONDEMNED)
    for name in BlobCopy.objects.filter(blob=row, state=copies.CONDEMNED).values_list("pk", flat=True):
        remove_copy(name)
    opening.named(row.store).remove(row.name or row.pk)
    if not BlobCopy.objects.filter(blob=row).exists():  # else one is being written, and ends in vain
        Blob.objects.filter(pk=id, state=blobs.CONDEMNED).delete()


def remove_copy(name: str) -> None:
    """The same of a copy."""
    row = BlobCopy.objects.filter(pk=name, state=copies.CONDEMNED).first()
    if row is not None:
        opening.named(row.store).remove(row.pk)
        BlobCopy.objects.filter(pk=name, state=copies.CONDEMNED).delete()


async def remove_now(ids: Iterable[str], offload: Offload) -> None:
    """Right after what let go of them was committed; what cannot be removed now is swept later."""
    for id in ids:
        with contextlib.suppress(OSError):
            await offload.write(remove, id)


async def remove_copies_now(names: Iterable[str], offload: Offload) -> None:
    """The same of copies."""
    for name in names:
        with contextlib.suppress(OSError):
            await offload.write(remove_copy, name)
