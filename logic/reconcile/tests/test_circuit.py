"""A backend that does not answer is left alone, and noticed when it is back."""

import asyncio

import pytest

from logic import clock
from logic.reconcile.circuit import Circuit


def test_while_it_answers_everybody_may_ask(virtually):
    async def scenario():
        circuit = Circuit()
        assert all(circuit.admits() for _ in range(5))
        assert not circuit.answered()
        assert not circuit.open

    virtually(scenario)


def test_after_a_failure_nobody_asks_until_the_pause_is_over_and_then_only_one(virtually):
    async def scenario():
        circuit = Circuit(first=4.0)
        wait = circuit.failed()
        assert 2 <= wait <= 4
        assert not circuit.admits()
        await asyncio.sleep(wait)
        assert [circuit.admits(), circuit.admits()] == [True, False]

    virtually(scenario)


def test_the_pause_doubles_up_to_its_bound(virtually):
    async def scenario():
        circuit = Circuit(first=1.0, longest=8.0)
        waits = []
        for _ in range(6):
            waits.append(circuit.failed())
            await circuit.admitted()
        bounds = [(0.5, 1), (1, 2), (2, 4), (4, 8), (4, 8), (4, 8)]
        assert all(low <= wait <= high for wait, (low, high) in zip(waits, bounds, strict=True)), waits

    virtually(scenario)


def test_questions_that_fail_together_count_once(virtually):
    async def scenario():
        circuit = Circuit(first=1.0)
        for _ in range(10):
            wait = circuit.failed()
        assert wait <= 1

    virtually(scenario)


def test_an_answer_closes_it_for_all_who_wait_and_is_told_as_a_recovery(virtually):
    async def scenario():
        circuit = Circuit(first=1.0)
        circuit.failed()
        first = asyncio.create_task(circuit.admitted())
        await first
        second = asyncio.create_task(circuit.admitted())
        await asyncio.sleep(100)
        assert not second.done()
        assert circuit.answered()
        await second
        assert not circuit.answered()

    virtually(scenario)


def test_who_asked_nothing_after_all_leaves_the_turn_to_the_next(virtually):
    async def scenario():
        circuit = Circuit(first=1.0)
        circuit.failed()
        await circuit.admitted()
        next_one = asyncio.create_task(circuit.admitted())
        await asyncio.sleep(1)
        before = clock.monotonic()
        circuit.spared()
        await next_one
        assert clock.monotonic() == pytest.approx(before)
        assert circuit.open

    virtually(scenario)
