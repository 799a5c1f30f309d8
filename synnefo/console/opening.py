"""Shaking hands over a connection: from its first byte until it can be relayed.

:func:`connected` reaches a VNC server, :func:`greeted` greets a viewer; both have a bound. What arrives early is kept until
:func:`join` makes a relay of the two.
"""

import asyncio
import os
import socket
from collections.abc import Callable
from typing import Final

import msgspec

from synnefo.console import rfb
from synnefo.console.relay import Relay, Wire
from synnefo.console.rfb import Broken, Handshake, Steps

CONNECTING: Final = 5.0  # seconds
SHAKING: Final = 10.0  # seconds
TRIES, PAUSE = 3, 0.1


class Opening(asyncio.Protocol):
    """One side, until it is relayed. ``over`` is set when the handshake has succeeded, and raises :class:`Broken` when it has
    not; ``lost`` is set when the other side has gone, before or after."""

    def __init__(self, steps: Steps) -> None:
        self._handshake = Handshake(steps)
        loop = asyncio.get_running_loop()
        self.over: asyncio.Future[None] = loop.create_future()
        self.lost: asyncio.Future[None] = loop.create_future()
        self.wire: Wire

    @property
    def rest(self) -> bytes:
        return self._handshake.rest

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.begin(transport)  # type: ignore[arg-type] # of a stream

    def begin(self, wire: Wire) -> None:
        self.wire = wire
        self._go_on(b"")

    def data_received(self, data: bytes) -> None:
        self._go_on(data)
        if len(self._handshake.rest) > rfb.LONGEST:
            self._fail("it said more than it was asked")
            self.wire.abort()

    def _go_on(self, data: bytes) -> None:
        if out := self._handshake.feed(data):
            self.wire.write(out)
        if self._handshake.broken:
            self._fail(self._handshake.broken)
        elif self._handshake.done and not self.over.done():
            self.over.set_result(None)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, _: Exception | None) -> None:
        self._fail("it hung up")
        if not self.lost.done():
            self.lost.set_result(None)

    def _fail(self, why: str) -> None:
        if not self.over.done():
            self.over.set_exception(Broken(why))


class Address(msgspec.Struct, frozen=True):
    """Of a VNC server."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


async def connected(address: Address, password: str = "") -> Opening:
    """A server that has let us in. Raises :class:`Broken` with the reason."""
    for left in reversed(range(TRIES)):
        try:
            return await _shaken(await _reached(address, password), SHAKING)
        except OSError as error:
            if not left or isinstance(error, TimeoutError):
                raise Broken(f"it cannot be reached: {_why(error)}") from error
            await asyncio.sleep(PAUSE)
    raise AssertionError


async def greeted(wire: Wire, steps: Steps, *, patience: float = SHAKING) -> Opening:
    """A viewer that we have let in. Raises :class:`Broken`; it has been told why, and is hung up."""
    opening = Opening(steps)
    wire.set_protocol(opening)
    opening.begin(wire)
    return await _shaken(opening, patience)


def join(viewer: Opening, server: Opening, *, idle: float, ended: Callable[[Relay, str], None]) -> Relay:
    """Relay from now on, beginning with what has come early. Raises :class:`Broken` when one of them has gone meanwhile."""
    if viewer.lost.done() or server.lost.done():
        viewer.wire.close()
        server.wire.close()
        raise Broken("it hung up")
    relay = Relay(viewer.wire, server.wire, idle=idle, ended=ended)
    for opening, side in ((viewer, relay.up), (server, relay.down)):
        if opening.rest:
            side.data_received(opening.rest)
    return relay


async def _reached(address: Address, password: str) -> Opening:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(CONNECTING):
        transport, opening = await loop.create_connection(
            lambda: Opening(rfb.to_server(password)), address.host, address.port
        )
    tune(transport)
    return opening


async def _shaken(opening: Opening, patience: float) -> Opening:
    """Raises :class:`Broken`."""
    try:
        async with asyncio.timeout(patience):
            await opening.over
    except TimeoutError:
        opening.wire.abort()
        raise Broken(f"it said nothing for {patience:g} seconds") from None
    except BaseException:
        opening.wire.close()
        raise
    return opening


def tune(transport: asyncio.BaseTransport) -> None:
    """Keys are sent at once, and a peer whose machine has gone is noticed."""
    plain = transport.get_extra_info("socket")
    if plain is not None and plain.family in {socket.AF_INET, socket.AF_INET6}:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


def _why(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {CONNECTING:g} seconds"
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    return os.strerror(error.errno) if error.errno else type(error).__name__  # loops have words of their own
