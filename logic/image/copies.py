"""Which stores content is in: made, told, and let go of. Rows alone; ``copying`` moves the bytes, ``sweeping`` removes them.

Content is in the store of its blob, under the blob's ``name``, and in those of its copies, each under its own id. An attempt at a
copy has an id, and so a name in the store, of its own: of two that copy the same, one is too late and gives up.
Called by ``blobs``, ``importing``, ``uploading`` and the facade.
"""

import datetime
from collections.abc import Sequence
from typing import Final

import msgspec

from logic import clock
from logic.access import Caller
from logic.db import new_id
from logic.errors import NotFound
from logic.image.models import CONDEMNED as CONDEMNED  # noqa: PLC0414 - sweeping takes it from here
from logic.image.models import Blob, BlobCopy, Image
from logic.image.reaching import owned
from logic.image.refusals import OnlyCopy, WrongStatus
from logic.transactions import atomically

WRITING, WHOLE = "writing", "whole"
PATIENCE: Final = datetime.timedelta(seconds=300)  # as of blobs


class Place(msgspec.Struct, frozen=True):
    """A store, and what the content is called there."""

    store: str
    name: str


def places(row: Blob) -> tuple[Place, ...]:
    """Where all of it is, the blob's own first."""
    more = BlobCopy.objects.filter(blob=row, state=WHOLE).order_by("store")
    return (Place(row.store, row.name or row.pk), *(Place(one.store, one.pk) for one in more))


def stores_of(blob: str) -> list[str]:
    """Names, in their order."""
    return sorted(place.store for place in places(Blob.objects.get(pk=blob)))


@atomically
def begin(blob: str, store: str) -> str:
    """The name of a copy that is going to be written there; empty: there is one. Raises :class:`NotFound`."""
    row = _whole(blob)
    if store in {place.store for place in places(row)}:
        return ""
    return BlobCopy.objects.create(id=new_id(), blob=row, store=store, until=clock.now() + PATIENCE).pk


@atomically
def go_on(name: str) -> bool:
    """It is still being written. False: it was given up meanwhile."""
    return BlobCopy.objects.filter(pk=name, state=WRITING).update(until=clock.now() + PATIENCE) == 1


@atomically
def complete(name: str) -> bool:
    """All of it is there. False: it was given up, or another was there before; it is removed then."""
    row = BlobCopy.objects.filter(pk=name).first()
    blob = Blob.objects.select_for_update().filter(pk=row.blob_id, state=WHOLE).first() if row else None
    if row is None or blob is None or row.store in {place.store for place in places(blob)}:
        condemn(name)
        return False
    if not BlobCopy.objects.filter(pk=name, state=WRITING).update(state=WHOLE, until=None):
        return False
    tell(blob.pk)
    return True


@atomically
def condemn(name: str) -> None:
    """What is written is not wanted."""
    BlobCopy.objects.filter(pk=name).update(state=CONDEMNED, until=None)


@atomically
def leave(blob: str, store: str) -> str:
    """It is in that store no more; the name of the copy to remove. Raises :class:`NotFound` where it is not, and
    :class:`Forbidden` for the only one."""
    row = _whole(blob)
    there = places(row)
    gone = next((place for place in there if place.store == store), None)
    if gone is None:
        raise NotFound(kind="image in the store", id=store)
    if len(there) == 1:
        raise OnlyCopy(store=store)
    if gone is there[0]:
        _move(row, there[1], gone)
    else:
        condemn(gone.name)
    tell(blob)
    return gone.name


def _move(row: Blob, to: Place, gone: Place) -> None:
    """A copy is the blob's own place from now on, and that a copy that is to be removed."""
    BlobCopy.objects.filter(pk=to.name).delete()
    Blob.objects.filter(pk=row.pk).update(store=to.store, name=to.name)
    BlobCopy.objects.create(id=gone.name, blob=row, store=gone.store, state=CONDEMNED)


@atomically
def delete_from_store(caller: Caller, image: str, store: str) -> str:
    """The same of an image's content; the name of the copy to remove. Raises :class:`NotFound`, :class:`Forbidden`,
    :class:`Conflict`."""
    row = owned(caller, image, "delete_image_location")
    if row.status != "active":
        raise WrongStatus(status=row.status, wanted="in fewer stores", advice="Wait until it is active.")
    if row.blob_id is None:
        raise NotFound(kind="image in the store", id=store)
    return leave(row.blob_id, store)


def tell(blob: str) -> None:
    """Images with this content say where it is."""
    Image.objects.filter(blob=blob).update(stores=",".join(stores_of(blob)), updated_at=clock.now())


def _whole(blob: str) -> Blob:
    """Locked. Raises :class:`NotFound`."""
    row = Blob.objects.select_for_update().filter(pk=blob, state=WHOLE).first()
    if row is None:
        raise NotFound(kind="content", id=blob)
    return row


def due() -> Sequence[str]:
    """Copies whose bytes are to be removed; those that fell silent are given up first."""
    BlobCopy.objects.filter(state=WRITING, until__lt=clock.now()).update(state=CONDEMNED, until=None)
    return list(BlobCopy.objects.filter(state=CONDEMNED).order_by("pk").values_list("pk", flat=True)[:100])
