"""A scrape is answered in its time, whoever else is silent."""

import asyncio

import pytest

from logic.dispatcher import metrics
from logic.dispatcher.service import Dispatcher, Tuning


class Silent:
    """A broker's session whose answer comes when a test lets it."""

    def __init__(self):
        self.asked, self.answer = 0, asyncio.Event()

    async def waiting(self):
        self.asked += 1
        await self.answer.wait()
        return {"c1": 3}


class Database:
    async def read(self, _function):
        await asyncio.Event().wait()


@pytest.fixture
def dispatcher():
    made = Dispatcher(bus=None, offload=Database(), connections=None, holder="me", tuning=Tuning())
    made._batches = Silent()
    return made


def answers():
    return metrics.ANSWERS.collect()[0].samples[0].value


async def test_a_scrape_of_a_dispatcher_that_is_cut_off_says_so(dispatcher):
    assert await dispatcher.refresh(0.02) == {"database": False, "broker": False}
    assert answers() == 0


async def test_a_silent_broker_is_asked_one_question_at_a_time(dispatcher):
    for _ in range(3):
        await dispatcher.refresh(0.02)
    assert dispatcher._batches.asked == 1
    # When it answers, the next scrape says so
    dispatcher._batches.answer.set()
    await dispatcher.refresh(0.02)
    assert answers() == 1
    assert (await dispatcher.refresh(0.02))["broker"]
    assert dispatcher._batches.asked == 2
