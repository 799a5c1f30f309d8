"""Time, ids and chance of a simulated run: all from one seed."""

import datetime
import random
import uuid
from typing import Protocol

EPOCH = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)


class Timed(Protocol):
    """A loop or a calendar."""

    now: float


class SeededSource:
    """A ``logic.clock.Source`` on virtual time. Separate streams, so that one consumer does not shift another."""

    def __init__(self, seed: int, loop: Timed) -> None:
        self._loop = loop
        self._ids = random.Random(f"ids {seed}")
        self._chance = random.Random(f"chance {seed}")

    def now(self) -> datetime.datetime:
        return EPOCH + datetime.timedelta(seconds=self._loop.now)

    def monotonic(self) -> float:
        return self._loop.now

    def uuid(self) -> uuid.UUID:
        return uuid.UUID(int=self._ids.getrandbits(128), version=4)

    def token(self, size: int) -> str:
        return self._ids.randbytes(size).hex()

    def uniform(self, low: float, high: float) -> float:
        return self._chance.uniform(low, high)
