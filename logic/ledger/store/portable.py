"""The door's portable form: Django's ORM, for SQLite and for MariaDB."""

import datetime
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from logic import clock
from logic.compute.models import ServerNumber
from logic.ledger import nudges
from logic.ledger.efforts import EFFORT_COLUMNS
from logic.ledger.models import Command, Inbox, Journal, Lease
from logic.ledger.resources import Kind

CHUNK = 500  # SQLite's limit of parameters in one statement is far above three of these


def now() -> datetime.datetime:
    """SQLite is inside this process and has its clock."""
    if connection.vendor == "sqlite":
        return clock.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT UTC_TIMESTAMP(6)")
        moment: datetime.datetime = cursor.fetchone()[0]
    return moment.replace(tzinfo=datetime.UTC)


def lock(kind: Kind, ids: Sequence[str], *, only: Sequence[str] = (), skip: bool = False) -> list[Any]:
    rows: list[Any] = []
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        found = kind.model._default_manager.select_for_update(skip_locked=skip).filter(pk__in=chunk).order_by("pk")
        rows.extend(found.only(*only) if only else found)
    return rows


def lock_free(kind: Kind, ids: Sequence[str]) -> list[Any]:
    return lock(kind, ids, skip=True)  # SQLite has no row locks, and one writer


def fresh(keys: Sequence[str]) -> set[str]:
    wanted = set(keys)
    if not wanted:
        return set()
    known: set[str] = set()
    ordered = sorted(wanted)
    for start in range(0, len(ordered), CHUNK):
        chunk = ordered[start : start + CHUNK]
        known.update(Inbox.objects.filter(pk__in=chunk).values_list("key", flat=True))
    new = wanted - known
    at = clock.now()
    Inbox.objects.bulk_create([Inbox(key=key, at=at) for key in sorted(new)], ignore_conflicts=True)
    return new


def write_states(kind: Kind, rows: Sequence[dict[str, Any]]) -> None:
    for row in rows:
        columns = {name: value for name, value in row.items() if name != "id"}
        kind.model._default_manager.filter(pk=row["id"]).update(**columns)


def write_commands(rows: Sequence[Command]) -> None:
    Command.objects.bulk_update(rows, [*EFFORT_COLUMNS, "due_at", "settled_at"], batch_size=100)


def append_journal(rows: Sequence[Journal]) -> None:
    Journal.objects.bulk_create(rows)


def notify(channel: str) -> None:
    transaction.on_commit(lambda: nudges.nudge(channel))


def lease_epoch(name: str) -> int:
    return Lease.objects.select_for_update().filter(pk=name).values_list("epoch", flat=True).first() or 0


def raise_number(seen: int) -> None:
    newest = ServerNumber.objects.order_by("-id").first()
    if (newest.id if newest else 0) < seen:
        ServerNumber.objects.bulk_create([ServerNumber(id=seen)], ignore_conflicts=True)
