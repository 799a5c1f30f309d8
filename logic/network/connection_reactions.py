"""What an observation does to a network on a cluster: pure functions, called by the ledger as those of ``logic.compute``.

One that failed is where it was: the next server that needs it, or reconcile, asks for it again.
"""

from msgspec.structs import replace

from ganeti.vocabulary import FINAL, LOST, RANK, UNKNOWN_ENTITY
from logic.messages.observations import Accepted, JobChanged, NetworkSeen, Observation, Postponed, Refused
from logic.network.connection_states import DONE, Observed
from logic.snapshots import SOON, Effort, Note, Outcome, Snapshot, accepted, postponed, put_back, settled

MISSING_LOOKS = 2


def react(snapshot: Snapshot, observation: Observation) -> Outcome:
    """The one entrance: observations of its own command, and looks at it."""
    if isinstance(observation, JobChanged):
        return _job_changed(snapshot, observation)
    if isinstance(observation, Accepted):
        return accepted(snapshot, observation)
    if isinstance(observation, Postponed):
        return postponed(snapshot, observation)
    if isinstance(observation, Refused):
        return _refused(snapshot, observation)
    if isinstance(observation, NetworkSeen):
        return _seen(snapshot, observation)
    return Outcome(snapshot=snapshot)


def _job_changed(snapshot: Snapshot, told: JobChanged) -> Outcome:
    effort = snapshot.effort(told.command)
    if effort is None or not effort.unsettled or told.job <= effort.since:
        return _stale(snapshot, f"{told.opcode} {told.status}", told.job)
    if told.status == LOST:
        note = Note(what="job.lost", text=f"job {told.job} is unknown to the cluster", command=effort.id, job=told.job)
        return Outcome(snapshot=put_back(snapshot, effort, delay=0.0, again=True), notes=(note,))
    note = Note(what=f"job.{told.status}", text=told.error or told.message, command=effort.id, job=told.job)
    if told.status not in FINAL:
        moved = replace(effort, status="accepted", job=told.job, rank=max(RANK[told.status], effort.rank))
        return Outcome(snapshot=snapshot.with_effort(moved), notes=(note,))
    return Outcome(snapshot=_ended(snapshot, effort, told), notes=(note,), look=SOON)


def _ended(snapshot: Snapshot, effort: Effort, told: JobChanged) -> Snapshot:
    """Removing what is not there has succeeded. An end older than the newest settles its own command and says nothing of
    what is there now."""
    gone = effort.verb == "disconnect" and told.error_code == UNKNOWN_ENTITY
    if told.status == "success" or gone:
        after = settled(snapshot, effort, "success")
        if (told.job, told.op) <= snapshot.state.fence:
            return after
        known = {"fault": "", "fault_code": "", "missing": 0}
        return after.with_state(observed=DONE[effort.verb], fence=(told.job, told.op), **known)
    outcome = "canceled" if told.status == "canceled" else "error"
    after = settled(snapshot, effort, outcome, code=told.error_code, error=told.error)
    return after.with_state(fault=told.error, fault_code=effort.verb)


def _refused(snapshot: Snapshot, told: Refused) -> Outcome:
    effort = snapshot.effort(told.command)
    if effort is None or not effort.unsettled or effort.epoch != told.epoch:
        return _stale(snapshot, told.reason)
    after = settled(snapshot, effort, "refused", code=told.code, error=told.reason)
    after = after.with_state(fault=told.reason, fault_code=effort.verb)
    return Outcome(snapshot=after, notes=(Note(what="refused", text=told.reason, command=effort.id),), look=SOON)


def _seen(snapshot: Snapshot, seen: NetworkSeen) -> Outcome:
    """Absence is believed on the second look; nothing is while a command is under way."""
    state = snapshot.state
    if seen.version != state.version:
        note = Note(what="stale", text="the network has changed since it was asked about")
        return Outcome(snapshot=snapshot, notes=(note,), look=SOON)
    if state.incarnation and seen.incarnation and state.incarnation != seen.incarnation:
        return _stale(snapshot, "another incarnation of the cluster")
    if state.command:
        return Outcome(snapshot=snapshot)
    if not seen.connected and state.observed == Observed.CONNECTED and state.missing + 1 < MISSING_LOOKS:
        return Outcome(snapshot=snapshot.with_state(missing=state.missing + 1), look=SOON)
    found = Observed.CONNECTED if seen.connected else Observed.NONE
    after = snapshot.with_state(observed=found, missing=0)
    if after.state == state:
        return Outcome(snapshot=snapshot)
    return Outcome(snapshot=after, notes=(Note(what="seen", text=f"found {found}"),))


def _stale(snapshot: Snapshot, why: str, job: int = 0) -> Outcome:
    return Outcome(snapshot=snapshot, notes=(Note(what="stale", text=why, job=job),))
