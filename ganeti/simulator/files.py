"""Ganeti's files as event daemons see them: the job queue and the cluster's UUID.

:class:`DataDirectory` stands for ``/var/lib/ganeti``: each version of a job file is written under a temporary name and
renamed, with the names and permissions observed. ``memory`` has one for the simulation. ``Cluster`` writes here after it
has committed, so the files never know more than the cluster.
"""

import os
from pathlib import Path
from typing import Protocol

import msgspec

_QUEUED_MODE = 0o600
_STARTED_MODE = 0o640
_PER_ARCHIVE = 10_000


class Files(Protocol):
    """The writing side."""

    def identify(self, uuid: str, *, anew: bool) -> None:
        """Which cluster these are the files of; ``anew``: it was just made, and has no jobs."""

    def write(self, job: int, body: bytes, *, by_process: bool) -> None:
        """A new version of a job's file. ``by_process``: written by the job's own process, so its group may read it."""

    def read(self, job: int) -> bytes | None:
        """The file of a job that is not archived."""

    def jobs(self) -> set[int]:
        """Ids of the jobs that have a file and are not archived."""

    def serial(self, job: int) -> None:
        """The highest job id given."""

    def archive(self, job: int) -> None: ...


class DataDirectory:
    """``config.data`` (the UUID only), ``queue/{serial,version,job-N}``, ``queue/archive/<N div 10000>/job-N``."""

    def __init__(self, path: Path) -> None:
        self._path, self._queue = path, path / "queue"
        self._count = 0
        self._queue.mkdir(mode=0o750, parents=True, exist_ok=True)
        self._replace(self._queue / "version", b"1\n")

    def identify(self, uuid: str, *, anew: bool) -> None:
        for left in {*self._queue.glob("job-*.*"), *self._queue.glob("*.tmp")}:
            left.unlink()
        if anew:
            for job in [*self._queue.glob("job-*"), *self._queue.glob("archive/*/job-*")]:
                job.unlink()
        self._replace(self._path / "config.data", msgspec.json.encode({"cluster": {"uuid": uuid}}))

    def write(self, job: int, body: bytes, *, by_process: bool) -> None:
        ending = f"{self._next():08x}.new" if by_process else f"-{os.getpid()}-{self._next()}.tmp"
        mode = _STARTED_MODE if by_process else _QUEUED_MODE
        self._replace(self._queue / f"job-{job}", body, ending=ending, mode=mode)

    def read(self, job: int) -> bytes | None:
        try:
            return (self._queue / f"job-{job}").read_bytes()
        except FileNotFoundError:
            return None

    def jobs(self) -> set[int]:
        names = (one.name.removeprefix("job-") for one in self._queue.glob("job-*"))
        return {int(name) for name in names if name.isdecimal()}

    def serial(self, job: int) -> None:
        self._replace(self._queue / "serial", f"{job}\n".encode(), ending=f"-{os.getpid()}-{self._next()}.tmp")

    def archive(self, job: int) -> None:
        folder = self._queue / "archive" / str(job // _PER_ARCHIVE)
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        live = self._queue / f"job-{job}"
        if live.exists():
            live.rename(folder / live.name)

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _replace(self, path: Path, body: bytes, *, ending: str = ".tmp", mode: int = _STARTED_MODE) -> None:
        temporary = path.with_name(path.name + ending)
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(body)
        temporary.replace(path)
