"""Pages by key: the rows that come after a known one in some order, so that the hundredth page costs what the first does.

Called by ``queries``. Columns that may be null need an annotation that never is; the last key must be unique.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

M = TypeVar("M", bound=Model)
Keys = Sequence[tuple[str, str]]  # [(column, "asc" or "desc")]


def with_id(keys: Keys) -> list[tuple[str, str]]:
    """The keys, made unique by the id at the end."""
    if not keys or any(column == "id" for column, _ in keys):
        return list(keys) or [("id", "asc")]
    return [*keys, ("id", keys[-1][1])]


def ordered(rows: QuerySet[M], keys: Keys) -> QuerySet[M]:
    """The rows in this order."""
    return rows.order_by(*[("-" if way == "desc" else "") + column for column, way in keys])


def after(keys: Keys, last: Any) -> Q:
    """What comes after the row ``last``: (a > x) or (a = x and b > y) …; and a >= x, by which an index finds the place."""
    first, way = keys[0]
    bound = Q(**{f"{first}__{'lte' if way == 'desc' else 'gte'}": getattr(last, first)})
    found, equal = Q(pk__in=[]), Q()
    for column, way in keys:
        value = getattr(last, column)
        found |= equal & Q(**{f"{column}__{'lt' if way == 'desc' else 'gt'}": value})
        equal &= Q(**{column: value})
    return bound & found
