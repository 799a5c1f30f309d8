"""Messages put into the queues that the programs consume from: confirmed, persistent, quorum queues on every side."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import aio_pika
import msgspec

from logic import clock
from logic.bus import topology
from logic.bus.amqp import AmqpBus
from logic.messages import codec
from logic.messages.observations import JobChanged
from synnefo.bench.messages import Load
from synnefo.bench.names import BARE, CLUSTERS, PLAIN, TASK, cluster
from synnefo.bench.site import Cloud
from synnefo.testing.processes import Daemon, until

DISPATCHER, STARTED = ["manage.py", "dispatcher"], "dispatcher.started"
AT_ONCE = 500  # publishes under way


async def declare(url: str, prefix: str) -> None:
    """The dispatchers' queues, as they declare them, and the peers'."""
    bus = AmqpBus(url, prefix)
    await bus.consumer([cluster(place) for place in range(CLUSTERS)])
    await bus.close()
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        await channel.declare_queue(PLAIN, durable=True, arguments={"x-queue-type": "quorum"})


@contextlib.contextmanager
def dispatching(cloud: Cloud, url: str, processes: int) -> Iterator[list[Daemon]]:
    """So many dispatchers of a cloud, each of which consumes from every queue."""
    asyncio.run(declare(url, cloud.prefix))
    with contextlib.ExitStack() as stack:
        daemons = [
            stack.enter_context(cloud.running(f"dispatcher-{cloud.take_jobs(1)}", DISPATCHER, STARTED))
            for _ in range(processes)
        ]

        def connected() -> bool:
            return asyncio.run(listeners(url, cloud.prefix)) == processes * CLUSTERS

        until(connected, within=60.0, what="consumers on all queues")  # started is not yet connected
        yield daemons


@contextlib.contextmanager
def updating(cloud: Cloud, url: str) -> Iterator[None]:
    """The peer that makes an UPDATE of each message published for ``BARE``. After :func:`dispatching`, which declares."""
    asyncio.run(_bind(url, cloud.prefix))
    with cloud.running("bare-update", ["-m", "synnefo.bench.bare_update"], "consuming"):
        yield


async def _bind(url: str, prefix: str) -> None:
    async with await aio_pika.connect(url) as connection:
        queue = await (await connection.channel()).get_queue(PLAIN)
        await queue.bind(topology.EXCHANGE, topology.routing_key(prefix, "op", BARE))


async def listeners(url: str, prefix: str) -> int:
    """How many consumers the dispatchers' queues have, all together."""
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        queues = [topology.queue_name(prefix, cluster(place)) for place in range(CLUSTERS)]
        found = [await channel.declare_queue(queue, passive=True) for queue in queues]
        return sum(queue.declaration_result.consumer_count or 0 for queue in found)


async def for_dispatchers(url: str, load: Load) -> None:
    """Each message under its cluster's routing key."""
    bus = AmqpBus(url, load.prefix)
    publisher = await bus.publisher()

    async def publish(one: JobChanged) -> None:
        await publisher.publish(topology.routing_key(load.prefix, "op", one.cluster), codec.encode(one))

    await _all(publish, list(load))
    await bus.close()


async def for_raw(url: str, load: Load) -> None:
    """The same bodies in one queue."""
    await _plain(url, [aio_pika.Message(codec.encode(one)) for one in load])


async def for_celery(url: str, load: Load) -> None:
    """Calls of the peer's task."""
    await _plain(url, [_called(one) for one in load])


async def _plain(url: str, messages: Sequence[aio_pika.Message]) -> None:
    async with await aio_pika.connect(url) as connection:
        exchange = (await connection.channel()).default_exchange

        async def publish(message: aio_pika.Message) -> None:
            message.delivery_mode = aio_pika.DeliveryMode.PERSISTENT
            await exchange.publish(message, routing_key=PLAIN)

        await _all(publish, messages)


async def _all(publish: Callable[[Any], Any], messages: Sequence[Any]) -> None:
    for start in range(0, len(messages), AT_ONCE):
        await asyncio.gather(*[publish(one) for one in messages[start : start + AT_ONCE]])


def _called(one: JobChanged) -> aio_pika.Message:
    """As Celery's protocol 2 says it."""
    id = str(clock.new_uuid())
    headers: dict[str, Any] = {
        "lang": "py",
        "task": TASK,
        "id": id,
        "root_id": id,
        "retries": 0,
        "timelimit": [None, None],
    }
    body = msgspec.json.encode([[msgspec.to_builtins(one)], {}, {"callbacks": None, "errbacks": None}])
    return aio_pika.Message(
        body, headers=headers, content_type="application/json", content_encoding="utf-8", correlation_id=id
    )
