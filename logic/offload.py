"""The one seam from asyncio to blocking code: the ORM, RAPI calls, files.

In production a bounded pool of threads; in simulation :class:`Inline`, which runs the call where it stands, so that a
seed decides everything. Nothing else in the tree starts a thread. Three doors, because SQLite has one writer:
``read`` and ``write`` for the database, ``call`` for other blocking work.

Callers: the API kernel, the dispatcher, workers, reconcile, eventd. What Django's connections need in those threads
comes from ``logic.db`` as ``around``; this module knows no Django.
"""

import asyncio
import contextvars
import functools
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
Around = Callable[[Callable[[], Any]], Any]

# Seconds. A thread that comes back from the database takes the interpreter from a busy loop after this time; Python's own
# five milliseconds, for each of a batch's ten statements, made a dispatcher a quarter slower.
SWITCH: Final = 0.0005


class Offload(Protocol):
    """Where blocking calls go."""

    async def read(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T: ...
    async def write(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T: ...
    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T: ...
    def close(self) -> None: ...


class Calls(Protocol):
    """Where blocking calls to one thing outside go: a part of :class:`Offload`, or a :class:`Lane`."""

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T: ...


def _plain(function: Callable[[], Any]) -> Any:
    return function()


class Threads:
    """Bounded pools of threads.

    ``readers``, ``writers`` and ``callers`` are numbers of threads; ``writers=1`` suits SQLite. ``around`` wraps each
    database call (``logic.db.with_connection``).
    """

    def __init__(self, *, readers: int = 4, writers: int = 4, callers: int = 8, around: Around = _plain) -> None:
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="read")
        self._writers = ThreadPoolExecutor(writers, thread_name_prefix="write")
        self._callers = ThreadPoolExecutor(callers, thread_name_prefix="call")
        self._around = around
        sys.setswitchinterval(SWITCH)

    async def read(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await _run(self._readers, self._around, functools.partial(function, *args, **kwargs))

    async def write(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await _run(self._writers, self._around, functools.partial(function, *args, **kwargs))

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await _run(self._callers, _plain, functools.partial(function, *args, **kwargs))

    def close(self) -> None:
        for pool in (self._readers, self._writers, self._callers):
            pool.shutdown(wait=False, cancel_futures=True)


class Lane:
    """Threads for calls to one thing outside: while it keeps all of them waiting, everybody else's calls go on."""

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="lane")

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await _run(self._pool, _plain, functools.partial(function, *args, **kwargs))

    def close(self) -> None:
        """No more calls; those that wait are still done."""
        self._pool.shutdown(wait=False)


async def _run(pool: ThreadPoolExecutor, around: Around, function: Callable[[], T]) -> T:
    context = contextvars.copy_context()  # what is bound to log lines here is bound there too
    result: T = await asyncio.get_running_loop().run_in_executor(pool, context.run, around, function)
    return result


class Inline:
    """No threads: the call runs where it stands, after one turn of the loop, so that others may come in between."""

    async def read(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        await asyncio.sleep(0)
        return function(*args, **kwargs)

    write = read
    call = read

    def close(self) -> None:
        """Nothing to close."""
