"""Asking the API as a client does, in one process: tests of the facades go through the true ASGI application, inline.

``conftest.py`` one level up makes the fixture ``api`` of it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django.db import connections

from logic import decoding
from logic.access import Caller

HOST = "cloud.example"


class Reply(msgspec.Struct, frozen=True):
    """What came back; header names in lower case. Status 0: nothing did."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return decoding.decode(self.body)


class Api:
    """``api.of(ALICE).get("/compute/v2.1/servers")``, or with a ``token``. ``json`` is encoded; ``body`` is sent as it is,
    in the pieces given; behind a piece that is None the client hangs up."""

    def __init__(self, token: str = "") -> None:
        self.token = token

    def of(self, caller: Caller) -> "Api":
        """The API as this caller sees it; user, project, roles and token are made."""
        from logic.identity.testing import sign_in

        return Api(sign_in(caller))

    def get(self, path: str, **options: Any) -> Reply:
        return self.request("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> Reply:
        return self.request("POST", path, json=json, **options)

    def put(self, path: str, json: Any = None, **options: Any) -> Reply:
        return self.request("PUT", path, json=json, **options)

    def patch(self, path: str, json: Any = None, **options: Any) -> Reply:
        return self.request("PATCH", path, json=json, **options)

    def delete(self, path: str, **options: Any) -> Reply:
        return self.request("DELETE", path, **options)

    def request(  # noqa: PLR0913 - what a request has
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        body: bytes | Sequence[bytes | None] | None = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        pieces: list[bytes | None] = (
            [body] if isinstance(body, bytes) else list(body or [b"" if json is None else msgspec.json.encode(json)])
        )
        sent = {"host": HOST, "content-type": "application/json"}
        sent |= {name.lower(): value for name, value in (headers or {}).items()}
        if credential := self.token if token is None else token:
            sent.setdefault("x-auth-token", credential)
        return asyncio.run(exchange(method, path, sent, pieces, connections["default"]))


async def exchange(
    method: str, path: str, headers: Mapping[str, str], pieces: list[bytes | None], database: Any
) -> Reply:
    """One request, in an event loop that may ask several; ``database`` is the test's connection. Raises ``AssertionError`` for an
    answer that no document tells of."""
    from synnefo.api.testing.agreeing import agree
    from synnefo.asgi import application

    connections["default"] = database  # the test's own transaction, also inside the loop
    where, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": where,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
        "client": ("192.0.2.1", 40000),
        "server": (HOST, 80),
    }
    waiting = list(pieces)
    sent: list[Mapping[str, Any]] = []

    async def receive() -> Mapping[str, Any]:
        piece = waiting.pop(0) if waiting else b""
        if piece is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": bool(waiting)}

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    await application(scope, receive, send)
    if not sent:
        return Reply(0, {}, b"")
    got = {name.decode().lower(): value.decode("latin-1") for name, value in sent[0]["headers"]}
    reply = Reply(sent[0]["status"], got, b"".join(message.get("body", b"") for message in sent[1:]))
    agree(method, where, reply)
    return reply
