"""The bus in one process: the embedded cloud's, and the simulation's with a :class:`Mischief`.

As on the broker: a queue is there once a consumer has asked for it, what is published is kept until it is acknowledged, it
comes again when a session ends without having acknowledged it, and what came too often is handed out as dead. A publisher
waits while a queue is full. Nothing outlives the process: then the event daemon's rescan and reconcile make good.
"""

import asyncio
import heapq
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Protocol

import msgspec

from logic.bus import BusDown, Message, Unroutable
from logic.bus.topology import DELIVERY_LIMIT, cluster_of

CAPACITY: Final = 100_000  # messages a queue
DEAD: Final = ""  # what the queue of the dead is filed under; no cluster has that name


class Mischief(Protocol):
    """What a faulty network does to a message: what arrives instead, each after so many seconds. An empty list loses it,
    two entries double it, different delays change the order."""

    def __call__(self, routing_key: str, body: bytes) -> Sequence[tuple[float, bytes]]: ...


class _Kept(msgspec.Struct, order=True):
    """A message in a queue, in order of arrival."""

    arrival: int
    queue: str
    routing_key: str
    body: bytes
    returns: int = 0


class _Bell:
    """Wakes everybody who waits for something to change."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        event, self._event = self._event, asyncio.Event()
        event.set()

    async def heard(self) -> None:
        await self._event.wait()


class MemoryBus:
    """``logic.bus.Bus``. ``prefix`` as on the broker; ``capacity`` in messages a queue."""

    def __init__(self, prefix: str, *, mischief: Mischief | None = None, capacity: int = CAPACITY) -> None:
        self._prefix, self._mischief, self._capacity = prefix, mischief, capacity
        self._down = False
        self._arrivals = self.restarts = 0
        self._queues: dict[str, list[_Kept]] = {}
        self._consumers: dict[MemoryConsumer, None] = {}
        self.bell = _Bell()

    @property
    def down(self) -> bool:
        """True makes every call fail until it is set back; sessions that were open have ended then."""
        return self._down

    @down.setter
    def down(self, value: bool) -> None:
        self._down = value
        self.interrupt()

    @property
    def waiting(self) -> int:
        """Messages that nobody has taken."""
        return sum(len(queue) for queue in self._queues.values())

    def interrupt(self) -> None:
        """End every session, as a restart of the broker does."""
        self.restarts += 1
        for consumer in list(self._consumers):
            consumer.end("the session was interrupted")
        self.bell.ring()

    async def publisher(self) -> "MemoryPublisher":
        self.check()
        return MemoryPublisher(self)

    async def consumer(self, clusters: list[str], *, prefetch: int = 1000) -> "MemoryConsumer":
        self.check()
        names = [*dict.fromkeys(clusters), DEAD]
        for name in names:
            self._queues.setdefault(name, [])
        consumer = MemoryConsumer(self, names, prefetch)
        self._consumers[consumer] = None
        return consumer

    async def close(self) -> None:
        self.down = True

    def check(self) -> None:
        """Raises :class:`BusDown` while it is down."""
        if self._down:
            raise BusDown("the bus is down")

    async def accept(self, key: str, body: bytes) -> None:
        """Put a message into its queue as soon as there is room, or what mischief makes of it."""
        cluster = cluster_of(key)
        if cluster == DEAD or cluster not in self._queues or not key.startswith(f"ganeti.{self._prefix}.event."):
            raise Unroutable(f"no queue is bound for {key}: start a dispatcher")
        while len(self._queues[cluster]) >= self._capacity:
            await self.bell.heard()
            self.check()
        for delay, arriving in self._mischief(key, body) if self._mischief else [(0.0, body)]:
            if delay > 0:
                asyncio.get_running_loop().call_later(delay, self._arrive, cluster, key, arriving)
            else:
                self._arrive(cluster, key, arriving)

    def _arrive(self, queue: str, key: str, body: bytes) -> None:
        self._arrivals += 1
        heapq.heappush(self._queues[queue], _Kept(self._arrivals, queue, key, body))
        self.bell.ring()

    def hand_out(self, name: str, count: int) -> list[_Kept]:
        """So many messages of this queue, the oldest first."""
        taken = [heapq.heappop(self._queues[name]) for _ in range(count)]
        if taken:
            self.bell.ring()  # there is room again
        return taken

    @property
    def is_weary(self) -> bool:
        """Is a message in somebody's hands that will be given up if it comes back once more? For those who make trouble."""
        return any(one.returns >= DELIVERY_LIMIT for consumer in self._consumers for one in consumer.in_hands())

    def count(self, names: Iterable[str]) -> dict[str, int]:
        return {name: len(self._queues[name]) for name in names}

    def leave(self, consumer: "MemoryConsumer", kept: Iterable[_Kept]) -> None:
        """A session has ended; what it had not acknowledged goes back to its place."""
        self._consumers.pop(consumer, None)
        for one in kept:
            one.returns += 1
            if one.returns > DELIVERY_LIMIT:
                one.queue = DEAD
            heapq.heappush(self._queues[one.queue], one)
        self.bell.ring()


