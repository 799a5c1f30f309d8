"""The door's PostgreSQL form: set-based statements, row locks that skip, NOTIFY.

Rows travel to the server as one JSON text that it takes apart itself: for 300 rows of ten columns that costs this process
a fifteenth of what arrays cost, and less in all.
"""

import datetime
import functools
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

import msgspec
import psycopg
from django.db import connection, models

from logic.compute.models import Server, ServerNumber
from logic.db import asked, told
from logic.ledger import efforts as rows_of
from logic.ledger.lines import NewLine
from logic.ledger.models import Command, Inbox, Journal, Lease, Quarantine
from logic.ledger.resources import Kind, Locked, locked
from logic.ledger.store import shared
from logic.ledger.waiting import LONGEST
from logic.placement.models import Backend
from logic.snapshots import Effort

COMMIT_WITHIN = 2000  # milliseconds that the holder of a lease may take from its last check to its commit
_json = msgspec.json.Encoder()
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
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime.datetime = cursor.fetchone()[0]
    return moment


def take(kind: Kind, ids: Collection[str], parents: Collection[str] = ()) -> list[Locked]:
    wanted, values = "id = ANY(%s)", [list(ids)]
    if kind.parent and parents:
        wanted, values = f"{wanted} OR ({kind.parent} = ANY(%s) AND observed <> 'gone')", [*values, list(parents)]
    sql = f"SELECT {_names(kind.read)} FROM {_table(kind.model)} WHERE {wanted} ORDER BY id FOR NO KEY UPDATE"
    return [locked(kind, row) for row in asked(sql, values)] if ids or len(values) > 1 else []


def efforts(resources: Collection[str]) -> dict[str, list[Effort]]:
    found: dict[str, list[Effort]] = defaultdict(list)
    sql = f"""SELECT resource, {_names(rows_of.READ)} FROM {_table(Command)}
              WHERE resource = ANY(%s) AND status <> 'settled' ORDER BY created_at, id"""
    for resource, *values in asked(sql, [list(resources)]) if resources else ():
        found[resource].append(rows_of.effort_from(values))
    return found


def addresses(clusters: Collection[str], numbers: Collection[int]) -> tuple[dict[str, int], dict[tuple[int, int], str]]:
    sql = f"""SELECT home.name, home.id, server.number, server.id FROM {_table(Backend)} AS home
              LEFT JOIN {_table(Server)} AS server ON server.backend_id = home.id AND server.number = ANY(%s)
              WHERE home.name = ANY(%s)"""
    rows = asked(sql, [list(numbers), list(clusters)])
    return {name: home for name, home, _, _ in rows}, {(home, number): id for _, home, number, id in rows if id}


def owners(commands: Collection[str]) -> dict[str, tuple[str, str, int]]:
    sql = f"SELECT id, kind, resource, backend_id FROM {_table(Command)} WHERE id = ANY(%s)"
    return {id: (kind, resource, home) for id, kind, resource, home in asked(sql, [list(commands)])}


def fresh(keys: Sequence[str]) -> set[str]:
    if not keys:
        return set()
    sql = f"""INSERT INTO {_table(Inbox)} (key, at) SELECT key, clock_timestamp() FROM unnest(%s::text[]) AS key
              ORDER BY key ON CONFLICT DO NOTHING RETURNING key"""
    return {key for (key,) in asked(sql, [sorted(set(keys))])}


def write_states(kind: Kind, rows: Sequence[dict[str, Any]]) -> None:
    _update(kind.model, rows)


def write_commands(rows: Sequence[dict[str, Any]]) -> None:
    _update(Command, rows)


def append_journal(rows: Sequence[NewLine]) -> None:
    if rows:
        names = NewLine.__struct_fields__
        sql = f"""INSERT INTO {_table(Journal)} ({_names(names)})
                  SELECT {_names(names)} FROM {_records(Journal, names)} AS new"""
        told(sql, [_json.encode(rows).decode()])


def _update(model: type[models.Model], rows: Sequence[dict[str, Any]]) -> None:
    """One statement for all rows."""
    if rows:
        names = tuple(rows[0])
        sets = ", ".join(
            f'"{name}" = ' + (f'coalesce(new."{name}", old."{name}")' if name in _KEPT else f'new."{name}"')
            for name in names
            if name != "id"
        )
        records = _records(model, names)
        sql = f"UPDATE {_table(model)} AS old SET {sets} FROM {records} AS new WHERE old.id = new.id"
        told(sql, [_json.encode(rows).decode()])


@functools.cache
def _records(model: type[models.Model], names: tuple[str, ...]) -> str:
    """The rows of one JSON parameter, each column with its own type."""
    types = {name: str(model._meta.get_field(name).db_type(connection)).split("(")[0] for name in names}
    columns = ", ".join(f'"{name}" {type}' for name, type in types.items())
    return f"(SELECT * FROM json_to_recordset(%s::json) AS one({columns}))"


def _table(model: type[models.Model]) -> str:
    return f'"{model._meta.db_table}"'


def _names(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def keep(rows: Sequence[Quarantine]) -> None:
    """Bodies go to the server as they are: one of a megabyte costs a fifth of what it costs as text in the statement."""
    names = ("body", "cluster", "routing_key", "reason", "first_at", "replays")
    sql = f"INSERT INTO {_table(Quarantine)} ({_names(names)}) VALUES (%b, %s, %s, %s, %s, %s)"
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.executemany(sql, [[getattr(row, name) for name in names] for row in rows])


def notify(channel: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [f"synnefo_{channel}"])


def hold(name: str, holder: str, seconds: float) -> int:
    """One statement and no transaction around it: a process that is stopped meanwhile keeps nobody from the row."""
    table = Lease._meta.db_table
    until = "clock_timestamp() + make_interval(secs => %(seconds)s)"
    sql = f"""INSERT INTO {table} AS old (name, holder, epoch, until) VALUES (%(name)s, %(holder)s, 1, {until})
              ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until,
                epoch = old.epoch + CASE WHEN old.holder = excluded.holder THEN 0 ELSE 1 END
              WHERE old.holder = excluded.holder OR old.until <= clock_timestamp()
                  OR old.until > clock_timestamp() + make_interval(secs => %(longest)s) RETURNING epoch"""
    with connection.cursor() as cursor:
        cursor.execute(sql, {"name": name, "holder": holder, "seconds": seconds, "longest": LONGEST.total_seconds()})
        row = cursor.fetchone()
    return row[0] if row else 0


def lease_epoch(name: str) -> int:
    """Shared: the holder's own writes do not wait for each other, only a new holder waits for them. One that is stopped
    right here, before its commit, is thrown out by the server soon, so that nobody waits for it for long."""
    idle = f"set_config('idle_in_transaction_session_timeout', '{COMMIT_WITHIN}', true)"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT epoch, {idle} FROM {Lease._meta.db_table} WHERE name = %s FOR SHARE", [name])
        row = cursor.fetchone()
    return row[0] if row else 0


def raise_number(seen: int) -> None:
    sql = """SELECT setval(sequence, %s) FROM (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS sequence) AS one
             WHERE coalesce(pg_sequence_last_value(sequence), 0) < %s"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [seen, ServerNumber._meta.db_table, seen])
