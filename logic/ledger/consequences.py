"""What a change of state entails in other tables, in the same transaction: launch times, quota given back, addresses freed.

Called by ``folding`` with every resource of a batch; each step is one statement for all of them.
"""

from collections.abc import Sequence

from logic import clock
from logic.compute.endings import OFFLOAD
from logic.compute.states import MAKES, Observed
from logic.ledger.resources import Locked
from logic.ledger.store import store
from logic.network import reactions as ports
from logic.snapshots import Snapshot
from logic.volume import reactions as volumes

Change = tuple[str, Locked, Snapshot, Snapshot]


def follow(changes: Sequence[Change]) -> bool:
    """Everything that follows from these changes. Has something become due to be looked at?"""
    now = clock.now()
    gone = [(kind, row) for kind, row, before, after in changes if _became(before, after, Observed.GONE)]
    launched = [row.id for kind, row, before, after in changes if kind == "server" and _launched(row, after)]
    if launched:
        store().launch(launched, now)
    if free := [row.id for kind, row, before, after in changes if kind == "port" and _is_free(row, before, after)]:
        store().free(free)
    if unmade := [
        row.id for kind, row, before, after in changes if kind == "volume" and volumes.is_unmade(before, after)
    ]:
        store().strand(unmade)
    waiting = False
    if ended := [row.id for kind, row, before, after in changes if kind == "server" and _is_made(before, after)]:
        waiting = store().settle(ended, now)
    if gone:
        servers = [row.id for kind, row in gone if kind == "server"]
        store().end(servers, [row.id for kind, row in gone if kind == "port"], now)
        store().release([row.id for _, row in gone])
        return (bool(servers) and store().leave(servers, now)) or waiting
    return waiting


def _is_made(before: Snapshot, after: Snapshot) -> bool:
    """Has its making, or its leaving, ended, one way or the other, with nothing else under way?"""
    building = before.state.command and before.state.verb in MAKES | {OFFLOAD}
    return bool(building) and not after.state.command and after.state.observed != Observed.GONE


def _became(before: Snapshot, after: Snapshot, observed: str) -> bool:
    return after.state.observed == observed != before.state.observed


def _is_free(row: Locked, before: Snapshot, after: Snapshot) -> bool:
    return bool(row.device) and not row.owned and ports.is_free(before, after)


def _launched(row: Locked, after: Snapshot) -> bool:
    return row.launched_at is None and after.state.observed == Observed.RUNNING
