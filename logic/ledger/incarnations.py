"""A cluster was made anew, or restored, and an operator accepts it: what was fenced by the old one starts again.

Called by ``logic.placement.commands.refresh`` inside its transaction. Job ids count from the new cluster's beginning, so
fences and the jobs of unsettled commands mean nothing any more; the next looks find out what is still there.
"""

from logic import clock
from logic.ledger.lines import NewLine
from logic.ledger.models import Command
from logic.ledger.resources import KINDS, columns_of, state_of
from logic.ledger.store import store
from logic.placement.models import Backend


def accept(backend: Backend) -> None:
    """Let every living resource of this backend believe its new incarnation."""
    now = clock.now()
    for name, kind in KINDS.items():
        living = kind.model._default_manager.filter(backend=backend).exclude(observed="gone")
        rows = store().lock(kind, list(living.values_list("pk", flat=True)))
        changed, lines = [], []
        for row in rows:
            before = state_of(row)
            after = columns_of(before) | {
                "incarnation": backend.incarnation,
                "fence_job": 0,
                "fence_op": 0,
                "version": before.version + 1,
            }
            changed.append({"id": row.pk, **after, "look_at": now, "updated_at": row.updated_at})
            fresh = {key: value for key, value in after.items() if key in _BELIEF}
            lines.append(
                NewLine(kind=name, resource=row.pk, at=now, what="incarnation", actor=backend.name, changes=fresh)
            )
        store().write_states(kind, changed)
        store().append_journal(lines)
    Command.objects.filter(backend=backend).exclude(status="settled").update(since=0)


_BELIEF = ("incarnation", "fence_job", "fence_op", "version")
