"""The queue of what is to be looked at."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logic import clock
from logic.reconcile.workqueue import WorkQueue


def test_a_key_asked_for_many_times_is_taken_once(virtually):
    async def scenario():
        queue = WorkQueue()
        queue.add(["a", "b", "a"])
        queue.add(["a"])
        assert len(queue) == 2
        assert queue.taken(10) == ["a", "b"]
        assert queue.taken(10) == []

    virtually(scenario)


def test_a_key_is_never_taken_twice_at_once_and_asked_for_meanwhile_is_taken_once_more(virtually):
    async def scenario():
        queue = WorkQueue()
        queue.add(["a"])
        assert queue.taken(1) == ["a"]
        queue.add(["a"])
        queue.add(["a"])
        assert queue.taken(1) == []
        assert len(queue) == 1
        queue.done("a")
        assert queue.taken(1) == ["a"]
        queue.done("a")
        assert (queue.taken(1), len(queue)) == ([], 0)

    virtually(scenario)


def test_a_failed_key_backs_off_twice_as_long_each_time_up_to_a_bound(virtually):
    async def scenario():
        queue = WorkQueue(first=1.0, longest=8.0)
        queue.add(["a"])
        waits = []
        for _ in range(6):
            before = clock.monotonic()
            assert await queue.take(1) == ["a"]
            waits.append(clock.monotonic() - before)
            queue.done("a", failed=True)
        bounds = [(0, 0), (0.5, 1), (1, 2), (2, 4), (4, 8), (4, 8)]
        assert all(low <= wait <= high for wait, (low, high) in zip(waits, bounds, strict=True)), waits

    virtually(scenario)


def test_asking_again_does_not_bring_a_key_forward_that_backs_off(virtually):
    async def scenario():
        queue = WorkQueue()
        queue.add(["a"])
        queue.taken(1)
        queue.done("a", failed=True)
        queue.add(["a"])
        assert queue.taken(1) == []

    virtually(scenario)


def test_a_success_forgets_the_failures(virtually):
    async def scenario():
        queue = WorkQueue(first=1.0, longest=100.0)
        queue.add(["a"])
        for failed in (True, True, True, False):
            await queue.take(1)
            queue.done("a", failed=failed)
        queue.add(["a"])
        await queue.take(1)
        before = clock.monotonic()
        queue.done("a", failed=True)
        await queue.take(1)
        assert clock.monotonic() - before <= 1.0

    virtually(scenario)


def test_one_key_that_backs_off_does_not_hold_up_another(virtually):
    async def scenario():
        queue = WorkQueue(first=1000.0, longest=1000.0)
        queue.add(["bad"])
        queue.taken(1)
        queue.done("bad", failed=True)
        queue.add(["good"])
        before = clock.monotonic()
        assert await queue.take(10) == ["good"]
        assert clock.monotonic() == before

    virtually(scenario)


def test_when_the_reason_of_the_failures_is_over_everything_may_be_taken_at_once(virtually):
    async def scenario():
        queue = WorkQueue(first=1000.0, longest=1000.0)
        queue.add(["a", "b"])
        for key in queue.taken(2):
            queue.done(key, failed=True)
        waiting = asyncio.create_task(queue.take(2))
        await asyncio.sleep(1)
        queue.hurry()
        assert await waiting == ["a", "b"]
        assert clock.monotonic() == pytest.approx(1)

    virtually(scenario)


def test_whoever_waits_is_woken_by_the_next_key(virtually):
    async def scenario():
        queue = WorkQueue()
        waiting = asyncio.create_task(queue.take(1))
        await asyncio.sleep(5)
        queue.add(["a"])
        assert await waiting == ["a"]
        assert clock.monotonic() == pytest.approx(5)

    virtually(scenario)


STEPS = st.lists(st.tuples(st.sampled_from(["add", "take", "done", "fail", "pass", "hurry"]), st.integers(0, 3)))


@given(STEPS)
def test_whatever_happens_no_key_is_at_two_places_and_none_that_was_asked_for_is_forgotten(virtually, steps):
    async def scenario():
        queue, working, asked = WorkQueue(), [], {}
        for step, number in steps:
            key = f"k{number}"
            if step == "add":
                queue.add([key])
                asked[key] = True
            elif step == "take":
                taken = queue.taken(number)
                assert not set(taken) & set(working)
                working += taken
                asked |= dict.fromkeys(taken, False)
            elif step in {"done", "fail"} and key in working:
                working.remove(key)
                queue.done(key, failed=step == "fail")
                asked[key] |= step == "fail"
            elif step == "hurry":
                queue.hurry()
            elif step == "pass":
                await asyncio.sleep(number)
        for key in working:
            queue.done(key)
        await asyncio.sleep(1000)
        assert set(queue.taken(100)) == {key for key, wanted in asked.items() if wanted}

    virtually(scenario)
