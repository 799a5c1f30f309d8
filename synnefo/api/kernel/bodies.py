"""Bodies on their way in: taken whole, up to the kernel's limit and within a time, so that nobody fills our memory.

Called by ``synnefo.asgi`` for each request. What did not come is refused where the kernel reads it, in the dialect of its
service. What stands in a body is the affair of ``reading``.
"""

import asyncio
import io
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.conf import settings

from logic.errors import Refusal, Unavailable
from synnefo.api.kernel.faults import TooSlow

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
READ_TIMEOUT = 60.0  # seconds for a whole body
DRAINED = 64 * 2**20  # bytes beyond the limit that are thrown away, for clients that read no answer before all is sent
_reading: set[asyncio.Task[Any]] = set()


class HungUp(Exception):  # noqa: N818 - what the client did
    """The client left before its request was complete."""


class Unread(io.BytesIO):
    """A body that did not come: reading it raises why."""

    def __init__(self, why: Refusal) -> None:
        super().__init__()
        self._why = why

    def read(self, *_: object) -> bytes:
        raise self._why


async def body(receive: Receive) -> io.BytesIO:
    """The body, or as much of it as shows that it is too large. Raises :class:`HungUp`."""
    task = asyncio.current_task()
    assert task, "a request is answered in a task"
    _reading.add(task)
    try:
        async with asyncio.timeout(READ_TIMEOUT):
            return io.BytesIO(await _read(receive))
    except TimeoutError:
        return Unread(TooSlow(seconds=f"{READ_TIMEOUT:g}"))
    except asyncio.CancelledError:  # by ``stop``, or by the server when its time to stop is over
        task.uncancel()
        return Unread(Unavailable(reason="The API is stopping.", retry_after=5))
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
