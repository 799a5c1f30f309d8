"""As much of HTTP/1.1 as RAPI needs: one request a connection, bodies with a length, nothing clever. Bytes in, bytes out."""

import asyncio
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

import msgspec

from ganeti.transport import RapiRequest, RapiResponse

_MOST_HEADERS = 100
_LONGEST_BODY = 16 * 1024 * 1024
_PARTS = 3
_REALM = 'Basic realm="Ganeti Remote API"'


class Incoming(msgspec.Struct, frozen=True):
    """A request and who sends it."""

    request: RapiRequest
    authorization: str


class BadRequest(Exception):  # noqa: N818 - what it is called
    """Bytes that are no request; ``str()`` says why."""


async def read(reader: asyncio.StreamReader) -> Incoming | None:
    """The connection's request, or None when it ends before one. Raises :class:`BadRequest`."""
    try:
        first = await reader.readline()
        if not first:
            return None
        method, target = _request_line(first)
        headers = await _headers(reader)
        body = await reader.readexactly(_length(headers))
    except (asyncio.IncompleteReadError, ValueError) as error:
        raise BadRequest("The request does not end, or has too long a line.") from error
    parts = urlsplit(target)
    query = tuple(parse_qsl(parts.query, keep_blank_values=True))
    request = RapiRequest(method=method, path=parts.path, query=query, body=body or None)
    return Incoming(request, headers.get("authorization", ""))


def encoded(response: RapiResponse) -> bytes:
    """The answer's bytes; the connection is closed after them."""
    phrase = HTTPStatus(response.status).phrase
    lines = [
        f"HTTP/1.1 {response.status} {phrase}",
        "Server: Ganeti 3.0.2",
        "Content-Type: application/json",
        f"Content-Length: {len(response.body)}",
        "Connection: close",
        *([f"WWW-Authenticate: {_REALM}"] if response.status == HTTPStatus.UNAUTHORIZED else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + response.body


def _request_line(line: bytes) -> tuple[str, str]:
    words = line.decode("latin-1").split()
    if len(words) != _PARTS or not words[2].startswith("HTTP/1.") or not words[1].startswith("/"):
        raise BadRequest("That is no HTTP request.")
    return words[0], words[1]


async def _headers(reader: asyncio.StreamReader) -> dict[str, str]:
    found: dict[str, str] = {}
    for _ in range(_MOST_HEADERS):
        line = (await reader.readline()).decode("latin-1").strip()
        if not line:
            return found
        name, _, value = line.partition(":")
        found[name.strip().lower()] = value.strip()
    raise BadRequest("Too many headers.")


def _length(headers: dict[str, str]) -> int:
    if "transfer-encoding" in headers:
        raise BadRequest("Send a Content-Length.")
    text = headers.get("content-length", "0")
    if not text.isdecimal() or int(text[:12]) > _LONGEST_BODY:
        raise BadRequest("The Content-Length is no number, or too large.")
    return int(text)
