"""A WebSocket that looks like a transport to who relays over it (``relay.Wire``).

The library reads requests and frames and answers pings and closings (``websockets``' protocol without I/O); what we send is
framed here: a few bytes before what the server said, which the library would copy. Messages mean nothing: they are pieces of a
stream. Callers: ``endpoint`` (the API process) and ``authproxy``.
"""

import asyncio
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from websockets.datastructures import Headers
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

BEAT: Final = 20.0  # seconds between two pings; a viewer that says nothing in that time has gone
FAREWELL: Final = 5.0  # seconds for a viewer to say goodbye too
LARGEST: Final = 1 << 20  # bytes of a message; a viewer sends keys and movements, and pastes text
SUBPROTOCOL: Final = Subprotocol("binary")
GOING_AWAY: Final = 1001
_QUIET: Final = logging.getLogger("synnefo.console.websocket")
_QUIET.setLevel(logging.WARNING)  # at DEBUG the library would write tickets into the log
Asked = Callable[["WebSocket", Request], None]


class WebSocket(asyncio.Protocol):
    """``asked`` is called with the request and has to :meth:`accept` or :meth:`refuse` it, now or later."""

    def __init__(self, asked: Asked) -> None:
        self._asked, self._request = asked, Request("", Headers())
        self._frames = ServerProtocol(select_subprotocol=_binary, max_size=LARGEST, logger=_QUIET)
        self._upper: asyncio.Protocol | None = None
        self._early: list[bytes] = []  # what was said before anybody relayed
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._open, self._heard = False, True
        self.lost = False

    # As a protocol, towards the network

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._heard = True
        self._frames.receive_data(data)
        for event in self._frames.events_received():
            if isinstance(event, Request):
                self._request = event
                self._transport.pause_reading()  # until it is answered
                self._asked(self, event)
            elif isinstance(event, Frame):
                self._take(event)
        self._flush()

    def _take(self, frame: Frame) -> None:
        if frame.opcode in {Opcode.BINARY, Opcode.CONT} and self._open:
            self._hand_on(bytes(frame.data))
        elif frame.opcode is Opcode.CLOSE:
            self._open = False

    def _hand_on(self, data: bytes) -> None:
        if self._upper and not self._early:
            self._upper.data_received(data)
            return
        self._early.append(data)
        if sum(map(len, self._early)) > LARGEST:
            self._transport.abort()

    def _catch_up(self) -> None:
        early, self._early = self._early, []
        for data in early:
            self._hand_on(data)

    def eof_received(self) -> bool:
        return False

    def pause_writing(self) -> None:
        if self._upper:
            self._upper.pause_writing()

    def resume_writing(self) -> None:
        if self._upper:
            self._upper.resume_writing()

    def connection_lost(self, error: Exception | None) -> None:
        self._open, self.lost = False, True
        self._stop_timer()
        if self._upper:
            self._upper.connection_lost(error)

    # The answer to the request

    def accept(self) -> bool:
        """Whether it is a WebSocket now; a request that makes none has been refused."""
        response = self._frames.accept(self._request)
        self._answer(response)
        self._open = self._frames.state is State.OPEN
        if self._open:
            self._timer = self._loop.call_later(BEAT, self._beat)
        return self._open

    def refuse(self, status: HTTPStatus, reason: str) -> None:
        self._answer(self._frames.reject(status, reason + "\n"))

    def _answer(self, response: Any) -> None:
        self._frames.send_response(response)
        self._flush()
        self._transport.resume_reading()

    # As a wire, towards who relays

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._upper = protocol  # type: ignore[assignment] # of a stream
        if self._early:
            self._loop.call_soon(self._catch_up)

    def write(self, data: bytes) -> None:
        if self._open and data:
            self._transport.writelines((header(len(data)), data))

    def can_write_eof(self) -> bool:
        """A WebSocket has no half that ends alone."""
        return False

    def write_eof(self) -> None:
        self.close()

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def close(self, code: int = 1000) -> None:
        """What was written before still goes out."""
        if not self._open:
            self._transport.close()
            return
        self._open = False
        self._frames.send_close(code)
        self._flush()
        self._stop_timer()
        self._timer = self._loop.call_later(FAREWELL, self._transport.close)
        self._transport.resume_reading()  # for its goodbye

    def abort(self) -> None:
        self._transport.abort()

    def shutdown(self) -> None:
        """The process ends."""
        self.close(GOING_AWAY)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def _flush(self) -> None:
        for data in self._frames.data_to_send():
            if data:
                self._transport.write(data)
            else:
                self._transport.close()

    def _beat(self) -> None:
        """A viewer that vanished says nothing, and nothing else would tell."""
        if not self._heard:
            self._transport.abort()
            return
        self._heard = False
        self._frames.send_ping(b"")
        self._flush()
        self._timer = self._loop.call_later(BEAT, self._beat)

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()


def header(size: int) -> bytes:
    """Of a whole binary message of this size from a server."""
    if size < 126:  # noqa: PLR2004 - RFC 6455, 5.2
        return bytes((0x82, size))
    if size < 1 << 16:
        return b"\x82\x7e" + size.to_bytes(2, "big")
    return b"\x82\x7f" + size.to_bytes(8, "big")


def _binary(_: ServerProtocol, offered: Any) -> Subprotocol | None:
    """noVNC's, when it is offered; a ticket that stands beside it is not repeated."""
    return SUBPROTOCOL if SUBPROTOCOL in offered else None
