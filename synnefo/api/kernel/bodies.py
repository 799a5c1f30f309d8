"""Bodies on their way in, so that nobody fills our memory: taken whole, up to the kernel's limit and within a time; or, where a
route takes what is larger (``Endpoint.streaming``), in pieces, each of which has its time to come.

Called by ``handling`` for each request. What did not come is refused where the kernel reads it, in the dialect of its service.
What stands in a body is the affair of ``reading``.
"""

import asyncio
import io
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest

from logic.errors import Refusal, Unavailable
from synnefo.api.kernel.faults import TooSlow

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
READ_TIMEOUT = 60.0  # seconds for a whole body, or for a piece
PIECE = 512 * 1024  # bytes; who sends less than that in its time is too slow
DRAINED = 64 * 2**20  # bytes beyond the limit that are thrown away, for clients that read no answer before all is sent
SAFE = frozenset({"GET", "HEAD"})
_reading: set[asyncio.Task[Any]] = set()


class HungUp(Exception):  # noqa: N818 - what the client did
    """The client left before its request was complete."""


class Request(ASGIRequest):
    """A request whose body has not been read yet."""

    def __init__(self, scope: Mapping[str, Any], receive: Receive) -> None:
        super().__init__(dict(scope), io.BytesIO())
        self.receive = receive


class Unread(io.BytesIO):
    """A body that did not come: reading it raises why."""

    def __init__(self, why: Refusal) -> None:
        super().__init__()
        self._why = why

    def read(self, *_: object) -> bytes:
        raise self._why


async def body(request: Request) -> io.BytesIO:
    """The body, or as much of it as shows that it is too large. Raises :class:`HungUp`."""
    if not _has_body(request):
        return io.BytesIO()
    try:
        with _stoppable():
            async with asyncio.timeout(READ_TIMEOUT):
                return io.BytesIO(await _read(request.receive))
    except TimeoutError:
        return Unread(TooSlow(seconds=f"{READ_TIMEOUT:g}"))
    except Unavailable as stopping:
        return Unread(stopping)


def _has_body(request: Request) -> bool:
    """One that only asks has none unless it says so; waiting for it would cost such a request a twentieth."""
    return request.method not in SAFE or "CONTENT_LENGTH" in request.META or "HTTP_TRANSFER_ENCODING" in request.META


async def pieces(receive: Receive) -> AsyncGenerator[bytes, None]:
    """The body, of any length, in pieces: none is asked for before the last one has been dealt with. Raises :class:`HungUp`,
    :class:`TooSlow`, and :class:`Unavailable` when this process stops."""
    more = True
    while more:
        gathered: list[bytes] = []
        try:
            with _stoppable():
                async with asyncio.timeout(READ_TIMEOUT):
                    more = await _gather(receive, gathered)
        except TimeoutError:
            raise TooSlow(seconds=f"{READ_TIMEOUT:g}") from None
        if any(gathered):
            yield b"".join(gathered)


@contextmanager
def _stoppable() -> Iterator[None]:
    """While waiting here the task may be told to stop: by ``stop``, or by the server when its time to stop is over."""
    task = asyncio.current_task()
    assert task, "a request is answered in a task"
    _reading.add(task)
    try:
        yield
    except asyncio.CancelledError:
        task.uncancel()
        raise Unavailable(reason="The API is stopping.", retry_after=5) from None
    finally:
        _reading.discard(task)


def stop() -> None:
    """Wait no longer for the bodies that are on their way: this process ends."""
    for task in list(_reading):
        task.cancel()


async def _read(receive: Receive) -> bytes:
    parts, size, limit = [], 0, settings.MAX_BODY_BYTES
    while size <= limit + DRAINED:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HungUp
        piece = message.get("body", b"")
        if size <= limit:
            parts.append(piece)
        size += len(piece)
        if not message.get("more_body", False):
            break
    return b"".join(parts)


async def _gather(receive: Receive, gathered: list[bytes]) -> bool:
    """A piece, and whether there is more."""
    size = 0
    while size < PIECE:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HungUp
        gathered.append(message.get("body", b""))
        size += len(gathered[-1])
        if not message.get("more_body", False):
            return False
    return True
