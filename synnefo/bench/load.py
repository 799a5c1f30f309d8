"""A client that costs little: the same few requests over kept connections, as many as the server answers."""

import asyncio
import time
from collections.abc import Iterator, Sequence

LOOPBACK = "127.0.0.1"


class Wrong(Exception):  # noqa: N818 - what the answer is
    """An answer that is no success."""


def request(method: str, path: str, token: str, body: bytes = b"", version: str = "2.96") -> bytes:
    """One request's bytes, at a microversion of Nova's."""
    head = [
        f"{method} {path} HTTP/1.1",
        "Host: cloud.example",
        f"X-Auth-Token: {token}",
        f"OpenStack-API-Version: compute {version}",
        *([f"Content-Type: application/json\r\nContent-Length: {len(body)}"] if body else []),
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


class Connection:
    """One kept connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def to(cls, port: int) -> "Connection":
        return cls(*await asyncio.open_connection(LOOPBACK, port, limit=1 << 22))

    async def ask(self, sent: bytes) -> bytes:
        """The answer's body. Raises :class:`Wrong`."""
        self._writer.write(sent)
        head = await self._reader.readuntil(b"\r\n\r\n")
        where = head.lower().find(b"content-length:")
        length = int(head[where + 15 : head.index(b"\r", where)]) if where >= 0 else 0
        body = await self._reader.readexactly(length) if length else b""
        if not head.startswith(b"HTTP/1.1 2"):
            raise Wrong((head + body[:500]).decode(errors="replace"))
        return body

    def close(self) -> None:
        self._writer.close()


async def once(port: int, sent: bytes) -> bytes:
    """One answer's body over a connection of its own. Raises :class:`Wrong`."""
    connection = await Connection.to(port)
    try:
        return await connection.ask(sent)
    finally:
        connection.close()


async def rate(port: int, requests: Sequence[bytes], *, connections: int, seconds: float) -> float:
    """Answers a second; the requests are sent in turn, over and over."""
    kept = [await Connection.to(port) for _ in range(connections)]
    turn = _round(requests)
    started = time.perf_counter()
    counts = await asyncio.gather(*[_until(started + seconds, one, turn) for one in kept])
    took = time.perf_counter() - started
    for one in kept:
        one.close()
    return sum(counts) / took


async def _until(end: float, connection: Connection, turn: Iterator[bytes]) -> int:
    count = 0
    while time.perf_counter() < end:
        await connection.ask(next(turn))
        count += 1
    return count


def _round(requests: Sequence[bytes]) -> Iterator[bytes]:
    while True:
        yield from requests
