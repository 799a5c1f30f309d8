"""A directory of messages on their way to the broker: they survive a crash, and keep their order.

The event daemon puts job messages here while the broker is away; the hook and the OS definition leave files of their own at
any time. One file a message, ``<order>.<subject>.json``, written under another name, synced and renamed. The daemon puts at
most ``limit`` files: beyond that :class:`SpoolFull`, and the daemon tells those jobs later from Ganeti's own files. Of the
others' files, which only nudge, the oldest are dropped beyond the same limit. One process at a time reads.
"""

import contextlib
import os
import re
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from logic import failpoints
from logic.bus.topology import Subject

LIMIT: Final = 100_000
MAX_BYTES: Final = 1024 * 1024
_NAME: Final = re.compile(r"([0-9]{20})(?:-[0-9]+)?\.(op|net|progress)\.json")
_SUBJECTS: Final[dict[str, Subject]] = {"op": "op", "net": "net", "progress": "progress"}


class SpoolFull(Exception):  # noqa: N818 - a state
    """No more room: keep the message elsewhere."""


class Parcel(msgspec.Struct, frozen=True):
    """One spooled message."""

    name: str
    subject: Subject
    body: bytes


class Spool:
    """A spool directory, made when it is not there. ``refresh`` sees what others have put in."""

    def __init__(self, path: Path, *, limit: int = LIMIT) -> None:
        self._path, self._limit = path, limit
        path.mkdir(mode=0o750, parents=True, exist_ok=True)
        for left in path.glob(".*.tmp"):
            left.unlink(missing_ok=True)
        self._queue: deque[str] = deque()
        self._known: set[str] = set()
        self._next = 0
        self.refresh()

    def __len__(self) -> int:
        return len(self._queue)

    def refresh(self) -> None:
        """Take up files that appeared; drop the oldest of others' when there are too many."""
        with os.scandir(self._path) as entries:
            fresh = sorted(entry.name for entry in entries if _NAME.fullmatch(entry.name))
        fresh = [name for name in fresh if name not in self._known]
        self._queue.extend(fresh)
        self._known.update(fresh)
        orders = [int(name[:20]) for name in fresh if name.endswith(".op.json")]
        self._next = max([self._next, *(order + 1 for order in orders)])
        self._drop_nudges(len(self._queue) - self._limit)

    def _drop_nudges(self, surplus: int) -> None:
        for name in [name for name in self._queue if not name.endswith(".op.json")][: max(surplus, 0)]:
            self._forget(name)

    def put(self, messages: Sequence[tuple[Subject, bytes]]) -> None:
        """All of them, in this order, safe from a crash when it returns. Raises :class:`SpoolFull`, also when the disk
        is; some of the messages may be there then: they will be told twice."""
        if len(self._queue) + len(messages) > self._limit:
            raise SpoolFull(f"{self._path} holds {len(self._queue)} messages")
        try:
            for subject, body in messages:
                self._write(f"{self._next:020d}.{subject}.json", body)
                self._next += 1
            self._sync()
        except OSError as error:
            raise SpoolFull(f"{self._path}: {error.strerror}") from error

    def _write(self, name: str, body: bytes) -> None:
        hidden = self._path / f".{name}.tmp"
        with hidden.open("wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        hidden.rename(self._path / name)
        self._queue.append(name)
        self._known.add(name)

    def _sync(self) -> None:
        """A rename is safe once the directory is."""
        handle = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def oldest(self, limit: int) -> list[Parcel]:
        """Up to ``limit`` messages, oldest first. They stay until :meth:`remove`. A file that cannot be read is left
        alone until the next start; one that is too large to be a message of ours is dropped."""
        parcels: list[Parcel] = []
        for name in list(self._queue)[:limit]:
            try:
                body = self._read(name)
            except OSError:
                self._queue.remove(name)
                continue
            if len(body) > MAX_BYTES:
                self._forget(name)
            else:
                parcels.append(Parcel(name, _SUBJECTS[name.split(".")[1]], body))
        return parcels

    def _read(self, name: str) -> bytes:
        with (self._path / name).open("rb") as file:
            return file.read(MAX_BYTES + 1)

    def remove(self, parcels: Sequence[Parcel]) -> None:
        """They have been delivered."""
        for parcel in parcels:
            self._forget(parcel.name)

    def _forget(self, name: str) -> None:
        """A name whose file cannot be deleted stays known, so that it is not taken up again."""
        self._queue.remove(name)
        with contextlib.suppress(OSError):
            failpoints.call("spool.remove", lambda: (self._path / name).unlink(missing_ok=True), OSError)
            self._known.discard(name)
