"""The door's portable form, for SQLite and for MariaDB.

What a batch asks is plain SQL that both read (``statements``): to build a statement with the ORM costs several times what
SQLite takes to carry it out. What is asked rarely is the ORM's.
"""

import datetime
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from django.db import connection, transaction
from django.db.models.constants import OnConflict

from logic import clock
from logic.compute.models import Server, ServerNumber
from logic.ledger import efforts as rows_of
from logic.ledger import nudges, waiting
from logic.ledger.lines import NewLine
from logic.ledger.models import Command, Inbox, Journal, Lease, Quarantine
from logic.ledger.resources import Kind, Locked, locked
from logic.ledger.store import shared
from logic.ledger.store.statements import chunks, each, locking, marks, names, read, rows
from logic.placement.models import Backend
from logic.snapshots import Effort
from logic.transactions import atomically

_COMMAND, _LEASE = Command._meta.db_table, Lease._meta.db_table
_KEPT = frozenset({"due_at", "settled_at"})  # times of a command that stay when no new one is given

atomic = shared.atomic
in_atomic = shared.in_atomic
on_commit = shared.on_commit
add = shared.add
lock = shared.lock
lock_free = shared.lock_free
unsettled = shared.unsettled
clusters = shared.clusters
due = shared.due
claims_of = shared.claims_of
lapsed = shared.lapsed
present = shared.present
absent = shared.absent
homes_of = shared.homes_of
record = shared.record
park = shared.park
take_parked = shared.take_parked
launch = shared.launch
end = shared.end
release = shared.release
free = shared.free
leave = shared.leave
settle = shared.settle
strand = shared.strand
volumes_of = shared.volumes_of
payloads = shared.payloads
elsewhere = shared.elsewhere
resize = shared.resize
move = shared.move


def now() -> datetime.datetime:
    """SQLite is inside this process and has its clock."""
    if connection.vendor == "sqlite":
        return clock.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT UTC_TIMESTAMP(6)")
        moment: datetime.datetime = cursor.fetchone()[0]
    return moment.replace(tzinfo=datetime.UTC)


def take(kind: Kind, ids: Collection[str], parents: Collection[str] = ()) -> list[Locked]:
    wanted, table = set(ids), kind.model._meta.db_table
    for chunk in chunks(parents) if kind.parent else ():
        living = f"SELECT id FROM {table} WHERE {kind.parent} IN {marks(chunk)} AND observed <> 'gone'"
        wanted.update(id for (id,) in rows(living, chunk))
    found: list[Locked] = []
    for chunk in chunks(wanted):
        sql = f"SELECT {names(kind.read)} FROM {table} WHERE id IN {marks(chunk)} ORDER BY id{locking()}"
        found += [locked(kind, read(kind.model, kind.read, row)) for row in rows(sql, chunk)]
    return found


def efforts(resources: Collection[str]) -> dict[str, list[Effort]]:
    found: dict[str, list[Effort]] = defaultdict(list)
    for chunk in chunks(resources):
        sql = f"""SELECT resource, {names(rows_of.READ)} FROM {_COMMAND}
                  WHERE resource IN {marks(chunk)} AND status <> 'settled' ORDER BY created_at, id"""
        for resource, *values in rows(sql, chunk):
            found[resource].append(rows_of.effort_from(read(Command, rows_of.READ, values)))
    return found


def addresses(clusters: Collection[str], numbers: Collection[int]) -> tuple[dict[str, int], dict[tuple[int, int], str]]:
    sql = f"""SELECT home.name, home.id, server.number, server.id FROM {Backend._meta.db_table} AS home
              LEFT JOIN {Server._meta.db_table} AS server ON server.backend_id = home.id
                AND server.number IN {marks(numbers)} WHERE home.name IN {marks(clusters)}"""
    found = rows(sql, [*numbers, *clusters])
    return {name: home for name, home, _, _ in found}, {(home, number): id for _, home, number, id in found if id}


def owners(commands: Collection[str]) -> dict[str, tuple[str, str, int]]:
    found: dict[str, tuple[str, str, int]] = {}
    for chunk in chunks(commands):
        sql = f"SELECT id, kind, resource, backend_id FROM {_COMMAND} WHERE id IN {marks(chunk)}"
        found |= {id: (kind, resource, home) for id, kind, resource, home in rows(sql, chunk)}
    return found


def fresh(keys: Sequence[str]) -> set[str]:
    new, table, at = set(keys), Inbox._meta.db_table, clock.now()
    for chunk in chunks(keys):
        new.difference_update(key for (key,) in rows(f"SELECT `key` FROM {table} WHERE `key` IN {marks(chunk)}", chunk))
    unless_there = connection.ops.insert_statement(on_conflict=OnConflict.IGNORE)
    each(f"{unless_there} {table} (`key`, at) VALUES (%s, %s)", [(key, at) for key in sorted(new)])
    return new


def write_states(kind: Kind, rows: Sequence[dict[str, Any]]) -> None:
    _update(kind.model._meta.db_table, rows)


def write_commands(rows: Sequence[dict[str, Any]]) -> None:
    _update(_COMMAND, rows)


def _update(table: str, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        columns = [name for name in rows[0] if name != "id"]
        sets = ", ".join(
            f"`{name}` = coalesce(%s, `{name}`)" if name in _KEPT else f"`{name}` = %s" for name in columns
        )
        values = [[*(row[name] for name in columns), row["id"]] for row in rows]
        each(f"UPDATE {table} SET {sets} WHERE id = %s", values)


def append_journal(rows: Sequence[NewLine]) -> None:
    columns = NewLine.__struct_fields__
    sql = f"INSERT INTO {Journal._meta.db_table} ({names(columns)}) VALUES {marks(columns)}"
    each(sql, [msgspec.structs.astuple(row) for row in rows])


def keep(rows: Sequence[Quarantine]) -> None:
    Quarantine.objects.bulk_create(rows)


def notify(channel: str) -> None:
    transaction.on_commit(lambda: nudges.nudge(channel))


@atomically
def hold(name: str, holder: str, seconds: float) -> int:
    at = now()
    until = at + datetime.timedelta(seconds=seconds)
    last, epoch, over = _lease(name) or _made(name, holder, at)
    if last != holder and not waiting.is_due(over, at):
        return 0
    epoch = epoch if last == holder and epoch else epoch + 1
    each(f"UPDATE {_LEASE} SET holder = %s, epoch = %s, until = %s WHERE name = %s", [(holder, epoch, until, name)])
    return epoch


def _lease(name: str) -> tuple[str, int, datetime.datetime] | None:
    """Asked before anything is inserted: holders that insert and then lock would meet in deadlocks on MariaDB."""
    columns = ("holder", "epoch", "until")
    for row in rows(f"SELECT {names(columns)} FROM {_LEASE} WHERE name = %s{locking()}", [name]):
        holder, epoch, until = read(Lease, columns, row)
        return holder, epoch, until
    return None


def _made(name: str, holder: str, at: datetime.datetime) -> tuple[str, int, datetime.datetime]:
    Lease.objects.bulk_create([Lease(name=name, holder=holder, epoch=0, until=at)], ignore_conflicts=True)
    made = _lease(name)
    assert made, "it is there, whoever has made it"
    return made


def lease_epoch(name: str) -> int:
    held = _lease(name)
    return held[1] if held else 0


def raise_number(seen: int) -> None:
    newest = ServerNumber.objects.order_by("-id").first()
    if (newest.id if newest else 0) < seen:
        ServerNumber.objects.bulk_create([ServerNumber(id=seen)], ignore_conflicts=True)
