"""How many consoles are open and what they have carried, for ``/metrics``; and the bound on their number.

A place is taken before a server is connected to, and given back when the relay has ended or nothing came of it.
"""

from types import TracebackType
from typing import Self

from prometheus_client import Counter, Gauge

from synnefo.console.relay import Relay

OPEN = Gauge("synnefo_console_sessions", "Consoles that are open", multiprocess_mode="livesum")
OPENED = Counter("synnefo_console_opened_total", "Consoles asked for, by what came of it", ["outcome"])
BYTES = Counter("synnefo_console_bytes_total", "Bytes carried, counted when a console ends", ["towards"])
ENDED = Counter("synnefo_console_ended_total", "Consoles that have ended, by why", ["reason"])


class Full(Exception):  # noqa: N818 - the field's word
    """As many consoles are open as there may be."""


class Sessions:
    """The places of one process."""

    def __init__(self, most: int) -> None:
        self._most, self._taken = most, 0

    @property
    def taken(self) -> int:
        return self._taken

    def take(self) -> "Place":
        """Raises :class:`Full`."""
        if self._taken >= self._most:
            OPENED.labels(outcome="full").inc()
            raise Full
        self._taken += 1
        OPEN.inc()
        return Place(self)

    def give_back(self) -> None:
        self._taken -= 1
        OPEN.dec()


class Place:
    """One of them, for the time of a block, or, once it is kept, until its relay has ended."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions: Sessions | None = sessions
        self._kept = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._kept:
            self.free()

    def keep(self) -> None:
        """A relay has it."""
        self._kept = True

    def ended(self, relay: Relay, reason: str) -> None:
        """The relay is over."""
        BYTES.labels(towards="viewer").inc(relay.down.moved)
        BYTES.labels(towards="server").inc(relay.up.moved)
        ENDED.labels(reason=reason).inc()
        self.free()

    def free(self) -> None:
        if self._sessions:
            self._sessions.give_back()
            self._sessions = None
