"""A bound on guessing: so many failed logins a minute for a user from an address, then the rest are turned away.

Kept in this process's memory, since strangers write no rows; with several API processes the bound is for each. Other
addresses are not affected, so nobody can lock the owner out from elsewhere.
"""

import math
from collections import deque

from logic import clock
from logic.errors import TooManyRequests

LIMIT = 10
WINDOW = 60.0  # seconds
MAX_KEYS = 10_000  # users and addresses remembered; the oldest are forgotten first
Key = tuple[str, str]


class Attempts:
    """Times of attempts by (user, address). An attempt counts as failed until ``succeeded`` says otherwise."""

    def __init__(self) -> None:
        self._times: dict[Key, deque[float]] = {}

    def begin(self, key: Key) -> None:
        """Raises :class:`TooManyRequests` when the minute's attempts are used up; then it does not count."""
        now = clock.monotonic()
        times = self._times.setdefault(key, deque())
        while times and times[0] <= now - WINDOW:
            times.popleft()
        times.append(now)
        if len(times) > LIMIT:
            times.pop()
            wait = math.ceil(times[0] + WINDOW - now)
            raise TooManyRequests(reason="Too many failed logins for this user from your address.", retry_after=wait)
        while len(self._times) > MAX_KEYS:
            self._times.pop(next(iter(self._times)), None)

    def succeeded(self, key: Key) -> None:
        self._times.pop(key, None)


logins = Attempts()
