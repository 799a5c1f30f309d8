"""What has been told already: for each job in the queue, the file last read and the statuses that were delivered.

Kept by the event daemon in one small file. It only saves work: a cursor that is old, or gone, makes the daemon tell
things twice, which is harmless, because the same fact has the same key. A job that has left the queue at its end is
forgotten; ``highest`` remembers up to which id all have been looked at. Bounded by the size of Ganeti's queue.
"""

from pathlib import Path
from typing import Final

import msgspec

from ganeti.jobfile import Job
from logic import decoding, failpoints

Told = tuple[tuple[str, int], ...]
_FORMAT: Final = 1


class Entry(msgspec.Struct, array_like=True):
    """``version`` of the file last read (see ``Directory.listing``); status and log serial of each operation told."""

    version: str = ""
    told: Told = ()
    final: bool = False


class _Saved(msgspec.Struct):
    format: int
    incarnation: str
    highest: int
    jobs: dict[int, Entry]


class Cursor:
    """In memory; :meth:`save` writes it out. Belongs to one incarnation of the cluster: job ids begin anew with it."""

    def __init__(self, path: Path, incarnation: str) -> None:
        self._path, self._incarnation = path, incarnation
        self._dirty = False
        saved = self._load()
        self.fresh = saved is None
        self.highest = saved.highest if saved else 0
        self._jobs = saved.jobs if saved else {}

    def _load(self) -> _Saved | None:
        try:
            saved = decoding.decode(self._path.read_bytes(), _Saved)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        return saved if (saved.format, saved.incarnation) == (_FORMAT, self._incarnation) else None

    def unread(self, listing: dict[int, str]) -> list[int]:
        """Jobs in the queue whose file is another than the one last read, oldest first."""
        return sorted(job for job, version in listing.items() if self._entry(job).version != version)

    def unfinished(self, listing: dict[int, str]) -> list[int]:
        """Jobs that have left the queue although their end has not been told."""
        return sorted(job for job, entry in self._jobs.items() if job not in listing and not entry.final)

    def news(self, job: Job) -> list[int]:
        """Indices of the operations whose status or log has moved since they were told."""
        told = self._entry(job.id).told
        return [index for index, state in enumerate(_state(job)) if told[index : index + 1] != (state,)]

    def tell(self, job: Job, version: str) -> None:
        """All of a job has been delivered as it stands; ``version`` of its file, empty when that is not known."""
        self._set(job.id, Entry(version, _state(job), job.final))

    def pass_over(self, job: int, version: str) -> None:
        """There is nothing in this file to tell: it is not ours, or makes no sense."""
        self._set(job, Entry(version, (), final=True))

    def owe(self, job: int) -> None:
        """There is a job that cannot be read yet: should it leave the queue meanwhile, it is looked for."""
        if job not in self._jobs:
            self._set(job, Entry())

    def forget(self, job: int) -> None:
        """The job is in no directory any more."""
        self._dirty = self._jobs.pop(job, None) is not None or self._dirty

    def settle(self, listing: dict[int, str], newest: int) -> None:
        """Everything up to job ``newest`` has been looked at: drop what has left the queue. It is told, or can never
        be: Ganeti lets nobody else read a job that was cancelled while it was queued."""
        for job in [job for job in self._jobs if job not in listing]:
            self.forget(job)
        self.fresh = False
        if newest > self.highest:
            self.highest, self._dirty = newest, True

    def _set(self, job: int, entry: Entry) -> None:
        self._jobs[job] = entry
        self._dirty = True

    def _entry(self, job: int) -> Entry:
        return self._jobs.get(job, _NONE)

    def save(self) -> None:
        """By rename; without waiting for the disk, because an older one does no harm. Raises ``OSError``."""
        if not self._dirty:
            return
        failpoints.call("cursor.save", self._write, OSError)
        self._dirty = False

    def _write(self) -> None:
        hidden = self._path.with_name(f".{self._path.name}.tmp")
        hidden.write_bytes(msgspec.json.encode(_Saved(_FORMAT, self._incarnation, self.highest, self._jobs)))
        hidden.rename(self._path)


_NONE = Entry()


def _state(job: Job) -> Told:
    return tuple((op.status, op.log_serial) for op in job.ops)
