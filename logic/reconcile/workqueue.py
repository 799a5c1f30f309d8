"""Which resources wait to be looked at: each once however often it is asked for, never looked at twice at once.

The rules are those of client-go's work queue. A key asked for while it is being looked at is looked at once more
afterwards; a look that failed is repeated after a pause that doubles up to a bound; a success forgets the failures. One
difference: a key that backs off is not brought forward by being asked for again, since the asking comes from a poll that
knows no more than the look that failed. Used by ``watching``; knows no backend and no database.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from logic import clock

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0


class WorkQueue:
    """Keys are taken in the order of their time. ``first`` and ``longest`` bound the pause after a failure, in seconds."""

    def __init__(self, *, first: float = FIRST_PAUSE, longest: float = LONGEST_PAUSE) -> None:
        self._first, self._longest = first, longest
        self._due: dict[str, float] = {}
        self._working: dict[str, bool] = {}  # key → asked for again meanwhile
        self._failures: dict[str, int] = {}
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        """How many looks wait, those to be repeated among them."""
        return len(self._due) + sum(self._working.values())

    def add(self, keys: Iterable[str]) -> None:
        """Ask for a look at each of them."""
        now = clock.monotonic()
        for key in keys:
            if key in self._working:
                self._working[key] = True
            else:
                self._due.setdefault(key, now)
        self._changed.set()

    def taken(self, limit: int) -> list[str]:
        """At most so many keys whose time has come; each has to be given back with :meth:`done`."""
        now = clock.monotonic()
        ready = sorted((at, place, key) for place, (key, at) in enumerate(self._due.items()) if at <= now)
        keys = [key for _, _, key in ready[:limit]]
        for key in keys:
            del self._due[key]
            self._working[key] = False
        return keys

    async def take(self, limit: int) -> list[str]:
        """The same, waiting until there is one."""
        while not (keys := self.taken(limit)):
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._wait()):
                    await self._changed.wait()
        return keys

    def done(self, key: str, *, failed: bool = False) -> None:
        """The look is over; a failed one is repeated after a pause."""
        again = self._working.pop(key)
        if failed:
            self._failures[key] = self._failures.get(key, 0) + 1
            self._due[key] = clock.monotonic() + self._pause(self._failures[key])
        else:
            self._failures.pop(key, None)
            if again:
                self._due[key] = clock.monotonic()
        self._changed.set()

    def hurry(self) -> None:
        """What made looks fail is over: all that back off may be taken now, and start anew."""
        now = clock.monotonic()
        self._due = {key: min(at, now) for key, at in self._due.items()}
        self._failures.clear()
        self._changed.set()

    def _pause(self, failures: int) -> float:
        """Spread over its second half, so that keys which failed together do not come back together."""
        longest = min(self._first * 2.0 ** min(failures - 1, 30), self._longest)
        return clock.jitter(longest / 2, longest)

    def _wait(self) -> float | None:
        """Seconds until the next key's time; None when there is none."""
        return max(min(self._due.values()) - clock.monotonic(), 0.0) if self._due else None
