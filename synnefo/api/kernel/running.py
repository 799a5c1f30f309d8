"""Where blocking calls of the API go, and how many may be under way.

The process that serves installs its :class:`~logic.offload.Offload` (the standalone cloud shares one with its
dispatcher; tests run inline). Without one, threads are made at the first request.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

from logic.db import with_connection
from logic.errors import Unavailable
from logic.offload import Offload, Threads

MAX_UNDER_WAY = 512  # requests; more only grow the queue before the pool, and each waits longer
_offload: Offload | None = None
_coming = 0
_going: Counter[str] = Counter()
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


@contextmanager
def room_to_come() -> Iterator[None]:
    """Room for one long body from outside: a project's uploads are bounded by its quota. Raises :class:`Unavailable`."""
    global _coming  # noqa: PLW0603
    _check(_coming, settings.IMAGE_TRANSFERS)
    _coming += 1
    try:
        yield
    finally:
        _coming -= 1


def begin_to_send(project: str) -> None:
    """Room for one long body to the outside: no project has more than a quarter, and all of them no more than three, so that
    the nodes (empty) get theirs. Raises :class:`Unavailable` when it is taken."""
    limit = settings.IMAGE_TRANSFERS
    if project:
        _check(_going[project], max(1, limit // 4))
        _check(_going.total() - _going[""], max(1, limit * 3 // 4))
    _check(_going.total(), limit)
    _going[project] += 1


def sent(project: str) -> None:
    """That room is free again."""
    _going[project] -= 1
    if not _going[project]:
        del _going[project]


def _check(taken: int, limit: int) -> None:
    if taken >= limit:
        raise Unavailable(reason="The API is transferring as many images as it can.", retry_after=5)
