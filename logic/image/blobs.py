"""The life of content: begun, whole, held by images, volumes and snapshots, and removed when nobody holds it any more.

Called by ``logic.image``'s own commands, and by volumes: who makes a volume of an image calls :func:`hold` in the transaction
that makes it, and :func:`release` in the one that removes it; between them :func:`reading` gives the bytes, in a process that
has the store. Removing bytes is the affair of ``sweeping``.
"""

import datetime
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from logic import clock
from logic.errors import NotFound, Unavailable
from logic.image import copies
from logic.image.copies import Place
from logic.image.models import CONDEMNED as CONDEMNED  # noqa: PLC0414 - sweeping takes it from here
from logic.image.models import Blob, BlobUse
from logic.image.stores import Absent, opening
from logic.transactions import atomically

WRITING, WHOLE = "writing", "whole"
PATIENCE: Final = datetime.timedelta(seconds=300)  # without a sign of life, nobody writes it any more


class BlobInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Content that is whole. Units as in the model."""

    id: str
    places: tuple[Place, ...]
    size: int
    virtual_size: int | None
    format: str
    checksum: str
    hash_value: str


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What was found out about bytes while they went by."""

    size: int
    virtual_size: int | None
    format: str
    checksum: str
    hash_value: str


def blob(id: str) -> BlobInfo:
    """Raises :class:`NotFound` for what is not whole, or is not there any more."""
    row = Blob.objects.filter(pk=id, state=WHOLE).first()
    if row is None:
        raise NotFound(kind="content", id=id)
    facts = {name: getattr(row, name) for name in BlobInfo.__struct_fields__ if name != "places"}
    return BlobInfo(places=copies.places(row), **facts)


def reading(info: BlobInfo, start: int = 0, length: int | None = None) -> Iterator[bytes]:
    """The bytes, in pieces, from the first store that has them now; each blocks, and may raise ``OSError``. Raises
    :class:`NotFound`, :class:`Unavailable`."""
    away: OSError | None = None
    for place in info.places:
        try:
            return opening.named(place.store).pieces(place.name, start, length)
        except Absent:
            continue
        except OSError as error:
            away = error
    if away is None:
        raise NotFound(kind="content", id=info.id)
    raise Unavailable(reason="The store of images cannot be read now.", retry_after=30) from away


@atomically
def begin(kind: str, holder: str, store: str = "") -> str:
    """The id of content that is going to be written for this holder, into the first store unless another is named."""
    row = Blob.objects.create(store=store or opening.default(), until=clock.now() + PATIENCE)
    BlobUse.objects.create(blob=row, kind=kind, holder=holder)
    return row.pk


@atomically
def go_on(id: str) -> bool:
    """It is still being written. False: it was given up meanwhile, and nobody wants it."""
    return Blob.objects.filter(pk=id, state=WRITING).update(until=clock.now() + PATIENCE) == 1


@atomically
def complete(id: str, found: Measured) -> bool:
    """All of it is in the store. False: it was given up meanwhile."""
    columns = msgspec.structs.asdict(found)
    return Blob.objects.filter(pk=id, state=WRITING).update(**columns, state=WHOLE, until=None) == 1


@atomically
def hold(id: str, kind: str, holder: str) -> None:
    """It stays as long as this holder (the id of a volume, say) has it; again is the same. Raises :class:`NotFound`."""
    if not Blob.objects.select_for_update().filter(pk=id, state=WHOLE).exists():
        raise NotFound(kind="content", id=id)
    BlobUse.objects.get_or_create(blob_id=id, holder=holder, defaults={"kind": kind})


@atomically
def release(holder: str) -> list[str]:
    """The holder has none any more; the ids of what nobody holds now."""
    return [id for id in of(holder) if let_go(id, holder)]


@atomically
def let_go(id: str, holder: str) -> bool:
    """The same of one. True: nobody holds it now, and it is condemned."""
    list(Blob.objects.select_for_update().filter(pk=id))
    BlobUse.objects.filter(blob_id=id, holder=holder).delete()
    if BlobUse.objects.filter(blob_id=id).exists():
        return False
    return Blob.objects.filter(pk=id).update(state=CONDEMNED, until=None) == 1


def of(holder: str, **which: str) -> Sequence[str]:
    """What this holder has; ``kind``: as such a one."""
    return list(BlobUse.objects.filter(holder=holder, **which).values_list("blob_id", flat=True).order_by("blob_id"))


def holders(id: str) -> Sequence[tuple[str, str]]:
    """(kind, id) of who holds it."""
    return list(BlobUse.objects.filter(blob_id=id).values_list("kind", "holder").order_by("id"))
