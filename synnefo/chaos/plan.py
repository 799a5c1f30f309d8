"""Which faults a run has, and when: from its seed alone.

Faults begin as events come in, evenly spread over the run, so that a slow machine has the same run in more minutes.
"""

import random
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from synnefo.chaos.kinds.base import Kind

PAIRS: Final = 0.25  # of the faults come with the next one at the same time


class Planned(msgspec.Struct, frozen=True):
    """The faults ``kinds``, one or two at a time, begin once ``events`` have come in; their own chance comes from ``seed``."""

    kinds: tuple[str, ...]
    events: int
    seed: str


def drawn(kinds: Mapping[str, Kind], *, seed: int, faults: int, events: int) -> list[Planned]:
    """``faults`` of them. Each kind comes once before any comes as often as its weight allows again."""
    dice = random.Random(f"plan {seed}")
    names: list[str] = []
    while len(names) < faults:
        names += _deck(kinds, dice)
    apart, plan, place = events / (faults + 1), [], 0
    while place < faults:
        together = _together(names[place:faults], kinds, dice)
        place += len(together)
        plan.append(Planned(kinds=together, events=int(apart * place), seed=f"{seed} {place}"))
    return plan


def _together(names: Sequence[str], kinds: Mapping[str, Kind], dice: random.Random) -> tuple[str, ...]:
    """The first of these, with the second now and then."""
    paired = dice.random() < PAIRS and len(names) > 1 and kinds[names[0]].group != kinds[names[1]].group
    return tuple(names[: 1 + paired])


def _deck(kinds: Mapping[str, Kind], dice: random.Random) -> list[str]:
    """Every kind once, in a random order; then the rest of what their weights allow, in a random order."""
    first, rest = list(kinds), [name for name, kind in kinds.items() for _ in range(kind.weight - 1)]
    dice.shuffle(first)
    dice.shuffle(rest)
    return first + rest
