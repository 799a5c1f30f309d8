"""Getting messages to the broker, through the spool when it is away.

``Shipping.send`` returns once the messages are safe: confirmed by the broker, or on disk. ``Shipping.run`` carries what
is in the spool, which includes what the hook left there. Any trouble closes the publisher; a new one is made after a
jittered pause. Whatever is delivered and not yet noted as such is delivered again.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence

import msgspec
import structlog

from ganeti import metrics
from ganeti.spool import Parcel, Spool, SpoolFull
from logic import clock, failpoints
from logic.bus import Bus, BusDown, Publisher, Unroutable
from logic.bus.topology import Subject, prefix_of, routing_key

log = structlog.get_logger(__name__)
CLOSE_TIMEOUT = 3.0
Outgoing = tuple[Subject, bytes]
Prepare = Callable[[Parcel], bytes | None]


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds: between looks at the spool, connecting and a publish may take, the first and the longest pause after
    trouble. And how many messages may be on their way at once."""

    look: float = 1.0
    connect: float = 60.0
    publish: float = 10.0
    first_pause: float = 0.5
    longest_pause: float = 3.0
    at_once: int = 100


class Shipping:
    """The way out of one event daemon. ``prefix`` is ``BACKEND_PREFIX_ID``; ``prepare`` gives a spooled message its
    final form, or None when it is to be dropped."""

    def __init__(  # noqa: PLR0913 - what it connects
        self, bus: Bus, spool: Spool, *, prefix: str, cluster: str, prepare: Prepare, pace: Pace | None = None
    ) -> None:
        self._bus, self._spool, self._prepare = bus, spool, prepare
        self._prefix, self._cluster = prefix_of(prefix), cluster
        self._pace = pace or Pace()
        self._publisher: Publisher | None = None
        self._connecting = asyncio.Lock()
        self._pause, self._away_until = self._pace.first_pause, 0.0
        self._wake = asyncio.Event()

    async def send(self, messages: Sequence[Outgoing]) -> None:
        """Raises :class:`ganeti.spool.SpoolFull` when they are safe nowhere: keep them and come again."""
        if messages and (len(self._spool) or not await self._deliver(messages)):
            failpoints.call("spool.put", lambda: self._spool.put(messages), SpoolFull)
            self._wake.set()
        self._count()

    @property
    def connected(self) -> bool:
        """Whether the broker has taken the last that was sent."""
        return self._publisher is not None

    def _count(self) -> None:
        metrics.CONNECTED.labels(self._cluster).set(self.connected)
        metrics.SPOOLED.labels(self._cluster).set(len(self._spool))

    async def run(self) -> None:
        """Carry the spool until cancelled."""
        try:
            while True:
                carried = await self._carry()
                self._count()
                if not carried:
                    self._wake.clear()
                    away = self._away_until - clock.monotonic()
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(max(self._pace.look, away)):
                            await self._wake.wait()
        finally:
            await self._close(self._publisher)
            self._count()

    async def _carry(self) -> int:
        """One load out of the spool; how many messages it was."""
        self._spool.refresh()
        parcels = self._spool.oldest(self._pace.at_once)
        prepared = [(parcel.subject, body) for parcel in parcels if (body := self._prepare(parcel)) is not None]
        if not await self._deliver(prepared):
            return 0
        self._spool.remove(parcels)
        return len(parcels)

    async def _deliver(self, messages: Sequence[Outgoing]) -> bool:
        """Whether the broker has confirmed all of them, be it none. Connects first; does nothing while it pauses after
        trouble."""
        if clock.monotonic() < self._away_until:
            return False
        publisher = self._publisher
        try:
            publisher = await self._connected()
            publisher.check()
            for start in range(0, len(messages), self._pace.at_once):
                await self._publish(publisher, messages[start : start + self._pace.at_once])
        except Exception as error:  # noqa: BLE001 - whatever it is: tear down, pause, build anew
            await self._lost(publisher, error)
            return False
        self._pause = self._pace.first_pause
        return True

    async def _connected(self) -> Publisher:
        async with self._connecting:
            if self._publisher is None:
                async with asyncio.timeout(self._pace.connect):
                    self._publisher = await self._bus.publisher()
                log.info("eventd.connected", cluster=self._cluster, spooled=len(self._spool))
            return self._publisher

    async def _publish(self, publisher: Publisher, messages: Sequence[Outgoing]) -> None:
        """All on their way together; returns when the last is confirmed."""
        sent = [self._confirmed(publisher, *message) for message in messages]
        for outcome in await asyncio.gather(*sent, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome if isinstance(outcome, Exception) else BusDown("the publisher was closed")
        for subject, _ in messages:
            metrics.TOLD.labels(self._cluster, subject).inc()

    async def _confirmed(self, publisher: Publisher, subject: Subject, body: bytes) -> None:
        key = routing_key(self._prefix, subject, self._cluster)
        await failpoints.wait("bus.publish", lambda: publisher.publish(key, body, timeout=self._pace.publish), BusDown)

    async def _lost(self, publisher: Publisher | None, error: Exception) -> None:
        advice = "start a dispatcher for it" if isinstance(error, Unroutable) else "waiting for the broker"
        metrics.FAILURES.labels(self._cluster).inc()
        log.warning("eventd.not_delivered", cluster=self._cluster, error=f"{error!r}"[:300], advice=advice)
        self._away_until = clock.monotonic() + clock.jitter(self._pause / 2, self._pause)
        self._pause = min(self._pause * 2, self._pace.longest_pause)
        await self._close(publisher)

    async def _close(self, publisher: Publisher | None) -> None:
        """Close the one that failed, and not the one another task may have made since."""
        if publisher is self._publisher:
            self._publisher = None
        if publisher:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(CLOSE_TIMEOUT):
                    await publisher.close()
