"""What lists of Cinder's have in common: which rows, in which order, from where on, how many there are. Reads only."""

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, Generic, TypeVar

import msgspec
from django.db.models import Model, Q, QuerySet

from logic import paging
from logic.access import Caller

M = TypeVar("M", bound=Model)
T = TypeVar("T")
Documents = dict[str, dict[str, str]]  # a column that holds a document → what that has to have


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a list is narrowed by; the default narrows nothing. ``columns``: any of the values, for each; ``bounds``: lookups such
    as ``created_at__gt`` and ``name__contains``; ``documents``: items of a document. ``offset`` rows are left out after the one
    with id ``marker``. ``everybodys``: of all projects, if an administrator asks. ``counted``: how many there are is asked
    too."""

    everybodys: bool = False
    sort: Sequence[tuple[str, str]] = ()
    limit: int = 1000
    marker: str = ""
    offset: int = 0
    columns: dict[str, list[Any]] = {}
    bounds: dict[str, Any] = {}
    documents: Documents = {}
    counted: bool = False


class Found(msgspec.Struct, Generic[T], frozen=True):
    """A page; ``count`` is how many there are on all of them, if that was asked."""

    items: list[T]
    count: int | None = None


def own(caller: Caller, rows: QuerySet[M], wanted: Wanted) -> QuerySet[M]:
    """Those of the caller's project, or all."""
    return rows if caller.is_admin and wanted.everybodys else rows.filter(project=caller.project)


def page(
    rows: QuerySet[M], wanted: Wanted, one: Callable[[str], M], where: dict[str, Callable[[list[Any]], Q]] | None = None
) -> Found[M]:
    """``one`` finds the row of the marker and raises when there is none; ``where`` are columns that are none of the table's."""
    for name, values in wanted.columns.items():
        rows = rows.filter(where[name](values) if where and name in where else Q(**{f"{name}__in": values}))
    rows = rows.filter(**wanted.bounds)
    keys = paging.with_id(wanted.sort or [("created_at", "desc")])
    count = _count(rows, wanted.documents) if wanted.counted else None
    if wanted.marker:
        rows = rows.filter(paging.after(keys, one(wanted.marker)))
    rows, end = paging.ordered(rows, keys), wanted.offset + wanted.limit
    if not wanted.documents:
        return Found(list(rows[wanted.offset : end]), count)
    return Found(list(islice(_fitting(rows, wanted.documents), wanted.offset, end)), count)


def _count(rows: QuerySet[M], documents: Documents) -> int:
    return sum(1 for _ in _fitting(rows, documents)) if documents else rows.count()


def _fitting(rows: QuerySet[M], documents: Documents) -> Any:
    """Documents in a column are not what every database can look into."""
    return (
        row
        for row in rows.iterator(chunk_size=500)
        if all(items.items() <= (getattr(row, name) or {}).items() for name, items in documents.items())
    )
