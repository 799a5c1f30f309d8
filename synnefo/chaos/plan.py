"""Which faults a run has, and when: from its seed alone.

Each kind comes alone first, so that its own recovery and its own alert can be seen; then waves of several at a time, with
one alone between some of them. Faults begin as events come in, evenly spread over the run, so that a slow machine has the
same run in more minutes.
"""

import random
from collections import Counter
from collections.abc import Mapping
from typing import Final

import msgspec

from synnefo.chaos.kinds.base import Kind

WAVE: Final = (4, 9)  # faults at a time
AT_ONCE: Final = {
    "programs": 3,
    "network": 3,
    "clusters": 2,
}  # of one group; of the others one, they would fall over each other
ALONE: Final = 0.5  # of the waves are followed by one alone


class Planned(msgspec.Struct, frozen=True):
    """The faults ``kinds``, one alone or several at a time, begin once ``events`` have come in; their own chance comes from
    ``seed``."""

    kinds: tuple[str, ...]
    events: int
    seed: str

    @property
    def alone(self) -> bool:
        return len(self.kinds) == 1


def drawn(kinds: Mapping[str, Kind], *, seed: int, faults: int, events: int) -> list[Planned]:
    """``faults`` of them. Each kind comes once before any comes as often as its weight allows again."""
    dice = random.Random(f"plan {seed}")
    names: list[str] = []
    while len(names) < faults:
        names += _deck(kinds, dice)
    apart, plan, place = events / (faults + 1), [], 0
    for together in _grouped(names[:faults], kinds, dice):
        place += len(together)
        plan.append(Planned(kinds=together, events=int(apart * place), seed=f"{seed} {place}"))
    return plan


def _grouped(names: list[str], kinds: Mapping[str, Kind], dice: random.Random) -> list[tuple[str, ...]]:
    """The first turn of each one by one; then waves."""
    groups: list[tuple[str, ...]] = [(name,) for name in names[: len(kinds)]]
    rest = names[len(kinds) :]
    while rest:
        after_wave = len(groups[-1]) > 1
        size = 1 if after_wave and dice.random() < ALONE else dice.randint(*WAVE)
        groups.append(_taken(rest, size, kinds))
    return groups


def _taken(rest: list[str], size: int, kinds: Mapping[str, Kind]) -> tuple[str, ...]:
    """The next so many that may come at a time, taken out of ``rest``; what does not fit keeps its place."""
    room = Counter({kind.group: AT_ONCE.get(kind.group, 1) for kind in kinds.values()})
    taken: list[int] = []
    for place, name in enumerate(rest):
        if len(taken) < size and room[kinds[name].group]:
            room[kinds[name].group] -= 1
            taken.append(place)
    together = tuple(rest[place] for place in taken)
    for place in reversed(taken):
        del rest[place]
    return together


def _deck(kinds: Mapping[str, Kind], dice: random.Random) -> list[str]:
    """Every kind once, in a random order; then the rest of what their weights allow, in a random order."""
    first, rest = list(kinds), [name for name, kind in kinds.items() for _ in range(kind.weight - 1)]
    dice.shuffle(first)
    dice.shuffle(rest)
    return first + rest
