"""Many who ask at the same time cost one answer, and none gets one from before it asked."""

import asyncio

import pytest

from logic import permits
from logic.backends.together import Together


class Source:
    """Counts its answers; each waits until it is let go."""

    def __init__(self):
        self.asked, self.gates, self.fails = 0, [], False

    async def ask(self):
        self.asked += 1
        number, gate = self.asked, asyncio.Event()
        self.gates.append(gate)
        await gate.wait()
        if self.fails:
            raise ValueError("away")
        return number


async def settled():
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
def source():
    return Source()


async def test_who_asks_while_an_answer_is_under_way_has_the_next_one_with_all_others(source):
    together = Together(source.ask)
    first = asyncio.create_task(together.answer())
    await settled()
    others = [asyncio.create_task(together.answer()) for _ in range(100)]
    await settled()
    assert source.asked == 1
    source.gates[0].set()
    assert await first == 1
    await settled()
    source.gates[1].set()
    assert set(await asyncio.gather(*others)) == {2}
    assert source.asked == 2


async def test_the_question_is_asked_for_all_and_not_with_the_permit_of_the_first():
    async def ask():
        permits.check()
        return "jobs"

    together = Together(ask)
    with permits.under(lambda: False):
        first = asyncio.create_task(together.answer())
    others = [asyncio.create_task(together.answer()) for _ in range(3)]
    assert await asyncio.gather(first, *others) == ["jobs"] * 4


async def test_who_gives_up_leaves_the_answer_to_the_others(source):
    together = Together(source.ask)
    impatient, patient = (asyncio.create_task(together.answer()) for _ in range(2))
    await settled()
    impatient.cancel()
    await settled()
    source.gates[0].set()
    assert await patient == 1


async def test_a_failure_is_everybody_s_and_the_next_one_asks_anew(source):
    together = Together(source.ask)
    asking = [asyncio.create_task(together.answer()) for _ in range(2)]
    await settled()
    source.fails = True
    source.gates[0].set()
    assert [type(one) for one in await asyncio.gather(*asking, return_exceptions=True)] == [ValueError, ValueError]
    source.fails = False
    again = asyncio.create_task(together.answer())
    await settled()
    source.gates[1].set()
    assert await again == 2
