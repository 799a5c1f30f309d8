"""A session with RabbitMQ: one plain connection and its channels, whose first trouble is its end.

``amqp`` builds its publishers and consumers on it. aio-pika makes the connection; the channel is that of aiormq below it,
which costs half as much a message. Every wait has a bound, and whatever goes wrong is a :class:`BusDown` without a secret.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Final
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import aio_pika
from aio_pika.connection import make_url
from aiormq.abc import AbstractChannel

from logic.bus import BusDown, Unroutable
from logic.bus.deliveries import Sieve, Sieving

CONNECT_TIMEOUT: Final = 5.0  # seconds a host gets to accept us
SETUP_TIMEOUT: Final = 30.0  # for all declarations of a session together
CLOSE_TIMEOUT: Final = 5.0
# Seconds. The broker gives back what a machine that vanished had after one or two, and aiormq gives a silent broker up after
# three; it sends one every two seconds, and no pause of our loop comes near.
HEARTBEAT: Final = 5
TLS_FILES: Final = frozenset({"cafile", "certfile", "keyfile"})


class Host:
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

    async def connect(self, name: str) -> "Session":
        """A new session. Raises :class:`BusDown`."""
        sieving = Sieving()
        async with bounded(CONNECT_TIMEOUT, f"connecting to {self}"):
            connection = Plain(
                make_url(self._url, heartbeat=HEARTBEAT),
                ssl_context=_tls(self._parts) if self._parts.scheme == "amqps" else None,
                client_properties={"connection_name": name},
            )
            connection.kwargs["transport_factory"] = sieving
            await connection.connect(timeout=CONNECT_TIMEOUT)
        session = Session(connection, sieving.sieve, unquote(self._parts.username or ""))
        async with session.being_set_up():
            session.channel = await session.open_channel()
        return session


class Plain(aio_pika.Connection):
    """A connection without the library's finaliser, which makes a coroutine in whatever thread collects a connection that
    failed, where nobody can await it. A session closes its connection itself."""

    def __del__(self) -> None:
        """Nothing."""


class Session:
    """A connection with its channel; ``sieve`` takes the deliveries out of what it reads. What is in ``on_end`` is called
    when it is over."""

    channel: AbstractChannel

    def __init__(self, connection: aio_pika.abc.AbstractConnection, sieve: Sieve, user: str) -> None:
        self._connection, self.sieve, self.user = connection, sieve, user
        self._over, self.closed = "", False
        self.on_end: list[Callable[[], None]] = []

    async def new_channel(self) -> AbstractChannel:
        """One more; the session does not end with it."""
        transport = self._connection.transport
        if transport is None:
            raise BusDown("the connection to the broker is closed")
        return await transport.connection.channel()

    async def open_channel(self) -> AbstractChannel:
        """One that the session cannot be without: it ends with it."""
        channel = await self.new_channel()
        channel.closing.add_done_callback(self._closed)
        return channel

    def _closed(self, closing: "asyncio.Future[object]") -> None:
        reason = None if closing.cancelled() else closing.exception()
        self.end(f"the broker closed the session: {reason!r}")

    def end(self, why: str) -> None:
        """From now on every call raises :class:`BusDown` with the first reason given."""
        self._over = self._over or why
        for tell in self.on_end:
            tell()

    def check(self) -> None:
        """Raises :class:`BusDown` when it is over."""
        if self._over:
            raise BusDown(self._over)

    @contextlib.asynccontextmanager
    async def doing(self, what: str, timeout: float) -> AsyncIterator[None]:
        """Raises :class:`BusDown` when it is over, for whatever goes wrong, and after ``timeout`` seconds."""
        self.check()
        async with bounded(timeout, what):
            yield

    @contextlib.asynccontextmanager
    async def being_set_up(self) -> AsyncIterator[None]:
        """Closed again unless all of the block succeeds."""
        try:
            async with bounded(SETUP_TIMEOUT, "setting up"):
                yield
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        self.closed = True
        self.end("this session is closed")
        with contextlib.suppress(BusDown):
            async with bounded(CLOSE_TIMEOUT, "closing"):
                await self._connection.close()


@contextlib.asynccontextmanager
async def bounded(timeout: float, doing: str) -> AsyncIterator[None]:
    """Raises :class:`BusDown` for whatever goes wrong in the block, and after ``timeout`` seconds."""
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
