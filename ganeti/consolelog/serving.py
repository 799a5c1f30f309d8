"""``snf-console-log``: tells the cloud what the guests of this node have said on their consoles, and which are paused, and keeps
their logs short.

Over HTTPS with the certificate of the cluster's remote API, to users of that API who may write: Ganeti has brought both to each
node, and the cloud knows them. One thread; a request and its answer have a bound in bytes and in seconds, and so
many connections are open at once, no more. Everybody may ask ``/health`` and ``/metrics``.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import ssl
import sys
from collections import Counter
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

from ganeti.consolelog import answering
from ganeti.consolelog.answering import Paused, Reply, Tail
from ganeti.consolelog.files import Logs, Total
from ganeti.users import REALM, Users
from logic.supervision import BEAT, Supervisor

PORT: Final = 5085
PATIENCE: Final = 10.0  # seconds for a request to come in, and for its answer to go out
LONGEST: Final = 16 * 1024  # bytes of a request
MOST: Final = 64  # connections
_WORDS = 3
_OPEN: Final = frozenset({"/health", "/metrics"})


class Server:
    """``total`` is what the logs last came to; who bounds them says so."""

    def __init__(self, tail: Tail, users: Users, paused: Paused = tuple) -> None:
        self._tail, self._users, self._paused = tail, users, paused
        self._connections, self._answered = 0, Counter[int]()
        self.total = Total(0, 0)

    async def start(self, address: str, port: int, context: ssl.SSLContext) -> asyncio.Server:
        """Listen; port 0 takes a free one."""
        return await asyncio.start_server(
            self._serve, address or None, port, ssl=context, ssl_handshake_timeout=PATIENCE, limit=LONGEST
        )

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        try:
            if self._connections <= MOST:
                await self._exchange(reader, writer)
        except (OSError, TimeoutError, EOFError, asyncio.LimitOverrunError):
            pass  # it has gone, or is too slow or too long: nobody waits for an answer
        finally:
            self._connections -= 1
            writer.transport.abort()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(PATIENCE):
            head = await reader.readuntil(b"\r\n\r\n")
        reply = self._reply(head.decode("latin-1").split("\r\n"))
        self._answered[reply.status] += 1
        writer.write(encoded(reply))
        async with asyncio.timeout(PATIENCE):
            await writer.drain()
            writer.close()
            await writer.wait_closed()

    def _reply(self, lines: list[str]) -> Reply:
        words = lines[0].split(" ")
        if len(words) != _WORDS or not words[2].startswith("HTTP/1."):
            return Reply(HTTPStatus.BAD_REQUEST)
        method, target, _ = words
        try:
            parts = urlsplit(target)
        except ValueError:
            return Reply(HTTPStatus.BAD_REQUEST)
        if parts.path in _OPEN:
            return Reply(HTTPStatus.OK, self._told() if parts.path == "/metrics" else b"")
        may_write = self._users.may_write(_header(lines[1:], "authorization"))
        if not may_write:
            return Reply(HTTPStatus.UNAUTHORIZED if may_write is None else HTTPStatus.FORBIDDEN)
        lines_wanted = parse_qs(parts.query).get("lines", [""])[-1]
        return answering.answer(method, parts.path, lines_wanted, self._tail, self._paused)

    def _told(self) -> bytes:
        """In Prometheus' words."""
        lines = [
            f"synnefo_console_logs {self.total.logs}",
            f"synnefo_console_log_bytes {self.total.bytes}",
            f"synnefo_console_logs_amiss {self.total.amiss}",
        ]
        for status, count in sorted(self._answered.items()):
            lines.append(f'synnefo_console_log_requests_total{{status="{int(status)}"}} {count}')
        return "\n".join([*lines, ""]).encode()


def encoded(reply: Reply) -> bytes:
    """The bytes of an answer; the connection ends after them."""
    lines = [
        f"HTTP/1.1 {int(reply.status)} {HTTPStatus(reply.status).phrase}",
        "Content-Type: text/plain",
        f"Content-Length: {len(reply.body)}",
        "Connection: close",
        *([f'WWW-Authenticate: Basic realm="{REALM}"'] if reply.status == HTTPStatus.UNAUTHORIZED else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + reply.body


def _header(lines: Sequence[str], name: str) -> str:
    found = [value.strip() for line in lines for key, _, value in [line.partition(":")] if key.lower() == name]
    return found[-1] if found else ""


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="snf-console-log", description=(__doc__ or "").splitlines()[0])
    made.add_argument("--logs", type=Path, default=Path("/var/lib/synnefo-console"), help="the directory of logs")
    made.add_argument("--certificate", type=Path, required=True, help="of the remote API, with its key")
    made.add_argument("--users-file", type=Path, required=True, help="of the remote API")
    made.add_argument("--address", default="", help="where to listen; everywhere unless given")
    made.add_argument("--port", type=int, default=PORT)
    return made


async def run(given: argparse.Namespace, supervisor: Supervisor) -> None:
    """Until SIGTERM or SIGINT. The logs are looked at each second, and the supervisor hears of it."""
    ends = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ends.set)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(given.certificate)
    logs = Logs(given.logs)
    server = Server(logs.tail, Users(given.users_file), logs.paused)
    listening = await server.start(given.address, given.port, context)
    while not ends.is_set():
        if (total := logs.bound()).amiss > server.total.amiss:
            sys.stderr.write(f"snf-console-log: {total.amiss} logs below {given.logs} cannot be cut\n")
        server.total = total
        supervisor.turned({"listening": listening.is_serving()})
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ends.wait(), BEAT)
    supervisor.stopping()
    listening.close()


def main(words: Sequence[str]) -> int:
    """2 for wrong usage."""
    given = parser().parse_args(words)
    try:
        asyncio.run(run(given, Supervisor.of(os.environ)))
    except OSError as error:
        sys.stderr.write(f"snf-console-log: {error}\n")
        return 1
    return 0
