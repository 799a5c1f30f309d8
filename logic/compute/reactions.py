"""What an observation does to a server: pure functions from a snapshot and a fact to the next snapshot.

``react`` is called by the ledger, inside its transaction, for every observation of a server, one after the other. A
fact is never refused: one that does not fit is noted as stale or unexpected and asks for a look. The rules of order
(house: "the rules of the ledger") live here: a final status is applied when its (job, op) is newer than the fence, and
settles its own command in any case; *gone* is final only when no earlier command is unsettled.
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from ganeti.vocabulary import FINAL, RANK
from logic.compute import causes, endings, hints, rescued, resized
from logic.compute.states import MAKES, Mode, Observed
from logic.messages.observations import (
    Accepted,
    BuildProgress,
    InstanceSeen,
    JobChanged,
    NicSeen,
    Observation,
    Postponed,
    Refused,
)
from logic.snapshots import (
    SOON,
    STEADY,
    Effort,
    Note,
    Outcome,
    Snapshot,
    accepted,
    postponed,
    put_back,
    settled,
    sooner,
)

MISSING_LOOKS = 2
MAX_ATTEMPTS = 6
RETRY_DELAY = 5.0
DELETES = frozenset({"delete", "delete-force"})
REMOVES = DELETES | {endings.OFFLOAD}  # what has an instance removed
UNKNOWN_ENTITY = frozenset({"unknown_entity", "gone"})

EFFECT: dict[str, Observed] = {
    "OP_INSTANCE_STARTUP": Observed.RUNNING,
    "OP_INSTANCE_SHUTDOWN": Observed.STOPPED,
    "OP_INSTANCE_REBOOT": Observed.RUNNING,
    "OP_INSTANCE_REMOVE": Observed.REMOVED,
}


def react(snapshot: Snapshot, observation: Observation) -> Outcome:
    """The one entrance: every observation of a server, in the order it is applied."""
    if snapshot.state.observed == Observed.GONE:
        return _after_the_end(snapshot, observation)
    meaning = MEANINGS.get(type(observation))
    if meaning is None:
        return Outcome(snapshot=snapshot, notes=(Note(what="unexpected", text=type(observation).__name__),), look=SOON)
    return resized.told(snapshot, observation, _finished(meaning(snapshot, observation)))


def _after_the_end(snapshot: Snapshot, observation: Observation) -> Outcome:
    """A deleted server stays deleted; its late jobs still settle, and an instance that lives on is looked at again."""
    if isinstance(observation, JobChanged) and observation.status in FINAL:
        effort = _effort_of(snapshot, observation)
        if effort and effort.unsettled:
            snapshot = settled(snapshot, effort, _outcome_of(observation), error=observation.error)
    elif isinstance(observation, Accepted):
        return accepted(snapshot, observation)
    elif isinstance(observation, Postponed):
        return postponed(snapshot, observation)
    elif isinstance(observation, Refused):
        effort = snapshot.effort(observation.command)
        if effort and effort.unsettled and effort.epoch == observation.epoch:
            snapshot = settled(snapshot, effort, "refused", code=observation.code, error=observation.reason)
    return Outcome(snapshot=snapshot, notes=(Note(what="stale", text="the server is deleted"),))


def _effort_of(snapshot: Snapshot, seen: JobChanged) -> Effort | None:
    effort = snapshot.effort(seen.command) if seen.command else snapshot.working_on(seen.job)
    return effort if effort and seen.job > effort.since else None


def _outcome_of(seen: JobChanged) -> str:
    return seen.status if seen.status in {"success", "canceled"} else "error"


def _job_changed(snapshot: Snapshot, seen: JobChanged) -> Outcome:
    state = snapshot.state
    if state.incarnation and seen.incarnation and state.incarnation != seen.incarnation:
        return _stale(snapshot, seen, "told by another incarnation of the cluster")
    effort = _effort_of(snapshot, seen)
    if effort is None and state.backend_uuid and seen.instance_uuid and state.backend_uuid != seen.instance_uuid:
        return _stale(snapshot, seen, "about another instance of this name", look=SOON)
    if seen.status == "lost":
        return _lost(snapshot, effort, seen)
    if seen.status in FINAL:
        return _job_ended(snapshot, effort, seen)
    return _job_moves(snapshot, effort, seen)


def _stale(snapshot: Snapshot, seen: JobChanged, why: str, *, look: float | None = None) -> Outcome:
    return Outcome(snapshot=snapshot, notes=(Note(what="stale", text=why, job=seen.job),), look=look)


def _job_moves(snapshot: Snapshot, effort: Effort | None, seen: JobChanged) -> Outcome:
    """Queued, waiting, running: progress of a command; without a command of ours, nothing to change."""
    rank = RANK[seen.status]
    if effort is None or not effort.unsettled or (effort.job == seen.job and rank <= effort.rank):
        return _stale(snapshot, seen, f"{seen.opcode} {seen.status}")
    moved = snapshot.with_effort(replace(effort, status="accepted", job=seen.job, rank=rank))
    note = Note(what=f"job.{seen.status}", text=seen.message, command=effort.id, job=seen.job)
    return Outcome(snapshot=moved, notes=(note,))


def _job_ended(snapshot: Snapshot, effort: Effort | None, seen: JobChanged) -> Outcome:
    newer = (seen.job, seen.op) > snapshot.state.fence
    look: float | None = None if newer else SOON
    after = snapshot
    if newer and not _is_proven(snapshot, effort, seen):
        look = SOON
    elif newer:
        after, look = _take_effect(after, seen, effort)
    elif effort is None or not effort.unsettled:
        return _stale(snapshot, seen, f"{seen.opcode} {seen.status}")
    text = seen.error or causes.job(snapshot, effort, seen) or seen.message
    note = Note(what=f"job.{seen.status}", text=text, command=effort.id if effort else "", job=seen.job)
    if effort and effort.unsettled:
        settling = _settle(after, effort, seen)
        return replace(settling, notes=(note, *settling.notes), look=sooner(look, settling.look))
    return Outcome(snapshot=after, notes=(note,), look=look)


def _is_proven(snapshot: Snapshot, effort: Effort | None, seen: JobChanged) -> bool:
    """A removal that nobody asked us for ends a server only if it says which instance it has removed, on which cluster. All
    other ways to be gone are believed after looks."""
    if seen.opcode != "OP_INSTANCE_REMOVE" or (effort and effort.verb in REMOVES):
        return True
    state = snapshot.state
    return bool(seen.instance_uuid) and (seen.instance_uuid, seen.incarnation) == (
        state.backend_uuid,
        state.incarnation,
    )


def _take_effect(snapshot: Snapshot, seen: JobChanged, effort: Effort | None) -> tuple[Snapshot, float | None]:
    """Only a success moves the fence: what failed has put nothing in the place of what an earlier job did. What an offloaded
    server's old instance did is nothing that it does."""
    if seen.status != "success" or seen.dry_run:
        return snapshot, None if _is_away(snapshot) else SOON
    snapshot = snapshot.with_state(fence=(seen.job, seen.op))
    if _is_away(snapshot):
        return snapshot, None
    if effort and effort.verb == endings.OFFLOAD and seen.opcode == "OP_INSTANCE_REMOVE":
        return snapshot.with_state(observed=Observed.NONE, backend_uuid="", missing=0), None
    if seen.opcode == "OP_INSTANCE_CREATE":
        observed = Observed.RUNNING if seen.start else Observed.STOPPED
        return snapshot.with_state(observed=observed, backend_uuid=seen.instance_uuid, missing=0), SOON
    effect = EFFECT.get(seen.opcode)
    if effect is None:
        return snapshot, SOON
    return snapshot.with_state(observed=effect, missing=0), SOON if snapshot.state.mode == Mode.FAILED else None


