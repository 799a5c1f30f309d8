"""A file of planned faults, for a simulator that is a process of its own: ``--script FILE``.

A JSON list of :class:`ganeti.simulator.faults.Fault`. Read again whenever it has changed; what it said before and has not
happened yet is forgotten. No file, or one that makes no sense, plans nothing.
"""

from pathlib import Path

import msgspec
import structlog

from ganeti.simulator.faults import Fault, Faults
from logic import decoding

log = structlog.get_logger(__name__)


class Script:
    """The file of one cluster."""

    def __init__(self, path: Path, faults: Faults) -> None:
        self._path, self._faults = path, faults
        self._stamp: tuple[int, int, int] | None = None

    def refresh(self) -> None:
        """Plan what the file says now, if it says something else than before."""
        stamp = self._look()
        if stamp != self._stamp:
            self._stamp = stamp
            self._faults.replan(*self._read())

    def _look(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _read(self) -> list[Fault]:
        try:
            return decoding.decode(self._path.read_bytes(), list[Fault])
        except FileNotFoundError:
            return []
        except (OSError, msgspec.DecodeError) as error:
            log.warning("script.unusable", path=str(self._path), error=str(error))
            return []
