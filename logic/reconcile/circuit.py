"""May this backend be asked? One that does not answer is left alone for a while, longer each time, then asked once.

The usual circuit breaker: closed (everybody asks), open (nobody does), half open (one question shows whether it is
back). One a backend, so that a dead one costs the others nothing. Used by ``watching``; knows no backend.
"""

import asyncio
from contextlib import suppress

from logic import clock

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 8.0  # seconds; the longest also bounds how late a recovery is noticed


class Circuit:
    """Who has been :meth:`admitted` says what came of it: ``answered``, ``failed``, or ``spared`` when nothing was asked."""

    def __init__(self, *, first: float = FIRST_PAUSE, longest: float = LONGEST_PAUSE) -> None:
        self._first, self._longest = first, longest
        self._failures = 0
        self._until = 0.0
        self._trying = False
        self._changed = asyncio.Event()

    @property
    def open(self) -> bool:
        """Was the last word of it a failure?"""
        return self._failures > 0

    def admits(self) -> bool:
        """May a question be put now? While it is open only one, when its pause is over."""
        if not self.open:
            return True
        if self._trying or clock.monotonic() < self._until:
            return False
        self._trying = True
        return True

    async def admitted(self) -> None:
        """Wait until a question may be put."""
        while not self.admits():
            self._changed.clear()
            wait = None if self._trying else max(self._until - clock.monotonic(), 0.0)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._changed.wait()

    def answered(self) -> bool:
        """It did answer; was that a recovery?"""
        recovered = self.open
        self._failures, self._trying = 0, False
        self._changed.set()
        return recovered

    def spared(self) -> None:
        """Nothing was asked after all."""
        self._trying = False
        self._changed.set()

    def failed(self) -> float:
        """It did not answer; seconds until the next question. Questions that failed together count once."""
        if not self.open or self._trying:
            self._failures += 1
            longest = min(self._first * 2.0 ** min(self._failures - 1, 30), self._longest)
            self._until = clock.monotonic() + clock.jitter(longest / 2, longest)
        self._trying = False
        self._changed.set()
        return max(self._until - clock.monotonic(), 0.0)
