"""Plain SQL for SQLite and MariaDB through Django's connection: how ``portable`` writes names, lists and values.

Names stand in backticks, which SQLite knows too. What comes back is made what it was in Python: SQLite has no times and
no booleans of its own.
"""

import datetime
import functools
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import msgspec
from django.db import connection, models

from logic.db import moment

CHUNK = 500  # SQLite's limit of parameters in one statement is far above three of these
_json = msgspec.json.Encoder()


def names(columns: Iterable[str]) -> str:
    """Columns in a statement."""
    return ", ".join(f"`{name}`" for name in columns)


def marks(values: Collection[Any]) -> str:
    """Places for a list of values; an empty one has nothing in it."""
    return f"({', '.join(['%s'] * len(values))})" if values else "(NULL)"


def chunks(ids: Collection[str]) -> list[list[str]]:
    """The ids in order, each once, as many at a time as one statement takes."""
    ordered = sorted(set(ids))
    return [ordered[start : start + CHUNK] for start in range(0, len(ordered), CHUNK)]


def rows(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """What a question gives."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def each(sql: str, values: Iterable[Sequence[Any]]) -> None:
    """Carry a statement out for each list of values."""
    written = [[_written(value) for value in one] for one in values]
    if written:
        with connection.cursor() as cursor:
            cursor.executemany(sql, written)


def _written(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return _json.encode(value).decode() if isinstance(value, dict) else value


def locking() -> str:
    """The end of a question that locks what it finds; SQLite has one writer and no such words."""
    return " FOR UPDATE" if connection.features.has_select_for_update else ""


def read(model: type[models.Model], columns: tuple[str, ...], row: Sequence[Any]) -> list[Any]:
    """The values of the columns, as Python has them."""
    values = list(row)
    for place, made in _converters(model, columns):
        values[place] = made(values[place])
    return values


@functools.cache
def _converters(model: type[models.Model], columns: tuple[str, ...]) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    made: dict[str, Callable[[Any], Any]] = {"DateTimeField": moment, "BooleanField": bool}
    kinds = [model._meta.get_field(name).get_internal_type() for name in columns]
    return tuple((place, made[kind]) for place, kind in enumerate(kinds) if kind in made)
