"""Rules of the memory bus alone: bounded queues, mischief, and being down."""

import asyncio

import pytest

from logic.bus import BusDown
from logic.bus.memory import MemoryBus
from logic.bus.tests.conftest import SOON, Ground, bodies, take


def ground_with(**options):
    bus = MemoryBus("snf", **options)
    return Ground(bus, "snf", bus.interrupt)


async def test_a_publisher_waits_while_the_queue_is_full():
    ground = ground_with(capacity=2)
    consumer = await ground.consumer()
    await ground.publish(b"1", b"2")
    waiting = asyncio.create_task(ground.publish(b"3"))
    await asyncio.sleep(0)
    assert not waiting.done()
    assert bodies(await take(consumer, 1, limit=1)) == [b"1"]
    await waiting
    assert bodies(await take(consumer, 2)) == [b"2", b"3"]


async def test_a_publisher_waits_for_room_no_longer_than_it_was_told():
    ground = ground_with(capacity=1)
    await ground.consumer()
    await ground.publish(b"1")
    publisher = await ground.bus.publisher()
    with pytest.raises(BusDown, match="full"):
        await publisher.publish(ground.key(), b"2", timeout=0.01)


async def test_who_waits_for_room_gets_it_when_another_acknowledges():
    ground = ground_with()
    consumer = await ground.consumer(prefetch=1)
    await ground.publish(b"1", b"2")
    (first,) = await consumer.take(10)
    waiting = asyncio.create_task(consumer.take(10))
    await asyncio.sleep(0)
    assert not waiting.done()
    await consumer.acknowledge(first)
    async with asyncio.timeout(SOON):
        assert bodies(await waiting) == [b"2"]


async def test_one_cluster_s_full_queue_does_not_hold_up_another():
    ground = ground_with(capacity=1)
    consumer = await ground.consumer("alpha", "beta")
    await ground.publish(b"1", cluster="alpha")
    await ground.publish(b"2", cluster="beta")
    assert bodies(await take(consumer, 2)) == [b"1", b"2"]


async def test_what_comes_again_keeps_its_place():
    ground = ground_with()
    consumer = await ground.consumer()
    await ground.publish(b"1", b"2", b"3")
    await consumer.take(2)
    await consumer.close()
    assert bodies(await (await ground.consumer()).take(10)) == [b"1", b"2", b"3"]


async def test_mischief_may_lose_double_and_change_messages():
    outcomes = {b"lost": [], b"twice": [(0.0, b"twice")] * 2, b"torn": [(0.0, b"to")]}
    ground = ground_with(mischief=lambda _, body: outcomes[body])
    consumer = await ground.consumer()
    await ground.publish(b"lost", b"twice", b"torn")
    assert bodies(await consumer.take(10)) == [b"twice", b"twice", b"to"]


async def test_mischief_may_delay_messages_and_so_change_their_order():
    delays = {b"late": 0.02, b"on time": 0.0}
    ground = ground_with(mischief=lambda _, body: [(delays[body], body)])
    consumer = await ground.consumer()
    await ground.publish(b"late", b"on time")
    assert bodies(await take(consumer, 2)) == [b"on time", b"late"]


async def test_while_it_is_down_nothing_works_and_nothing_is_lost():
    ground = ground_with()
    consumer, publisher = await ground.consumer(), await ground.bus.publisher()
    await ground.publish(b"1")
    ground.bus.down = True
    calls = [ground.consumer(), ground.bus.publisher(), consumer.take(1), publisher.publish(ground.key(), b"2")]
    for call in calls:
        with pytest.raises(BusDown):
            await call
    ground.bus.down = False
    assert ground.bus.waiting == 1
    assert bodies(await take(await ground.consumer(), 1)) == [b"1"]


async def test_a_publisher_that_waits_for_room_is_told_when_it_goes_down():
    ground = ground_with(capacity=1)
    await ground.consumer()
    await ground.publish(b"1")
    waiting = asyncio.create_task(ground.publish(b"2"))
    await asyncio.sleep(0)
    ground.bus.down = True
    with pytest.raises(BusDown):
        await waiting
