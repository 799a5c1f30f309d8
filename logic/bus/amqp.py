"""RabbitMQ, on aio-pika's plain connection: nothing is repaired behind our back.

Robust mode hides failures, so it is not used: any trouble ends the session with :class:`BusDown`, and the caller makes a
new one. Every wait has a bound. The topology is in ``topology``; both sides declare what they need of it, so the order
of starting does not matter.
"""

import asyncio
import contextlib
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import aio_pika
import aiormq
from aio_pika.abc import AbstractChannel, AbstractConnection
from aiormq.abc import AbstractChannel as Underlay
from aiormq.abc import DeliveredMessage
from pamqp import commands as spec

from logic import clock
from logic.bus import BusDown, Message, Unroutable, topology

T = TypeVar("T")
TIMEOUT = 10.0  # seconds an operation other than a publish may take
HEARTBEAT = 10
PERSISTENT = 2
_TROUBLE = (OSError, asyncio.TimeoutError, aiormq.exceptions.AMQPError, aiormq.exceptions.AMQPException, RuntimeError)


async def bounded(work: Awaitable[T], timeout: float = TIMEOUT) -> T:
    """The result, in time. Raises :class:`BusDown` for whatever goes wrong; no password is in its text."""
    try:
        async with asyncio.timeout(timeout):
            return await work
    except _TROUBLE as error:
        raise BusDown(f"{type(error).__name__} from the broker") from None


class AmqpBus:
    """``logic.bus.Bus``. ``urls`` of one or more hosts (``amqp://user:password@host/vhost``), tried in an order that
    chance decides; ``prefix`` as in the routing keys."""

    def __init__(self, urls: str | Sequence[str], prefix: str) -> None:
        self._urls = [urls] if isinstance(urls, str) else list(urls)
        self._prefix = prefix

    def __repr__(self) -> str:
        return f"AmqpBus({self._prefix}, {len(self._urls)} hosts)"

    async def publisher(self) -> "AmqpPublisher":
        connection = await self._connect()
        channel = await bounded(connection.channel(publisher_confirms=True, on_return_raises=False))
        underlay = await bounded(channel.get_underlay_channel())
        await bounded(declare_exchanges(underlay))
        return AmqpPublisher(connection, underlay)

    async def consumer(self, clusters: list[str], *, prefetch: int = 1000) -> "AmqpConsumer":
        connection = await self._connect()
        try:
            return await self._consuming(connection, clusters, prefetch)
        except BusDown:
            await _close(connection)
            raise

    async def _consuming(self, connection: AbstractConnection, clusters: list[str], prefetch: int) -> "AmqpConsumer":
        channel = await bounded(connection.channel(publisher_confirms=False))
        underlay = await bounded(channel.get_underlay_channel())
        await bounded(declare_exchanges(underlay))
        await bounded(underlay.basic_qos(prefetch_count=prefetch, global_=False))
        consumer = AmqpConsumer(connection, channel, underlay)
        for cluster in clusters:
            await bounded(declare_queue(underlay, self._prefix, cluster))
            await consumer.listen(topology.queue_name(self._prefix, cluster), dead=False)
        await bounded(declare_dead_queue(underlay, self._prefix))
        await consumer.listen(topology.dead_queue_name(self._prefix), dead=True)
        return consumer

    async def _connect(self) -> AbstractConnection:
        problem = BusDown("no broker is configured")
        for url in sorted(self._urls, key=lambda _: clock.jitter(0, 1)):
            try:
                return await bounded(aio_pika.connect(url, heartbeat=HEARTBEAT, timeout=TIMEOUT))
            except BusDown as error:
                problem = error
            except (ssl.SSLError, ValueError) as error:
                problem = BusDown(f"{type(error).__name__} while connecting to the broker")
        raise problem

    async def close(self) -> None:
        """Sessions are closed one by one."""


async def declare_exchanges(channel: Underlay) -> None:
    """The topic exchange of events and the one for dead letters."""
    for name in (topology.EXCHANGE, topology.DEAD_EXCHANGE):
        await channel.exchange_declare(name, exchange_type="topic", durable=True)


