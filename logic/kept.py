"""Questions that the ORM composes once, asked again and again with other values; and rows added in the same way.

Composing a query and reading its answer takes the ORM several times as long as PostgreSQL takes to answer. Called by
``queries``, ``commands`` and ``ledger.beginning`` on paths that every request takes; everywhere else the ORM is good enough.
The rows are models like any other.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, Generic, Self, TypeVar

import msgspec
from django.db import connection
from django.db.models import AutoField, Model, QuerySet

from logic.db import asked, told

M = TypeVar("M", bound=Model)
CHUNK = 500  # rows in one statement: PostgreSQL takes 65,535 values


class _Place(str):
    """Stands for the value at this place while a question is composed."""

    __slots__ = ("place",)

    def __new__(cls, place: int) -> Self:
        made = super().__new__(cls, f"value {place}")
        made.place = place
        return made

    place: int


class _Composed(msgspec.Struct, frozen=True):
    """A statement, its parameters (those that are a :class:`_Place` vary), and how a row of the answer becomes a model."""

    model: type[Model]
    sql: str
    parameters: Sequence[Any]
    names: list[str]
    converters: dict[int, tuple[list[Callable[..., Any]], Any]]

    def row(self, values: Sequence[Any]) -> Any:
        read = list(values)
        for place, (steps, column) in self.converters.items():
            for step in steps:
                read[place] = step(read[place], column, connection)
        return self.model.from_db(connection.alias, self.names, read)


class Kept(Generic[M]):
    """``compose`` makes a query of whole rows from text values (ids, names, words); calling this with the values asks it.
    For each number of values it is composed once."""

    def __init__(self, compose: Callable[..., QuerySet[M]]) -> None:
        self._compose = compose
        self._composed: dict[tuple[str, int], _Composed] = {}

    def __call__(self, *values: str) -> list[M]:
        key = connection.vendor, len(values)
        composed = self._composed.get(key) or self._composed.setdefault(key, self._made(len(values)))
        given = [values[one.place] if isinstance(one, _Place) else one for one in composed.parameters]
        return [composed.row(row) for row in asked(composed.sql, given)]

    def _made(self, count: int) -> _Composed:
        rows = self._compose(*[_Place(place) for place in range(count)])
        compiler = rows.query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        columns = [column for column, _, _ in compiler.select]
        converters = compiler.get_converters(columns)
        return _Composed(rows.model, sql, parameters, [column.target.attname for column in columns], converters)


def add(rows: Sequence[Model]) -> None:
    """Write new rows of one model, none of which is there; ids that the database counts are left to it."""
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        fields, sql = _insertion(connection.vendor, type(chunk[0]), len(chunk))
        told(sql, [field.get_db_prep_save(field.pre_save(row, True), connection) for row in chunk for field in fields])


@functools.lru_cache(256)
def _insertion(vendor: str, model: type[Model], count: int) -> tuple[list[Any], str]:  # noqa: ARG001 - each quotes in its way
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, AutoField)]
    quote = connection.ops.quote_name
    row = f"({', '.join(['%s'] * len(fields))})"
    names = ", ".join(quote(str(field.column)) for field in fields)
    return fields, f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES {', '.join([row] * count)}"  # noqa: S608 - names of ours
