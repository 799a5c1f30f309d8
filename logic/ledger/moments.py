"""Who is at a command that was claimed, and which commands are due: by the database's clock, at one moment.

Made by ``claiming``; asked of rows there, and put into a question by ``store``.
"""

import datetime

import msgspec

from logic.ledger import waiting
from logic.ledger.models import Command


class Moment(msgspec.Struct, frozen=True):
    """Now, by the database's clock, the holders who have lapsed, and commands whose holder knows nothing of them."""

    now: datetime.datetime
    lapsed: frozenset[str]
    forgotten: frozenset[str] = frozenset()

    def is_held(self, row: Command) -> bool:
        """Is somebody at it?"""
        if row.status != "claimed" or row.lease_until is None or row.lease_until < self.now:
            return False
        is_sure = row.idempotency == "once" and row.lease_until <= self.now + waiting.LASTS
        return is_sure or not self._is_dropped(row)

    def is_due(self, row: Command) -> bool:
        """Pending and due, or claimed and not held."""
        if row.status == "pending":
            return waiting.is_due(row.due_at, self.now)
        return row.status == "claimed" and not self.is_held(row)

    def _is_dropped(self, row: Command) -> bool:
        return row.holder in self.lapsed or row.pk in self.forgotten
