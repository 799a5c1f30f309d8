"""Finding and changing rows, as every command of this app does it."""

from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Model

from logic.errors import Duplicate, NotFound

Row = TypeVar("Row", bound=Model)


def held(model: type[Row], kind: str, id: str) -> Row:
    """The row, locked until the transaction ends. Raises :class:`NotFound`."""
    row = model._default_manager.select_for_update().filter(pk=id).first()
    if row is None:
        raise NotFound(kind=kind, id=id)
    return row


def saved(row: Row, kind: str, name: str) -> Row:
    """Write a row whose name must be its own. Raises :class:`Duplicate`."""
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Duplicate(kind=kind, id=name) from None
    return row


def changed(row: Model, changes: dict[str, Any]) -> None:
    """Set the columns given; None means: leave it."""
    for column, value in changes.items():
        if value is not None:
            setattr(row, column, value)
