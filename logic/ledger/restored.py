"""What a restored database must be told before anybody works on it: that time has passed which it knows nothing of.

Called by ``synnefo.backups`` when the tables are back. What is unsettled may have been sent since the backup, so that every
command is looked for before it is sent again; processes from before the restore own nothing any more; and numbers of names
go on where nobody has been. The clusters themselves are looked at by reconcile, which then trusts them again.
"""

import msgspec
from django.db import transaction
from django.db.models import F, Max

from logic.compute.models import ServerNumber
from logic.ledger.models import Command, Lease
from logic.ledger.store import store
from logic.placement.models import Backend, Restored

LATER = 1_000_000  # epochs; no holder of before comes to one of after
BEGINNING = -1  # before every job of a cluster


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """What is left to do: backends to be looked at, and unsettled commands to be looked for. Numbers of new servers are
    above ``number``."""

    backends: list[str]
    commands: int
    number: int


@transaction.atomic
def begin_again(skip: int) -> Outlook:
    """``skip``: how many numbers are left out, for servers that were made since the backup and are gone from the clusters
    again, so that nobody can see theirs any more. Twice is once more than needed, and harmless."""
    backends = list(Backend.objects.select_for_update().order_by("name"))
    open_ones = Command.objects.exclude(status="settled")
    for backend in backends:
        open_ones.filter(backend=backend, since=0).update(since=backend.last_job or BEGINNING)
    commands = open_ones.update(again=True, epoch=F("epoch") + LATER, lease_until=store().now())
    Lease.objects.update(epoch=F("epoch") + LATER, until=store().now())
    number = (ServerNumber.objects.aggregate(last=Max("id"))["last"] or 0) + skip
    store().raise_number(number)
    Backend.objects.update(restored=Restored.TO_LOOK_AT)
    return Outlook(backends=[row.name for row in backends], commands=commands, number=number)
