"""RabbitMQ, on aio-pika's plain connection: nothing is repaired behind our back.

Robust mode hides failures, so it is not used: any trouble ends the session with :class:`BusDown`, and the caller makes a
new one. Every wait has a bound. A session is a connection of its own with one channel, so that a publisher the broker
holds back does not hold back a consumer. Below aio-pika's connection its channel layer, aiormq, is used directly: it costs
half as much a message. Names and arguments are in ``topology``; both sides declare what they need and may.
"""

import asyncio
import contextlib
import ssl
from collections import deque
from collections.abc import AsyncIterator, Sequence
from typing import Final
from urllib.parse import SplitResult, parse_qs, urlsplit

import aio_pika
from aiormq.abc import AbstractChannel, DeliveredMessage
from aiormq.exceptions import ChannelAccessRefused, ChannelNotFoundEntity, PublishError
from pamqp import commands as spec

from logic import clock
from logic.bus import BusDown, Message, Unroutable, topology

CONNECT_TIMEOUT: Final = 5.0  # seconds a host gets to accept us
SETUP_TIMEOUT: Final = 30.0  # for all declarations of a session together
ACKNOWLEDGE_TIMEOUT: Final = 10.0
CLOSE_TIMEOUT: Final = 5.0
HEARTBEAT: Final = 10  # seconds; aiormq gives a silent broker up after three
PERSISTENT: Final = 2
FRAMES: Final = 512  # frames read ahead of the consumer; three make a message
TLS_FILES: Final = frozenset({"cafile", "certfile", "keyfile"})


