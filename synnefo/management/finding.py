"""Servers as operators name them: by id, by the instance's name on its cluster, or by a name that only one has. Deleted
ones are found too, by a name when no living one has it."""

from collections.abc import Iterator
from typing import Any

import msgspec
from django.conf import settings

from ganeti.vocabulary import number_of
from logic.access import operator
from logic.compute import queries
from logic.compute.infos import ServerInfo
from logic.compute.listing import ServerFilter
from logic.compute.models import Server
from logic.compute.states import Observed
from logic.errors import BadRequest, NotFound, clipped
from synnefo.management.tables import WrongUsage

PAGE = 1000
MANY = 10  # servers of one name that are told


def server(word: str) -> Server:
    """The row. Raises :class:`NotFound`, and :class:`BadRequest` for a name that several have and for none at all."""
    if not word.strip():
        raise WrongUsage(reason="Say which server: its id, the name of its instance, or a name that only one has.")
    number = number_of(settings.BACKEND_PREFIX_ID, word)
    rows = Server.objects.select_related("backend")
    row = rows.filter(number=number).first() if number is not None else rows.filter(pk=word).first()
    return row or rows.filter(foreign_name=word).exclude(observed=Observed.GONE).first() or _named(word)


def _named(name: str) -> Server:
    rows = Server.objects.select_related("backend").filter(name=name).order_by("-number")
    found = list(rows.exclude(observed=Observed.GONE)[:MANY]) or list(rows[:MANY])
    if not found:
        raise NotFound(kind="server", id=name)
    if len(found) > 1:
        ids = ", ".join(row.pk for row in found)
        raise BadRequest(reason=f"Several servers are named {clipped(name)!r}. Give the id of one: {ids}.")
    return found[0]


def listed(wanted: ServerFilter, limit: int) -> Iterator[ServerInfo]:
    """Page by page, newest first; ``limit`` at most, 0: all."""
    left, marker = limit, ""
    while True:
        size = min(left, PAGE) if limit else PAGE
        found = queries.servers(operator(), wanted, limit=size, marker=marker)
        yield from found
        left -= len(found)
        if len(found) < size or (limit and not left):
            return
        marker = found[-1].id


def shown(row: Server) -> dict[str, Any]:
    """The server as its tenant sees it, in plain data."""
    plain: dict[str, Any] = msgspec.to_builtins(queries.server(operator(), row.pk, gone=True))
    return plain
