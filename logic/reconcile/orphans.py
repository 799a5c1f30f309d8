"""Instances on a cluster that the database does not account for: reported, never deleted on sight.

Two cases. A *ghost* carries the tag of a server we know to be deleted (a paused worker's late create): after two looks it
is removed again, through a delete command like any other. An *orphan* carries our name or an unknown tag: an operator's
affair, listed with ``manage.py reconcile``.
"""

from collections.abc import Sequence

import structlog
from django.db import transaction

from logic.compute.commands import remove_ghost
from logic.compute.models import Server
from logic.ledger.models import Journal
from logic.messages.observations import InstanceSeen

log = structlog.get_logger(__name__)


@transaction.atomic
def report(strays: Sequence[InstanceSeen]) -> None:
    """Note each stray; a ghost that was noted before is removed."""
    owners = {row.pk: row for row in Server.objects.filter(pk__in=[stray.owner for stray in strays])}
    for stray in strays:
        row = owners.get(stray.owner)
        if row is None or row.observed != "gone":
            log.warning("orphan", cluster=stray.cluster, instance=stray.instance, owner=stray.owner)
            continue
        seen_before = Journal.objects.filter(resource=row.pk, what="ghost", text=stray.instance_uuid).exists()
        if seen_before:
            remove_ghost(row)
        else:
            Journal.objects.create(
                kind="server", resource=row.pk, what="ghost", text=stray.instance_uuid, actor="reconcile"
            )
