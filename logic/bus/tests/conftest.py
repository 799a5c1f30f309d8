"""What the tests of both buses share."""

import asyncio

import pytest

from logic import clock
from logic.bus import topology
from logic.bus.amqp import AmqpBus
from logic.bus.memory import MemoryBus
from logic.testing.reading import Reader

SOON = 20.0  # seconds; a bound, never a measure


class Ground:
    """A bus on an installation of its own, and ways to hurt it."""

    def __init__(self, bus, prefix, interrupt):
        self.bus, self.prefix, self.interrupt = bus, prefix, interrupt

    def key(self, cluster="alpha", subject="op"):
        return topology.routing_key(self.prefix, subject, cluster)

    async def consumer(self, *clusters, **options):
        return await Reader.of(self.bus, *(clusters or ["alpha"]), **options)

    async def publish(self, *bodies, cluster="alpha"):
        publisher = await self.bus.publisher()
        for body in bodies:
            await publisher.publish(self.key(cluster), body)
        await publisher.close()


async def take(consumer, count, limit=100):
    """Exactly so many messages, in as many gulps as it takes."""
    taken = []
    async with asyncio.timeout(SOON):
        while len(taken) < count:
            taken += await consumer.take(limit)
    return taken


def bodies(messages):
    return [message.body for message in messages]


def new_prefix():
    return f"t{clock.new_uuid().hex[:8]}"


@pytest.fixture
async def on_rabbitmq(rabbitmq):
    prefix = new_prefix()
    bus = AmqpBus(rabbitmq.url, prefix)
    yield Ground(bus, prefix, lambda: rabbitmq.ctl("close_all_connections", "test"))
    await bus.close()


@pytest.fixture
async def in_memory():
    prefix = new_prefix()
    bus = MemoryBus(prefix)
    yield Ground(bus, prefix, bus.interrupt)
    await bus.close()


@pytest.fixture(params=["memory", pytest.param("rabbitmq", marks=pytest.mark.servers)])
def ground(request):
    return request.getfixturevalue({"memory": "in_memory", "rabbitmq": "on_rabbitmq"}[request.param])
