"""How much goes wrong in a run, drawn from its seed: some runs are calm, some lose half their messages."""

import random
from collections.abc import Callable

import msgspec

from ganeti.simulator.faults import Rates

FAVOURITES = ("", "delete", "reboot", "plug", "unplug")
MANY = 0.6  # of the answers are cut in some runs


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """``requests`` of tenants over ``seconds``; probabilities of what may happen to a message (``lose``, ``double``,
    ``late``), to a process at each point (``die``), to a request (``abort``), and to a guest (``disturb``, a second);
    ``rates`` for the cluster; ``dispatchers`` side by side. ``favourite`` is asked for more often than other verbs.
    ``poison`` and ``early`` are how often, at a request, somebody says what nobody can use, or speaks of a server
    that is not there yet."""

    requests: int
    seconds: float
    lose: float
    double: float
    late: float
    die: float
    abort: float
    disturb: float
    dispatchers: int
    favourite: str
    rates: Rates
    poison: float = 0.0
    early: float = 0.0


def drawn(seed: int) -> Plan:
    """The plan of a seed."""
    chance = random.Random(f"plan {seed}")
    level = chance.choice((0.0, 0.05, 0.2))

    def some(top: float) -> float:
        return chance.uniform(0, top) if level else 0.0

    return Plan(
        requests=chance.randint(12, 40),
        seconds=chance.choice((5.0, 30.0, 60.0)),
        lose=chance.choice((0.0, level, level, 0.5, 1.0)) if level else 0.0,
        double=some(level),
        late=some(level),
        die=chance.choice((0.0, 0.001, 0.005)) if level else 0.0,
        abort=some(0.02),
        disturb=some(0.05),
        dispatchers=chance.choice((1, 2)),
        favourite=chance.choice(FAVOURITES),
        rates=Rates(
            refuse=some(level),
            drop=some(level),
            cut=chance.choice((some(level), some(MANY))),
            fail=some(level / 2),
            lose=some(level),
            late=some(level),
        ),
        poison=some(level / 2),
        early=some(level / 2),
    )


def mischief(plan: Plan, chance: random.Random) -> Callable[[str, bytes], list[tuple[float, bytes]]]:
    """What the bus does to messages while the plan lasts (``logic.bus.memory.Mischief``)."""

    def meddle(_: str, body: bytes) -> list[tuple[float, bytes]]:
        if chance.random() < plan.lose:
            return []
        wait = chance.uniform(0, 5) if chance.random() < plan.late else 0.0
        again = [(chance.uniform(0, 10), body)] if chance.random() < plan.double else []
        return [(wait, body), *again]

    return meddle
