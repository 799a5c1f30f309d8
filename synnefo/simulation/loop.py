"""An event loop whose time jumps: nothing waits, and the order of events depends on the seed alone."""

import asyncio
import selectors
from asyncio.base_events import BaseEventLoop
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class _NoFiles(selectors.BaseSelector):
    """A selector that watches nothing and, instead of waiting, turns the loop's clock."""

    def __init__(self, loop: "VirtualLoop") -> None:
        self._loop = loop

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        raise RuntimeError("the simulation opens no files and no sockets")

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        raise RuntimeError("the simulation opens no files and no sockets")

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise Deadlock
        self._loop.now += max(timeout, 0.0)
        return []

    def get_map(self) -> dict[Any, Any]:
        return {}


class Deadlock(Exception):  # noqa: N818 - the field's word
    """Every task waits for another: nothing will ever happen again."""


class VirtualLoop(BaseEventLoop):
    """Runs tasks and timers; ``now`` is seconds since the run began."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self._selector = _NoFiles(self)

    def time(self) -> float:
        return self.now

    def _process_events(self, event_list: list[Any]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody else has a thread to wake us from."""


def entered(loop: VirtualLoop, make: Callable[[], T]) -> T:
    """The result of ``make``, called with this loop running (for objects that ask for it)."""

    async def made() -> T:
        return make()

    return loop.run_until_complete(made())


def run(main: Any, loop: VirtualLoop) -> Any:
    """Run a coroutine to its end on this loop, then cancel what is left."""
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(main)
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        asyncio.set_event_loop(None)
        loop.close()
