"""What happened in a run, in order: a JSON line each, in a file that stays when the run fails, and in memory for the checker.

Words (``what``): ``asked`` (a request and its answer), ``outside`` (an order given to a cluster past Synnefo), ``fault``,
``ended``, ``well`` (the canary), ``poison``, ``error`` (a logged one). Times are seconds since the start of the run.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from logic import clock


class Happening(msgspec.Struct, frozen=True):
    """One line."""

    at: float
    what: str
    facts: dict[str, Any]


class Asked(msgspec.Struct, frozen=True):
    """A request: its verb, and the server it is about."""

    verb: str
    server: str


class History:
    """``path`` None: in memory only, for tests."""

    def __init__(self, path: Path | None = None) -> None:
        self._started = clock.monotonic()
        self._lines: list[Happening] = []
        self._file = path.open("ab") if path else None

    def note(self, what: str, **facts: Any) -> Happening:
        """Remember it, on disk at once."""
        line = Happening(self.now(), what, facts)
        self._lines.append(line)
        if self._file:
            self._file.write(msgspec.json.encode(line) + b"\n")
            self._file.flush()
        return line

    def now(self) -> float:
        """Seconds since the start."""
        return round(clock.monotonic() - self._started, 3)

    def of(self, what: str) -> Iterator[Happening]:
        """All lines of one word."""
        return (line for line in tuple(self._lines) if line.what == what)

    def accepted(self) -> dict[str, Asked]:
        """Requests that were answered with success, by their ids: all of them change something."""
        asked = (line.facts for line in self.of("asked"))
        return {
            one["request"]: Asked(one["verb"], one["server"])
            for one in asked
            if one["status"] // 100 == 2  # noqa: PLR2004 - HTTP
        }

    def close(self) -> None:
        if self._file:
            self._file.close()
