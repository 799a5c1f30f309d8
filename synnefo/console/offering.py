"""A port at which one viewer may call, once and soon: bound at random from a pool, closed when somebody has come or nobody has.

Called by ``authproxy``. What a viewer is (plain, WebSocket, WebSocket over TLS) ends here: :meth:`Offer.viewer` gives a wire.
"""

import asyncio
import ssl
from http import HTTPStatus
from typing import Any, Final

import msgspec
from websockets.http11 import Request

from logic import clock
from synnefo.console.control import Kind
from synnefo.console.opening import tune
from synnefo.console.relay import Wire
from synnefo.console.websocket import WebSocket

TRIES: Final = 50  # ports of the pool that may be taken by somebody else, one after the other


class NoPort(Exception):  # noqa: N818 - the field's word
    """There is none to offer; ``str()`` says why."""


class Pool(msgspec.Struct, frozen=True, kw_only=True):
    """Ports from ``low`` to ``high``, on ``address`` (``*``: on all)."""

    low: int
    high: int
    address: str = "*"
    tls: ssl.SSLContext | None = None

    async def offer(self, kind: Kind, port: int = 0) -> "Offer":
        """Listen at this port, or at one of the pool. Raises :class:`NoPort`."""
        if kind == "vnc-wss" and self.tls is None:
            raise NoPort("there is no certificate for viewers of type vnc-wss")
        if port:
            return await self._bound(kind, port)
        for _ in range(TRIES):
            try:
                return await self._bound(kind, int(clock.jitter(self.low, self.high + 1)))
            except NoPort:
                continue
        raise NoPort(f"no port from {self.low} to {self.high} is free")

    async def _bound(self, kind: Kind, port: int) -> "Offer":
        offer = Offer(kind)
        host = None if self.address == "*" else self.address
        tls = self.tls if kind == "vnc-wss" else None
        try:
            await offer.listen(host, min(port, 65535), tls)
        except OSError as error:
            raise NoPort(f"port {port} cannot be used: {error.strerror or error}") from error
        return offer


class Offer:
    """``port`` is where the viewer is to call."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._came: asyncio.Future[Wire] = asyncio.get_running_loop().create_future()
        self.port = 0

    async def listen(self, host: str | None, port: int, tls: ssl.SSLContext | None) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, host, port, backlog=1, ssl=tls)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def viewer(self) -> Wire:
        """The first who has come."""
        return await self._came

    def close(self) -> None:
        self._server.close()
        if self._came.done() and not self._came.cancelled():
            return
        self._came.cancel()

    def _protocol(self) -> asyncio.Protocol:
        return _Caller(self) if self._kind == "vnc" else _Browser(self)

    def took(self, wire: Any) -> None:
        """Whoever comes second is hung up."""
        if self._came.done():
            wire.abort()
            return
        self._server.close()
        tune(wire)
        self._came.set_result(wire)


class _Caller(asyncio.Protocol):
    """Of plain VNC. What it says before it is greeted waits in its connection."""

    def __init__(self, offer: Offer) -> None:
        self._offer = offer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._offer.took(transport)


class _Browser(WebSocket):
    def __init__(self, offer: Offer) -> None:
        super().__init__(self._accept)
        self._offer = offer

    def _accept(self, _: WebSocket, request: Request) -> None:
        if request.path.partition("?")[0] not in {"/", "/websockify"}:  # what viewers ask for unless told otherwise
            self.refuse(HTTPStatus.NOT_FOUND, "There is no console at this address.")
        elif self.accept():
            self._offer.took(self)
