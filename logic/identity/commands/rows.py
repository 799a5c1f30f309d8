"""Finding and changing rows, as every command of this app does it."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet

from logic.errors import BadRequest, Duplicate, NotFound
from logic.identity.refusals import TooManyOfThem

Row = TypeVar("Row", bound=Model)
MAX_EXTRA = 16_384  # bytes of JSON
RESERVED = frozenset({"id", "links", "password", "original_password", "password_expires_at"})


def held(model: type[Row], kind: str, id: str) -> Row:
    """The row, locked until the transaction ends. Raises :class:`NotFound`."""
    row = model._default_manager.select_for_update().filter(pk=id).first()
    if row is None:
        raise NotFound(kind=kind, id=id)
    return row


def saved(row: Row, kind: str, name: str, *, new: bool = False) -> Row:
    """Write a row whose name must be its own; ``new``: and its key, which the maker chose. Raises :class:`Duplicate`."""
    try:
        with transaction.atomic():
            row.save(force_insert=new)
    except IntegrityError:
        raise Duplicate(kind=kind, id=name) from None
    return row


def changed(row: Model, changes: Mapping[str, Any]) -> None:
    """Set the columns given; None means: leave it. ``extra`` is added to what there is."""
    for column, value in changes.items():
        if column == "extra":
            setattr(row, column, extended(getattr(row, column), value))
        elif value is not None:
            setattr(row, column, value)


def bounded(rows: QuerySet[Any], most: int, kind: str) -> None:
    """Raises :class:`TooManyOfThem` where there are as many already: what anybody makes for themself has an end. Their owner's
    row is held meanwhile."""
    if rows.count() >= most:
        raise TooManyOfThem(kind=kind, most=most)


def extended(kept: Mapping[str, Any] | None, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """The makers' own fields with the new ones. Raises :class:`BadRequest` when they are too many."""
    both = {**(kept or {}), **{name: value for name, value in given.items() if name not in RESERVED}}
    if len(msgspec.json.encode(both)) > MAX_EXTRA:
        raise BadRequest(reason=f"Fields of your own take at most {MAX_EXTRA} bytes together. Send less of them.")
    return both or None
