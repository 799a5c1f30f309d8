"""A server that was never ours after all: its rows go as if they had not been, and its instance may be taken over again.

Called by ``logic.compute.confirming`` inside its transaction, for imports that were not confirmed. What they held of quotas and
addresses is given back; the journal keeps that they were there.
"""

from typing import Any

from logic import clock
from logic.access import Caller
from logic.ledger.lines import NewLine
from logic.ledger.resources import KINDS
from logic.ledger.store import store
from logic.network.models import Port


def forget(caller: Caller, server: Any) -> None:
    """``server`` is the row that ``beginning.hold`` gave; it has no command."""
    ids = Port.objects.filter(device=server.pk).values_list("pk", flat=True)
    ports = store().lock(KINDS["port"], sorted(ids))
    store().release([server.pk, *(port.pk for port in ports)])
    lines = [_line(caller, "server", server), *(_line(caller, "port", port) for port in ports)]
    store().append_journal(lines)
    for row in (*ports, server):
        row.delete()


def _line(caller: Caller, kind: str, row: Any) -> NewLine:
    return NewLine(
        kind=kind, resource=row.pk, at=clock.now(), what="forgotten", actor=caller.user, request=caller.request
    )
