"""What an observation does to a volume: pure functions, called by the ledger as those of ``logic.compute``.

A volume is a resource of its own: observations of its server do not touch it, only those of its own commands and looks at
where its disk is. A command that failed has perhaps moved the disk part of the way, so each such end asks for a look.
"""

from msgspec.structs import replace

from ganeti.vocabulary import FINAL, LOST, RANK, UNKNOWN_ENTITY
from logic.messages.observations import Accepted, JobChanged, Observation, Postponed, Refused, VolumeSeen
from logic.snapshots import SOON, Effort, Note, Outcome, Snapshot, accepted, postponed, put_back, settled
from logic.volume.states import DONE, Mode, Observed

MISSING_LOOKS = 2
MISSING = "missing"  # the fault code of one whose disk is not found
FOUND: dict[str, Observed] = {"attached": Observed.ATTACHED, "held": Observed.HELD, "adrift": Observed.HELD}


def react(snapshot: Snapshot, observation: Observation) -> Outcome:
    """The one entrance: observations of its own commands, and looks at it."""
    if isinstance(observation, JobChanged):
        return _job_changed(snapshot, observation)
    if isinstance(observation, Accepted):
        return accepted(snapshot, observation)
    if isinstance(observation, Postponed):
        return postponed(snapshot, observation)
    if isinstance(observation, Refused):
        return _refused(snapshot, observation)
    if isinstance(observation, VolumeSeen):
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
    if told.status == "success" or (effort.verb == "delete" and told.error_code == UNKNOWN_ENTITY):
        return Outcome(snapshot=_done(snapshot, effort, told), notes=(note,))
    outcome = "canceled" if told.status == "canceled" else "error"
    after = settled(snapshot, effort, outcome, code=told.error_code, error=told.error)
    return Outcome(
        snapshot=_failed(after, effort, told.error or f"Its job was {told.status}."), notes=(note,), look=SOON
    )


def _done(snapshot: Snapshot, effort: Effort, told: JobChanged) -> Snapshot:
    """Deleting what is not there has succeeded. An end older than the newest settles its own command and says nothing of
    where the disk is now."""
    after = settled(snapshot, effort, "success")
    if (told.job, told.op) <= snapshot.state.fence:
        return after
    known = {"mode": Mode.NORMAL, "fault": "", "fault_code": "", "missing": 0}
    return after.with_state(observed=DONE[effort.verb], fence=(told.job, told.op), **known)


def _failed(snapshot: Snapshot, effort: Effort, why: str) -> Snapshot:
    """It is where it was, and can be asked for again. One that could not be deleted says so to its owner."""
    mode = Mode.FAILED if effort.verb == "delete" else snapshot.state.mode
    return snapshot.with_state(mode=mode, fault=why, fault_code=effort.verb)


def _refused(snapshot: Snapshot, told: Refused) -> Outcome:
    effort = snapshot.effort(told.command)
    if effort is None or not effort.unsettled or effort.epoch != told.epoch:
        return _stale(snapshot, told.reason)
    after = _failed(settled(snapshot, effort, "refused", code=told.code, error=told.reason), effort, told.reason)
    return Outcome(snapshot=after, notes=(Note(what="refused", text=told.reason, command=effort.id),), look=SOON)


def _seen(snapshot: Snapshot, seen: VolumeSeen) -> Outcome:
    """Absence is believed on the second look; nothing is while a command is under way."""
    state = snapshot.state
    if seen.version != state.version:
        note = Note(what="stale", text="the volume has changed since it was asked about")
        return Outcome(snapshot=snapshot, notes=(note,), look=SOON)
    if state.incarnation and seen.incarnation and state.incarnation != seen.incarnation:
        return _stale(snapshot, "another incarnation of the cluster")
    if state.command or state.observed == Observed.GONE:
        return Outcome(snapshot=snapshot)
    after = _found(snapshot, FOUND[seen.place]) if seen.place in FOUND else _missing(snapshot, seen)
    if after.state == state:
        return Outcome(snapshot=snapshot)
    if after.state.missing and after.state.mode == state.mode:
        return Outcome(snapshot=after, look=SOON)
    return Outcome(snapshot=after, notes=(Note(what="seen", text=after.state.fault or f"found {seen.place}"),))


def _found(snapshot: Snapshot, observed: Observed) -> Snapshot:
    after = snapshot.with_state(observed=observed, missing=0)
    if after.state.fault_code == MISSING:
        return after.with_state(mode=Mode.NORMAL, fault="", fault_code="")
    return after


def _missing(snapshot: Snapshot, seen: VolumeSeen) -> Snapshot:
    """Its disk is on no instance where it could be. A volume that has never had one is not missing."""
    state = snapshot.state
    if state.observed == Observed.NONE or state.fault_code == MISSING:
        return snapshot
    if state.missing + 1 < MISSING_LOOKS:
        return snapshot.with_state(missing=state.missing + 1)
    where = f"it is on the instance {seen.instance}" if seen.instance else "it is nowhere on its cluster"
    fault = f"Its disk is not where it was left: {where}."
    return snapshot.with_state(mode=Mode.FAILED, fault=fault, fault_code=MISSING, missing=state.missing + 1)


def _stale(snapshot: Snapshot, why: str, job: int = 0) -> Outcome:
    return Outcome(snapshot=snapshot, notes=(Note(what="stale", text=why, job=job),))
