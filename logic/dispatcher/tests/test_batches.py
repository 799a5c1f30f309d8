"""Rules of the consuming loop: lanes side by side, in turn, each in its order."""

import asyncio
import contextlib

import pytest

from logic import clock
from logic.bus.memory import MemoryBus
from logic.bus.topology import routing_key
from logic.dispatcher import batches
from logic.dispatcher.batches import SIDE_BY_SIDE, Batches
from logic.offload import Inline

SOON = 20.0
CLUSTERS = ["alpha", "beta", "gamma", "delta"]


class Ledger:
    """Stands where batches are applied: remembers them, and holds those that it is told to hold."""

    def __init__(self):
        self.begun, self.done, self.held, self._changed = [], [], asyncio.Event(), asyncio.Event()
        self.held.set()

    async def apply(self, offload, envelopes, failpoint):
        batch = [(one.cluster, one.body) for one in envelopes]
        self.begun.append(batch)
        self._ring()
        await asyncio.sleep(0)  # as a thread's answer takes a turn of the loop at least
        await self.held.wait()
        self.done.append(batch)
        self._ring()

    def _ring(self):
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def until(self, condition):
        async with asyncio.timeout(SOON):
            while not condition():
                await self._changed.wait()

    def applied(self, cluster):
        return [body for batch in self.done for name, body in batch if name == cluster]


@pytest.fixture
def ledger(monkeypatch):
    made = Ledger()
    monkeypatch.setattr(batches, "apply", made.apply)
    monkeypatch.setattr(batches, "names", lambda: CLUSTERS)
    return made


@pytest.fixture
async def bus():
    made = MemoryBus("snf")
    await (await made.consumer(CLUSTERS)).close()  # so that the queues are there
    return made


@contextlib.asynccontextmanager
async def running(bus, limit=10):
    task = asyncio.create_task(Batches(bus, Inline(), limit=limit, prefetch=1000).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def publish(bus, cluster, count):
    publisher = await bus.publisher()
    for number in range(count):
        await publisher.publish(routing_key("snf", "op", cluster), b"%d" % number)


async def test_a_noisy_cluster_does_not_keep_a_quiet_one_waiting(bus, ledger):
    await publish(bus, "alpha", 500)
    await publish(bus, "beta", 1)
    async with running(bus):
        await ledger.until(lambda: ledger.applied("beta"))
    assert len(ledger.applied("alpha")) <= 3 * 10


async def test_a_cluster_s_messages_are_applied_in_their_order_and_one_batch_at_a_time(bus, ledger):
    await publish(bus, "alpha", 100)
    ledger.held.clear()
    async with running(bus):
        await ledger.until(lambda: ledger.begun)
        await publish(bus, "beta", 1)
        await ledger.until(lambda: len(ledger.begun) == 2)
        assert [name for name, _ in ledger.begun[1]] == ["beta"]
        ledger.held.set()
        await ledger.until(lambda: len(ledger.applied("alpha")) == 100)
    assert ledger.applied("alpha") == [b"%d" % number for number in range(100)]


async def test_no_more_batches_are_under_way_than_may_be_side_by_side(bus, ledger):
    for cluster in CLUSTERS:
        await publish(bus, cluster, 20)
    ledger.held.clear()
    async with running(bus):
        await ledger.until(lambda: len(ledger.begun) == SIDE_BY_SIDE)
        for _ in range(50):
            await asyncio.sleep(0)
        assert len(ledger.begun) == SIDE_BY_SIDE
        ledger.held.set()
        await ledger.until(lambda: sum(map(len, ledger.done)) == 80)


async def test_a_lane_that_waits_for_its_turn_gathers_a_larger_batch(bus, ledger):
    ledger.held.clear()
    await publish(bus, "alpha", 1)
    await publish(bus, "beta", 1)
    async with running(bus, limit=100):
        await ledger.until(lambda: len(ledger.begun) == 2)
        await publish(bus, "gamma", 50)
        ledger.held.set()
        await ledger.until(lambda: len(ledger.applied("gamma")) == 50)
    assert [len(batch) for batch in ledger.done if batch[0][0] == "gamma"] == [50]


def test_a_broker_that_was_away_for_long_is_back_soon_and_one_that_blinks_sooner(virtually, monkeypatch):
    monkeypatch.setattr(batches, "names", list)

    async def scenario():
        bus, opened = MemoryBus("snf"), []
        consumer = bus.consumer

        async def counted(*args, **kwargs):
            made = await consumer(*args, **kwargs)
            opened.append(clock.monotonic())
            return made

        monkeypatch.setattr(bus, "consumer", counted)

        async def sessions(count):
            while len(opened) < count:  # noqa: ASYNC110 - the clock jumps
                await asyncio.sleep(0.01)

        async with running(bus):
            await sessions(1)
            # Given a broker that was away for a minute
            bus.down = True
            await asyncio.sleep(60)
            bus.down = False
            back = clock.monotonic()
            await sessions(2)
            first = opened[-1] - back
            # When its next session ends by itself
            bus.interrupt()
            back = clock.monotonic()
            await sessions(3)
            return first, opened[-1] - back

    first, second = virtually(scenario)
    assert first <= batches.LONGEST_WAIT
    assert second <= batches.FIRST_WAIT + 0.02


async def test_what_another_took_while_a_lane_waited_for_its_turn_is_left_to_it(bus, ledger):
    ledger.held.clear()
    await publish(bus, "alpha", 1)
    await publish(bus, "beta", 1)
    async with running(bus):
        await ledger.until(lambda: len(ledger.begun) == 2)
        await publish(bus, "gamma", 1)
        async with running(bus):
            await ledger.until(lambda: len(ledger.begun) == 3)
            ledger.held.set()
            await ledger.until(lambda: len(ledger.done) == 3)
        await publish(bus, "gamma", 1)
        await ledger.until(lambda: len(ledger.applied("gamma")) >= 2)
    assert all(ledger.begun)
