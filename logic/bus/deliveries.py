"""Deliveries, taken out of the stream of bytes before the library sees them: they are nine tenths of what a consumer reads,
and the library spends a task and four futures on each (decision 0013).

``session`` puts :class:`Sieving` below aiormq, ``lanes`` say which channel's deliveries they want. Everything else (the
handshake, answers, confirms, what the broker cancels or closes) goes on to aiormq untouched. Frames as in AMQP 0-9-1, section
4.2: type, channel, length, payload, 0xCE; a delivery is a method frame, a header frame and as many body frames as it takes.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Any, Final

from aiormq.connection import TransportFactory
from aiormq.exceptions import AMQPConnectionError

METHOD, HEADER, BODY, HEARTBEAT = 1, 2, 3, 8
KINDS: Final = frozenset({METHOD, HEADER, BODY, HEARTBEAT})
END: Final = 0xCE
DELIVER: Final = b"\x00\x3c\x00\x3c"  # class 60, method 60
STILL_THERE: Final = b"\x08\x00\x00\x00\x00\x00\x00\xce"  # a heartbeat
_frame = struct.Struct(">BHI").unpack_from
_tag = struct.Struct(">QB").unpack_from
_size = struct.Struct(">Q").unpack_from

# Seconds, and how often: a broker whose machine is gone is noticed also while nothing is sent, or while what is sent stays
# without an answer, and before its heartbeat is missed.
UNANSWERED: Final = 10
WATCHED: Final = {
    socket.TCP_KEEPIDLE: 5,
    socket.TCP_KEEPINTVL: 2,
    socket.TCP_KEEPCNT: 3,
    socket.TCP_USER_TIMEOUT: UNANSWERED * 1000,
}

Deliver = Callable[[int, bool, str, bytes], None]
"""Told of a delivery: its tag, whether it has been delivered before, its routing key, its body."""


class _Coming:
    """A delivery whose frames have not all come."""

    __slots__ = ("deliver", "key", "left", "parts", "redelivered", "tag")

    def __init__(self, deliver: Deliver, data: bytes, at: int) -> None:
        self.deliver, self.parts, self.left = deliver, list[bytes](), 0
        at += 1 + data[at]  # the consumer's tag
        self.tag, redelivered = _tag(data, at)
        self.redelivered = bool(redelivered & 1)
        at += 9
        at += 1 + data[at]  # the exchange
        self.key = data[at + 1 : at + 1 + data[at]].decode(
            errors="replace"
        )  # anybody's bytes, which must not end a session

    def add(self, part: bytes) -> bool:
        """Is it whole?"""
        self.parts.append(part)
        self.left -= len(part)
        return self.left <= 0

    def done(self) -> None:
        self.deliver(self.tag, self.redelivered, self.key, b"".join(self.parts))


class Sieve:
    """One connection's. A stream that is not made of frames is passed on as it is, for aiormq to refuse."""

    def __init__(self) -> None:
        self._wanted: dict[int, Deliver] = {}
        self._coming: dict[int, _Coming] = {}
        self._rest = b""
        self._broken = False

    def want(self, channel: int, deliver: Deliver) -> None:
        """From now on the deliveries on this channel go there."""
        self._wanted[channel] = deliver

    def feed(self, data: bytes) -> bytes:
        """What is left for the library of what has been read. When that is nothing at all it is told that the broker is
        still there, as it counts the seconds since it last heard something."""
        if self._broken:
            return data
        data, at, passed = self._rest + data, 0, list[bytes]()
        size = len(data)
        while at + 7 <= size:
            kind, channel, length = _frame(data, at)
            end = at + 8 + length
            if kind not in KINDS or (end <= size and data[end - 1] != END):
                self._broken, self._rest = True, b""
                return b"".join((*passed, data[at:]))
            if end > size:
                break
            if channel not in self._wanted or not self._took(kind, channel, data, at + 7, end - 1):
                passed.append(data[at:end])
            at = end
        self._rest = data[at:]
        return b"".join(passed) if passed or not at else STILL_THERE

    def _took(self, kind: int, channel: int, data: bytes, at: int, end: int) -> bool:
        """Is this frame part of a delivery?"""
        if kind == METHOD:
            if data[at : at + 4] != DELIVER:
                return False
            self._coming[channel] = _Coming(self._wanted[channel], data, at + 4)
            return True
        coming = self._coming.get(channel)
        if coming is None:
            return False
        if kind == HEADER:
            (coming.left,) = _size(data, at + 4)
            whole = not coming.left
        else:
            whole = coming.add(data[at:end])
        if whole:
            del self._coming[channel]
            coming.done()
        return True


class _Protocol(asyncio.StreamReaderProtocol):
    """A stream's protocol with the sieve before its reader."""

    def __init__(self, reader: asyncio.StreamReader, sieve: Sieve) -> None:
        super().__init__(reader)
        self._sieve = sieve

    def data_received(self, data: bytes) -> None:
        if left := self._sieve.feed(data):
            super().data_received(left)


def watched(connection: socket.socket) -> None:
    """The kernel ends this connection when the other machine does not answer it any more."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in WATCHED.items():
        connection.setsockopt(socket.IPPROTO_TCP, option, value)


class Sieving(TransportFactory):
    """Makes aiormq's transport, TCP or TLS, with a sieve in it."""

    def __init__(self) -> None:
        self.sieve = Sieve()

    async def create(self, url: Any, **kwargs: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Raises what aiormq expects of a transport that cannot be made."""
        provider = kwargs.pop("ssl_context_provider")
        context = await provider.get_context() if url.scheme == "amqps" else None
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(loop=loop)
        protocol = _Protocol(reader, self.sieve)
        try:
            transport, _ = await loop.create_connection(lambda: protocol, url.host, url.port, ssl=context, **kwargs)
        except OSError as error:
            raise AMQPConnectionError(*error.args) from error
        watched(transport.get_extra_info("socket"))
        return reader, asyncio.StreamWriter(transport, protocol, reader, loop)