def _is_away(snapshot: Snapshot) -> bool:
    """Is it on no cluster, and nothing is done about that? A leftover that is found is not taken for it."""
    return snapshot.state.mode == Mode.OFFLOADED and snapshot.state.verb not in MAKES | DELETES


def _settle(snapshot: Snapshot, effort: Effort, seen: JobChanged) -> Outcome:
    """The end of a job of ours: the command is done, or has failed in its own way."""
    if effort.job and effort.job != seen.job and seen.status != "success":
        note = Note(what="unexpected", text=f"a double of job {effort.job} ended", command=effort.id, job=seen.job)
        return Outcome(snapshot=snapshot, notes=(note,), look=SOON)
    effort = replace(effort, job=seen.job, rank=RANK[seen.status])
    if effort.verb in DELETES:
        return _settle_delete(snapshot, effort, seen)
    if endings.is_part(effort, seen):
        return Outcome(snapshot=snapshot.with_effort(replace(effort, status="accepted", rank=-1)))
    seen = endings.believed(effort, seen)
    outcome = _outcome_of(seen)
    if effort.verb == endings.OFFLOAD and seen.error_code in UNKNOWN_ENTITY:
        outcome = "success"
    if effort.verb in MAKES and seen.error_code == "already_exists":
        return Outcome(snapshot=snapshot.with_effort(replace(effort, status="accepted")), look=SOON)
    after = settled(snapshot, effort, outcome, code=seen.error_code, error=seen.error)
    if outcome != "success":
        return endings.in_vain(snapshot, after, effort, seen)
    return Outcome(snapshot=endings.mended(snapshot, after, effort))


