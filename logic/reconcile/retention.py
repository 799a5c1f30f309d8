"""Forgetting, in small batches while everything runs: expired tokens, tickets of consoles and replies, and after N days inbox
keys, settled commands, what was given back of a quota, and journal lines that changed nothing.

One call is one batch of each, in one transaction; the caller goes on while batches are full. What is deleted is
found by an index, or by going on where the last batch ended, so that a batch costs the same however large the tables are;
nothing that the hot path writes is locked. The fence still catches a replay older than the inbox. Lines that changed a
state stay: replaying them gives the columns.
"""

import datetime
from itertools import takewhile
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Manager, QuerySet
from prometheus_client import Counter

from logic import clock
from logic.compute import migration_rows
from logic.compute.consoles import prune_tickets
from logic.identity.commands.tokens import prune_tokens
from logic.kept import Kept
from logic.ledger.models import Command, Inbox, Journal, Mark
from logic.quota.models import Delta
from logic.replies import commands as replies

BATCH: Final = 1000
JOURNAL: Final = "retention.journal"
DELTAS: Final = "retention.deltas"
_MARKED = Kept(lambda name: Mark.objects.select_for_update().filter(pk=name))
FORGOTTEN = Counter("synnefo_forgotten_rows_total", "Rows deleted because of their age", ["table"])


@transaction.atomic
def prune() -> int:
    """Delete at most a batch of each; how far the fullest went. Less than :data:`BATCH`: there is no more for now."""
    before = clock.now() - datetime.timedelta(days=settings.RETENTION_DAYS)
    return max(_tokens(), _tickets(), _replies(), _inbox(before), _commands(before), _journal(before), _deltas(before))


def _counted(table: str, rows: int) -> int:
    FORGOTTEN.labels(table=table).inc(rows)
    return rows


def _tokens() -> int:
    return _counted("token", prune_tokens(BATCH))


def _tickets() -> int:
    return _counted("ticket", prune_tickets(BATCH))


def _replies() -> int:
    return _counted("reply", replies.prune(BATCH))


def _inbox(before: datetime.datetime) -> int:
    old = Inbox.objects.filter(at__lt=before).order_by("at").values_list("pk", flat=True)
    return _counted("inbox", _deleted(Inbox.objects, list(old[:BATCH])))


def _commands(before: datetime.datetime) -> int:
    old = Command.objects.filter(settled_at__lt=before).order_by("settled_at").values_list("pk", flat=True)
    ids = list(old[:BATCH])
    if ids:
        migration_rows.forget(ids)
    return _counted("command", _deleted(Command.objects, ids))


def _deleted(rows: Manager[Any], ids: list[Any]) -> int:
    """Most of the times there are none."""
    return rows.filter(pk__in=ids).delete()[0] if ids else 0


def _journal(before: datetime.datetime) -> int:
    met = _met(JOURNAL, Journal.objects.values_list("pk", "at"), before)
    if met:  # within bounds: a list of so many would be searched for in the whole table
        empty = Journal.objects.filter(pk__gte=met[0], pk__lte=met[-1], changes={}).values_list("pk", flat=True)
        _counted("journal", Journal.objects.filter(pk__in=list(empty)).delete()[0])
    return len(met)


def _deltas(before: datetime.datetime) -> int:
    """What was taken of a quota and given back since, once both are in the sums."""
    met = _met(DELTAS, Delta.objects.values_list("pk", "created_at", "folded"), before)
    if met:
        over = Delta.objects.filter(pk__gte=met[0], pk__lte=met[-1], released=True).values_list("holder", flat=True)
        _counted("delta", Delta.objects.filter(holder__in=set(over), folded=True).delete()[0])
    return len(met)


def _met(name: str, rows: QuerySet[Any, tuple[Any, ...]], before: datetime.datetime) -> list[int]:
    """The ids of a table's next rows that are old and whose other columns are all true, by their ids. Each is met once,
    those that stay too."""
    if (position := _position(name)) is None:
        Mark.objects.bulk_create([Mark(name=name)], ignore_conflicts=True)
        position = _position(name) or 0
    following = rows.filter(pk__gt=position).order_by("pk")

    def is_over(row: tuple[Any, ...]) -> bool:
        return bool(row[1] < before and all(row[2:]))

    if not any(map(is_over, following[:1])):  # most of the times: then no batch is read in vain
        return []
    met = [row[0] for row in takewhile(is_over, following[:BATCH])]
    if met:
        Mark.objects.filter(pk=name).update(position=met[-1])
    return met


def _position(name: str) -> int | None:
    """Of a mark, which nobody moves until the transaction ends."""
    return next((one.position for one in _MARKED(name)), None)
