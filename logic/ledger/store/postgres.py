"""The door's PostgreSQL form: set-based statements on arrays, row locks that skip, NOTIFY."""

import datetime
from collections.abc import Sequence
from typing import Any

import msgspec
from django.db import connection

from logic.compute.models import ServerNumber
from logic.ledger.efforts import EFFORT_COLUMNS
from logic.ledger.models import Command, Inbox, Journal, Lease
from logic.ledger.resources import Kind

_JOURNAL_COLUMNS = ("kind", "resource", "at", "what", "text", "actor", "request", "command", "job", "changes")
_json = msgspec.json.Encoder()
_COMMAND_COLUMNS = (*EFFORT_COLUMNS, "due_at", "settled_at")


def now() -> datetime.datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime.datetime = cursor.fetchone()[0]
    return moment


def lock(kind: Kind, ids: Sequence[str], *, only: Sequence[str] = ()) -> list[Any]:
    rows = kind.model._default_manager.select_for_update(no_key=True)
    found = rows.filter(pk__in=sorted(set(ids))).order_by("pk")
    return list(found.only(*only) if only else found)


def lock_free(kind: Kind, ids: Sequence[str]) -> list[Any]:
    rows = kind.model._default_manager.select_for_update(no_key=True, skip_locked=True)
    return list(rows.filter(pk__in=sorted(set(ids))).order_by("pk"))


def fresh(keys: Sequence[str]) -> set[str]:
    if not keys:
        return set()
    table = Inbox._meta.db_table
    sql = f"""INSERT INTO {table} (key, at) SELECT key, clock_timestamp() FROM unnest(%s::text[]) AS key
              ORDER BY key ON CONFLICT DO NOTHING RETURNING key"""  # noqa: S608 - the table's own name
    with connection.cursor() as cursor:
        cursor.execute(sql, [sorted(set(keys))])
        return {row[0] for row in cursor.fetchall()}


def write_states(kind: Kind, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        _update(kind.model, [name for name in rows[0] if name != "id"], rows)


def write_commands(rows: Sequence[Command]) -> None:
    if rows:
        values = [{"id": row.id, **{name: getattr(row, name) for name in _COMMAND_COLUMNS}} for row in rows]
        _update(Command, list(_COMMAND_COLUMNS), values)


def _update(model: Any, names: list[str], rows: Sequence[dict[str, Any]]) -> None:
    """One statement for all rows: UPDATE … FROM unnest(arrays)."""
    fields = [model._meta.get_field(name) for name in ["id", *names]]
    arrays = ", ".join(f"%s::{field.db_type(connection).split('(')[0]}[]" for field in fields)
    columns = [field.column for field in fields]
    sets = ", ".join(f'"{column}" = new."{column}"' for column in columns[1:])
    new = ", ".join(f'"{column}"' for column in columns)
    table = model._meta.db_table
    sql = f'UPDATE "{table}" AS old SET {sets} FROM unnest({arrays}) AS new({new}) WHERE old.id = new.id'  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [[row[field.name] for row in rows] for field in fields])


def append_journal(rows: Sequence[Journal]) -> None:
    if not rows:
        return
    types = {"at": "timestamptz", "job": "bigint", "changes": "jsonb"}
    arrays = ", ".join(f"%s::{types.get(name, 'text')}[]" for name in _JOURNAL_COLUMNS)
    columns = ", ".join(f'"{name}"' for name in _JOURNAL_COLUMNS)
    table = Journal._meta.db_table
    sql = f'INSERT INTO "{table}" ({columns}) SELECT * FROM unnest({arrays})'  # noqa: S608 - our own names
    values = [[getattr(row, name) for row in rows] for name in _JOURNAL_COLUMNS[:-1]]
    changes = [_json.encode(row.changes).decode() if row.changes else "{}" for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, changes])


def notify(channel: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [f"synnefo_{channel}"])


def lease_epoch(name: str) -> int:
    """Shared: the holder's own writes do not wait for each other, only a new holder waits for them."""
    sql = f"SELECT epoch FROM {Lease._meta.db_table} WHERE name = %s FOR SHARE"  # noqa: S608 - the table's own name
    with connection.cursor() as cursor:
        cursor.execute(sql, [name])
        row = cursor.fetchone()
    return row[0] if row else 0


def raise_number(seen: int) -> None:
    sql = """SELECT setval(sequence, %s) FROM (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS sequence) AS one
             WHERE coalesce(pg_sequence_last_value(sequence), 0) < %s"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [seen, ServerNumber._meta.db_table, seen])
