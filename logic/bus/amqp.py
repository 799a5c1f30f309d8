"""RabbitMQ, on aio-pika's plain connection: nothing is repaired behind our back.

Robust mode hides failures, so it is not used: any trouble ends the session with :class:`BusDown`, and the caller makes a
new one. Publishers and consumers have a session each (``session``), so that a publisher the broker holds back does not hold
back a consumer. Names and arguments are in ``topology``; both sides declare what they need and may.
"""

from collections.abc import Sequence
from typing import Final

from aiormq.abc import AbstractChannel
from aiormq.exceptions import ChannelAccessRefused, ChannelNotFoundEntity, PublishError
from pamqp import commands as spec

from logic import clock
from logic.bus import BusDown, Unroutable, topology
from logic.bus.lanes import QueueLane
from logic.bus.session import Host, Session

COUNT_TIMEOUT: Final = 5.0
PERSISTENT: Final = 2


class AmqpBus:
    """``logic.bus.Bus``. ``urls``: ``amqp://user:password@host:port/vhost``, or ``amqps://`` (the server is verified, by
    the system's authorities or those of ``?cafile=``; ``certfile`` and ``keyfile`` present our own certificate). Several
    are tried in an order that chance decides. ``prefix`` as in the routing keys. Raises ``ValueError`` for a URL that
    cannot be one; no password is in its text, nor in any other."""

    def __init__(self, urls: str | Sequence[str], prefix: str) -> None:
        self._hosts = [Host(url) for url in ([urls] if isinstance(urls, str) else urls)]
        if not self._hosts:
            raise ValueError("no broker is configured")
        self._prefix = prefix
        self._sessions: list[Session] = []

    def __repr__(self) -> str:
        return f"AmqpBus({self._prefix!r} at {', '.join(map(str, self._hosts))})"

    async def publisher(self) -> "AmqpPublisher":
        """Raises :class:`BusDown`; :class:`Unroutable` when there is no exchange yet and we may not make one."""
        session = await self._session("publisher")
        async with session.being_set_up():
            await _find_exchange(session)
            return AmqpPublisher(session)

    async def consumer(self, clusters: list[str], *, prefetch: int = 1000) -> "AmqpConsumer":
        """``prefetch`` is each queue's own: a noisy cluster takes no room from a quiet one."""
        session = await self._session("consumer")
        async with session.being_set_up():
            consumer = AmqpConsumer(session)
            await _declare_exchange(session.channel, topology.EXCHANGE)
            await _declare_exchange(session.channel, topology.DEAD_EXCHANGE)
            await consumer.listen(await _declare_dead_queue(session.channel, self._prefix), "", prefetch)
            for cluster in dict.fromkeys(clusters):
                queue = await _declare_queue(session.channel, self._prefix, cluster)
                await consumer.listen(queue, cluster, prefetch)
            return consumer

    async def _session(self, role: str) -> Session:
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

    def __init__(self, session: Session) -> None:
        self._session = session

    async def publish(self, routing_key: str, body: bytes, *, timeout: float = 10.0) -> None:
        properties = spec.Basic.Properties(
            delivery_mode=PERSISTENT,
            content_type="application/json",
            message_id=clock.new_uuid().hex,  # a returned message is known again by it
            user_id=self._session.user or None,  # the broker refuses a name that is not ours
        )
        async with self._session.doing("publishing", timeout):
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

    def check(self) -> None:
        self._session.check()

    async def close(self) -> None:
        await self._session.close()


class AmqpConsumer:
    """``logic.bus.Consumer``: a lane a queue."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.lanes: list[QueueLane] = []

    async def listen(self, queue: str, cluster: str, prefetch: int) -> None:
        """Have this queue's messages delivered here; those given up have no cluster."""
        lane = QueueLane(self._session, queue, cluster)
        await lane.listen(prefetch)
        self.lanes.append(lane)

    async def waiting(self) -> dict[str, int]:
        """On a channel of its own, which a queue that is gone would close."""
        async with self._session.doing("counting", COUNT_TIMEOUT):
            channel = await self._session.new_channel()
            try:
                found = {lane.cluster: await channel.queue_declare(lane.queue, passive=True) for lane in self.lanes}
            finally:
                await channel.close()
        return {cluster: declared.message_count or 0 for cluster, declared in found.items()}

    async def close(self) -> None:
        await self._session.close()


async def _find_exchange(session: Session) -> None:
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