async def declare_queue(channel: Underlay, prefix: str, cluster: str) -> None:
    """A cluster's quorum queue, bound to its keys."""
    name = topology.queue_name(prefix, cluster)
    await channel.queue_declare(name, durable=True, arguments=dict(topology.queue_arguments()))
    await channel.queue_bind(name, topology.EXCHANGE, routing_key=topology.queue_binding(prefix, cluster))


async def declare_dead_queue(channel: Underlay, prefix: str) -> None:
    """Where the broker puts what was delivered too often."""
    name = topology.dead_queue_name(prefix)
    await channel.queue_declare(name, durable=True, arguments=dict(topology.dead_queue_arguments()))
    await channel.queue_bind(name, topology.DEAD_EXCHANGE, routing_key=f"ganeti.{prefix}.#")


async def _close(connection: AbstractConnection) -> None:
    with contextlib.suppress(BusDown):
        await bounded(connection.close())


class AmqpPublisher:
    """``logic.bus.Publisher``: confirmed, mandatory, persistent, each within its time. Several may be under way."""

    def __init__(self, connection: AbstractConnection, channel: Underlay) -> None:
        self._connection, self._channel = connection, channel
        self._properties = spec.Basic.Properties(delivery_mode=PERSISTENT, content_type="application/json")

    async def publish(self, routing_key: str, body: bytes, *, timeout: float = 10.0) -> None:
        sending = self._channel.basic_publish(
            body, exchange=topology.EXCHANGE, routing_key=routing_key, properties=self._properties, mandatory=True
        )
        answer = await bounded(sending, timeout)
        if isinstance(answer, DeliveredMessage):
            raise Unroutable(f"no queue is bound for {routing_key}: start a dispatcher")
        if not isinstance(answer, spec.Basic.Ack):
            raise BusDown("the broker did not take the message")

    async def close(self) -> None:
        await _close(self._connection)


class AmqpConsumer:
    """``logic.bus.Consumer``: all queues on one channel, so that tags are one contiguous row."""

    def __init__(self, connection: AbstractConnection, channel: AbstractChannel, underlay: Underlay) -> None:
        self._connection, self._underlay = connection, underlay
        self._ready: deque[Message] = deque()
        self._changed = asyncio.Event()
        self._lost = ""
        channel.close_callbacks.add(self._on_close)
        connection.close_callbacks.add(self._on_close)
        underlay.on_consumer_cancel_callbacks.add(self._on_cancel)

    async def listen(self, queue: str, *, dead: bool) -> None:
        """Have this queue's messages delivered here."""
        await bounded(self._underlay.basic_consume(queue, self._callback(dead=dead)))

    def _callback(self, *, dead: bool) -> Callable[[DeliveredMessage], Any]:
        async def arrived(message: DeliveredMessage) -> None:
            delivery = message.delivery
            if not isinstance(delivery, spec.Basic.Deliver) or delivery.delivery_tag is None:
                return
            key = delivery.routing_key or ""
            self._ready.append(
                Message(
                    body=message.body,
                    routing_key=key,
                    cluster=topology.cluster_of(key),
                    tag=delivery.delivery_tag,
                    redelivered=bool(delivery.redelivered),
                    dead=dead,
                )
            )
            self._changed.set()

        return arrived

    def _on_close(self, *_: Any) -> None:
        self._end("the connection to the broker is closed")

    async def _on_cancel(self, _: Any) -> None:
        self._end("the broker has cancelled a consumer")

    def _end(self, why: str) -> None:
        self._lost = self._lost or why
        self._changed.set()

    async def take(self, limit: int) -> list[Message]:
        while not self._ready or self._lost:
            if self._lost:
                raise BusDown(self._lost)
            self._changed.clear()
            await self._changed.wait()
        return [self._ready.popleft() for _ in range(min(limit, len(self._ready)))]

    async def acknowledge(self, up_to: Message) -> None:
        if self._lost:
            raise BusDown(self._lost)
        await bounded(self._underlay.basic_ack(up_to.tag, multiple=True, wait=False))

    async def close(self) -> None:
        self._end("this session is closed")
        await _close(self._connection)
