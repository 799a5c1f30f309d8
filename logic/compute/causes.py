"""Why a server is as it is, in words for its timeline. Pure; called by ``reactions``."""

from logic.compute import resized
from logic.compute.states import CAUSES
from logic.messages.observations import InstanceSeen, JobChanged
from logic.snapshots import Effort, Snapshot


def seen(snapshot: Snapshot, told: InstanceSeen) -> str:
    """What a look found, and whose doing it was if nothing of ours was under way."""
    if not told.status:
        return "found, but its node does not answer"
    if snapshot.unsettled_beside(None) or told.busy or told.status == snapshot.state.observed:
        return f"found {told.status}"
    return CAUSES.get(told.why, f"found {told.status}: changed outside Synnefo")


def job(snapshot: Snapshot, effort: Effort | None, told: JobChanged) -> str:
    """Whose job it was, when it was not ours."""
    if effort or resized.has_grown(snapshot, told):
        return ""
    return f"{told.opcode} outside Synnefo ({told.origin or 'unknown'})"
