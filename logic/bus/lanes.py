"""One queue's way to a consumer: a channel of its own, so that its tags are one contiguous row, and what has arrived.

Part of ``amqp``: a consumer has one lane a queue and takes of them in turn (``fairness``).
"""

from collections import deque
from typing import Final

from aiormq.abc import AbstractChannel, DeliveredMessage

from logic.bus import Message, topology
from logic.bus.session import Session

ACKNOWLEDGE_TIMEOUT: Final = 10.0  # seconds


class Lane:
    """``queue`` is also the consumer's tag; ``dead`` when it holds what the broker gave up."""

    def __init__(self, session: Session, queue: str, *, dead: bool = False) -> None:
        self._session, self._queue, self._dead = session, queue, dead
        self._arrived: deque[DeliveredMessage] = deque()
        self._acknowledged = 0
        self._channel: AbstractChannel

    async def listen(self, prefetch: int) -> None:
        """Have the queue's messages delivered here, at most so many that are not acknowledged."""
        self._channel = await self._session.open_channel()
        self._channel.on_consumer_cancel_callbacks.add(self._cancelled)
        await self._channel.basic_qos(prefetch_count=prefetch)
        await self._channel.basic_consume(self._queue, self._deliver, consumer_tag=self._queue)

    async def _deliver(self, message: DeliveredMessage) -> None:
        self._arrived.append(message)
        self._session.news.set()

    async def _cancelled(self, frame: object) -> None:
        self._session.end(f"the broker cancelled {getattr(frame, 'consumer_tag', 'a consumer')}; is its queue gone?")

    def __len__(self) -> int:
        return len(self._arrived)

    def take(self, count: int) -> list[Message]:
        """The oldest so many of what has arrived."""
        return [self._message(self._arrived.popleft()) for _ in range(count)]

    def _message(self, delivered: DeliveredMessage) -> Message:
        routing_key = delivered.routing_key or ""
        return Message(
            body=delivered.body,
            routing_key=routing_key,
            cluster=topology.cluster_of(routing_key),
            tag=delivered.delivery_tag or 0,
            redelivered=bool(delivered.redelivered),
            dead=self._dead,
            queue=self._queue,
        )

    async def acknowledge(self, tag: int) -> None:
        """Everything up to this tag; what was acknowledged before is left alone."""
        if tag > self._acknowledged:
            async with self._session.doing("acknowledging", ACKNOWLEDGE_TIMEOUT):
                await self._channel.basic_ack(tag, multiple=True)
            self._acknowledged = tag
