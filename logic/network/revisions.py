"""How often somebody has changed a resource: ``revision_number``, and changes that are only wanted of what is still as it was.

Called by the ``commands`` of networks, subnets and ports with the rows that they hold.
"""

from typing import Any

from logic import clock
from logic.network.refusals import RevisionNumberConstraintFailed


def check(row: Any, expected: int | None) -> None:
    """Raises :class:`RevisionNumberConstraintFailed` for a row that has changed since its caller looked."""
    if expected is not None and row.revision != expected:
        raise RevisionNumberConstraintFailed(expected=expected, current=row.revision)


def write(row: Any, **columns: Any) -> None:
    """The held row has these columns from now on, and is another revision."""
    columns |= {"revision": row.revision + 1, "updated_at": clock.now()}
    type(row).objects.filter(pk=row.pk).update(**columns)
    for name, value in columns.items():
        setattr(row, name, value)
