"""Chance from a seed: one seed, one sequence, whatever else the process draws.

``logic.clock`` has the process's own source; a cluster has a source of its own, so that its jobs do not shift when
somebody else draws a number. The generator is SplitMix64: 64 bits of state, good enough for jitter and identifiers.
"""

import hashlib
import uuid

_MASK = (1 << 64) - 1
_STEP = 0x9E3779B97F4A7C15


class Chance:
    """Numbers and identifiers from ``seed`` (any text or number)."""

    def __init__(self, seed: int | str) -> None:
        self._state = int.from_bytes(hashlib.blake2b(str(seed).encode(), digest_size=8).digest())

    def bits(self, count: int) -> int:
        """A number of ``count`` bits, at most 64."""
        self._state = (self._state + _STEP) & _MASK
        mixed = ((self._state ^ (self._state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return (mixed ^ (mixed >> 31)) >> (64 - count)

    def uniform(self, low: float, high: float) -> float:
        return low + (high - low) * self.bits(53) / (1 << 53)

    def happens(self, probability: float) -> bool:
        """Draws only when there is something to decide, so that a rate of nought costs no number."""
        return probability > 0 and self.uniform(0, 1) < probability

    def uuid(self) -> str:
        return str(uuid.UUID(int=(self.bits(64) << 64) | self.bits(64), version=4))
