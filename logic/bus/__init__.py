"""The broker, seen from both sides: what publishes and what consumes observations.

Floor: standard library and aio-pika only, no Django, because the event daemon on a Ganeti master speaks it too.
``amqp`` is RabbitMQ, ``memory`` the embedded cloud and tests; both pass ``tests/test_bus_contract.py``. Routing keys
and queue names are in ``topology``. What a message means is ``logic.dispatcher``'s affair.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import msgspec


class Unroutable(Exception):  # noqa: N818 - the broker's word
    """No queue is bound for the routing key: keep the message and tell the operator to start a dispatcher."""


class BusDown(Exception):  # noqa: N818 - a state, not a fault of ours
    """The broker cannot be reached, or did not confirm in time: the message may or may not have arrived."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message as it came off a queue. ``cluster`` is taken from the routing key, never from the body; ``tag`` counts
    the messages of its lane; ``dead`` when the broker has given it up."""

    body: bytes
    routing_key: str
    cluster: str
    tag: int
    redelivered: bool = False
    dead: bool = False


class Publisher(Protocol):
    """``publish`` returns once the broker has the message for good. Raises :class:`BusDown`, :class:`Unroutable`."""

    async def publish(self, routing_key: str, body: bytes, *, timeout: float = 10.0) -> None: ...

    def check(self) -> None:
        """Raises :class:`BusDown` when the session is known to be over; asks nobody."""

    async def close(self) -> None: ...


class Lane(Protocol):
    """One cluster's queue in one session; without a ``cluster``, the queue of those given up. Every call raises
    :class:`BusDown` once the session is over."""

    @property
    def cluster(self) -> str: ...

    async def arrived(self) -> None:
        """Waits until there is something to take."""

    def take(self, limit: int) -> list[Message]:
        """What has arrived, at most ``limit``, in its order; never waits."""

    async def acknowledge(self, up_to: Message) -> None:
        """Everything taken of this lane up to and including this message."""


class Consumer(Protocol):
    """One session with the broker: any trouble ends it with :class:`BusDown`, and the caller makes a new one."""

    @property
    def lanes(self) -> Sequence[Lane]: ...

    async def waiting(self) -> dict[str, int]:
        """How many messages wait in each cluster's queue that nobody was handed; under ``""`` those given up."""

    async def close(self) -> None: ...


class Bus(Protocol):
    """A broker."""

    async def publisher(self) -> Publisher: ...
    async def consumer(self, clusters: list[str], *, prefetch: int = 1000) -> Consumer: ...
    async def close(self) -> None: ...


Connect = Callable[[], Awaitable[Bus]]
