"""Bringing content: bytes that come in pieces go into the store, are counted, summed and inspected on the way, and become the
content of an image when all of them are there. Until then nobody sees them; what breaks off leaves nothing.

:func:`begin` and :func:`begin_staging` are asked by the facade, ``importing`` and ``capturing`` begin their own; :func:`fill`
does the rest, on the event loop, with each blocking step in a thread. Of a process that dies ``sweeping`` finds what it was
writing.
"""

import contextlib
import hashlib
from collections.abc import AsyncIterator
from typing import Final

import msgspec
import structlog

from logic import clock
from logic.access import Caller
from logic.errors import BadRequest, Conflict, NotFound, Unavailable, clipped
from logic.image import blobs, copies, counting, sweeping
from logic.image.blobs import Measured
from logic.image.inspecting import Inspection
from logic.image.models import Blob, Capture, Image
from logic.image.reaching import owned
from logic.image.refusals import TooLargeImage, WrongStatus
from logic.image.stores import Writing, opening
from logic.offload import Offload
from logic.transactions import atomically

BEAT: Final = 30.0  # seconds between two signs of life, of blobs.PATIENCE
log = structlog.get_logger(__name__)


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """Content on its way into an image, which has this ``status`` meanwhile, and into a store. ``most`` bytes may come.
    ``staging``: it only waits there to be imported. ``kind``: of whom the id is, if it is no image's (``capturing``)."""

    image: str
    blob: str
    store: str
    status: str
    most: int
    disk_format: str
    container_format: str
    staging: bool = False
    kind: str = "image"


@atomically
def begin(caller: Caller, id: str, length: int | None = None, *, store: str = "") -> Upload:
    """The image waits for these bytes alone from now on. ``length``: as announced; ``store``: other than the first. Raises
    :class:`NotFound`, :class:`Forbidden`, :class:`BadRequest`, :class:`Conflict`, :class:`QuotaExceeded`, :class:`TooLarge`."""
    if store and store not in opening.stores():
        raise BadRequest(reason=f"The store {clipped(store)} is not known. List them with GET /v2/info/stores.")
    row = owned(caller, id, "upload_image")
    check_free(row)
    return start(row, "saving", length, store=store)


@atomically
def begin_staging(caller: Caller, id: str, length: int | None = None) -> Upload:
    """The same, for bytes that are to be imported later."""
    row = owned(caller, id, "modify_image")
    check_free(row)
    return start(row, "uploading", length, staging=True)


def start(row: Image, status: str, length: int | None, *, staging: bool = False, store: str = "") -> Upload:
    """The same within a transaction that holds the row. Raises as :func:`begin`."""
    if row.status != "queued":
        raise WrongStatus(status=row.status, wanted=status, advice="Only a queued image takes content, and only once.")
    check_formats(row)
    upload = begun(row, status, staging=staging, store=store)
    if length is not None and length > upload.most:
        raise TooLargeImage(limit=upload.most)
    Image.objects.filter(pk=row.pk).update(status=status, updated_at=clock.now())
    return upload


def begun(row: Image, status: str, *, staging: bool = False, store: str = "") -> Upload:
    """Content for a row that is held, and has this status while it comes, into this store or the first. Raises
    :class:`QuotaExceeded`."""
    store = store or opening.default()
    blob = blobs.begin("image", row.pk, store)
    counting.count_upload(row.owner, blob)
    return Upload(
        image=row.pk,
        blob=blob,
        store=store,
        status=status,
        most=min(counting.most(row.owner), opening.named(store).most),
        disk_format=row.disk_format,
        container_format=row.container_format,
        staging=staging,
    )


def start_for(row: Capture, format: str, length: int | None) -> Upload:
    """The same for one that is no image, and is counted already. Raises :class:`TooLarge`."""
    store = opening.default()
    most = min(row.most, opening.named(store).most)
    if length is not None and length > most:
        raise TooLargeImage(limit=most)
    return Upload(
        image=row.image,
        kind=row.kind,
        blob=blobs.begin(row.kind, row.image, store),
        store=store,
        status="",
        most=most,
        disk_format=format,
        container_format="bare",
        staging=True,
    )


def check_free(row: Image) -> None:
    """What is on a disk becomes this image's content: nobody else brings any. Raises :class:`Conflict`."""
    if Capture.objects.filter(pk=row.pk).exists():
        raise Conflict(reason=f"Image {row.pk} is being made of a disk, and takes no other content.")


