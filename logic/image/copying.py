"""Bringing content from one store into another: read, summed and written piece by piece, with nothing on a disk in between.

Called by ``working``, on the event loop, with each blocking step in a thread.
"""

import contextlib
import hashlib
from collections.abc import Iterator
from itertools import islice
from typing import Final

import structlog

from logic import clock
from logic.errors import NotFound, Refusal, Unavailable
from logic.image import blobs, copies, sweeping
from logic.image.blobs import BlobInfo
from logic.image.stores import BLOCK, Writing, opening
from logic.offload import Offload

AT_ONCE: Final = 16 * 2**20 // BLOCK  # pieces of one step
BEAT: Final = 30.0  # seconds between two signs of life, of copies.PATIENCE
log = structlog.get_logger(__name__)


async def copy(blob: str, store: str, offload: Offload) -> bool:
    """Into this store, too; one that has it is left as it is. False: it could not be done, and nothing of it is there. Raises
    :class:`NotFound` when nobody has the content any more."""
    name = await offload.write(copies.begin, blob, store)
    if not name:
        return True
    try:
        await _carry(await offload.read(blobs.blob, blob), store, name, offload)
    except (OSError, Refusal) as error:
        log.warning("image.copy", blob=blob, store=store, error=type(error).__name__)
        await _drop(name, offload)
        return False
    except BaseException:
        await _drop(name, offload)
        raise
    if await offload.write(copies.complete, name):
        return True
    await _drop(name, offload)
    return store in await offload.read(copies.stores_of, blob)


async def _drop(name: str, offload: Offload) -> None:
    await offload.write(copies.condemn, name)
    with contextlib.suppress(OSError):
        await offload.write(sweeping.remove_copy, name)


async def _carry(info: BlobInfo, store: str, name: str, offload: Offload) -> None:
    """Raises ``OSError``, :class:`NotFound`, :class:`Unavailable`."""
    carrying = await offload.call(_Carrying, info, store, name)
    beaten = clock.monotonic()
    try:
        while await offload.call(carrying.step):
            if clock.monotonic() - beaten > BEAT:
                beaten = clock.monotonic()
                await offload.write(_still_wanted, name)
        await offload.call(carrying.finish)
    except BaseException:
        with contextlib.suppress(OSError):
            await offload.call(carrying.abandon)
        raise


def _still_wanted(name: str) -> None:
    """Raises :class:`NotFound`."""
    if not copies.go_on(name):
        raise NotFound(kind="copy", id=name)


class _Carrying:
    """Every method blocks, and may raise ``OSError``."""

    def __init__(self, info: BlobInfo, store: str, name: str) -> None:
        self._wanted = info.hash_value
        self._writing: Writing = opening.named(store).writing(name)
        self._pieces: Iterator[bytes] = blobs.reading(info)
        self._sum = hashlib.sha512()

    def step(self) -> bool:
        """False: that was all."""
        count = 0
        for piece in islice(self._pieces, AT_ONCE):
            count += 1
            self._sum.update(piece)
            self._writing.write(piece)
        return count > 0

    def finish(self) -> None:
        """Raises :class:`Unavailable` when it is not what was brought."""
        if self._sum.hexdigest() != self._wanted:
            raise Unavailable(reason="The content in the store is not what was brought.", retry_after=30)
        self._writing.finish()

    def abandon(self) -> None:
        self._writing.abandon()
