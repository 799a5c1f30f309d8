"""Lists as Keystone has them: filters, some of them inexact, an order, and pages by key."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec
from django.db.models import Model, QuerySet

from logic import paging
from logic.errors import BadRequest, NotFound

Row = TypeVar("Row", bound=Model)
MAX_PAGE = 1000
INEXACT = ("contains", "icontains", "startswith", "istartswith", "endswith", "iendswith")
NAMED = {"name": "name", "domain_id": "domain", "description": "description"}


# Columns that are no text of their own, or may be empty: asked for as they are, and no order of a list.
EXACT = frozenset({"domain", "enabled", "parent", "default_project", "project", "user"})


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """``filters``: Keystone's name of a field, or that with ``__contains`` and the like, to a value. ``order``: [(name of a
    field, asc or desc)]. ``marker``: the id that the page comes after."""

    filters: Mapping[str, str | bool] = {}
    order: tuple[tuple[str, str], ...] = ()
    limit: int = MAX_PAGE
    marker: str = ""


ALL = Listing()


def listed(rows: QuerySet[Row], asked: Listing, columns: Mapping[str, str], *, first: str = "name") -> list[Row]:
    """A page of the rows, by ``first`` unless asked otherwise. ``columns``: Keystone's names of fields to ours. Raises
    :class:`BadRequest` for a field that there is not, and for a marker that is not among them."""
    rows = rows.filter(**_conditions(asked.filters, columns))
    keys = paging.with_id([(_text(name, columns), way) for name, way in asked.order] or [(first, "asc")])
    if asked.marker:
        last = rows.model._default_manager.filter(pk=asked.marker).first()
        if last is None:
            raise BadRequest(reason="The marker is not among these. Use the id of the last one you have seen.")
        rows = rows.filter(paging.after(keys, last))
    return list(paging.ordered(rows, keys)[: asked.limit])


def one(rows: QuerySet[Row], kind: str, id: str) -> Row:
    """Raises :class:`NotFound`."""
    row = rows.filter(pk=id).first()
    if row is None:
        raise NotFound(kind=kind, id=id)
    return row


def tagged(tags: Iterable[str], filters: Mapping[str, str]) -> bool:
    """Whether a thing with these tags passes Keystone's four filters, each a list with commas: ``tags`` (all of them),
    ``tags-any``, ``not-tags`` (not all of them), ``not-tags-any``."""
    has = set(tags)
    asked = {name: set(value.split(",")) for name, value in filters.items() if value}
    return (
        asked.get("tags", set()) <= has
        and ("tags-any" not in asked or bool(asked["tags-any"] & has))
        and ("not-tags" not in asked or not asked["not-tags"] <= has)
        and ("not-tags-any" not in asked or not asked["not-tags-any"] & has)
    )


def _conditions(filters: Mapping[str, str | bool], columns: Mapping[str, str]) -> dict[str, Any]:
    conditions: dict[str, Any] = {}
    for name, value in filters.items():
        field, _, way = name.partition("__")
        if way and way not in INEXACT:
            raise BadRequest(
                reason=f"There is no filter {name[:100]}. Behind the two lines goes one of {', '.join(INEXACT)}."
            )
        column = _text(field, columns) if way else _column(field, columns)
        conditions[f"{column}__{way}" if way else column] = value
    return conditions


def _text(field: str, columns: Mapping[str, str]) -> str:
    column = _column(field, columns)
    if column in EXACT or "__" in column:
        raise BadRequest(
            reason=f"Lists go neither by a part of {field[:100]} nor in its order: ask for the whole of it."
        )
    return column


def _column(field: str, columns: Mapping[str, str]) -> str:
    if field not in columns:
        raise BadRequest(reason=f"There is no field {field[:100]!r} here. Use one of {', '.join(sorted(columns))}.")
    return columns[field]
