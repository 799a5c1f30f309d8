"""What is peculiar to resizing, and to going back, among the reactions of a server: which of it has been done when it fails, and
what that makes of the size in its row. Pure; called by ``reactions`` and ``endings``.

A resize is several jobs, each of which needs the one before: grow the disk, change the parameters, restart. The last is the
command's, and of the others only that a disk has grown is told (``logic.backends.ganeti_resizing``). Its size is changed with the
parameters: what fails before leaves the server as it was, but for its disk.
"""

from typing import Literal

from msgspec.structs import replace

from ganeti.vocabulary import OP_GROW_DISK, OP_REBOOT, UNMET
from logic.compute.states import NOT_RESTARTED, Mode
from logic.messages.observations import JobChanged, Observation
from logic.snapshots import Effort, Outcome, Snapshot, State

RESIZES = frozenset({"resize", "resize-stopped"})
REVERTS = frozenset({"revert", "revert-stopped"})
VERBS = RESIZES | REVERTS
Change = Literal["", "grown", "changed", "taken", "kept"]  # as ``logic.ledger.sizes`` has them


def not_restarted(effort: Effort, seen: JobChanged) -> bool:
    """Has all been done but the restart?"""
    ended = seen.opcode == OP_REBOOT and seen.status != "success"
    return effort.verb in VERBS and ended and seen.error_code != UNMET


def has_grown(snapshot: Snapshot, seen: JobChanged) -> bool:
    """Is it the first job of the resize in flight? It names no command."""
    return snapshot.state.verb in VERBS and (seen.opcode, seen.status) == (OP_GROW_DISK, "success")


def told(before: Snapshot, seen: Observation, outcome: Outcome) -> Outcome:
    """With what the row's size has to be after it."""
    change = _change(before, seen, outcome.snapshot)
    return replace(outcome, size=change) if change else outcome


def _change(before: Snapshot, seen: Observation, after: Snapshot) -> Change:
    for effort in after.efforts:
        was = before.effort(effort.id)
        if effort.verb in VERBS and not effort.unsettled and was and was.unsettled:
            return _settled(effort, seen, after.state)
    if isinstance(seen, JobChanged) and has_grown(before, seen):
        return "grown"
    return "kept" if _is_over(before.state, after.state) else ""


def _settled(effort: Effort, seen: Observation, state: State) -> Change:
    """Overtaken by a removal it may yet have been done, and then there is no way back."""
    if effort.outcome == "success" or (isinstance(seen, JobChanged) and not_restarted(effort, seen)):
        return "changed" if effort.verb in RESIZES and _is_lasting(state) else "taken"
    return "" if effort.verb in REVERTS else "kept"


def _is_over(before: State, after: State) -> bool:
    """Is there nothing left to confirm or to go back to?"""
    return after.mode != before.mode and not _is_lasting(after)


def _is_lasting(state: State) -> bool:
    return state.mode == Mode.RESIZED or (state.mode == Mode.FAILED and state.fault_code == NOT_RESTARTED)
