"""Replies on their way out: whole ones in one piece, long bodies read piece by piece in a thread, as fast as the client takes
them. Made by ``handling``, sent by ``edge``; Django's own response would cost as much as making most of the bodies does.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import msgspec
import structlog
from django.http.response import ResponseHeaders

from synnefo.api.kernel import running
from synnefo.api.kernel.bodies import Receive

Send = Callable[[Mapping[str, Any]], Awaitable[None]]
PATIENCE = 60.0  # seconds for a piece
log = structlog.get_logger("synnefo.api")


class Reply(msgspec.Struct, kw_only=True):
    """A reply whose body is there."""

    status: int
    headers: Mapping[str, str] = {}
    body: bytes = b""


class Streamed(Reply, kw_only=True):
    """One whose body is read while it is sent: its pieces block. ``sent`` is called when that is over."""

    pieces: Iterator[bytes]
    sent: Callable[[], None]


async def send_whole(reply: Reply, send: Send) -> None:
    await send({"type": "http.response.start", "status": reply.status, "headers": _lines(reply.headers)})
    await send({"type": "http.response.body", "body": reply.body})


def _lines(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """As they go over the wire. What is not plain goes Django's way, which refuses line breaks: they would begin a header."""
    if not all(value.isascii() and value.isprintable() for value in headers.values()):
        headers = dict(ResponseHeaders(headers))
    return [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items()]


async def send_streamed(reply: Streamed, receive: Receive, send: Send) -> None:
    """Until all is sent, or the client is gone or takes too long: then the connection is closed, and it sees that there is less
    than was announced."""
    leaving = asyncio.ensure_future(receive())
    try:
        await send({"type": "http.response.start", "status": reply.status, "headers": _lines(reply.headers)})
        if await _sent(reply.pieces, leaving, send):
            await send({"type": "http.response.body", "body": b"", "more_body": False})
    except (OSError, TimeoutError) as error:
        log.warning("sending", error=type(error).__name__)
    finally:
        leaving.cancel()
        reply.sent()


async def _sent(pieces: Iterator[bytes], leaving: "asyncio.Future[Mapping[str, Any]]", send: Send) -> bool:
    offload = running.current()
    while piece := await offload.call(next, pieces, b""):
        if leaving.done() and leaving.result()["type"] == "http.disconnect":
            return False
        async with asyncio.timeout(PATIENCE):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    return True