def _settle_delete(snapshot: Snapshot, effort: Effort, seen: JobChanged) -> Outcome:
    if seen.status == "success" or seen.error_code in UNKNOWN_ENTITY:
        return Outcome(snapshot=_removed(snapshot, effort))
    if effort.attempts < MAX_ATTEMPTS and snapshot.state.command == effort.id:
        note = Note(what="again", text=f"the removal failed: {seen.error}", command=effort.id, job=seen.job)
        delay = RETRY_DELAY * effort.attempts
        return Outcome(snapshot=put_back(snapshot, effort, delay=delay, again=False), notes=(note,))
    after = settled(snapshot, effort, "error", code=seen.error_code, error=seen.error)
    if after.state.mode == Mode.OFFLOADED:  # which it stays, and is deleted again
        return Outcome(snapshot=after)
    after = endings.befallen(after, seen.error_code or "remove", seen.error or "The removal failed.")
    return Outcome(snapshot=after, look=SOON)


def _removed(snapshot: Snapshot, effort: Effort) -> Snapshot:
    """The instance is not there (any more). The command in flight stays open until :func:`_finished` closes it."""
    after = snapshot.with_state(observed=Observed.REMOVED)
    if snapshot.state.command != effort.id:
        return settled(after, effort, "success")
    return after.with_effort(replace(effort, status="accepted", rank=RANK["success"]))


def _lost(snapshot: Snapshot, effort: Effort | None, seen: JobChanged) -> Outcome:
    """The cluster does not know the job. What may be repeated is sent again, after a look; a reboot is not."""
    if effort is None or not effort.unsettled or effort.job != seen.job:
        return _stale(snapshot, seen, "a job that is not waited for is lost")
    note = Note(what="job.lost", text=f"job {seen.job} is unknown to the cluster", command=effort.id, job=seen.job)
    if snapshot.state.command != effort.id or effort.idempotency == "once":
        outcome = "unclear" if effort.idempotency == "once" else "superseded"
        return Outcome(snapshot=settled(snapshot, effort, outcome), notes=(note,), look=SOON)
    return Outcome(snapshot=put_back(snapshot, effort, delay=0.0, again=True), notes=(note,))


def _refused(snapshot: Snapshot, seen: Refused) -> Outcome:
    effort = snapshot.effort(seen.command)
    if effort is None or not effort.unsettled or effort.epoch != seen.epoch:
        note = Note(what="stale", text=f"a refusal of an earlier attempt: {seen.reason}", command=seen.command)
        return Outcome(snapshot=snapshot, notes=(note,))
    note = Note(what="refused", text=seen.reason, command=effort.id)
    if effort.verb in DELETES and seen.code in UNKNOWN_ENTITY:
        return Outcome(snapshot=_removed(snapshot, effort), notes=(note,))
    if effort.verb == endings.OFFLOAD and seen.code in UNKNOWN_ENTITY:
        after = endings.mended(snapshot, settled(snapshot, effort, "success"), effort)
        return Outcome(snapshot=after, notes=(note,))
    after = settled(snapshot, effort, _REFUSALS.get(seen.code, "refused"), code=seen.code, error=seen.reason)
    if endings.spoils(snapshot, effort):
        after = endings.unmade(after, effort, seen.code, seen.reason)
    return Outcome(snapshot=after, notes=(note,), look=None if _is_away(after) else SOON)


_REFUSALS = {"superseded": "superseded", "unclear": "unclear"}


def _seen(snapshot: Snapshot, seen: InstanceSeen) -> Outcome:
    state = snapshot.state
    if seen.version != state.version:
        note = Note(what="stale", text="the server has changed since it was asked about")
        return Outcome(snapshot=snapshot, notes=(note,), look=SOON)
    if state.incarnation and seen.incarnation and state.incarnation != seen.incarnation:
        return Outcome(snapshot=snapshot, notes=(Note(what="stale", text="another incarnation of the cluster"),))
    if _is_away(snapshot):
        return Outcome(snapshot=snapshot)
    if seen.exists and (seen.owner == snapshot.id or _is_unmarked(snapshot, seen)):
        return _found(snapshot, seen)
    return _missing(snapshot, foreign=seen.exists)


def _is_unmarked(snapshot: Snapshot, seen: InstanceSeen) -> bool:
    """The instance of a server whose import is not confirmed: without a tag of ours, known by Ganeti's own UUID."""
    state = snapshot.state
    unmarked = state.mode == Mode.IMPORTED and not seen.owner
    return unmarked and bool(seen.instance_uuid) and seen.instance_uuid == state.backend_uuid


