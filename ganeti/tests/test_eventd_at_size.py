"""The event daemon when there is much: what it holds is bounded, and in the end everything has been told.

Counts decide, no clock: an hour of Ganeti at its fastest is some ten thousand jobs.
"""

import asyncio
import os
from pathlib import Path

import pytest

from ganeti import eventd
from ganeti.directory import QueueDirectory
from ganeti.publishing import Shipping
from ganeti.spool import Spool
from ganeti.tests import samples
from ganeti.tests.desk import until
from ganeti.watching import AT_ONCE

HOUR, ROOM = 10_000, 1_000  # jobs, messages
KERNEL_LIMIT = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
PATIENCE = 90.0


@pytest.fixture
def held(monkeypatch):
    """The most messages that were in the spool, and in memory on their way to it, at any time."""
    most = {"spooled": 0, "at_once": 0}
    put, send = Spool.put, Shipping.send

    def counted_put(self, messages):
        put(self, messages)
        most["spooled"] = max(most["spooled"], len(self))

    async def counted_send(self, messages):
        most["at_once"] = max(most["at_once"], len(messages))
        await send(self, messages)

    monkeypatch.setattr(eventd, "Spool", lambda path: Spool(path, limit=ROOM))
    monkeypatch.setattr(Spool, "put", counted_put)
    monkeypatch.setattr(Shipping, "send", counted_send)
    return most


@pytest.mark.slow
async def test_a_broker_that_was_away_for_an_hour_is_told_all_of_it_out_of_what_is_bounded(world, held):
    # Given a daemon without a broker, and an hour of jobs
    spooled = world.options.spool_dir
    async with world.daemon():
        world.bus.down = True
        for number in range(1, HOUR + 1):
            world.write(number)
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)  # it has its turn
        await until(lambda: held["spooled"] == ROOM, PATIENCE)
        assert len(list(spooled.glob("*.op.json"))) <= ROOM
        # When the broker is back, and a dispatcher
        world.bus.down = False
        async with world.listening():
            await until(lambda: len(world.ends()) == HOUR, PATIENCE)
    # Then all has been told, and never more was held than there is room for
    assert world.ends() == set(range(1, HOUR + 1))
    assert held["spooled"] <= ROOM
    assert held["at_once"] <= AT_ONCE
    assert list(spooled.iterdir()) == []


async def test_what_the_kernel_had_no_room_for_is_found_by_looking(world):
    """A real overflow: more renames than the kernel's queue takes, while nobody reads it."""
    seen = []

    class Watched(QueueDirectory):
        async def changes(self, wait):
            seen.append(await super().changes(wait))
            return seen[-1]

    world.opened = lambda: Watched(world.queue)
    world.write(6)
    async with world.listening(), world.daemon():
        await until(lambda: world.ends() == {6})
        one, other = world.queue / "rattle-a", world.queue / "rattle-b"
        one.touch()
        for _ in range(KERNEL_LIMIT // 2 + 1):
            os.rename(one, other)  # noqa: PTH104 - as quick as can be
            os.rename(other, one)  # noqa: PTH104
        world.write(7, samples.op(status="running"))
        world.write(8)
        await until(lambda: world.ends() == {6, 8})
    assert [one.missed for one in seen].count(True) == 1
    assert all(7 not in one.jobs and 8 not in one.jobs for one in seen)
    assert {one.job for one in world.told()} == {6, 7, 8}