class MemoryPublisher:
    """``logic.bus.Publisher``."""

    def __init__(self, bus: MemoryBus) -> None:
        self._bus, self._begun, self._closed = bus, bus.restarts, False

    async def publish(self, routing_key: str, body: bytes, *, timeout: float = 10.0) -> None:
        self.check()
        try:
            async with asyncio.timeout(timeout):
                await self._bus.accept(routing_key, body)
        except TimeoutError:
            raise BusDown(f"the queue of {routing_key} is full: no room within {timeout:g} s") from None

    def check(self) -> None:
        self._bus.check()
        if self._closed or self._begun != self._bus.restarts:
            raise BusDown("this session is over")

    async def close(self) -> None:
        self._closed = True


class MemoryConsumer:
    """``logic.bus.Consumer``."""

    def __init__(self, bus: MemoryBus, names: list[str], prefetch: int) -> None:
        self._bus, self._over = bus, ""
        self.lanes = [MemoryLane(self, bus, name, prefetch) for name in names]

    async def waiting(self) -> dict[str, int]:
        self.check()
        return self._bus.count([lane.cluster for lane in self.lanes])

    def check(self) -> None:
        """Raises :class:`BusDown` when it is over."""
        if self._over:
            raise BusDown(self._over)

    def end(self, why: str) -> None:
        """From now on every call raises :class:`BusDown`; what was not acknowledged is there for others."""
        if not self._over:
            self._over = why
            self._bus.leave(self, [kept for lane in self.lanes for kept in lane.give_back()])

    async def close(self) -> None:
        self.end("this session is closed")

    def in_hands(self) -> Iterator[_Kept]:
        """What was given out and not acknowledged."""
        return (one for lane in self.lanes for one in lane.in_hands())


class MemoryLane:
    """``logic.bus.Lane``. Tags count up from one, as a channel's do."""

    def __init__(self, consumer: MemoryConsumer, bus: MemoryBus, name: str, prefetch: int) -> None:
        self.cluster, self._consumer, self._bus, self._prefetch = name, consumer, bus, prefetch
        self._unacknowledged: deque[tuple[int, _Kept]] = deque()
        self._tag = 0

    async def arrived(self) -> None:
        self._consumer.check()
        while not self._at_hand():
            await self._bus.bell.heard()
            self._consumer.check()

    def _at_hand(self) -> int:
        waiting = self._bus.count([self.cluster])[self.cluster]
        return min(waiting, self._prefetch - len(self._unacknowledged))

    def take(self, limit: int) -> list[Message]:
        self._consumer.check()
        return [self._message(kept) for kept in self._bus.hand_out(self.cluster, min(limit, self._at_hand()))]

    def _message(self, kept: _Kept) -> Message:
        self._tag += 1
        self._unacknowledged.append((self._tag, kept))
        return Message(
            body=kept.body,
            routing_key=kept.routing_key,
            cluster=cluster_of(kept.routing_key),
            tag=self._tag,
            redelivered=kept.returns > 0,
            dead=kept.queue == DEAD,
        )

    async def acknowledge(self, up_to: Message) -> None:
        self._consumer.check()
        while self._unacknowledged and self._unacknowledged[0][0] <= up_to.tag:
            self._unacknowledged.popleft()
        self._bus.bell.ring()  # prefetch has room again

    def in_hands(self) -> Iterator[_Kept]:
        return (one for _, one in self._unacknowledged)

    def give_back(self) -> list[_Kept]:
        """What has not been acknowledged, and is no longer ours."""
        kept = [one for _, one in self._unacknowledged]
        self._unacknowledged.clear()
        return kept
