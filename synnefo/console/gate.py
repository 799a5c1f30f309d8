"""From a viewer's request to an open console, and on until its right ends.

One a process: ``endpoint`` brings the requests, ``logic.compute.consoles`` decides, ``reaching`` connects, ``relay`` carries. A
viewer that may come in hears of what goes wrong from then on in VNC's own words, which noVNC shows.
"""

import asyncio
import contextlib
from collections.abc import Coroutine
from http import HTTPStatus
from typing import Any, Final

import msgspec
import structlog
from websockets.http11 import Request

from logic import clock
from logic.compute import consoles
from logic.compute.consoles import Admission
from logic.db import DATABASE_AWAY
from logic.errors import Conflict, Refusal
from logic.offload import Offload
from synnefo.console import asking, rfb
from synnefo.console.asking import Refused
from synnefo.console.opening import greeted, join
from synnefo.console.reaching import Reaching
from synnefo.console.relay import Relay
from synnefo.console.rfb import Broken
from synnefo.console.sessions import OPENED, Full, Place, Sessions
from synnefo.console.websocket import WebSocket

log = structlog.get_logger("synnefo.console")
OPENING: Final = 45.0  # seconds from the request to the picture; each step has a bound of its own
WATCH: Final = 3.0  # seconds between two looks whether an open console still has its right
BLIND: Final = 60.0  # seconds without such a look, since the database is away


class Bounds(msgspec.Struct, frozen=True):
    """``sessions`` at once; ``idle`` seconds without a byte end one."""

    sessions: int
    idle: float


class Gate:
    """Consoles of this process."""

    def __init__(self, offload: Offload, reaching: Reaching, bounds: Bounds) -> None:
        self._offload, self._reaching, self._idle = offload, reaching, bounds.idle
        self.sessions = Sessions(bounds.sessions)
        self._tasks: set[asyncio.Task[None]] = set()

    def asked(self, socket: WebSocket, request: Request) -> None:
        """A viewer's request; answered later."""
        self._start(self._serve(socket, request))

    def _start(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _serve(self, socket: WebSocket, request: Request) -> None:
        try:
            async with asyncio.timeout(OPENING):
                await self._let_in(socket, request)
        except Refused as refused:
            socket.refuse(refused.status, refused.reason)
        except Exception:
            OPENED.labels(outcome="failed").inc()
            log.exception("console.failed")
            socket.abort()

    async def _let_in(self, socket: WebSocket, request: Request) -> None:
        """Raises :class:`Refused` while the request can still be answered."""
        ticket = asking.ticket(request)
        with self._place() as place:
            admission = await self._admission(ticket)
            if socket.accept():
                await self._open(socket, admission, place)

    def _place(self) -> Place:
        try:
            return self.sessions.take()
        except Full:
            reason = "As many consoles are open here as there may be. Try again later."
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, reason) from None

    async def _admission(self, ticket: str) -> Admission:
        """Raises :class:`Refused`."""
        try:
            return await self._offload.write(consoles.admit, ticket)
        except Refusal as refusal:
            OPENED.labels(outcome="refused").inc()
            status = HTTPStatus.CONFLICT if isinstance(refusal, Conflict) else HTTPStatus.FORBIDDEN
            raise Refused(status, refusal.sentence) from refusal
        except DATABASE_AWAY as error:
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "The database cannot answer now. Try again.") from error

    async def _open(self, socket: WebSocket, admission: Admission, place: Place) -> None:
        try:
            server = await self._reaching.server(admission)
        except Broken as broken:
            OPENED.labels(outcome="unreachable").inc()
            log.info("console.unreachable", server=admission.server, user=admission.user, reason=str(broken))
            with contextlib.suppress(Broken):
                await greeted(socket, rfb.refusal(f"The screen cannot be shown: {broken}."))
            return
        try:
            relay = join(await greeted(socket, rfb.to_viewer()), server, idle=self._idle, ended=place.ended)
        except Broken:  # the viewer has gone
            OPENED.labels(outcome="left").inc()
            server.wire.abort()
            return
        place.keep()
        OPENED.labels(outcome="opened").inc()
        log.info("console.opened", server=admission.server, user=admission.user)
        self._start(self._watch(relay, admission))

    async def _watch(self, relay: Relay, admission: Admission) -> None:
        """End it when the token, the role or the server is no more."""
        seen = clock.monotonic()
        while not relay.over:
            await asyncio.sleep(WATCH)
            try:
                await self._offload.read(consoles.check, admission)
                seen = clock.monotonic()
            except Refusal:
                relay.end("revoked")
            except DATABASE_AWAY:
                if clock.monotonic() - seen > BLIND:
                    relay.end("unchecked")
            except Exception:
                log.exception("console.unchecked", server=admission.server, user=admission.user)
                relay.end("unchecked")
        log.info("console.ended", server=admission.server, user=admission.user)
