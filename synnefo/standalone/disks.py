"""What is on the disks of the embedded cloud's simulated guests, for who makes images of them: nothing but some lines in front
that say whose disk it is, always the same. No guest has written to it.

The simulator says that a disk is to be told, and the content goes the way that a node's would: packed by the node's own code,
taken in as the API takes it.
"""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO

import structlog
from django.db import Error

from ganeti.osprovider import sending
from ganeti.osprovider.orders import MIB
from ganeti.osprovider.packing import Packed
from ganeti.osprovider.plain import Plain
from ganeti.simulator.exporting import ExportCall
from logic.errors import Refusal
from logic.image import capturing, uploading
from logic.image.capturing import Wanted
from logic.offload import Offload
from logic.placement import queries

log = structlog.get_logger(__name__)


class Disks:
    """Of one cluster, by its name; ``folder`` is for files that are there for a moment."""

    def __init__(self, cluster: str, folder: Path, offload: Offload) -> None:
        self._cluster, self._folder, self._offload = cluster, folder, offload

    async def tell(self, call: ExportCall) -> bool:
        """Whether the API has what it wants of this instance."""
        backend = (await self._offload.call(queries.named, self._cluster)).pk
        asked = await self._offload.call(capturing.wanted, backend, call.instance)
        disk = place(call, asked)
        if disk is None:
            return True
        try:
            with await self._offload.call(self._written, call, disk) as file:
                packed = await self._offload.call(sending.told_as, asked.format, Path(file.name))
                begin, which = capturing.begin_content, asked.name or disk
                upload = await self._offload.write(begin, backend, call.instance, which, packed.length)
                await uploading.fill(upload, self._pieces(packed), self._offload)
        except (Refusal, Error, OSError) as error:
            log.warning("disk.untold", instance=call.instance, error=type(error).__name__)
            if isinstance(error, Refusal):
                why = error.sentence
                await self._offload.write(capturing.note_trouble, backend, call.instance, asked.name or disk, why)
            return False
        return True

    def _written(self, call: ExportCall, disk: int) -> IO[bytes]:
        file = tempfile.NamedTemporaryFile(dir=self._folder, prefix="disk-")  # noqa: SIM115 - its reader closes it
        front = content(call, disk)
        file.write(front)
        file.truncate(max(call.disks[disk] * MIB, len(front)))
        file.flush()
        return file

    async def _pieces(self, packed: Packed | Plain) -> AsyncIterator[bytes]:
        pieces = packed.pieces()
        while piece := await self._offload.call(next, pieces, b""):
            yield piece


def place(call: ExportCall, asked: Wanted) -> int | None:
    """Of the disk that is wanted; None: none of these is."""
    if asked.name:
        return call.names.index(asked.name) if asked.name in call.names else None
    return asked.disk if asked.disk is not None and asked.disk < len(call.disks) else None


def content(call: ExportCall, disk: int) -> bytes:
    """What is in front of a disk."""
    return f"Synnefo's simulated disk {disk} of {call.instance}\n{call.uuid}\nmade of {call.image}\n".encode()
