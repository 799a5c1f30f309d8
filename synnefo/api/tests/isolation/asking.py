"""Asks a row's question as every persona, of what is theirs, another's and nobody's. Nothing that is asked for stays."""

import asyncio
from collections.abc import Iterator
from typing import Any

import msgspec
from django.db import connections, transaction

from logic import clock
from synnefo.api.testing import HOST, Reply, exchange
from synnefo.api.tests.isolation.personas import ALPHA, BRAVO, LIES, NOBODIES, NONE, PERSONAS, Persona
from synnefo.api.tests.isolation.rows import Row
from synnefo.api.tests.isolation.world import OF_USERS, Things

A_FEW = [one for one in PERSONAS if one.name in {"anonymous", "garbage", "member"}]
OWN, OTHER, UNKNOWN = "own", "other", "unknown"


class Cell(msgspec.Struct, frozen=True):
    """Who asks, and of whose thing."""

    persona: Persona
    column: str
    side: str

    @property
    def name(self) -> str:
        return f"{self.persona.name}, {self.column}"


class Told(msgspec.Struct, frozen=True):
    """What was answered, and how many rows of the database had changed by then; ``it`` is what was asked of."""

    reply: Reply
    changes: int
    it: str
    request: str


def cells(row: Row) -> Iterator[Cell]:
    """All that there are of a row. Who has no valid token, or one for other requests, is asked of one thing alone: nothing has
    been looked up yet. What is about no thing is not asked by those of the other project, and what everybody may not by all."""
    for one in A_FEW if row.who.role == "public" and not row.it else PERSONAS:
        if not row.it or one in NOBODIES or one.is_bound:
            if row.it or not one.name.endswith(" there"):
                yield Cell(one, OWN, one.side or ALPHA)
            continue
        home = ALPHA if row.it in OF_USERS and one.owns and not one.side else one.side
        if home and (one.owns or row.it not in OF_USERS):
            yield Cell(one, OWN, home)
        yield Cell(one, OTHER, _others(one, row.it, home))
        yield Cell(one, UNKNOWN, NONE)


def _others(one: Persona, kind: str, home: str) -> str:
    """Whose thing is somebody else's: of keys and the like, those of the project's other members."""
    if kind in OF_USERS and not one.owns and home:
        return home
    return {ALPHA: BRAVO, BRAVO: ALPHA, NONE: ALPHA}[home]


def ask(row: Row, things: Things) -> dict[Cell, Told]:
    return asyncio.run(_ask(row, things, connections["default"]))


async def _ask(row: Row, things: Things, database: Any) -> dict[Cell, Told]:
    connections["default"] = database
    return {cell: await _told(row, cell, things, database) for cell in cells(row)}


async def _told(row: Row, cell: Cell, things: Things, database: Any) -> Told:
    names = {kind: sides[cell.persona.side or ALPHA] for kind, sides in things.items()}
    names |= {
        "it": things[row.it][cell.side] if row.it else "",
        "me": cell.persona.user or "x",
        "token": cell.persona.token,
        "now": f"{clock.now():%Y%m%dT%H%M%SZ}",
    }
    path, body = _filled(row.path, names), b"" if row.body is None else _filled(_encoded(row.body), names).encode()
    own = {name: _filled(value, names) for name, value in row.headers.items()}
    headers = {"host": HOST, "content-type": "application/json", **LIES, **own}
    if cell.persona.token:
        headers["x-auth-token"] = cell.persona.token
    before = database.connection.total_changes
    with transaction.atomic():
        reply = await exchange(row.method, f"/{path}", headers, [body], database)
        changes = database.connection.total_changes - before
        transaction.set_rollback(True)
    return Told(reply, changes, names["it"], path + body.decode())


def _filled(text: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        text = text.replace("{" + name + "}", value)
    return text


def _encoded(body: Any) -> str:
    return body if isinstance(body, str) else msgspec.json.encode(body).decode()
