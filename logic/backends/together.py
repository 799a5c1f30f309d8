"""One answer for all who ask at the same time: so that many who look for the same thing do not ask for it one by one.

A question is only answered by what was asked after it was put: who comes while an answer is under way waits for the next one,
together with all others who do. Used by adapters for what costs a cluster much (``ganeti``: jobs that are looked for).
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Together(Generic[T]):
    """``ask`` gives the answer; never two at a time."""

    def __init__(self, ask: Callable[[], Awaitable[T]]) -> None:
        self._ask = ask
        self._now: asyncio.Task[T] | None = None
        self._next: asyncio.Task[T] | None = None

    async def answer(self) -> T:
        """One that was asked for from now on. Raises what ``ask`` raises. Whoever gives up leaves it to the others."""
        if self._next is None:
            # For all who ask: without what the first of them may do (``logic.permits``) and is called in the log.
            self._next = asyncio.create_task(self._turn(self._now), context=contextvars.Context())
            self._next.add_done_callback(_looked_at)
        return await asyncio.shield(self._next)

    async def _turn(self, before: "asyncio.Task[T] | None") -> T:
        if before and not before.done():
            await asyncio.wait({before})
        self._now, self._next = self._next, None
        return await self._ask()


def _looked_at(task: "asyncio.Task[T]") -> None:
    """Its exception is known, though all who asked may have given up."""
    if not task.cancelled():
        task.exception()
