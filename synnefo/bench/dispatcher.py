"""Events a second through one dispatcher on RabbitMQ and PostgreSQL, beside a raw aio-pika consumer that does nothing but
acknowledge (multiple, every hundred, prefetch 1,000): the same messages, the same quorum queue, interleaved runs."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aio_pika
from django.conf import settings
from prometheus_client import REGISTRY

from logic.bus import topology
from logic.bus.amqp import AmqpBus
from logic.bus.topology import prefix_of
from logic.db import with_connection
from logic.dispatcher.batches import Batches
from logic.offload import Threads
from synnefo.bench import messages
from synnefo.bench.messages import CLUSTER

PREFETCH, EVERY = 1000, 100
LOOK = 0.02


class Bench:
    """``count`` messages a run over ``servers`` servers."""

    def __init__(self, url: str, count: int, servers: int) -> None:
        self._url, self._count, self._servers = url, count, servers
        self._prefix = prefix_of(settings.BACKEND_PREFIX_ID)
        self._bus = AmqpBus(url, self._prefix)
        self._offload = Threads(readers=1, writers=1, callers=1, around=with_connection)
        self._next_job = 1

    async def fill(self) -> None:
        """Put a run's messages into the queue."""
        consumer = await self._bus.consumer([CLUSTER])
        await consumer.close()
        publisher = await self._bus.publisher()
        key = topology.routing_key(self._prefix, "op", CLUSTER)
        batch = list(messages.bodies(self._count, self._servers, self._next_job))
        self._next_job += self._count
        for start in range(0, len(batch), 500):
            await asyncio.gather(*[publisher.publish(key, body) for body in batch[start : start + 500]])
        await publisher.close()

    async def dispatcher(self) -> float:
        """Seconds from the first message taken to the last one committed."""
        before = _applied()
        batches = Batches(self._bus, self._offload, limit=500, prefetch=PREFETCH)
        started = time.perf_counter()
        running = asyncio.create_task(batches.run())
        try:
            while _applied() < before + self._count:
                await asyncio.sleep(LOOK)
            return time.perf_counter() - started
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def raw(self) -> float:
        """The same for a consumer that only acknowledges."""
        async with self._queue() as queue:
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            seen = 0

            async def take(message: aio_pika.abc.AbstractIncomingMessage) -> None:
                nonlocal seen
                seen += 1
                if seen % EVERY == 0 or seen == self._count:
                    await message.ack(multiple=True)
                if seen == self._count and not done.done():
                    done.set_result(None)

            started = time.perf_counter()
            await queue.consume(take)
            await done
            return time.perf_counter() - started

    @asynccontextmanager
    async def _queue(self) -> AsyncIterator[aio_pika.abc.AbstractQueue]:
        connection = await aio_pika.connect(self._url)
        async with connection:
            channel = await connection.channel()
            await channel.set_qos(prefetch_count=PREFETCH)
            yield await channel.get_queue(topology.queue_name(self._prefix, CLUSTER))

    def close(self) -> None:
        self._offload.close()


def _applied() -> float:
    """Messages this process has applied and committed."""
    return REGISTRY.get_sample_value("synnefo_messages_total", {"outcome": "applied"}) or 0.0


async def measure(url: str, *, count: int, servers: int, runs: int) -> tuple[list[float], list[float]]:
    """Events a second of the dispatcher and of the raw consumer, ``runs`` of each, one after the other."""
    bench = Bench(url, count, servers)
    ours, peers = [], []
    try:
        for _ in range(runs):
            await bench.fill()
            peers.append(count / await bench.raw())
            await bench.fill()
            ours.append(count / await bench.dispatcher())
    finally:
        bench.close()
    return ours, peers
