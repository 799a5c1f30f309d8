"""Where blocking calls of the API go, and how many may be under way.

The process that serves installs its :class:`~logic.offload.Offload` (the standalone cloud shares one with its
dispatcher; tests run inline). Without one, threads are made at the first request.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

from logic.db import with_connection
from logic.errors import Unavailable
from logic.offload import Offload, Threads

MAX_UNDER_WAY = 512  # requests; more only grow the queue before the pool, and each waits longer
_offload: Offload | None = None
_transfers = 0
_under_way = 0


def install(offload: Offload | None) -> None:
    """Use this one from now on; None: make one at the next request."""
    global _offload  # noqa: PLW0603 - one process serves with one offload
    _offload = offload


def current() -> Offload:
    """The installed offload. SQLite has one writer, so one thread writes to it."""
    global _offload  # noqa: PLW0603
    if _offload is None:
        writers = 1 if connection.vendor == "sqlite" else settings.WRITERS
        callers = settings.CALLERS
        _offload = Threads(readers=settings.READERS, writers=writers, callers=callers, around=with_connection)
    return _offload


@contextmanager
def slot() -> Iterator[None]:
    """Room for one request; on the event loop's thread only. Raises :class:`Unavailable` when all is taken."""
    global _under_way  # noqa: PLW0603
    if _under_way >= MAX_UNDER_WAY:
        raise Unavailable(reason="The API is serving as many requests as it can.", retry_after=1)
    _under_way += 1
    try:
        yield
    finally:
        _under_way -= 1


def begin_transfer() -> None:
    """Room for one long body, in or out. Raises :class:`Unavailable` when all is taken."""
    global _transfers  # noqa: PLW0603
    if _transfers >= settings.IMAGE_TRANSFERS:
        raise Unavailable(reason="The API is transferring as many images as it can.", retry_after=5)
    _transfers += 1


def end_transfer() -> None:
    global _transfers  # noqa: PLW0603
    _transfers -= 1
