"""The background work of images, in a process that has the stores: imports, copies, captures that are over, and removing what
nobody holds.

Run by ``manage.py image-worker`` and by the embedded cloud; as many as one likes, since each import is under a lease, and to
remove what is removed is no error.
"""

import asyncio
import contextlib
import functools
from collections.abc import AsyncGenerator
from typing import Final

import structlog
from django.db import Error

from logic.errors import BadRequest, Refusal
from logic.image import capturing, copies, copying, importing, sweeping, uploading
from logic.image.fetching import asking
from logic.image.importing import TaskInfo
from logic.offload import Calls, Lane, Offload
from logic.volume.commands import bringing

log = structlog.get_logger(__name__)
POLL: Final = 1.0  # seconds between two looks for imports
SWEEP: Final = 30  # looks between two sweeps
AT_ONCE: Final = 4
ALTOGETHER: Final = (
    16  # with those of projects that have none under way: a few slow web servers keep nobody else waiting
)
BEAT: Final = 20.0  # seconds, of importing.LEASE


class Worker:
    """``holder`` names this process in leases. Web servers are waited for in ``lane``, where nobody else's calls are."""

    def __init__(self, offload: Offload, holder: str, lane: Calls | None = None) -> None:
        self._offload, self._holder, self._lane = offload, holder, lane or Lane(ALTOGETHER)
        self._doing: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until cancelled; imports that are under way are then begun anew by another."""
        looks = 0
        try:
            while True:
                try:
                    await self.look()
                    await self.settle()
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
        """Take on what is waiting, as much as may be done at once; of a project that has some under way while there are few."""
        while len(self._doing) < ALTOGETHER:
            more = len(self._doing) < AT_ONCE
            task = await self._offload.write(functools.partial(importing.take_on, self._holder, more=more))
            if task is None:
                return
            doing = asyncio.create_task(self.do(task))
            self._doing.add(doing)
            doing.add_done_callback(self._doing.discard)

    async def settle(self) -> None:
        """What has become of those that wait for a disk's content: images, and copies of volumes."""
        for settle in (functools.partial(capturing.settle, bringing.tell_of_image), bringing.settle):
            await sweeping.remove_now(await self._offload.write(settle), self._offload)

    async def sweep(self) -> None:
        """One that cannot be removed now does not keep the others."""
        await sweeping.remove_copies_now(await self._offload.write(copies.due), self._offload)
        await sweeping.remove_now(await self._offload.write(sweeping.due), self._offload)

    async def do(self, task: TaskInfo) -> None:
        """One import, to its end."""
        beating = asyncio.create_task(self._beat(task, asyncio.current_task()))
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
        """Raises :class:`Refusal`, ``OSError``."""
        method, stores = task.input["import_req"]["method"], task.input["backend"]
        if method["name"] == importing.WEB:
            await self._fetch(task.image, method["uri"], stores)
        blob = await self._offload.read(importing.content_of, task.image)
        missing = [store for store in stores if not await self._bring(task, blob, store)]
        if missing and (task.input.get("must_succeed", True) or missing == stores):
            raise BadRequest(reason=f"It could not be brought into {', '.join(missing)}.")
        unwanted = await self._offload.write(importing.use_staged, task.image, stores)
        await sweeping.remove_copies_now(unwanted, self._offload)

    async def _fetch(self, image: str, uri: str, stores: list[str]) -> None:
        upload = await self._offload.write(importing.begin_content, image, stores)
        if upload is not None:
            async with contextlib.aclosing(self._pieces(uri)) as pieces:
                await uploading.fill(upload, pieces, self._offload)

    async def _bring(self, task: TaskInfo, blob: str, store: str) -> bool:
        well = await copying.copy(blob, store, self._offload)
        await self._offload.write(functools.partial(importing.brought, task.id, self._holder, store, well=well))
        return well

    def _pieces(self, uri: str) -> AsyncGenerator[bytes, None]:
        return asking.pieces(uri, self._lane)

    async def _beat(self, task: TaskInfo, doing: "asyncio.Task[None] | None") -> None:
        """As long as it is ours; what another has taken over is given up."""
        while True:
            await asyncio.sleep(BEAT)
            with contextlib.suppress(Error):
                if not await self._offload.write(importing.go_on, task.id, self._holder) and doing:
                    doing.cancel()
                    return
