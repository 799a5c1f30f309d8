"""What the programs of a run have logged as errors: read as it comes, so that each can be held against the fault of the hour.

Files of ``LOG_DIR`` are JSON lines; what a program prints is text. What asyncio says of forgotten exceptions counts wherever
it stands; a traceback that ends a program is noted by its supervisor (``parts``).
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

ERRORS: Final = frozenset({"error", "critical", "exception"})
PRINTED: Final = re.compile(r"\[(?:error|critical)\s*\]\s*(.+?)(?:\s{2,}|$)|was never (?:retrieved|awaited)")
FORGOTTEN: Final = re.compile(r"was never (retrieved|awaited)")


class Error(msgspec.Struct, frozen=True):
    """One. ``event`` is the word that programs log, or the line itself where there is none."""

    program: str
    event: str
    line: str

    @property
    def forgotten(self) -> bool:
        """Did asyncio find an exception that nobody has looked at?"""
        return bool(FORGOTTEN.search(self.line))


class Logs:
    """All logs below a directory, each from where it was read last."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._read: dict[Path, int] = {}

    def news(self) -> list[Error]:
        """Errors since the last call."""
        return [error for path in sorted(self._root.rglob("*.log")) for error in self._of(path)]

    def _of(self, path: Path) -> Iterator[Error]:
        with path.open("rb") as file:
            file.seek(self._read.get(path, 0))
            fresh = file.read()
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._read[path] = self._read.get(path, 0) + len(whole)
        program = path.stem if path.parent == self._root else path.parent.name
        for line in whole.decode(errors="replace").splitlines():
            if error := parsed(program, line):
                yield error


class _Line(msgspec.Struct):
    level: str = ""
    event: str = ""


_decoder = msgspec.json.Decoder(_Line)


def parsed(program: str, line: str) -> Error | None:
    """The error a line tells; None when it tells none."""
    if line.startswith("{"):
        try:
            told = _decoder.decode(line)
        except msgspec.DecodeError:
            return None
        wrong = told.level in ERRORS or FORGOTTEN.search(told.event)
        return Error(program, told.event, line[:2000]) if wrong else None
    found = PRINTED.search(line)
    return Error(program, found[1] or line.strip(), line[:2000]) if found else None
