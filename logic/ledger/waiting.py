"""When a row that waits (a command put back, a parked message, a lease) is due.

Its time was written by some machine's clock. One that lies further ahead than anybody ever makes a row wait was written by a
clock that was wrong, and is due too: else what an hour-fast dispatcher or API node put off would stay for that hour.

A lease for longer than there are any is nobody's for the same reason: the database's clock was wrong, and on SQLite that is the
clock of a process that may have been killed since.
"""

import datetime
from typing import Final

from django.db.models import Q

LONGEST: Final = datetime.timedelta(seconds=90)  # the longest wait there is is a minute (``logic.backends.building``)

LASTS: Final = datetime.timedelta(hours=1)  # the longest claim there is (``COMMAND_LEASE``)


def due(now: datetime.datetime) -> Q:
    """Rows whose ``due_at`` has come."""
    return Q(due_at__lte=now) | Q(due_at__gt=now + LONGEST)


def is_due(at: datetime.datetime, now: datetime.datetime) -> bool:
    """The same of one."""
    return at <= now or at > now + LONGEST
