"""Which faults a run has, and when: from its seed alone.

Faults begin as events come in, evenly spread over the run, so that a slow machine has the same run in more minutes.
"""

import random
from collections.abc import Mapping

import msgspec

from synnefo.chaos.kinds.base import Kind


class Planned(msgspec.Struct, frozen=True):
    """The fault ``kind`` begins once ``events`` have come in; its own chance is drawn from ``seed``."""

    kind: str
    events: int
    seed: str


def drawn(kinds: Mapping[str, Kind], *, seed: int, faults: int, events: int) -> list[Planned]:
    """``faults`` of them. Each kind comes once before any comes as often as its weight allows again."""
    dice = random.Random(f"plan {seed}")
    names: list[str] = []
    while len(names) < faults:
        names += _deck(kinds, dice)
    apart = events / (faults + 1)
    return [
        Planned(kind=name, events=int(apart * (place + 1)), seed=f"{seed} {place} {name}")
        for place, name in enumerate(names[:faults])
    ]


def _deck(kinds: Mapping[str, Kind], dice: random.Random) -> list[str]:
    """Every kind once, in a random order; then the rest of what their weights allow, in a random order."""
    first, rest = list(kinds), [name for name, kind in kinds.items() for _ in range(kind.weight - 1)]
    dice.shuffle(first)
    dice.shuffle(rest)
    return first + rest