def check_formats(row: Image) -> None:
    """Raises :class:`BadRequest`."""
    for name in ("disk_format", "container_format"):
        if not getattr(row, name):
            raise BadRequest(
                reason=f"Properties {name} must be set prior to saving data. Set it, then send the data again."
            )


async def fill(upload: Upload, pieces: AsyncIterator[bytes], offload: Offload) -> None:
    """Take all of it. Whatever goes wrong: the image is queued as before, and nothing of what came is kept."""
    taking: _Taking | None = None
    try:
        taking = await offload.call(_Taking, upload)
        beaten = clock.monotonic()
        async for piece in pieces:
            await offload.call(taking.take, piece)
            if clock.monotonic() - beaten > BEAT:
                beaten = clock.monotonic()
                await offload.write(_still_wanted, upload)
        found = await offload.call(taking.finish)
        await offload.write(_finish, upload, found)
    except OSError as error:
        await _leave(upload, taking, offload)
        log.exception("image.store", image=upload.image)
        raise Unavailable(reason="The store of images cannot take it now.", retry_after=30) from error
    except BaseException:
        await _leave(upload, taking, offload)
        raise


async def _leave(upload: Upload, taking: "_Taking | None", offload: Offload) -> None:
    """Nothing came of it. What cannot be removed now is swept later."""
    await offload.write(sweeping.give_up, upload.blob)
    with contextlib.suppress(OSError):
        if taking is not None:
            await offload.call(taking.abandon)
        await offload.write(sweeping.remove, upload.blob)


class _Taking:
    """Bytes, one piece after the other; every method blocks."""

    def __init__(self, upload: Upload) -> None:
        self._upload = upload
        self._writing: Writing = opening.named(upload.store).writing(upload.blob)
        self._inspection = Inspection(upload.disk_format, upload.container_format)
        self._md5, self._sha512 = hashlib.md5(usedforsecurity=False), hashlib.sha512()
        self._size = 0

    def take(self, piece: bytes) -> None:
        """Raises :class:`TooLargeImage`, ``OSError``."""
        self._size += len(piece)
        if self._size > self._upload.most:
            raise TooLargeImage(limit=self._upload.most)
        self._md5.update(piece)
        self._sha512.update(piece)
        self._inspection.eat(piece)
        self._writing.write(piece)

    def finish(self) -> Measured:
        """Raises ``Unacceptable``, ``OSError``."""
        format, virtual_size = self._inspection.ended()
        self._writing.finish()
        return Measured(
            size=self._size,
            virtual_size=virtual_size,
            format=format,
            checksum=self._md5.hexdigest(),
            hash_value=self._sha512.hexdigest(),
        )

    def abandon(self) -> None:
        self._writing.abandon()


@atomically
def _still_wanted(upload: Upload) -> None:
    """Raises :class:`NotFound` when the image was deleted meanwhile, and nobody waits for the rest."""
    if not blobs.go_on(upload.blob):
        raise NotFound(kind="image", id=upload.image)


@atomically
def _finish(upload: Upload, found: Measured) -> None:
    """All of it is there. Raises :class:`NotFound`, :class:`QuotaExceeded`: others may have come before."""
    if upload.kind != "image":
        _stage(upload, found)
        return
    waiting = Image.objects.select_for_update().filter(status=upload.status, blob=None, staged=None)
    row = waiting.filter(pk=upload.image).first()
    if row is None or not blobs.complete(upload.blob, found):
        raise NotFound(kind="image", id=upload.image)
    counting.count_content(row.owner, upload.blob, found.size)
    if upload.staging:
        Image.objects.filter(pk=row.pk).update(staged=upload.blob, updated_at=clock.now())
    else:
        activate(row.pk, Blob.objects.get(pk=upload.blob))


def _stage(upload: Upload, found: Measured) -> None:
    waiting = Capture.objects.select_for_update().filter(pk=upload.image, kind=upload.kind, staged="")
    if not waiting.exists() or not blobs.complete(upload.blob, found):
        raise NotFound(kind=upload.kind, id=upload.image)
    waiting.update(staged=upload.blob)


def activate(image: str, blob: Blob) -> None:
    """The image has this content, and may be used."""
    Image.objects.filter(pk=image).update(
        status="active",
        blob=blob,
        staged=None,
        stores=",".join(copies.stores_of(blob.pk)),
        size=blob.size,
        virtual_size=blob.virtual_size,
        content_format=blob.format,
        checksum=blob.checksum,
        hash_algo="sha512",
        hash_value=blob.hash_value,
        updated_at=clock.now(),
    )
