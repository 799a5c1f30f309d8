"""Servers as operators name them: by id, or by the instance's name on its cluster. Deleted ones are found too."""

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
from logic.errors import NotFound

PAGE = 1000


def server(word: str) -> Server:
    """The row. Raises :class:`NotFound`."""
    number = number_of(settings.BACKEND_PREFIX_ID, word)
    rows = Server.objects.select_related("backend")
    row = rows.filter(number=number).first() if number is not None else rows.filter(pk=word).first()
    if row is None:
        raise NotFound(kind="server", id=word)
    return row


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
