"""A test on a clock that jumps: no waiting, and every time is exact. The fixture ``virtually`` runs a coroutine function."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from logic import clock
from synnefo.simulation import loop
from synnefo.simulation.source import SeededSource

Test = Callable[[], Awaitable[Any]]


@pytest.fixture(scope="session")
def virtually() -> Callable[[Test], Any]:
    """``virtually(scenario)`` gives what the scenario returns, after no time at all."""
    return run


def run(test: Test, seed: int = 1) -> Any:
    """On a loop and a clock of its own."""
    virtual = loop.VirtualLoop()

    async def main() -> Any:
        return await test()

    with clock.replaced(SeededSource(seed, virtual)):
        return loop.run(main(), virtual)
