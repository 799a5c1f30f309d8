"""Bounds on guessing passwords and secrets.

So many failed logins a minute for a user from an address, and so many from an address whoever they are for, then the rest are
turned away with 429. Where the site sets LOCKOUT_FAILURES, so many for a user from anywhere lock the account for LOCKOUT_SECONDS:
then the right password is answered as a wrong one, so that nobody learns of a lock, or of a user, by asking. That is off as
shipped: it lets strangers lock an owner out, which the bounds by address do not.

Kept in this process's memory, since strangers write no rows; with several API processes each counts for itself. A name that
nobody has is counted like any other.
"""

import math
from collections import deque

from django.conf import settings

from logic import clock
from logic.errors import TooManyRequests

LIMIT = 10
WINDOW = 60.0  # seconds
MAX_KEYS = 10_000  # users and addresses remembered; the oldest are forgotten first
Key = tuple[str, str]


class Counts:
    """Times of something by a key, within a window of seconds."""

    def __init__(self) -> None:
        self._times: dict[Key, deque[float]] = {}

    def recent(self, key: Key, window: float) -> deque[float]:
        times = self._times.setdefault(key, deque())
        now = clock.monotonic()
        while times and times[0] <= now - window:
            times.popleft()
        while len(self._times) > MAX_KEYS:
            self._times.pop(next(iter(self._times)), None)
        return times

    def add(self, key: Key, window: float) -> None:
        self.recent(key, window).append(clock.monotonic())

    def take_one_back(self, key: Key) -> None:
        times = self._times.get(key)
        if times:
            times.pop()

    def forget(self, key: Key) -> None:
        self._times.pop(key, None)


class Attempts:
    """Attempts by user and address, by address, and by user. One counts as failed until ``succeeded`` says otherwise."""

    def __init__(self) -> None:
        self._pairs, self._addresses, self._users = Counts(), Counts(), Counts()

    def begin(self, key: Key) -> None:
        """Raises :class:`TooManyRequests` when the minute's attempts are used up; then it does not count."""
        _, address = key
        _bound(self._pairs.recent(key, WINDOW), LIMIT, "Too many failed logins for this user from your address.")
        from_there = self._addresses.recent(("", address), WINDOW)
        _bound(from_there, settings.LOGIN_FAILURES_PER_ADDRESS, "Too many failed logins from your address.")
        self._pairs.add(key, WINDOW)
        self._addresses.add(("", address), WINDOW)

    def succeeded(self, key: Key) -> None:
        self._pairs.forget(key)
        self._addresses.take_one_back(("", key[1]))
        self._users.forget((key[0], ""))

    def failed(self, key: Key) -> None:
        self._users.add((key[0], ""), settings.LOCKOUT_SECONDS)

    def is_locked(self, key: Key) -> bool:
        """Whether the account is locked now. A failure while it is does not lock it longer."""
        failures = self._users.recent((key[0], ""), settings.LOCKOUT_SECONDS)
        return bool(0 < settings.LOCKOUT_FAILURES <= len(failures))


def _bound(times: deque[float], limit: int, reason: str) -> None:
    if len(times) >= limit:
        wait = math.ceil(times[0] + WINDOW - clock.monotonic())
        raise TooManyRequests(reason=reason, retry_after=max(wait, 1))


logins = Attempts()
