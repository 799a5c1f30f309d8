"""The background work of images, in a process that has the stores: imports, and the removal of content that nobody holds.

Run by ``manage.py image-worker`` and by the embedded cloud; as many as one likes, since each import is under a lease, and to
remove what is removed is no error.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Final

import structlog
from django.db import Error

from logic.errors import Refusal
from logic.image import importing, sweeping, uploading
from logic.image.fetching import asking
from logic.image.importing import TaskInfo
from logic.offload import Offload

log = structlog.get_logger(__name__)
POLL: Final = 1.0  # seconds between two looks for imports
SWEEP: Final = 30  # looks between two sweeps
AT_ONCE: Final = 2
BEAT: Final = 20.0  # seconds, of importing.LEASE


class Worker:
    """``holder`` names this process in leases."""

    def __init__(self, offload: Offload, holder: str) -> None:
        self._offload, self._holder = offload, holder
        self._doing: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until cancelled; imports that are under way are then begun anew by another."""
        looks = 0
        try:
            while True:
                try:
                    await self.look()
                    if looks % SWEEP == 0:
                        await self.sweep()
                except (Error, OSError) as error:
                    log.warning("images.wait", error=type(error).__name__)
                looks += 1
                await asyncio.sleep(POLL)
        finally:
            for doing in self._doing:
                doing.cancel()
            await asyncio.gather(*self._doing, return_exceptions=True)

    async def look(self) -> None:
        """Take on what is waiting, as much as may be done at once."""
        while len(self._doing) < AT_ONCE:
            task = await self._offload.write(importing.take_on, self._holder)
            if task is None:
                return
            doing = asyncio.create_task(self.do(task))
            self._doing.add(doing)
            doing.add_done_callback(self._doing.discard)

    async def sweep(self) -> None:
        """One that cannot be removed now does not keep the others."""
        await sweeping.remove_now(await self._offload.write(sweeping.due), self._offload)

    async def do(self, task: TaskInfo) -> None:
        """One import, to its end."""
        beating = asyncio.create_task(self._beat(task))
        try:
            await self._import(task)
            await self._offload.write(importing.succeed, task.id, self._holder)
        except Refusal as refusal:
            await self._offload.write(importing.fail, task.id, self._holder, refusal.sentence)
        except (Error, OSError) as error:  # another time: the lease runs out
            log.warning("import.broke", task=task.id, error=type(error).__name__)
        except Exception:
            log.exception("import.failed", task=task.id)
            await self._offload.write(importing.fail, task.id, self._holder, "An unexpected error; it is logged.")
        finally:
            beating.cancel()

    async def _import(self, task: TaskInfo) -> None:
        method = task.input["import_req"]["method"]
        if method["name"] == importing.STAGED:
            await self._offload.write(importing.use_staged, task.image)
            return
        upload = await self._offload.write(importing.begin_content, task.image)
        async with contextlib.aclosing(self._pieces(method["uri"])) as pieces:
            await uploading.fill(upload, pieces, self._offload)

    def _pieces(self, uri: str) -> AsyncGenerator[bytes, None]:
        return asking.pieces(uri, self._offload)

    async def _beat(self, task: TaskInfo) -> None:
        while True:
            await asyncio.sleep(BEAT)
            with contextlib.suppress(Error):
                await self._offload.write(importing.go_on, task.id, self._holder)
