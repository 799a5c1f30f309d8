"""What an observation does to a network on a cluster: pure functions, called by the ledger as those of ``logic.compute``.

One that failed is where it was: the next server that needs it, or reconcile, asks for it again.
"""

from logic import following
from logic.messages.observations import NetworkSeen, Observation
from logic.network.connection_states import DONE, Observed
from logic.snapshots import SOON, Effort, Note, Outcome, Snapshot

MISSING_LOOKS = 2


def react(snapshot: Snapshot, observation: Observation) -> Outcome:
    """The one entrance: observations of its own command, and looks at it."""
    return following.react(WAYS, snapshot, observation)


def _failed(snapshot: Snapshot, effort: Effort, why: str) -> Snapshot:
    return snapshot.with_state(fault=why, fault_code=effort.verb)


def _seen(snapshot: Snapshot, seen: NetworkSeen) -> Outcome:
    """Absence is believed on the second look; nothing is while a command is under way."""
    state = snapshot.state
    if late := following.outdated(snapshot, version=seen.version, incarnation=seen.incarnation):
        return late
    if state.command:
        return Outcome(snapshot=snapshot)
    if not seen.connected and state.observed == Observed.CONNECTED and state.missing + 1 < MISSING_LOOKS:
        return Outcome(snapshot=snapshot.with_state(missing=state.missing + 1), look=SOON)
    found = Observed.CONNECTED if seen.connected else Observed.NONE
    after = snapshot.with_state(observed=found, missing=0)
    if after.state == state:
        return Outcome(snapshot=snapshot)
    return Outcome(snapshot=after, notes=(Note(what="seen", text=f"found {found}"),))


WAYS = following.Ways(done=DONE, removal="disconnect", failed=_failed, looks={NetworkSeen: _seen}, look=SOON)
