"""Carrying bytes both ways between a viewer and a server, on asyncio's transports: what does not fit one side holds the other
back, and each wait has a bound.

A :class:`Wire` is a transport, or what looks like one (``websocket``). Called by ``opening`` when both sides have shaken hands.
Streams would cost four times as much (docs/performance.md).
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, Protocol

LINGER: Final = 10.0  # seconds that one side has to take what was sent to it when the other has gone
LOOKS: Final = 4  # in the time without a byte after which a relay ends


class Wire(Protocol):
    """Of ``asyncio.Transport``, what a relay uses."""

    def write(self, data: bytes) -> None: ...
    def can_write_eof(self) -> bool: ...
    def write_eof(self) -> None: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...
    def close(self) -> None: ...
    def abort(self) -> None: ...
    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None: ...


class Forward(asyncio.Protocol):
    """What one side says, the other is told. ``moved``: bytes so far."""

    def __init__(self, relay: "Relay", out: Wire) -> None:
        self._relay, self._out, self._write = relay, out, out.write
        self.moved, self.ended = 0, False

    def data_received(self, data: bytes) -> None:
        self.moved += len(data)
        self._write(data)

    def eof_received(self) -> bool:
        """This side says no more; the other may go on."""
        self.ended = True
        return self._relay.half()

    def finish(self) -> None:
        """The other side is told that no more comes."""
        self._out.write_eof()

    def can_finish(self) -> bool:
        return self._out.can_write_eof()

    def pause_writing(self) -> None:
        """This side takes no more for now."""
        self._out.pause_reading()

    def resume_writing(self) -> None:
        self._out.resume_reading()

    def connection_lost(self, _: Exception | None) -> None:
        self._relay.end("closed")


class Relay:
    """Two wires, joined from the moment it is made. It ends when either is lost, when both have said all, after ``idle`` seconds
    without a byte, or by :meth:`end`; ``ended`` is called once, with the reason."""

    def __init__(self, viewer: Wire, server: Wire, *, idle: float, ended: Callable[["Relay", str], None]) -> None:
        self._wires, self._idle, self._ended = (viewer, server), idle, ended
        self.up, self.down = Forward(self, server), Forward(self, viewer)
        self._loop = asyncio.get_running_loop()
        self._seen, self._still = 0, 0
        self._timer = self._loop.call_later(idle / LOOKS, self._look)
        self._over = False
        viewer.set_protocol(self.up)
        server.set_protocol(self.down)

    @property
    def over(self) -> bool:
        return self._over

    def half(self) -> bool:
        """One side has said all. Whether its own connection may stay open for what the other still says."""
        sides = [side for side in (self.up, self.down) if side.ended]
        if len(sides) == len(self._wires) or not sides[-1].can_finish():
            self.end("closed")
            return False
        sides[-1].finish()
        return True

    def end(self, reason: str) -> None:
        """Whoever still listens gets what was sent before, if it takes it soon."""
        if self._over:
            return
        self._over = True
        self._timer.cancel()
        for wire in self._wires:
            wire.close()
        self._loop.call_later(LINGER, _abort, *self._wires)
        self._ended(self, reason)

    def _look(self) -> None:
        moved = self.up.moved + self.down.moved
        self._still = 0 if moved != self._seen else self._still + 1
        self._seen = moved
        if self._still >= LOOKS:
            self.end("idle")
        else:
            self._timer = self._loop.call_later(self._idle / LOOKS, self._look)


def _abort(*wires: Any) -> None:
    for wire in wires:
        wire.abort()
