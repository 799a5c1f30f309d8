"""Command rows ↔ the :class:`logic.snapshots.Effort` that reactions fold."""

import datetime
from collections import defaultdict
from collections.abc import Iterable

from logic.ledger.models import Command
from logic.snapshots import Effort

# Columns that a reaction may change; ``delay`` and settling also set due_at and settled_at.
EFFORT_COLUMNS: tuple[str, ...] = ("status", "outcome", "code", "error", "job", "rank", "since", "again")


def effort_of(row: Command) -> Effort:
    return Effort(
        id=row.id,
        verb=row.verb,
        idempotency=row.idempotency,
        status=row.status,  # type: ignore[arg-type]  # the column holds only these words
        epoch=row.epoch,
        attempts=row.attempts,
        job=row.job,
        rank=row.rank,
        outcome=row.outcome,
        code=row.code,
        error=row.error,
        again=row.again,
        since=row.since,
    )


def unsettled(resources: Iterable[str]) -> dict[str, list[Command]]:
    """Unsettled commands by resource, in the order they were made. The caller holds the resources' locks."""
    rows = Command.objects.filter(resource__in=list(resources)).exclude(status="settled").order_by("created_at", "id")
    found: dict[str, list[Command]] = defaultdict(list)
    for row in rows:
        found[row.resource].append(row)
    return found


def updated(row: Command, effort: Effort, now: datetime.datetime) -> Command:
    """The row with what a reaction decided about it."""
    for name in EFFORT_COLUMNS:
        setattr(row, name, getattr(effort, name))
    if effort.status == "pending":
        row.due_at = now + datetime.timedelta(seconds=effort.delay)
    if effort.status == "settled":
        row.settled_at = now
    return row
