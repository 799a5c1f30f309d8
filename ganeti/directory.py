"""The seam between the event daemon and Ganeti's job queue directory.

``QueueDirectory`` is the real one: ``<queue>/job-<N>``, changed by renames only, so that a reader always sees a whole
file and one inotify event, ``IN_MOVED_TO`` of exactly that name, tells everything (observed on 3.0.2). The simulator
has one in memory. Reading is synchronous: small local files.
"""

import asyncio
import contextlib
import os
import re
from pathlib import Path
from typing import Final, Protocol

import msgspec
from asyncinotify import Inotify, Mask

from ganeti.jobfile import MAX_BYTES

_JOB: Final = re.compile(r"job-([0-9]{1,15})")
_ARCHIVE_STEP: Final = 10_000  # jobs in one folder of the archive
_AT_ONCE: Final = 10_000  # events taken in one go


class Changes(msgspec.Struct, frozen=True):
    """Jobs whose file has been written. ``missed``: there may be more, look at all of them."""

    jobs: tuple[int, ...] = ()
    missed: bool = False


class Directory(Protocol):
    """A job queue directory. Raises ``OSError`` when it cannot be read at all."""

    def listing(self) -> dict[int, str]:
        """Job id → a word that is another whenever the file has been written anew."""

    def read(self, job: int) -> bytes | None:
        """A job's file, from the archive when it is no longer in the queue; None when it is in neither.
        ``PermissionError`` while Ganeti keeps it to itself: it does as long as a job is queued."""

    def last_job(self) -> int:
        """The highest job id ever given; 0 when that is not known."""

    async def changes(self, wait: float) -> Changes:
        """What has changed since the last call; waits for the first, at most ``wait`` seconds. Nothing that changed
        after the object was made is left out, unless it says ``missed``."""

    def close(self) -> None: ...


class QueueDirectory:
    """Ganeti's own, usually ``/var/lib/ganeti/queue``; watched from the moment the object is made."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inotify = Inotify(cache_size=256, sync_timeout=0)
        try:
            self._inotify.add_watch(path, Mask.MOVED_TO | Mask.DELETE_SELF | Mask.MOVE_SELF | Mask.ONLYDIR)
        except OSError:
            self._inotify.close()
            raise

    def listing(self) -> dict[int, str]:
        found: dict[int, str] = {}
        with os.scandir(self._path) as entries:
            for entry in entries:
                number = _number(entry.name)
                with contextlib.suppress(FileNotFoundError):
                    if number is not None:
                        stat = entry.stat(follow_symlinks=False)
                        found[number] = f"{stat.st_ino}-{stat.st_mtime_ns}-{stat.st_size}"
        return found

    def read(self, job: int) -> bytes | None:
        archived = self._path / "archive" / str(job // _ARCHIVE_STEP) / f"job-{job}"
        for path in (self._path / f"job-{job}", archived):
            with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
                return file.read(MAX_BYTES + 1)
        return None

    def last_job(self) -> int:
        try:
            return int((self._path / "serial").read_text())
        except (OSError, ValueError):
            return 0

    async def changes(self, wait: float) -> Changes:
        await self._readable(wait)
        jobs: dict[int, None] = {}
        missed = False
        for _ in range(_AT_ONCE):
            event = self._inotify.sync_get()
            if event is None:
                break
            if event.mask & (Mask.DELETE_SELF | Mask.MOVE_SELF | Mask.IGNORED | Mask.UNMOUNT):
                raise FileNotFoundError(f"{self._path} is no longer there")
            missed = missed or bool(event.mask & Mask.Q_OVERFLOW)
            number = _number(str(event.name)) if event.name else None
            if number is not None:
                jobs[number] = None
        return Changes(tuple(jobs), missed)

    async def _readable(self, wait: float) -> None:
        """Wait with the loop's own reader: cancelling the library's ``get`` may lose events already read."""
        loop, ready = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._inotify.fd, ready.set)
        try:
            async with asyncio.timeout(wait):
                await ready.wait()
        except TimeoutError:
            return
        finally:
            loop.remove_reader(self._inotify.fd)

    def close(self) -> None:
        self._inotify.close()


def _number(name: str) -> int | None:
    """``job-63`` → 63. Ganeti's temporary names also begin so: ``job-63xqyp2vy.new``, ``job-6-31301-20.tmp``."""
    found = _JOB.fullmatch(name)
    return int(found[1]) if found else None
