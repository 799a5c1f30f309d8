"""Forgetting, in small batches while everything runs: expired tokens, and after N days inbox keys, settled commands, and
journal lines that changed nothing.

One call is one batch of each, in one transaction; the caller goes on while batches are full. What is deleted is
found by an index, or by going on where the last batch ended, so that a batch costs the same however large the tables are;
nothing that the hot path writes is locked. The fence still catches a replay older than the inbox. Lines that changed a
state stay: replaying them gives the columns.
"""

import datetime
from itertools import takewhile
from typing import Final

from django.conf import settings
from django.db import transaction
from prometheus_client import Counter

from logic import clock
from logic.identity.commands.tokens import prune_tokens
from logic.ledger.models import Command, Inbox, Journal, Mark

BATCH: Final = 1000
JOURNAL: Final = "retention.journal"
FORGOTTEN = Counter("synnefo_forgotten_rows_total", "Rows deleted because of their age", ["table"])


@transaction.atomic
def prune() -> int:
    """Delete at most a batch of each; how far the fullest went. Less than :data:`BATCH`: there is no more for now."""
    before = clock.now() - datetime.timedelta(days=settings.RETENTION_DAYS)
    return max(_tokens(), _inbox(before), _commands(before), _journal(before))


def _counted(table: str, rows: int) -> int:
    FORGOTTEN.labels(table=table).inc(rows)
    return rows


def _tokens() -> int:
    return _counted("token", prune_tokens(BATCH))


def _inbox(before: datetime.datetime) -> int:
    old = Inbox.objects.filter(at__lt=before).order_by("at").values_list("pk", flat=True)
    return _counted("inbox", Inbox.objects.filter(pk__in=list(old[:BATCH])).delete()[0])


def _commands(before: datetime.datetime) -> int:
    old = Command.objects.filter(settled_at__lt=before).order_by("settled_at").values_list("pk", flat=True)
    return _counted("command", Command.objects.filter(pk__in=list(old[:BATCH])).delete()[0])


def _journal(before: datetime.datetime) -> int:
    """Through all lines by their ids, once: those that stay are not met again. How many lines were met."""
    Mark.objects.bulk_create([Mark(name=JOURNAL)], ignore_conflicts=True)
    position = Mark.objects.select_for_update().get(pk=JOURNAL).position
    lines = Journal.objects.filter(pk__gt=position).order_by("pk").values_list("pk", "at")[:BATCH]
    met = [number for number, _ in takewhile(lambda line: line[1] < before, lines)]
    if met:
        empty = Journal.objects.filter(pk__gt=position, pk__lte=met[-1], changes={}).values_list("pk", flat=True)
        _counted("journal", Journal.objects.filter(pk__in=list(empty)).delete()[0])
        Mark.objects.filter(pk=JOURNAL).update(position=met[-1])
    return len(met)
