"""Singletons: who may run a loop that only one process should run, by the database's clock.

The epoch grows with each new holder. A holder that was paused finds its epoch outdated when it next renews, and stops;
what it tells the ledger meanwhile is harmless, since observations carry the row's version.
"""

import datetime

from django.db import transaction

from logic.ledger.models import Lease
from logic.ledger.store import store


@transaction.atomic
def hold_lease(name: str, holder: str, *, seconds: float) -> int:
    """The epoch while this holder has the lease (taken or renewed); 0 when somebody else has it."""
    now = store().now()
    until = now + datetime.timedelta(seconds=seconds)
    Lease.objects.bulk_create([Lease(name=name, holder=holder, epoch=0, until=now)], ignore_conflicts=True)
    row = Lease.objects.select_for_update().get(pk=name)
    if row.holder != holder and row.until > now:
        return 0
    epoch: int = row.epoch if row.holder == holder and row.epoch else row.epoch + 1
    Lease.objects.filter(pk=name).update(holder=holder, epoch=epoch, until=until)
    return epoch


@transaction.atomic
def release_lease(name: str, holder: str) -> None:
    """Let the next one have it at once."""
    Lease.objects.filter(pk=name, holder=holder).update(until=store().now())
