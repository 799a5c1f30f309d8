"""Asking a web server for an image, with every wait bounded, and all of them together: no proxy, no credentials, no cookies, and
each redirection looked at as the first address was.

:func:`pieces` runs on the event loop, and each blocking step in a thread. Called by ``working``.
"""

import asyncio
import contextlib
import http.client
import socket
import ssl
from collections.abc import AsyncGenerator
from typing import Final
from urllib.parse import urljoin

from logic import clock
from logic.errors import BadRequest, clipped
from logic.image.fetching import addresses
from logic.image.fetching.addresses import Place
from logic.image.fetching.pacing import INSTEAD, Pace
from logic.offload import Calls

PIECE: Final = 512 * 1024
SILENCE: Final = 30.0  # seconds without a byte
PATIENCE: Final = 120.0  # seconds for a piece, and until the first of them is announced
REDIRECTIONS: Final = 5
_MOVED: Final = {301, 302, 303, 307, 308}
_FOUND: Final = 200


class _Answer:
    """An open answer; every method blocks."""

    def __init__(self, connection: http.client.HTTPConnection, answer: http.client.HTTPResponse) -> None:
        self._connection, self._answer = connection, answer
        self._expected, self._come = answer.length, 0

    def read(self) -> bytes:
        """What has come, and nothing at the end. Raises ``OSError``, ``http.client.HTTPException``."""
        piece = self._answer.read1(PIECE)
        self._come += len(piece)
        if not piece and self._expected is not None and self._come != self._expected:
            raise http.client.IncompleteRead(b"", self._expected - self._come)
        return piece

    def close(self) -> None:
        self._answer.close()
        self._connection.close()


class _Line:
    """The socket that a thread waits at: each of its waits is bounded, and there may be any number of them, until it is cut."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._is_cut = False

    def hold(self, one: socket.socket) -> None:
        """Raises ``OSError`` when nobody waits for the answer any more."""
        self._socket = one
        if self._is_cut:
            one.close()
            raise ConnectionAbortedError

    def cut(self) -> None:
        """Whoever waits at it hears that it has ended."""
        self._is_cut = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # below TLS, which another thread is in


async def pieces(uri: str, offload: Calls) -> AsyncGenerator[bytes, None]:
    """What is there. Raises :class:`BadRequest` with a sentence for the tenant."""
    line, pace = _Line(), Pace()
    try:
        async with asyncio.timeout(PATIENCE):
            answer = await offload.call(_opened, uri, line)
        try:
            while piece := await _piece(answer, offload, pace):
                yield piece
        finally:
            line.cut()  # a thread may still be reading, and would wait on
            await offload.call(answer.close)
    except TimeoutError:
        raise BadRequest(
            reason=f"The web server is too slow: it sent nothing for {SILENCE:g} seconds, or took more than {PATIENCE:g} to "
            f"begin or for {PIECE // 1024} KiB. {INSTEAD}"
        ) from None
    except (OSError, http.client.HTTPException) as error:
        raise BadRequest(reason=f"The image cannot be fetched from {clipped(uri)!r}: {_why(error)}.") from None
    finally:
        line.cut()


async def _piece(answer: _Answer, offload: Calls, pace: Pace) -> bytes:
    gathered: list[bytes] = []
    began = clock.monotonic()
    async with asyncio.timeout(PATIENCE):
        while sum(map(len, gathered)) < PIECE and (part := await offload.call(answer.read)):
            gathered.append(part)
    pace.judge(sum(map(len, gathered)), clock.monotonic() - began)
    return b"".join(gathered)


def _opened(uri: str, line: _Line) -> _Answer:
    """Blocks. Raises :class:`BadRequest`, ``OSError``, ``http.client.HTTPException``."""
    for _ in range(REDIRECTIONS + 1):
        where = addresses.place(uri)
        connection = _connected(where, line)
        try:
            connection.request("GET", where.target, headers={"Accept": "*/*", "User-Agent": "Synnefo"})
            answer = connection.getresponse()
        except BaseException:
            connection.close()
            raise
        if answer.status == _FOUND:
            return _Answer(connection, answer)
        location = answer.headers.get("Location", "")
        answer.close()
        connection.close()
        if answer.status not in _MOVED or not location:
            raise BadRequest(reason=f"The web server answers {answer.status}.")
        uri = urljoin(uri, location)
    raise BadRequest(reason=f"The web server redirects more than {REDIRECTIONS} times.")


def _connected(where: Place, line: _Line) -> http.client.HTTPConnection:
    """To the address that was looked at, and to no other that the name may lead to a moment later."""
    plain = socket.create_connection((addresses.found(where), where.port), timeout=SILENCE)
    line.hold(plain)
    if where.scheme == "http":
        made = http.client.HTTPConnection(where.host, where.port, timeout=SILENCE)
        made.sock = plain
        return made
    secure = http.client.HTTPSConnection(where.host, where.port, timeout=SILENCE)
    try:
        context = ssl.create_default_context()
        told = context.wrap_socket(plain, server_hostname=where.host, do_handshake_on_connect=False)
        secure.sock = told
        line.hold(told)
        told.do_handshake()
    except BaseException:
        plain.close()
        raise
    return secure


def _why(error: Exception) -> str:
    """Without what a server inside would have said."""
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    if isinstance(error, http.client.IncompleteRead):
        return "it broke off"
    if isinstance(error, ssl.SSLError):
        return "its certificate or its TLS is not good"
    return (
        "it does not answer as a web server does" if isinstance(error, http.client.HTTPException) else "no connection"
    )
