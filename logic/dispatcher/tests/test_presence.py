"""What a process knows of its own presence: by its own clock, from before it said so, and never across a gap."""

import asyncio
import contextlib

import pytest

from logic import clock
from logic.dispatcher.presence import SURE, Presence
from logic.offload import Inline


class Database(Inline):
    """Where renewals go; ``slow`` is how long each takes."""

    def __init__(self, now):
        self._now, self.slow, self.written = now, 0.0, []

    async def write(self, _, failpoint, *_work):
        await asyncio.sleep(0)
        self._now.seconds += self.slow
        self.written.append(failpoint)


class Now(clock.SystemSource):
    """A monotonic clock that a test turns."""

    seconds = 100.0

    def monotonic(self):
        return self.seconds


@pytest.fixture
def now():
    turned = Now()
    with clock.replaced(turned):
        yield turned


@pytest.fixture
def database(now):
    return Database(now)


@pytest.fixture
def presence(database):
    return Presence(database, holder="a", seconds=2.0)


async def arrive(presence):
    task = asyncio.create_task(presence.run())
    await presence.arrived()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_nothing_is_permitted_before_others_know_of_it(presence):
    assert not presence.permit(60.0)()
    await arrive(presence)
    assert presence.permit(60.0)()


async def test_a_permit_runs_out_before_others_may_take_over(presence, now):
    await arrive(presence)
    permit = presence.permit(60.0)
    now.seconds += 2.0 * SURE - 0.01
    assert permit()
    now.seconds += 0.02
    assert not permit()


async def test_a_renewal_counts_from_before_it_was_sent(presence, database, now):
    database.slow = 1.0
    await arrive(presence)
    now.seconds += 0.4
    assert presence.permit(60.0)()
    now.seconds += 0.2
    assert not presence.permit(60.0)()


async def test_one_renewed_in_time_keeps_its_permits(presence, now):
    await arrive(presence)
    permit = presence.permit(60.0)
    for _ in range(5):
        now.seconds += 1.0
        await presence._renew()
    assert permit()


async def test_a_permit_of_before_a_pause_does_not_come_back_with_the_renewal(presence, now):
    await arrive(presence)
    before = presence.permit(60.0)
    now.seconds += 30.0
    await presence._renew()
    assert not before()
    assert presence.permit(60.0)()


async def test_a_permit_ends_with_the_claim_s_own_time(presence, now):
    await arrive(presence)
    permit = presence.permit(1.0)
    now.seconds += 1.1
    assert not permit()


async def test_who_leaves_sends_nothing_more_and_says_so(presence, database):
    await arrive(presence)
    permit = presence.permit(60.0)
    await presence.leave()
    assert not permit()
    assert database.written[-1] == "presence.leave"
