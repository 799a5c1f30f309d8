"""What a change of state entails in other tables, in the same transaction: launch times, quota given back, addresses freed.

Called by ``folding`` with every resource of a batch; each step is one statement for all of them.
"""

from collections.abc import Sequence

from logic import clock
from logic.compute.models import Server
from logic.compute.states import Observed
from logic.ledger.resources import Locked
from logic.network.models import Address, Port
from logic.quota.models import Delta
from logic.snapshots import Snapshot

Change = tuple[str, Locked, Snapshot, Snapshot]


def follow(changes: Sequence[Change]) -> None:
    """Everything that follows from these changes."""
    now = clock.now()
    gone = [(kind, row) for kind, row, before, after in changes if _became(before, after, Observed.GONE)]
    launched = [row.id for kind, row, before, after in changes if kind == "server" and _launched(row, after)]
    if launched:
        Server.objects.filter(pk__in=launched).update(launched_at=now)
    if gone:
        servers = [row.id for kind, row in gone if kind == "server"]
        Server.objects.filter(pk__in=servers).update(terminated_at=now)
        _free_ports(servers, [row.id for kind, row in gone if kind == "port"])
        release([row.id for _, row in gone])


def _became(before: Snapshot, after: Snapshot, observed: str) -> bool:
    return after.state.observed == observed != before.state.observed


def _launched(row: Locked, after: Snapshot) -> bool:
    return row.launched_at is None and after.state.observed == Observed.RUNNING


def _free_ports(servers: Sequence[str], ports: Sequence[str]) -> None:
    Address.objects.filter(port__in=ports).delete()
    Port.objects.filter(device__in=servers, owned=False).update(device="")


def release(holders: Sequence[str]) -> None:
    """Give back what these resources hold. Twice is once: a delta is released one time only."""
    held = Delta.objects.filter(holder__in=holders, released=False)
    back = [
        Delta(project=one.project, resource=one.resource, amount=-one.amount, holder=one.holder, released=True)
        for one in held
    ]
    Delta.objects.bulk_create(back, ignore_conflicts=True)
