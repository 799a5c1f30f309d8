"""Is a web server fast enough? Called by ``asking`` with each piece that has come; pure but for what it remembers.

A credit of what came quickly at first is no licence to drip afterwards: what counts is the last minute of waiting.
"""

from collections import deque
from typing import Final

from logic.errors import BadRequest

LONGEST: Final = 6 * 3600.0  # seconds of waiting for all of it
WINDOW: Final = 60.0  # seconds of waiting over which the rate is taken
SLOWEST: Final = 64 * 1024  # bytes a second within it
INSTEAD: Final = "Bring the content yourself (PUT /v2/images/{id}/file), or name a faster server."


class Pace:
    """How long was waited for how much. What our own store takes does not count."""

    def __init__(self) -> None:
        self._all = 0.0
        self._pieces: deque[tuple[float, int]] = deque()  # of the window: seconds, bytes
        self._seconds, self._bytes = 0.0, 0

    def judge(self, size: int, seconds: float) -> None:
        """Of a piece. Raises :class:`BadRequest` for a server that drips, and for one that never ends."""
        self._all += seconds
        if self._all > LONGEST:
            raise BadRequest(reason=f"The web server is too slow: not done after {LONGEST / 3600:g} hours. {INSTEAD}")
        self._add(seconds, size)
        if self._seconds >= WINDOW and self._bytes < SLOWEST * self._seconds:
            raise too_slow(self._bytes, self._seconds)

    def _add(self, seconds: float, size: int) -> None:
        """The window is as short as it can be, and no shorter."""
        self._pieces.append((seconds, size))
        self._seconds, self._bytes = self._seconds + seconds, self._bytes + size
        while self._seconds - self._pieces[0][0] >= WINDOW:
            past, gone = self._pieces.popleft()
            self._seconds, self._bytes = self._seconds - past, self._bytes - gone


def too_slow(size: int, seconds: float) -> BadRequest:
    """What it brought in the last seconds, for the tenant to read."""
    rate = f"{size / seconds / 1024:.1f} KiB a second in the last {seconds:.0f} seconds"
    return BadRequest(
        reason=f"The web server is too slow: it brought {rate}, and {SLOWEST // 1024} are asked for. {INSTEAD}"
    )
