"""Waking loops of this process when something was committed for them: ``commands`` and ``looks``.

A nudge is only a hint: every loop that listens also polls. Between processes PostgreSQL's NOTIFY does the same
(``logic.dispatcher.waking``).
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress

# Dictionaries, not sets: the order of waking is part of what a simulated seed decides.
_listeners: dict[str, dict[Callable[[], None], None]] = defaultdict(dict)


def nudge(channel: str) -> None:
    """From any thread: wake the loops that listen to this channel."""
    for listener in tuple(_listeners[channel]):
        listener()


class Bell:
    """An event a loop waits on, with a bound. ``ring`` is safe from any thread."""

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self._event = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        _listeners[channel][self.ring] = None

    def ring(self) -> None:
        with suppress(RuntimeError):  # the loop has closed
            self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self, timeout: float) -> None:
        """Until rung, at most ``timeout`` seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._event.wait()
        self._event.clear()

    def close(self) -> None:
        _listeners[self._channel].pop(self.ring, None)
