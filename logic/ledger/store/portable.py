"""The door's portable form: Django's ORM, for SQLite and for MariaDB."""

import datetime
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from django.db import connection, transaction

from logic import clock
from logic.compute.models import Server, ServerNumber
from logic.ledger import efforts as rows_of
from logic.ledger import nudges
from logic.ledger.lines import NewLine
from logic.ledger.models import Command, Inbox, Journal, Lease, Quarantine
from logic.ledger.resources import Kind, Locked, locked
from logic.placement.models import Backend
from logic.snapshots import Effort
from logic.transactions import atomically

CHUNK = 500  # SQLite's limit of parameters in one statement is far above three of these


def now() -> datetime.datetime:
    """SQLite is inside this process and has its clock."""
    if connection.vendor == "sqlite":
        return clock.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT UTC_TIMESTAMP(6)")
        moment: datetime.datetime = cursor.fetchone()[0]
    return moment.replace(tzinfo=datetime.UTC)


def lock(kind: Kind, ids: Sequence[str], *, skip: bool = False) -> list[Any]:
    rows = kind.model._default_manager.select_for_update(skip_locked=skip).order_by("pk")
    return [row for chunk in _chunks(ids) for row in rows.filter(pk__in=chunk)]


def lock_free(kind: Kind, ids: Sequence[str]) -> list[Any]:
    return lock(kind, ids, skip=True)  # SQLite has no row locks, and one writer


def take(kind: Kind, ids: Collection[str], parents: Collection[str] = ()) -> list[Locked]:
    wanted = set(ids)
    for chunk in _chunks(parents) if kind.parent else ():
        children = kind.model._default_manager.filter(**{f"{kind.parent}__in": chunk}).exclude(observed="gone")
        wanted.update(children.values_list("pk", flat=True))
    rows = kind.model._default_manager.select_for_update().order_by("pk").values_list(*kind.read)
    return [locked(kind, row) for chunk in _chunks(wanted) for row in rows.filter(pk__in=chunk)]


def efforts(resources: Collection[str]) -> dict[str, list[Effort]]:
    found: dict[str, list[Effort]] = defaultdict(list)
    rows = Command.objects.exclude(status="settled").order_by("created_at", "id").values_list("resource", *rows_of.READ)
    for chunk in _chunks(resources):
        for resource, *values in rows.filter(resource__in=chunk):
            found[resource].append(rows_of.effort_from(values))
    return found


def addresses(clusters: Collection[str], numbers: Collection[int]) -> tuple[dict[str, int], dict[tuple[int, int], str]]:
    homes = dict(Backend.objects.filter(name__in=clusters).values_list("name", "pk"))
    rows = Server.objects.filter(backend__in=homes.values(), number__in=numbers)
    return homes, {(home, number): id for home, number, id in rows.values_list("backend_id", "number", "id")}


def owners(commands: Collection[str]) -> dict[str, tuple[str, str, int]]:
    rows = Command.objects.filter(pk__in=commands).values_list("id", "kind", "resource", "backend_id")
    return {id: (kind, resource, home) for id, kind, resource, home in rows}


def _chunks(ids: Collection[str]) -> list[list[str]]:
    ordered = sorted(set(ids))
    return [ordered[start : start + CHUNK] for start in range(0, len(ordered), CHUNK)]


def fresh(keys: Sequence[str]) -> set[str]:
    wanted = set(keys)
    if not wanted:
        return set()
    known: set[str] = set()
    for chunk in _chunks(wanted):
        known.update(Inbox.objects.filter(pk__in=chunk).values_list("key", flat=True))
    new = wanted - known
    at = clock.now()
    Inbox.objects.bulk_create([Inbox(key=key, at=at) for key in sorted(new)], ignore_conflicts=True)
    return new


def write_states(kind: Kind, rows: Sequence[dict[str, Any]]) -> None:
    for row in rows:
        columns = {name: value for name, value in row.items() if name != "id"}
        kind.model._default_manager.filter(pk=row["id"]).update(**columns)


def write_commands(rows: Sequence[dict[str, Any]]) -> None:
    for row in rows:
        columns = {name: value for name, value in row.items() if name != "id" and value is not None}
        Command.objects.filter(pk=row["id"]).update(**columns)


def append_journal(rows: Sequence[NewLine]) -> None:
    Journal.objects.bulk_create(Journal(**msgspec.structs.asdict(row)) for row in rows)


def keep(rows: Sequence[Quarantine]) -> None:
    Quarantine.objects.bulk_create(rows)


def notify(channel: str) -> None:
    transaction.on_commit(lambda: nudges.nudge(channel))


@atomically
def hold(name: str, holder: str, seconds: float) -> int:
    at = now()
    until = at + datetime.timedelta(seconds=seconds)
    row = _locked(name) or _made(Lease(name=name, holder=holder, epoch=0, until=at))
    if row.holder != holder and row.until > at:
        return 0
    epoch: int = row.epoch if row.holder == holder and row.epoch else row.epoch + 1
    Lease.objects.filter(pk=name).update(holder=holder, epoch=epoch, until=until)
    return epoch


def _locked(name: str) -> Lease | None:
    """Asked before anything is inserted: holders that insert and then lock would meet in deadlocks on MariaDB."""
    return Lease.objects.select_for_update().filter(pk=name).first()


def _made(lease: Lease) -> Lease:
    Lease.objects.bulk_create([lease], ignore_conflicts=True)
    return Lease.objects.select_for_update().get(pk=lease.name)


def lease_epoch(name: str) -> int:
    return Lease.objects.select_for_update().filter(pk=name).values_list("epoch", flat=True).first() or 0


def raise_number(seen: int) -> None:
    newest = ServerNumber.objects.order_by("-id").first()
    if (newest.id if newest else 0) < seen:
        ServerNumber.objects.bulk_create([ServerNumber(id=seen)], ignore_conflicts=True)
