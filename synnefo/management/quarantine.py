"""What the ``quarantine-*`` commands have in common: which messages; to replay or drop them, all that are named or none."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from logic.ledger import queries
from synnefo.management.tables import WrongUsage

AT_ONCE = 1000


def add_options(parser: CommandParser) -> None:
    """Which messages."""
    parser.add_argument("ids", nargs="*", type=int, metavar="ID", help="as in quarantine-list")
    parser.add_argument("--all", action="store_true", help="every message there is")
    add_filters(parser, "with --all: ")


def add_filters(parser: CommandParser, when: str = "") -> None:
    """Some of those there are."""
    parser.add_argument("--cluster", default="", metavar="NAME", help=f"{when}from this cluster only")
    parser.add_argument("--reason", default="", metavar="TEXT", help=f"{when}with this in their reason only")


def each(options: Mapping[str, Any], act: Callable[[Sequence[int]], None]) -> int:
    """Do it to the messages that were named, some at a time, each time in a transaction; how many there were. Raises
    :class:`WrongUsage`, and :class:`logic.errors.NotFound` when one of them does not exist: then to none."""
    if bool(options["ids"]) == options["all"]:
        raise WrongUsage(reason="Name the messages by their ids, or say --all.")
    if not options["all"]:
        return _these(options["ids"], act)
    return _everything(queries.quarantined_ids(cluster=options["cluster"], reason=options["reason"]), act)


@transaction.atomic
def _these(ids: Sequence[int], act: Callable[[Sequence[int]], None]) -> int:
    act(ids)
    return len(ids)


def _everything(ids: Sequence[int], act: Callable[[Sequence[int]], None]) -> int:
    """Those that are there now, some at a time; what comes back meanwhile has a new id."""
    return sum(_these(ids[place : place + AT_ONCE], act) for place in range(0, len(ids), AT_ONCE))
