"""What ``quarantine-replay`` and ``quarantine-drop`` have in common: which messages, and all of them or none."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from logic.errors import BadRequest
from logic.ledger import queries

AT_ONCE = 1000


def add_options(parser: CommandParser) -> None:
    """Which messages."""
    parser.add_argument("ids", nargs="*", type=int, metavar="ID", help="as in quarantine-list")
    parser.add_argument("--all", action="store_true", help="every message there is")
    parser.add_argument("--cluster", default="", metavar="NAME", help="with --all: from this cluster only")


def each(options: Mapping[str, Any], act: Callable[[int], None]) -> int:
    """Do it to the messages that were named; how many there were. Raises :class:`BadRequest`, and
    :class:`logic.errors.NotFound` when one of them does not exist: then to none."""
    if bool(options["ids"]) == options["all"]:
        raise BadRequest(reason="Name the messages by their ids, or say --all.")
    return _everything(options["cluster"], act) if options["all"] else _these(options["ids"], act)


@transaction.atomic
def _these(ids: Sequence[int], act: Callable[[int], None]) -> int:
    for id in ids:
        act(id)
    return len(ids)


def _everything(cluster: str, act: Callable[[int], None]) -> int:
    """Those that are there now; what comes back meanwhile has a new id."""
    last, ids = 0, list[int]()
    while found := queries.quarantined(cluster=cluster, after=last, limit=AT_ONCE):
        ids += [one.id for one in found]
        last = ids[-1]
    return sum(_these(ids[place : place + AT_ONCE], act) for place in range(0, len(ids), AT_ONCE))
