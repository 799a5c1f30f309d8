"""The logs of a node: a file each, ``<Ganeti's UUID of the instance>.<its name>.log``, of which QEMU writes the end; and
beside it a ``.state``, in which QEMU says when its guest begins to run and when it stops.

Of each the last :data:`KEPT` bytes are kept: what was before is given back to the disk by punching a hole, which moves nothing
and loses nothing, whatever QEMU writes meanwhile. A log looks as long as all that was ever said, and takes what is kept. Whoever
serves them neither makes nor removes any (``snf-kvm`` and ``snf-console-log-hook`` do, as root).
"""

import ctypes
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

KEPT: Final = 1024 * 1024  # bytes
SLACK: Final = 256 * 1024  # and so much more before it is cut again
LONGEST: Final = 2**40  # bytes: how long a file may look; file systems have an end
_BLOCK: Final = 4096
_SECTOR: Final = 512  # what st_blocks counts in
_NAME: Final = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.[A-Za-z0-9.-]+\.(log|state)")
ASLEEP: Final = frozenset({b"paused", b"prelaunch", b"io-error"})  # "prelaunch": reset while it was paused
_STATE: Final = re.compile(rb"runstate_set [^\n]* new_state [0-9]+ \(([a-z-]+)\)\n")  # QEMU's trace event, whole lines
_LAST: Final = 4096  # bytes that have the last line
_KEEP_SIZE, _PUNCH_HOLE = 1, 2
_C: Final = ctypes.CDLL(None, use_errno=True)


class Total(NamedTuple):
    """How many there are, the bytes that they take, and how many cannot be cut."""

    logs: int
    bytes: int
    amiss: int = 0


class Logs:
    """Those of a directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def tail(self, uuid: str, lines: int) -> bytes | None:
        """The last lines of what is kept of an instance's log (-1: all of it); None when it has none. An instance that was
        given another name has two for a while: the one that was written last."""
        found = [entry for of, kind, entry in self._entries() if (of, kind) == (uuid, "log")]
        try:
            newest = max(found, key=lambda entry: entry.stat().st_mtime_ns, default=None)
            return last(_end(Path(newest)), lines) if newest else None
        except FileNotFoundError:
            return None

    def paused(self) -> list[str]:
        """The instances whose guests, if they are there, stand still: QEMU itself says how each is, in the last line of its
        ``.state``. One that was started before ``snf-kvm`` had it do so is never among them."""
        return sorted({of for of, kind, entry in self._entries() if kind == "state" and _is_asleep(entry)})

    def bound(self) -> Total:
        """Cut what has grown too long. What there was."""
        count = taken = amiss = 0
        for _, kind, entry in self._entries():
            try:
                size = _taken(entry)
            except FileNotFoundError:
                continue
            count, taken = count + (kind == "log"), taken + size
            if size > KEPT + SLACK:
                amiss += not _is_cut(entry)
        return Total(count, taken, amiss)

    def _entries(self) -> Iterator[tuple[str, str, "os.DirEntry[str]"]]:
        with os.scandir(self._directory) as entries:
            for entry in entries:
                if (name := _NAME.fullmatch(entry.name)) and entry.is_file(follow_symlinks=False):
                    yield name[1], name[2], entry


def _is_asleep(entry: "os.DirEntry[str]") -> bool:
    try:
        with Path(entry).open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _LAST))
            told = _STATE.findall(file.read(_LAST))
    except FileNotFoundError:
        return False
    return bool(told) and told[-1] in ASLEEP


def last(said: bytes, lines: int) -> bytes:
    """The last lines of a text, at most :data:`KEPT` bytes of it; a last line may lack its end. -1: all of them."""
    whole = said[-KEPT:]
    if len(said) > KEPT:
        whole = whole[whole.find(b"\n") + 1 :]  # the first line lacks its beginning
    if lines < 0:
        return whole
    ended = whole.endswith(b"\n")
    kept = whole.split(b"\n")[: -1 if ended else None][-lines:] if lines else []
    return b"\n".join(kept) + (b"\n" if ended and kept else b"")


def _end(path: Path) -> bytes:
    """What is kept, and one byte before: whether there was more is seen by that."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(max(0, size - KEPT - 1))
        return file.read(KEPT + 1)


def _taken(entry: "os.DirEntry[str]") -> int:
    return entry.stat(follow_symlinks=False).st_blocks * _SECTOR


def _is_cut(entry: "os.DirEntry[str]") -> bool:
    """One that is gone needs it no more; one that may not be written does not keep others from it."""
    try:
        _cut(entry.path)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _cut(path: str) -> None:
    """QEMU writes at the end, wherever that is: where holes cannot be made, the log begins anew."""
    descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
    try:
        size = os.fstat(descriptor).st_size
        if size > LONGEST or not _punched(descriptor, (size - KEPT) // _BLOCK * _BLOCK):
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _punched(descriptor: int, before: int) -> bool:
    """Can a file of this file system have holes?"""
    if before <= 0:
        return True
    answer: int = _C.fallocate(descriptor, _KEEP_SIZE | _PUNCH_HOLE, ctypes.c_longlong(0), ctypes.c_longlong(before))
    return answer == 0