class AmqpBus:
    """``logic.bus.Bus``. ``urls``: ``amqp://user:password@host:port/vhost``, or ``amqps://`` (the server is verified, by
    the system's authorities or those of ``?cafile=``; ``certfile`` and ``keyfile`` present our own certificate). Several
    are tried in an order that chance decides. ``prefix`` as in the routing keys. Raises ``ValueError`` for a URL that
    cannot be one; no password is in its text, nor in any other."""

    def __init__(self, urls: str | Sequence[str], prefix: str) -> None:
        self._hosts = [_Host(url) for url in ([urls] if isinstance(urls, str) else urls)]
        if not self._hosts:
            raise ValueError("no broker is configured")
        self._prefix = prefix
        self._sessions: list[_Session] = []

    def __repr__(self) -> str:
        return f"AmqpBus({self._prefix!r} at {', '.join(map(str, self._hosts))})"

    async def publisher(self) -> "AmqpPublisher":
        """Raises :class:`BusDown`; :class:`Unroutable` when there is no exchange yet and we may not make one."""
        session = await self._session("publisher")
        async with session.being_set_up():
            await _find_exchange(session)
            return AmqpPublisher(session)

    async def consumer(self, clusters: list[str], *, prefetch: int = 1000) -> "AmqpConsumer":
        """``prefetch`` is shared out among the queues, since quorum queues count it for each."""
        session = await self._session("consumer")
        async with session.being_set_up():
            consumer = AmqpConsumer(session, dead_queue=topology.dead_queue_name(self._prefix))
            await _declare_exchange(session.channel, topology.EXCHANGE)
            await _declare_exchange(session.channel, topology.DEAD_EXCHANGE)
            queues = [await _declare_dead_queue(session.channel, self._prefix)]
            queues += [await _declare_queue(session.channel, self._prefix, one) for one in dict.fromkeys(clusters)]
            await session.channel.basic_qos(prefetch_count=max(1, prefetch // len(queues)))
            for queue in queues:
                await consumer.listen(queue)
            return consumer

    async def _session(self, role: str) -> "_Session":
        problems = []
        for host in sorted(self._hosts, key=lambda _: clock.jitter(0, 1)):
            try:
                session = await host.connect(f"synnefo {self._prefix} {role}")
            except BusDown as error:
                problems.append(str(error))
            else:
                self._sessions = [session, *(one for one in self._sessions if not one.closed)]
                return session
        raise BusDown("; ".join(problems))

    async def close(self) -> None:
        """Ends the sessions that are still open."""
        for session in self._sessions:
            await session.close()


class AmqpPublisher:
    """``logic.bus.Publisher``: confirmed, mandatory, persistent, each within its time. Several may be under way."""

    def __init__(self, session: "_Session") -> None:
        self._session = session

    async def publish(self, routing_key: str, body: bytes, *, timeout: float = 10.0) -> None:
        properties = spec.Basic.Properties(
            delivery_mode=PERSISTENT,
            content_type="application/json",
            message_id=clock.new_uuid().hex,  # a returned message is known again by it
            user_id=self._session.user or None,  # the broker refuses a name that is not ours
        )
        async with self._session.bounded(timeout, "publishing"):
            try:
                await self._session.channel.basic_publish(
                    body,
                    exchange=topology.EXCHANGE,
                    routing_key=routing_key,
                    properties=properties,
                    mandatory=True,
                )
            except PublishError:
                raise Unroutable(f"no queue is bound for {routing_key}: start a dispatcher") from None

    async def close(self) -> None:
        await self._session.close()


class AmqpConsumer:
    """``logic.bus.Consumer``: all queues on one channel, so that tags are one contiguous row."""

    def __init__(self, session: "_Session", dead_queue: str) -> None:
        self._session, self._dead_queue = session, dead_queue
        self._arrived: deque[DeliveredMessage] = deque()
        self._acknowledged = 0
        session.channel.on_consumer_cancel_callbacks.add(self._cancelled)

    async def listen(self, queue: str) -> None:
        """Have this queue's messages delivered here; its name is the consumer's tag."""
        await self._session.channel.basic_consume(queue, self._deliver, consumer_tag=queue)

    async def _deliver(self, message: DeliveredMessage) -> None:
        self._arrived.append(message)
        self._session.news.set()

    async def _cancelled(self, frame: object) -> None:
        self._session.end(f"the broker cancelled {getattr(frame, 'consumer_tag', 'a consumer')}; is its queue gone?")

    async def take(self, limit: int) -> list[Message]:
        self._session.check()
        while not self._arrived:
            self._session.news.clear()
            await self._session.news.wait()
            self._session.check()
        return [self._message(self._arrived.popleft()) for _ in range(min(limit, len(self._arrived)))]

    def _message(self, delivered: DeliveredMessage) -> Message:
        routing_key = delivered.routing_key or ""
        return Message(
            body=delivered.body,
            routing_key=routing_key,
            cluster=topology.cluster_of(routing_key),
            tag=delivered.delivery_tag or 0,
            redelivered=bool(delivered.redelivered),
            dead=delivered.consumer_tag == self._dead_queue,
        )

    async def acknowledge(self, up_to: Message) -> None:
        self._session.check()
        if up_to.tag > self._acknowledged:
            async with self._session.bounded(ACKNOWLEDGE_TIMEOUT, "acknowledging"):
                await self._session.channel.basic_ack(up_to.tag, multiple=True)
            self._acknowledged = up_to.tag

    async def close(self) -> None:
        await self._session.close()


class _Host:
    """One broker to connect to. Prints as ``host:port``."""

    def __init__(self, url: str) -> None:
        try:
            self._url, parts = url, urlsplit(url)
            self._name = f"{parts.hostname}:{parts.port or (5671 if parts.scheme == 'amqps' else 5672)}"
        except ValueError:
            raise ValueError("the broker's URL is malformed: amqp://user:password@host:port/vhost") from None
        if parts.scheme not in ("amqp", "amqps") or not parts.hostname:
            raise ValueError("the broker's URL must be amqp://user:password@host:port/vhost, or amqps://")
        if unknown := parse_qs(parts.query).keys() - TLS_FILES:
            raise ValueError(f"the broker's URL has unknown parameters: {', '.join(sorted(unknown))}")
        self._parts = parts

    def __str__(self) -> str:
        return self._name

    async def connect(self, name: str) -> "_Session":
        """A new session. Raises :class:`BusDown`."""
        async with _bounded(CONNECT_TIMEOUT, f"connecting to {self}"):
            connection = await aio_pika.connect(
                self._url,
                heartbeat=HEARTBEAT,
                ssl_context=_tls(self._parts) if self._parts.scheme == "amqps" else None,
                client_properties={"connection_name": name},
                timeout=CONNECT_TIMEOUT,
            )
        session = _Session(connection, self._parts.username or "")
        async with session.being_set_up():
            await session.open_channel()
        return session


class _Session:
    """A connection with its channel. ``news`` rings when something arrived and when it is over."""

    channel: AbstractChannel

    def __init__(self, connection: aio_pika.abc.AbstractConnection, user: str) -> None:
        self._connection, self.user = connection, user
        self._over, self.closed = "", False
        self.news = asyncio.Event()

    async def new_channel(self) -> AbstractChannel:
        """One more; the session does not end with it."""
        transport = self._connection.transport
        if transport is None:
            raise BusDown("the connection to the broker is closed")
        return await transport.connection.channel(frame_buffer_size=FRAMES)

    async def open_channel(self) -> None:
        """The session's own: it ends with it."""
        self.channel = await self.new_channel()
        self.channel.closing.add_done_callback(self._closed)

    def _closed(self, closing: "asyncio.Future[object]") -> None:
        reason = None if closing.cancelled() else closing.exception()
        self.end(f"the broker closed the session: {reason!r}")

    def end(self, why: str) -> None:
        """From now on every call raises :class:`BusDown` with the first reason given."""
        self._over = self._over or why
        self.news.set()

    def check(self) -> None:
        """Raises :class:`BusDown` when it is over."""
        if self._over:
            raise BusDown(self._over)

    @contextlib.asynccontextmanager
    async def bounded(self, timeout: float, doing: str) -> AsyncIterator[None]:
        """Raises :class:`BusDown` for whatever goes wrong, and after ``timeout`` seconds."""
        self.check()
        async with _bounded(timeout, doing):
            yield

    @contextlib.asynccontextmanager
    async def being_set_up(self) -> AsyncIterator[None]:
        """Closed again unless all of the block succeeds."""
        try:
            async with _bounded(SETUP_TIMEOUT, "setting up"):
                yield
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        self.closed = True
        self.end("this session is closed")
        with contextlib.suppress(BusDown):
            async with _bounded(CLOSE_TIMEOUT, "closing"):
                await self._connection.close()


@contextlib.asynccontextmanager
async def _bounded(timeout: float, doing: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(timeout):
            yield
    except (BusDown, Unroutable):
        raise
    except TimeoutError:
        raise BusDown(f"{doing}: not within {timeout:g} s") from None
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise BusDown(f"{doing}: the connection was lost") from None  # aiormq cancels what waits on a dead connection
    except Exception as error:
        raise BusDown(f"{doing}: {type(error).__name__}: {error}") from error


def _tls(parts: SplitResult) -> ssl.SSLContext:
    files = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    context = ssl.create_default_context(cafile=files.get("cafile"))
    if "certfile" in files:
        context.load_cert_chain(files["certfile"], files.get("keyfile"))
    return context


async def _find_exchange(session: _Session) -> None:
    """There, or made by us. Asking needs no permission to declare, which an event daemon does not have; a no closes the
    channel it was asked on, so that is one of its own."""
    probe = await session.new_channel()
    try:
        await probe.exchange_declare(topology.EXCHANGE, passive=True)
        await probe.close()
    except ChannelNotFoundEntity:
        try:
            await _declare_exchange(session.channel, topology.EXCHANGE)
        except ChannelAccessRefused:
            raise Unroutable(f"there is no exchange {topology.EXCHANGE} yet: start a dispatcher") from None


async def _declare_exchange(channel: AbstractChannel, name: str) -> None:
    await channel.exchange_declare(name, exchange_type="topic", durable=True)


async def _declare_queue(channel: AbstractChannel, prefix: str, cluster: str) -> str:
    name = topology.queue_name(prefix, cluster)
    await channel.queue_declare(name, durable=True, arguments=dict(topology.queue_arguments()))
    await channel.queue_bind(name, topology.EXCHANGE, routing_key=topology.queue_binding(prefix, cluster))
    return name


async def _declare_dead_queue(channel: AbstractChannel, prefix: str) -> str:
    name = topology.dead_queue_name(prefix)
    await channel.queue_declare(name, durable=True, arguments=dict(topology.dead_queue_arguments()))
    await channel.queue_bind(name, topology.DEAD_EXCHANGE, routing_key=topology.dead_binding(prefix))
    return name