def _found(snapshot: Snapshot, seen: InstanceSeen) -> Outcome:
    state = snapshot.state
    unknown = seen.busy or not seen.status or (seen.vague and state.observed == Observed.PAUSED)
    observed = state.observed if unknown else seen.status
    uuid = seen.instance_uuid or state.backend_uuid
    after = rescued.found_again(snapshot).with_state(observed=observed, missing=0, backend_uuid=uuid)
    if state.mode == Mode.FAILED and state.fault_code == "missing":
        after = after.with_state(mode=Mode.NORMAL, fault="", fault_code="")
    if built := _ended_create(snapshot):
        after = endings.mended(snapshot, settled(after, built, "success"), built)
    look = STEADY if seen.busy else None
    if after.state == state:
        return Outcome(snapshot=snapshot, look=look)
    return Outcome(snapshot=after, notes=(Note(what="seen", text=causes.seen(snapshot, seen)),), look=look)


def _ended_create(snapshot: Snapshot) -> Effort | None:
    """A build whose job ended with "already exists": only a look can say whether that one is ours."""
    effort = snapshot.current
    return effort if effort and _has_met_another(effort) else None


def _has_met_another(effort: Effort) -> bool:
    return effort.verb in MAKES and effort.rank >= RANK["error"]


def _missing(snapshot: Snapshot, *, foreign: bool) -> Outcome:
    """Not there, or not ours. Believed on the second look, and only when nothing is under way."""
    state = snapshot.state
    if built := _ended_create(snapshot):
        after = settled(snapshot, built, "error", code="already_exists")
        return Outcome(snapshot=endings.unmade(after, built, "already_exists", "Its name on the cluster was taken."))
    if snapshot.unsettled_beside(None) or (state.mode == Mode.FAILED and state.observed == Observed.NONE):
        return Outcome(snapshot=snapshot)
    if state.missing + 1 < MISSING_LOOKS:
        note = Note(what="missing", text="not found on its cluster; looking again")
        return Outcome(snapshot=snapshot.with_state(missing=state.missing + 1), notes=(note,), look=2 * SOON)
    what = "Its name on the cluster belongs to another instance." if foreign else "It no longer exists on its cluster."
    after = snapshot.with_state(observed=Observed.NONE, missing=state.missing + 1)
    if state.mode == Mode.IMPORTED:  # which it stays: who confirms it is told that it is not there
        known = state.observed == Observed.NONE
        return (
            Outcome(snapshot=snapshot) if known else Outcome(snapshot=after, notes=(Note(what="missing", text=what),))
        )
    if state.mode != Mode.FAILED:  # else it keeps its own fault: a late event has told of a life that is over
        after = endings.befallen(after, "missing", what)
    return Outcome(snapshot=after, notes=(Note(what="missing", text=what),))


def _finished(outcome: Outcome) -> Outcome:
    """Close a removal: gone when nothing else is unsettled; removed again when an earlier command came back to life."""
    snapshot = _overtaken_settled(outcome.snapshot)
    outcome = replace(outcome, snapshot=snapshot)
    current = snapshot.current
    removal = current if current and _has_removed(current) else None
    if snapshot.state.observed == Observed.REMOVED:
        waits = snapshot.unsettled_beside(removal)
        return replace(outcome, look=sooner(outcome.look, SOON)) if waits else _gone(outcome, removal)
    if removal and not snapshot.unsettled_beside(removal):
        note = Note(what="again", text="it lives on after its removal", command=removal.id)
        back = put_back(snapshot, removal, delay=0.0, again=False)
        return replace(outcome, snapshot=back, notes=(*outcome.notes, note))
    return outcome


def _overtaken_settled(snapshot: Snapshot) -> Snapshot:
    """What was over but not settled when another command overtook it: nobody waits for it any more. A removal that had done its
    work (the one in flight closes), a build that met "already exists" (whose instance that is does not matter now)."""
    for effort in snapshot.efforts:
        if not effort.unsettled or effort.id == snapshot.state.command:
            continue
        if _has_removed(effort):
            snapshot = settled(snapshot, effort, "success")
        elif _has_met_another(effort):
            snapshot = settled(snapshot, effort, "error", code="already_exists")
    return snapshot


def _has_removed(effort: Effort) -> bool:
    return effort.verb in DELETES and effort.rank >= RANK["success"]


def _gone(outcome: Outcome, removal: Effort | None) -> Outcome:
    snapshot = settled(outcome.snapshot, removal, "success") if removal else outcome.snapshot
    snapshot = snapshot.with_state(observed=Observed.GONE, missing=0)
    return replace(outcome, snapshot=snapshot, notes=(*outcome.notes, Note(what="gone")), look=None)


MEANINGS: dict[type[Observation], Callable[[Snapshot, Any], Outcome]] = {
    JobChanged: _job_changed,
    Accepted: accepted,
    Refused: _refused,
    Postponed: postponed,
    InstanceSeen: _seen,
    NicSeen: hints.nics,
    BuildProgress: hints.progress,
}
