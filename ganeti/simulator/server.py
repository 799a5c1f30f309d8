"""The simulator's remote API over HTTPS: TLS, basic authentication, one request a connection, the planned misfortunes.

What a request means is ``Simulator``'s affair. ``GET /2/jobs/N/wait`` is held until something has changed, ten seconds at
most. Whatever bytes arrive, the connection ends in bounded time and the server goes on.
"""

import asyncio
import contextlib
import ssl
from http import HTTPStatus

import structlog

from ganeti.simulator import wire
from ganeti.simulator.cluster import failure
from ganeti.simulator.remembering import Answers
from ganeti.simulator.script import Script
from ganeti.simulator.simulator import Closed, Simulator
from ganeti.simulator.transport import REFUSALS
from ganeti.simulator.users import Users
from ganeti.simulator.wire import BadRequest, Incoming
from ganeti.transport import RapiRequest, RapiResponse
from ganeti.vocabulary import FINAL
from logic import decoding
from logic.offload import Offload

log = structlog.get_logger(__name__)

_PATIENCE = 30.0  # seconds a client has to send its request, or to take its answer
_HELD = 10.0  # seconds a wait for a job's change takes at most
_LOOK = 0.1


class Server:
    """Answers for one simulator. ``script`` is asked for what goes wrong before each request."""

    def __init__(self, simulator: Simulator, users: Users, offload: Offload, script: Script | None = None) -> None:
        self._simulator, self._users, self._offload = simulator, users, offload
        self._script, self._answers = script, Answers()

    async def start(self, host: str, port: int, context: ssl.SSLContext) -> asyncio.Server:
        """Listen; port 0 takes a free one."""
        return await asyncio.start_server(self._serve, host, port, ssl=context, ssl_handshake_timeout=_PATIENCE)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                incoming = await wire.read(reader)
            response = await self._answered(incoming) if incoming else None
        except BadRequest as error:
            response = failure(HTTPStatus.BAD_REQUEST, str(error))
        except (TimeoutError, OSError, Closed):
            response = None
        except Exception:
            log.exception("simulator.failed")
            response = failure(HTTPStatus.INTERNAL_SERVER_ERROR)
        with contextlib.suppress(TimeoutError, OSError):
            await self._send(writer, response)

    async def _send(self, writer: asyncio.StreamWriter, response: RapiResponse | None) -> None:
        """Without a response the connection is cut."""
        if response is None:
            writer.transport.abort()
            return
        writer.write(wire.encoded(response))
        async with asyncio.timeout(_PATIENCE):
            await writer.drain()
            writer.close()
            await writer.wait_closed()

    async def _answered(self, incoming: Incoming) -> RapiResponse | None:
        """The answer, or None when the client is not to have one."""
        may_write = self._users.may_write(incoming.authorization)
        if may_write is None:
            return failure(HTTPStatus.UNAUTHORIZED)
        if self._script:
            self._script.refresh()
        fault = self._simulator.misfortune(incoming.request)
        kind = fault.kind if fault else ""
        if kind in REFUSALS:
            return REFUSALS[kind]
        if kind == "drop":
            return None
        if kind == "stale" and (old := self._answers.old(incoming.request)):
            return old
        response = await self._handled(incoming.request, may_write=may_write)
        self._answers.keep(incoming.request, response)
        if fault and kind == "delay":
            await asyncio.sleep(fault.seconds)
        return None if kind == "cut" else response

    async def _handled(self, request: RapiRequest, *, may_write: bool) -> RapiResponse:
        looks = int(_HELD / _LOOK) if request.path.endswith("/wait") else 0
        while True:
            response = await self._offload.call(self._simulator.handle, request, may_write=may_write)
            if not looks or not _unchanged(request, response):
                return response
            looks -= 1
            await asyncio.sleep(_LOOK)


def _unchanged(request: RapiRequest, response: RapiResponse) -> bool:
    """Whether a wait has nothing to tell yet: no log, the fields as the caller knows them, and the job not at its end."""
    if response.status != HTTPStatus.OK:
        return False
    told, asked = decoding.decode(response.body), decoding.decode(request.body or b"{}")
    known = told["job_info"] == asked.get("previous_job_info")
    return (
        known and not told["log_entries"] and not any(one in FINAL for one in told["job_info"] if isinstance(one, str))
    )
