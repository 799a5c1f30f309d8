"""The directory of bindings, by inotify: which files were written to their end, or are gone.

The standard library has no inotify; these are the C library's calls. When the kernel had to drop some, ``changed`` says None:
look at everything.
"""

import ctypes
import os
import struct
from pathlib import Path
from typing import Final

_CLOSE_WRITE, _MOVED_FROM, _MOVED_TO, _DELETE, _OVERFLOW = 0x8, 0x40, 0x80, 0x200, 0x4000
_EVENT: Final = struct.Struct("iIII")


class Watch:
    """``fileno`` for a selector; ``changed`` when it is ready."""

    def __init__(self, directory: Path) -> None:
        library = ctypes.CDLL(None, use_errno=True)
        self._number = _checked(library.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        wanted = _CLOSE_WRITE | _MOVED_FROM | _MOVED_TO | _DELETE
        _checked(library.inotify_add_watch(self._number, os.fsencode(directory), wanted))

    def fileno(self) -> int:
        return self._number

    def close(self) -> None:
        os.close(self._number)

    def changed(self) -> set[str] | None:
        """Names of files; None: any."""
        data, names, at = os.read(self._number, 65536), set(), 0
        while at < len(data):
            _, mask, _, length = _EVENT.unpack_from(data, at)
            at += _EVENT.size
            names.add(os.fsdecode(data[at : at + length].rstrip(b"\0")))
            at += length
            if mask & _OVERFLOW:
                return None
        return names


def _checked(answer: int) -> int:
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer
