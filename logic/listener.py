"""A small HTTP listener for programs that are no web servers: ``/health`` and ``/metrics``, on the loop they have.

Called by the dispatcher's command and the event daemon. No thread, no framework: GET of a fixed path, one answer a
connection, every wait and every size bounded, so that nobody who connects can hold the program up. It asks for no token:
bind it to loopback or to a network of your own. What the pages say is their makers' affair; nothing in them tells of
tenants.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final, NamedTuple

import msgspec
import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

log = structlog.get_logger(__name__)
PATIENCE: Final = 10.0  # seconds for one exchange
LARGEST: Final = 8192  # bytes of a request
SCRAPE_TIMEOUT: Final = "X-Prometheus-Scrape-Timeout-Seconds"  # Prometheus says with it how long it waits
AT_ONCE: Final = 16  # connections; more are closed unread


class Page(NamedTuple):
    """An answer."""

    status: int
    kind: str
    body: bytes


Pages = Mapping[str, Callable[[float], Awaitable[Page]]]  # called with the seconds that the asker waits


def health(problem: str = "", **facts: bool) -> Page:
    """200 when all the facts are so and there is no problem beside, else 503, with the facts by name and the problem."""
    well = all(facts.values()) and not problem
    told = {"problem": problem} if problem else {}
    body = msgspec.json.encode({"status": "ok" if well else "unavailable", **facts, **told})
    return Page(200 if well else 503, "application/json", body)


def within(told: str | None, most: float = PATIENCE) -> float:
    """Seconds that somebody waits who sent this :data:`SCRAPE_TIMEOUT`, or none; at most ``most``."""
    try:
        seconds = float(told or most)
    except ValueError:
        return most
    return min(seconds, most) if seconds > 0 else most


def metrics() -> Page:
    """What this process has counted."""
    return Page(200, CONTENT_TYPE_LATEST, generate_latest())


@contextlib.asynccontextmanager
async def listening(address: str, port: int, pages: Pages) -> AsyncIterator[int]:
    """Answer within the block; gives the port, which the system chooses when it is 0. Raises ``OSError`` when the
    address is taken."""
    listener = _Listener(pages)
    server = await asyncio.start_server(listener.serve, address, port, limit=LARGEST)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        listener.hang_up()


class _Listener:
    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._open: set[asyncio.StreamWriter] = set()

    def hang_up(self) -> None:
        for writer in tuple(self._open):
            writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its request to its end."""
        self._open.add(writer)
        try:
            if len(self._open) <= AT_ONCE:
                async with asyncio.timeout(PATIENCE):
                    await self._exchange(reader, writer)
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # whoever it was asks again
        except asyncio.CancelledError:
            pass  # the program ends; Python 3.11 logs an error of its own when the task of a connection was cancelled
        finally:
            self._open.discard(writer)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        method, _, rest = head.partition(b" ")
        page = await self._answer(method, rest.partition(b" ")[0], within(_timeout(head)))
        lines = [
            f"HTTP/1.1 {page.status} {HTTPStatus(page.status).phrase}",
            f"Content-Type: {page.kind}",
            f"Content-Length: {len(page.body)}",
            "Connection: close",
        ]
        if writer.is_closing():
            return  # the program ends; uvloop refuses what is written after a hang-up
        writer.write("\r\n".join([*lines, "", ""]).encode() + (b"" if method == b"HEAD" else page.body))
        await writer.drain()

    async def _answer(self, method: bytes, target: bytes, seconds: float) -> Page:
        path = target.partition(b"?")[0].decode("latin-1").rstrip("/")
        make = self._pages.get(path)
        if make is None:
            return _said(HTTPStatus.NOT_FOUND)
        if method not in {b"GET", b"HEAD"}:
            return _said(HTTPStatus.METHOD_NOT_ALLOWED)
        try:
            return await make(seconds)
        except Exception:
            log.exception("listener.failed", path=path)
            return _said(HTTPStatus.INTERNAL_SERVER_ERROR)


def _timeout(head: bytes) -> str | None:
    for line in head.decode("latin-1").split("\r\n")[1:]:
        name, _, value = line.partition(":")
        if name.lower() == SCRAPE_TIMEOUT.lower():
            return value.strip()
    return None


def _said(status: HTTPStatus) -> Page:
    return Page(status, "text/plain; charset=utf-8", f"{status.phrase}\n".encode())
