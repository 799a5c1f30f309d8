"""Command rows ↔ the :class:`logic.snapshots.Effort` that reactions fold."""

import datetime
from collections.abc import Sequence
from typing import Any

from logic.snapshots import Effort

# Columns that a reaction may change; ``delay`` and settling also set due_at and settled_at.
EFFORT_COLUMNS: tuple[str, ...] = ("status", "outcome", "code", "error", "job", "rank", "since", "again")
READ: tuple[str, ...] = ("id", "verb", "idempotency", "epoch", "attempts", *EFFORT_COLUMNS)


def effort_from(values: Sequence[Any]) -> Effort:
    """From the values of the columns ``READ``."""
    return Effort(**dict(zip(READ, values, strict=True)))


def columns_after(effort: Effort, now: datetime.datetime) -> dict[str, Any]:
    """What a reaction decided about a command, as columns. A time that is None stays what it is in the row."""
    columns: dict[str, Any] = {name: getattr(effort, name) for name in ("id", *EFFORT_COLUMNS)}
    columns["due_at"] = now + datetime.timedelta(seconds=effort.delay) if effort.status == "pending" else None
    columns["settled_at"] = now if effort.status == "settled" else None
    return columns
