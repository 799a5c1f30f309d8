"""A store in a directory, of this machine or of a file system that several share.

What is being written has another name and is renamed when all of it is on the disk: a reader finds all or nothing. Files are
spread over 256 directories by the first letters of their names, and nobody but us may read them.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from logic.image.stores import BLOCK, Absent, Writing, checked

_PRIVATE: Final = 0o700


class Directory:
    """The store below ``root``, which is made by the first write."""

    kind = "directory"
    most = sys.maxsize

    def __init__(self, root: Path) -> None:
        self._root = root

    def writing(self, name: str) -> Writing:
        path = self._path(name)
        path.parent.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        return _File(path)

    def pieces(self, name: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        try:
            file = self._path(name).open("rb")
        except FileNotFoundError:
            raise Absent(name) from None
        file.seek(start)
        return _read(file, length)

    def remove(self, name: str) -> None:
        path = self._path(name)
        for one in (path, _unfinished(path)):
            one.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._root / name[:2] / checked(name)


class _File:
    def __init__(self, path: Path) -> None:
        self._path, self._new = path, _unfinished(path)
        self._new.unlink(missing_ok=True)
        self._file = os.fdopen(os.open(self._new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    def write(self, piece: bytes) -> None:
        self._file.write(piece)

    def finish(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._new.rename(self._path)
        _keep_name(self._path.parent)

    def abandon(self) -> None:
        self._file.close()
        self._new.unlink(missing_ok=True)


def _unfinished(path: Path) -> Path:
    return path.with_name(f"{path.name}.new")


def _keep_name(directory: Path) -> None:
    """A name is on the disk when its directory is."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(file: IO[bytes], length: int | None) -> Iterator[bytes]:
    with file:
        left = length
        while left is None or left > 0:
            piece = file.read(BLOCK if left is None else min(BLOCK, left))
            if not piece:
                return
            left = None if left is None else left - len(piece)
            yield piece
