"""vncauthproxy: on a request of its control protocol a port is opened for one viewer, who must know the password, to one VNC
server, who asks for none.

The server is shaken hands with before the request is answered, so that what cannot work is said at once. No Django. Called by
``manage.py vncauthproxy``; the protocol's words are in ``control``.
"""

import asyncio
import base64
import contextlib
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog

from logic import clock
from logic.offload import Calls
from synnefo.console import control, des, rfb, users
from synnefo.console.control import Malformed, Unfinished, Wanted
from synnefo.console.offering import NoPort, Offer, Pool
from synnefo.console.opening import Address, Opening, connected, greeted, join
from synnefo.console.relay import Wire
from synnefo.console.rfb import Broken
from synnefo.console.sessions import OPENED, Full, Place, Sessions

log = structlog.get_logger("synnefo.vncauthproxy")
ASKING: Final = 10.0  # seconds for a request to arrive
AT_ONCE: Final = 64  # requests being asked; more are hung up


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """``address`` is told to who asks; ``patience`` seconds a viewer may take to come; ``users`` None: anybody may ask over TCP
    too; ``password`` is what servers ask for, if they do."""

    address: str
    patience: float = 30.0
    idle: float = 3600.0
    users: Path | None = None
    password: str = ""

    def __repr__(self) -> str:
        return f"Rules({self.address})"


class Proxy:
    """``serve`` takes control connections."""

    def __init__(self, rules: Rules, pool: Pool, sessions: Sessions, offload: Calls) -> None:
        self._rules, self._pool, self._sessions, self._offload = rules, pool, sessions, offload
        self._asking = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, trusted: bool = False) -> None:
        """One control connection. ``trusted``: whoever could connect may ask, as over a Unix socket."""
        if self._asking >= AT_ONCE:
            writer.close()
            return
        self._asking += 1
        try:
            answer, follow = await self._answer(reader, trusted=trusted)
            writer.write(answer)
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(ASKING):
                    await writer.drain()
            follow()
        finally:
            self._asking -= 1
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, *, trusted: bool) -> tuple[bytes, Callable[[], object]]:
        """What to say, and what to do when it has been said."""
        wanted: Wanted | None = None
        try:
            wanted = await self._request(reader)
            if not (trusted or await self._may(wanted)):
                raise Malformed("the user or the password is wrong")  # noqa: TRY301 - answered like the others
            return await self._begin(wanted)
        except (Malformed, Broken, NoPort) as error:
            reason = str(error)
        except Full:
            reason = "as many consoles are open as there may be"
        except (OSError, TimeoutError) as error:
            reason = "the request did not arrive" if wanted is None else f"the proxy failed: {type(error).__name__}"
        OPENED.labels(outcome="failed").inc()
        log.info("vncauthproxy.failed", wanted=repr(wanted), reason=reason)
        return control.failed(reason, new=wanted is None or wanted.is_new), lambda: None

    async def _request(self, reader: asyncio.StreamReader) -> Wanted:
        """Nothing says where a request ends but its last brace."""
        data = b""
        async with asyncio.timeout(ASKING):
            while True:
                more = await reader.read(control.LONGEST)
                data += more
                try:
                    return control.read(data)
                except Unfinished:
                    if not more:
                        raise

    async def _may(self, wanted: Wanted) -> bool:
        if self._rules.users is None:
            return True
        given = wanted.auth_user or "", wanted.auth_password or ""
        return await self._offload.call(users.is_right, self._rules.users, *given)

    async def _begin(self, wanted: Wanted) -> tuple[bytes, Callable[[], object]]:
        with self._sessions.take() as place:
            address = Address(wanted.destination_address, wanted.destination_port)
            server = await connected(address, self._rules.password)
            try:
                offer = await self._pool.offer(wanted.kind, wanted.source_port)
            except NoPort:
                server.wire.abort()
                raise
            place.keep()
        log.info("vncauthproxy.offered", wanted=repr(wanted), port=offer.port)
        meet = functools.partial(self._start, wanted, place, server, offer)
        return control.agreed(wanted, offer.port, self._rules.address), meet

    def _start(self, wanted: Wanted, place: Place, server: Opening, offer: Offer) -> None:
        task = asyncio.create_task(self._meet(wanted, place, server, offer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _meet(self, wanted: Wanted, place: Place, server: Opening, offer: Offer) -> None:
        """Wait for the viewer, and join the two."""
        outcome = "left"
        try:
            async with asyncio.timeout(self._rules.patience):
                wire = await _came(offer, server)
            viewer = await greeted(wire, rfb.to_viewer(wanted.password, _challenge()))
            join(viewer, server, idle=self._rules.idle, ended=place.ended)
            outcome = "opened"
        except TimeoutError:
            outcome = "nobody came"
        except Broken as error:
            outcome = str(error)
        finally:
            offer.close()
            if outcome != "opened":
                server.wire.abort()
                place.free()
            OPENED.labels(outcome="opened" if outcome == "opened" else "left").inc()
            log.info("vncauthproxy.met", wanted=repr(wanted), port=offer.port, outcome=outcome)


async def _came(offer: Offer, server: Opening) -> Wire:
    """The viewer, unless the server goes first. Raises :class:`Broken`."""
    coming = asyncio.ensure_future(offer.viewer())
    try:
        either: set[asyncio.Future[Any]] = {coming, server.lost}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if server.lost.done():
            raise Broken("the server hung up before anybody came")
        return coming.result()
    finally:
        coming.cancel()


def _challenge() -> bytes:
    return base64.urlsafe_b64decode(clock.new_token(des.CHALLENGE) + "==")
