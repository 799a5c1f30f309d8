"""Messages leave in order, wait for trouble to pass, and are never given up."""

import asyncio

import pytest

from ganeti.publishing import Pace, Shipping
from ganeti.spool import Spool
from logic.bus import BusDown
from logic.bus.memory import MemoryBus
from logic.testing.reading import Reader

PACE = Pace(look=0.01, first_pause=5.0, longest_pause=60.0, at_once=3)


class Away(MemoryBus):
    asked = 0

    async def publisher(self):
        self.asked += 1
        raise BusDown("away")


@pytest.fixture
def bus():
    return MemoryBus("snf")


def shipping(bus, folder, pace=PACE, prepare=lambda parcel: parcel.body):
    spool = Spool(folder)
    return Shipping(bus, spool, prefix="snf-", cluster="alpha", prepare=prepare, pace=pace), spool


async def arrived(bus, count):
    consumer = await Reader.of(bus, "alpha")
    found = []
    async with asyncio.timeout(10):
        while len(found) < count:
            found += await consumer.take(100)
    return [(one.routing_key, one.body) for one in found]


async def test_with_the_broker_there_nothing_touches_the_disk(bus, tmp_path):
    consumer = await Reader.of(bus, "alpha")
    way, _ = shipping(bus, tmp_path / "spool")
    await way.send([("op", bytes([number])) for number in range(10)])
    assert [one.body for one in await consumer.take(100)] == [bytes([number]) for number in range(10)]
    assert list((tmp_path / "spool").iterdir()) == []


async def test_a_new_message_does_not_overtake_those_in_the_spool(bus, tmp_path):
    await Reader.of(bus, "alpha")
    way, spool = shipping(bus, tmp_path)
    spool.put([("op", b"1"), ("op", b"2")])
    await way.send([("op", b"3")])
    assert bus.waiting == 0
    running = asyncio.create_task(way.run())
    assert await arrived(bus, 3) == [("ganeti.snf.event.op.alpha", body) for body in (b"1", b"2", b"3")]
    running.cancel()


async def test_after_trouble_it_leaves_the_broker_alone_for_a_while(tmp_path):
    bus = Away("snf")
    way, spool = shipping(bus, tmp_path)
    await way.send([("op", b"1")])
    for _ in range(3):
        assert await way._carry() == 0
    assert (bus.asked, len(spool)) == (1, 1)


async def test_who_has_nothing_to_say_asks_nobody(tmp_path):
    bus = Away("snf")
    way, _ = shipping(bus, tmp_path)
    await way.send([])
    assert bus.asked == 0


async def test_a_dropped_message_is_not_sent_and_not_kept(bus, tmp_path):
    await Reader.of(bus, "alpha")
    way, spool = shipping(bus, tmp_path, prepare=lambda parcel: None if parcel.body == b"drop" else parcel.body)
    spool.put([("op", b"drop"), ("op", b"send")])
    running = asyncio.create_task(way.run())
    assert await arrived(bus, 1) == [("ganeti.snf.event.op.alpha", b"send")]
    async with asyncio.timeout(10):
        while list(tmp_path.iterdir()):  # noqa: ASYNC110
            await asyncio.sleep(0.002)
    running.cancel()
