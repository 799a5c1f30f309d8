"""The bus in one process: the embedded cloud's, and the simulation's with a :class:`Mischief`.

As on the broker, what is published is kept until it is acknowledged, and comes again when a consumer goes away without
having acknowledged it. It lives no longer than the process; what was on it then, the event daemon's rescan and reconcile
make good. Bounded: a publisher waits while a queue is full.
"""

import asyncio
from collections import deque
from typing import Protocol

import msgspec

from logic.bus import BusDown, Message, Unroutable
from logic.bus.topology import cluster_of

CAPACITY = 100_000  # messages a cluster


class Mischief(Protocol):
    """What a faulty network does to a message: the bodies to deliver instead, each after so many seconds."""

    def __call__(self, routing_key: str, body: bytes) -> list[tuple[float, bytes]]: ...


class _Queue:
    """One cluster's queue, and who waits for it to fill or to drain."""

    def __init__(self) -> None:
        self.ready: deque[Message] = deque()
        self.room = asyncio.Event()
        self.room.set()

    def put(self, message: Message, *, first: bool = False) -> None:
        self.ready.appendleft(message) if first else self.ready.append(message)
        if len(self.ready) >= CAPACITY:
            self.room.clear()


class MemoryBus:
    """``logic.bus.Bus``. ``prefix`` as on the broker; ``down`` makes every call fail until it is set back."""

    def __init__(self, prefix: str, *, mischief: Mischief | None = None) -> None:
        self.prefix, self._mischief = prefix, mischief
        self.down = False
        self._queues: dict[str, _Queue] = {}
        self._arrived = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Messages that nobody has taken."""
        return sum(len(queue.ready) for queue in self._queues.values())

    async def publisher(self) -> "MemoryPublisher":
        self.check()
        return MemoryPublisher(self)

    async def consumer(self, clusters: list[str], *, prefetch: int = 1000) -> "MemoryConsumer":
        self.check()
        for cluster in clusters:
            self._queues.setdefault(cluster, _Queue())
        return MemoryConsumer(self, clusters, prefetch)

    async def close(self) -> None:
        self._queues.clear()

    def check(self) -> None:
        if self.down:
            raise BusDown("the bus is down")

    async def deliver(self, routing_key: str, body: bytes, timeout: float) -> None:
        """Put a message into its queue, or what mischief makes of it."""
        self.check()
        cluster = cluster_of(routing_key)
        queue = self._queues.get(cluster)
        if queue is None:
            raise Unroutable(f"no queue for {routing_key}")
        try:
            async with asyncio.timeout(timeout):
                await queue.room.wait()
        except TimeoutError:
            raise BusDown(f"the queue of {cluster} is full") from None
        message = Message(body=body, routing_key=routing_key, cluster=cluster, tag=0)
        for delay, changed in self._mischief(routing_key, body) if self._mischief else [(0.0, body)]:
            arriving = msgspec.structs.replace(message, body=changed)
            if delay:
                asyncio.get_running_loop().call_later(delay, self._arrive, queue, arriving)
            else:
                self._arrive(queue, arriving)

    def _arrive(self, queue: _Queue, message: Message) -> None:
        queue.put(message)
        self._arrived.set()

    def take(self, clusters: list[str], limit: int) -> list[Message]:
        """Ready messages of these clusters, a fair share of each."""
        taken: list[Message] = []
        queues = [queue for cluster in clusters if (queue := self._queues.get(cluster)) and queue.ready]
        while queues and len(taken) < limit:
            for queue in queues[: limit - len(taken)]:
                taken.append(queue.ready.popleft())
                queue.room.set()
            queues = [queue for queue in queues if queue.ready]
        return taken

    def give_back(self, messages: list[Message]) -> None:
        """Unacknowledged messages go to the head of their queues again."""
        for message in reversed(messages):
            if queue := self._queues.get(message.cluster):
                queue.put(msgspec.structs.replace(message, redelivered=True), first=True)
        self._arrived.set()

    async def arrival(self) -> None:
        """Until something may have arrived."""
        self._arrived.clear()
        await self._arrived.wait()


class MemoryPublisher:
    """``logic.bus.Publisher``."""

    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus

    async def publish(self, routing_key: str, body: bytes, *, timeout: float = 10.0) -> None:
        await self._bus.deliver(routing_key, body, timeout)

    async def close(self) -> None:
        """Nothing is held."""


class MemoryConsumer:
    """``logic.bus.Consumer``. Tags count up from one in each session, as a channel's do."""

    def __init__(self, bus: MemoryBus, clusters: list[str], prefetch: int) -> None:
        self._bus, self._clusters, self._prefetch = bus, clusters, prefetch
        self._unacknowledged: deque[Message] = deque()
        self._tag = 0
        self._closed = False

    async def take(self, limit: int) -> list[Message]:
        while True:
            self._bus.check()
            if self._closed:
                raise BusDown("this session is closed")
            room = min(limit, self._prefetch - len(self._unacknowledged))
            taken = self._bus.take(self._clusters, room)
            if taken:
                return [self._mark(message) for message in taken]
            await self._bus.arrival()

    def _mark(self, message: Message) -> Message:
        self._tag += 1
        marked = msgspec.structs.replace(message, tag=self._tag)
        self._unacknowledged.append(marked)
        return marked

    async def acknowledge(self, up_to: Message) -> None:
        self._bus.check()
        while self._unacknowledged and self._unacknowledged[0].tag <= up_to.tag:
            self._unacknowledged.popleft()

    async def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._bus.give_back(list(self._unacknowledged))
            self._unacknowledged.clear()
