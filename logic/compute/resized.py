"""What is peculiar to resizing, and to going back, among the reactions of a server: its operations (grow the disk, change the
parameters, restart) are jobs of their own, one after the other, all with the command's id; and what it has done of them is
written into the row. Pure; called by ``reactions`` and ``endings``.

The size is applied when the parameters are changed: before that a failure leaves the server as it was, but for its disk. That
``endings`` calls it in error when only the restart has failed is in docs/decisions/0031.
"""

from typing import Literal

from msgspec.structs import replace

from ganeti.vocabulary import OP_REBOOT, OP_SET_PARAMS
from logic import snapshots
from logic.compute.states import NOT_RESTARTED, Mode
from logic.messages.observations import Accepted, JobChanged, Observation
from logic.snapshots import Effort, Note, Outcome, Snapshot, State, put_back

RESIZES = frozenset({"resize", "resize-stopped"})
REVERTS = frozenset({"revert", "revert-stopped"})
# The operation with which each is over.
LAST = {"resize": OP_REBOOT, "resize-stopped": OP_SET_PARAMS, "revert": OP_REBOOT, "revert-stopped": OP_SET_PARAMS}
UNMET = "Dependency "  # how Ganeti's error begins of a job that was never begun, since one before it has failed
Change = Literal["", "grown", "changed", "taken", "kept", "kept-grown"]  # as ``logic.ledger.sizes`` has them


def is_behind(effort: Effort, seen: JobChanged) -> bool:
    """Is a later job of the same command known already, or about to be told by whoever is sending them?"""
    return effort.verb in LAST and (effort.status == "claimed" or seen.job < effort.job)


def part(snapshot: Snapshot, effort: Effort, seen: JobChanged) -> Outcome:
    """An operation has succeeded and others follow, in jobs of their own. When the number of none is known, they are looked for
    by the command's id, and ordered if there are none."""
    if is_behind(effort, seen):
        return Outcome(snapshot=snapshot)
    return Outcome(snapshot=put_back(snapshot, replace(effort, job=seen.job), delay=0.0, again=True))


def accepted(snapshot: Snapshot, seen: Accepted) -> Outcome:
    """Of the jobs of one command the last counts, in whatever order they are heard of."""
    effort = snapshot.effort(seen.command)
    open_ = effort and effort.unsettled and effort.verb in LAST and seen.job > effort.since
    if effort is None or not open_ or not effort.job or effort.job == seen.job:
        return snapshots.accepted(snapshot, seen)
    if effort.job < seen.job:
        return snapshots.accepted(snapshot.with_effort(replace(effort, job=0, rank=-1)), seen)
    note = Note(what="accepted", text=f"job {effort.job} follows", command=effort.id, job=seen.job)
    return Outcome(snapshot=snapshot, notes=(note,))


def not_restarted(effort: Effort, seen: JobChanged) -> bool:
    """Has all been done but the restart?"""
    ended = seen.opcode == OP_REBOOT and seen.status != "success"
    return effort.verb in LAST and ended and not seen.error.startswith(UNMET)


def told(before: Snapshot, seen: Observation, outcome: Outcome) -> Outcome:
    """With what the row's size has to be after it."""
    change = _change(before, seen, outcome.snapshot)
    return replace(outcome, size=change) if change else outcome


def _change(before: Snapshot, seen: Observation, after: Snapshot) -> Change:
    for effort in after.efforts:
        was = before.effort(effort.id)
        if effort.verb in LAST and not effort.unsettled and was and was.unsettled:
            return _settled(effort, seen, after)
    if isinstance(seen, JobChanged) and seen.status == "success" and _is_of_one(before, seen):
        return "grown"
    return "kept" if _is_over(before.state, after.state) else ""


def _is_of_one(before: Snapshot, seen: JobChanged) -> bool:
    effort = before.effort(seen.command)
    return bool(effort and effort.verb in LAST)


def _settled(effort: Effort, seen: Observation, after: Snapshot) -> Change:
    """Overtaken by a removal it may yet have been done, and then there is no way back."""
    job = seen if isinstance(seen, JobChanged) else None
    if effort.outcome == "success" or (job and not_restarted(effort, job)):
        state = after.state
        waits = state.mode == Mode.RESIZED or state.fault_code == NOT_RESTARTED
        return "changed" if effort.verb in RESIZES and waits else "taken"
    if effort.verb in REVERTS:
        return ""
    tried = job and job.opcode == OP_SET_PARAMS and job.status == "error" and not job.error.startswith(UNMET)
    return "kept-grown" if tried else "kept"


def _is_over(before: State, after: State) -> bool:
    """Is there nothing left to confirm or to go back to?"""
    lasting = after.mode == Mode.RESIZED or after.fault_code == NOT_RESTARTED
    return after.mode != before.mode and not lasting
