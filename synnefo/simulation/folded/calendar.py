"""What happens when: calls in the order of their time, and of being written down where that is the same. Time jumps.

It takes the place of an event loop, whose tasks would cost more than all that the ledger does with an event.
"""

import heapq
from collections.abc import Callable

Call = Callable[[], None]


class Calendar:
    """``now`` is seconds since the run began."""

    def __init__(self) -> None:
        self.now = 0.0
        self._number = 0
        self._entries: list[tuple[float, int, Call]] = []

    def after(self, seconds: float, call: Call) -> None:
        """Do it in so many seconds."""
        self._number += 1
        heapq.heappush(self._entries, (self.now + seconds, self._number, call))

    def every(self, seconds: float, call: Call) -> None:
        """Do it again and again, now for the first time, until it raises."""

        def turn() -> None:
            call()
            self.after(seconds, turn)

        self.after(0.0, turn)

    def run(self, until: float, done: Callable[[], bool]) -> None:
        """Let time pass to that moment, or until ``done``."""
        entries = self._entries
        while entries and entries[0][0] <= until:
            self.now, _, call = heapq.heappop(entries)
            call()
            if done():
                return
        self.now = max(self.now, until)
