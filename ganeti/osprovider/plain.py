"""A disk as it is, zeros and all: the format ``raw``. Called by ``sending``."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PIECE: Final = 2**20


class Plain:
    """``length`` in bytes. Raises ``OSError``, as all here."""

    def __init__(self, disk: Path) -> None:
        self._disk = disk
        with disk.open("rb", buffering=0) as file:
            self.length = file.seek(0, os.SEEK_END)

    def pieces(self) -> Iterator[bytes]:
        """The disk, ``length`` bytes."""
        with self._disk.open("rb", buffering=0) as file:
            while piece := file.read(PIECE):
                yield piece
