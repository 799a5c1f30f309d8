"""Ganeti's files in memory, for the deterministic simulation: the cluster writes, event daemons watch.

Notices of changed files may be lost, doubled or late, as ``Faults`` say; the files themselves never lie. A file that no
job process has written yet cannot be read, as on a real master by anybody but root.
"""

import asyncio

from ganeti.directory import Changes
from ganeti.simulator.faults import Faults


class MemoryFiles:
    """The writing side; :meth:`watch` opens the other. Without ``faults`` every change is told once, in order."""

    def __init__(self, faults: Faults | None = None) -> None:
        self._faults = faults
        self._last = 0
        self._watches: list[MemoryWatch] = []
        self.live: dict[int, tuple[bytes, bool]] = {}
        self.archived: dict[int, tuple[bytes, bool]] = {}
        self.versions: dict[int, int] = {}

    def identify(self, uuid: str, *, anew: bool) -> None:  # noqa: ARG002 - nobody reads config.data here
        if anew:
            self.live.clear()
            self.archived.clear()

    def write(self, job: int, body: bytes, *, by_process: bool) -> None:
        self.live[job] = (body, by_process)
        self.versions[job] = self.versions.get(job, 0) + 1
        fault = self._faults.notice(f"job-{job}") if self._faults else None
        kind = fault.kind if fault else ""
        for watch in self._watches:
            if kind not in {"lose", "late"}:
                watch.tell(job)
            if kind in {"double", "late"}:
                watch.tell_later(job)

    def read(self, job: int) -> bytes | None:
        found = self.live.get(job)
        return found[0] if found else None

    def jobs(self) -> set[int]:
        return set(self.live)

    def serial(self, job: int) -> None:
        self._last = job

    def archive(self, job: int) -> None:
        self.archived[job] = self.live.pop(job)

    def last_job(self) -> int:
        return self._last

    def watch(self) -> "MemoryWatch":
        """A new watching side (``ganeti.directory.Directory``); sees what changes from now on."""
        watch = MemoryWatch(self, self._watches)
        self._watches.append(watch)
        return watch


class MemoryWatch:
    """What one event daemon sees."""

    def __init__(self, files: MemoryFiles, among: list["MemoryWatch"]) -> None:
        self._files, self._among = files, among
        self._jobs: dict[int, None] = {}
        self._late: dict[int, None] = {}
        self._news = asyncio.Event()

    def listing(self) -> dict[int, str]:
        return {job: str(self._files.versions[job]) for job in self._files.live}

    def read(self, job: int) -> bytes | None:
        found = self._files.live.get(job) or self._files.archived.get(job)
        if found is None:
            return None
        body, by_process = found
        if not by_process:
            raise PermissionError(f"job {job} is still queued")
        return body

    def last_job(self) -> int:
        return self._files.last_job()

    async def changes(self, wait: float) -> Changes:
        try:
            async with asyncio.timeout(wait):
                await self._news.wait()
        except TimeoutError:
            self._jobs = self._late
            self._late = {}
        told, self._jobs, self._late = self._jobs, self._late, {}
        if not self._jobs:
            self._news.clear()
        return Changes(tuple(told))

    def tell(self, job: int) -> None:
        self._jobs[job] = None
        self._news.set()

    def tell_later(self, job: int) -> None:
        """With the call after the next, whatever comes before; or when nothing else does."""
        self._late[job] = None

    def close(self) -> None:
        if self in self._among:
            self._among.remove(self)
