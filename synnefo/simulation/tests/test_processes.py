"""What dies is dead for everybody at once."""

import random

import pytest

from logic.bus import BusDown
from logic.bus.memory import MemoryBus
from synnefo.simulation.processes import BusOfProcess, Process

KEY = "ganeti.snf.event.op.alpha"


async def test_a_process_that_has_died_takes_no_message_any_more():
    bus, process = MemoryBus("snf"), Process("d0", random.Random(1), lambda: 0.0)
    lane, *_ = (await BusOfProcess(bus, process).consumer(["alpha"])).lanes
    await bus.accept(KEY, b"{}")
    process.die()
    with pytest.raises(BusDown):
        lane.take(1)
    assert bus.waiting == 1


async def test_who_is_dead_already_gets_no_session():
    bus, process = MemoryBus("snf"), Process("d0", random.Random(1), lambda: 0.0)
    process.die()
    consumer = await BusOfProcess(bus, process).consumer(["alpha"])
    with pytest.raises(BusDown):
        await consumer.waiting()
