"""One queue's way to a consumer: a channel of its own, so that its tags are one contiguous row, and what has arrived.

``logic.bus.Lane`` on RabbitMQ; ``amqp`` makes one a queue.
"""

import asyncio
from collections import deque
from typing import Final

from aiormq.abc import AbstractChannel, DeliveredMessage

from logic.bus import Message, topology
from logic.bus.session import Session

ACKNOWLEDGE_TIMEOUT: Final = 10.0  # seconds


class QueueLane:
    """``queue`` is also the consumer's tag; without a ``cluster`` it holds what the broker gave up."""

    def __init__(self, session: Session, queue: str, cluster: str) -> None:
        self.cluster, self.queue, self._session = cluster, queue, session
        self._arrived: deque[Message] = deque()
        self._news = asyncio.Event()
        self._acknowledged = 0
        self._channel: AbstractChannel

    async def listen(self, prefetch: int) -> None:
        """Have the queue's messages delivered here, at most so many that are not acknowledged."""
        self._channel = await self._session.open_channel()
        self._session.on_end.append(self._news.set)
        self._session.sieve.want(self._channel.number, self._deliver)
        self._channel.on_consumer_cancel_callbacks.add(self._cancelled)
        await self._channel.basic_qos(prefetch_count=prefetch)
        await self._channel.basic_consume(self.queue, _past_the_sieve, consumer_tag=self.queue)

    def _deliver(self, tag: int, redelivered: bool, routing_key: str, body: bytes) -> None:
        self._arrived.append(
            Message(
                body=body,
                routing_key=routing_key,
                cluster=topology.cluster_of(routing_key),
                tag=tag,
                redelivered=redelivered,
                dead=not self.cluster,
            )
        )
        self._news.set()

    async def _cancelled(self, frame: object) -> None:
        self._session.end(f"the broker cancelled {getattr(frame, 'consumer_tag', 'a consumer')}; is its queue gone?")

    async def arrived(self) -> None:
        self._session.check()
        while not self._arrived:
            self._news.clear()
            await self._news.wait()
            self._session.check()

    def take(self, limit: int) -> list[Message]:
        return [self._arrived.popleft() for _ in range(min(limit, len(self._arrived)))]

    async def acknowledge(self, up_to: Message) -> None:
        self._session.check()
        if up_to.tag > self._acknowledged:
            async with self._session.doing("acknowledging", ACKNOWLEDGE_TIMEOUT):
                await self._channel.basic_ack(up_to.tag, multiple=True)
            self._acknowledged = up_to.tag


async def _past_the_sieve(message: DeliveredMessage) -> None:
    """Never called: the sieve has the deliveries of this channel."""
    raise AssertionError(f"a delivery has gone past the sieve: {message.delivery_tag}")
