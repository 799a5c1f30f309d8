"""Images that came by HTTP, kept on the node under their checksum: fetched once, however many instances need them at once.

A file in the cache is whole and has been verified, for it gets its name only then. Whoever reads it holds a shared lock on
it, whoever fetches it an exclusive one on the partial file, so that one process fetches and the others wait. Before a fetch,
what nobody uses is removed, the longest unused first, until there is room. Called by ``sources``.
"""

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final

from ganeti.osprovider.orders import Checksum
from ganeti.osprovider.troubles import Trouble

PARTIAL: Final = ".partial"
Fetch = Callable[[IO[bytes], Callable[[int], None]], None]


class Cache:
    """A directory, made when it is not there, with files of at most ``limit`` bytes in all."""

    def __init__(self, path: Path, limit: int) -> None:
        self._path, self._limit = path, limit

    @contextlib.contextmanager
    def holding(self, checksum: Checksum, fetch: Fetch) -> Iterator[Path]:
        """The path of an image, for as long as it is used. ``fetch`` writes it into the file it is given and verifies it,
        and first says how many bytes it will be; it raises :class:`Trouble` when it cannot, and nothing is kept."""
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        whole = self._path / str(checksum)
        while True:
            held = _locked(whole, fcntl.LOCK_SH)
            if held is not None:
                break
            self._fill(whole, fetch)
        try:
            os.utime(whole)
            yield whole
        finally:
            os.close(held)

    def _fill(self, whole: Path, fetch: Fetch) -> None:
        """Fetch it, or wait for the one who does: then there is nothing left to do."""
        partial = whole.with_name(whole.name + PARTIAL)
        held = _locked(partial, fcntl.LOCK_EX, os.O_RDWR | os.O_CREAT)
        if held is None:
            return
        try:
            if whole.exists():
                partial.unlink()
            else:
                self._fetch(held, partial, fetch)
                partial.rename(whole)
        finally:
            os.close(held)

    def _fetch(self, held: int, partial: Path, fetch: Fetch) -> None:
        try:
            with open(held, "r+b", closefd=False) as file:
                fetch(file, lambda size: self._reserve(file, size))
                file.flush()
                os.fsync(held)
        except BaseException:
            partial.unlink()
            raise

    def _reserve(self, file: IO[bytes], size: int) -> None:
        """Make room, and take it: the file is as long from now on. One process at a time counts."""
        if size > self._limit:
            raise Trouble(f"the image has {size} bytes, more than the cache of this node may hold (CACHE_LIMIT_GIB)")
        with (self._path / ".lock").open("w") as counting:
            fcntl.flock(counting, fcntl.LOCK_EX)
            self._remove_unused(self._limit - size)
            os.ftruncate(file.fileno(), size)

    def _remove_unused(self, room: int) -> None:
        files = sorted(
            ((path.stat(), path) for path in self._path.iterdir() if not path.name.startswith(".")),
            key=lambda found: found[0].st_mtime,
        )
        used = sum(stat.st_size for stat, _ in files)
        for stat, path in files:
            if used <= room:
                return
            held = _locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if held is not None:
                path.unlink()
                os.close(held)
                used -= stat.st_size
        if used > room:
            raise Trouble("the cache of this node is full of images in use (CACHE_LIMIT_GIB)")


def _locked(path: Path, how: int, flags: int = os.O_RDONLY) -> int | None:
    """A locked descriptor of the file that has this path; None when there is none, another has it or it was replaced."""
    try:
        held = os.open(path, flags | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(held, how)
        if path.stat().st_ino == os.fstat(held).st_ino:
            return held
    except OSError:  # it is locked, or gone
        pass
    os.close(held)
    return None
