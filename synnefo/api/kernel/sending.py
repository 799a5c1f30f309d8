"""Long bodies on their way out: read piece by piece in a thread, sent as fast as the client takes them.

Called by ``synnefo.asgi`` for a reply that ``handling`` made of a :class:`~synnefo.api.kernel.calls.Stream`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import structlog
from django.http import HttpResponse

from synnefo.api.kernel import running
from synnefo.api.kernel.bodies import Receive

Send = Callable[[Mapping[str, Any]], Awaitable[None]]
PATIENCE = 60.0  # seconds for a piece
log = structlog.get_logger("synnefo.api")


class Streamed(HttpResponse):
    """A reply whose body is read while it is sent: its pieces block. ``sent`` is called when that is over."""

    def __init__(
        self, pieces: Iterator[bytes], status: int, headers: Mapping[str, str], sent: Callable[[], None]
    ) -> None:
        super().__init__(b"", status=status, headers=dict(headers))
        self.pieces, self.sent = pieces, sent


async def send(response: Streamed, receive: Receive, send: Send) -> None:
    """Until all is sent, or the client is gone or takes too long: then the connection is closed, and it sees that there is less
    than was announced."""
    leaving = asyncio.ensure_future(receive())
    try:
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.items()]
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        if await _sent(response.pieces, leaving, send):
            await send({"type": "http.response.body", "body": b"", "more_body": False})
    except (OSError, TimeoutError) as error:
        log.warning("sending", error=type(error).__name__)
    finally:
        leaving.cancel()
        response.sent()


async def _sent(pieces: Iterator[bytes], leaving: "asyncio.Future[Mapping[str, Any]]", send: Send) -> bool:
    offload = running.current()
    while piece := await offload.call(next, pieces, b""):
        if leaving.done() and leaving.result()["type"] == "http.disconnect":
            return False
        async with asyncio.timeout(PATIENCE):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    return True
