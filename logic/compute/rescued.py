"""What is peculiar to rescuing among the reactions of a server: what it makes of it that the last of its jobs has failed, and
that it was away in between. Pure; called by ``endings`` and ``reactions``.

A rescue, and the way back, are two jobs: tell the hypervisor what to boot, and restart. What fails before leaves the server as it
was. When only the restart fails it is down, and would boot what it was told: each way has another remedy.
"""

from ganeti.vocabulary import OP_REBOOT, UNMET
from logic.compute.states import NOT_RESCUED, NOT_RESTARTED, Mode, Observed
from logic.messages.observations import JobChanged
from logic.snapshots import Effort, Snapshot, State

_FAULTS = {
    "rescue": (NOT_RESCUED, "Its rescue system could not be started: unrescue it."),
    "unrescue": (NOT_RESTARTED, "It could not be restarted with its own system: reboot it hard."),
}


def fault(effort: Effort, seen: JobChanged) -> tuple[str, str] | None:
    """Its code, and what has happened and helps, if all has been done but the restart."""
    ended = seen.opcode == OP_REBOOT and seen.status != "success" and seen.error_code != UNMET
    if not ended or effort.verb not in _FAULTS:
        return None
    code, sentence = _FAULTS[effort.verb]
    return code, f"{sentence} {seen.error}".rstrip()


def is_told(state: State) -> bool:
    """Does its hypervisor boot a rescue system, until it is unrescued?"""
    return state.mode == Mode.RESCUED or (state.mode == Mode.FAILED and state.fault_code == NOT_RESCUED)


def found_again(snapshot: Snapshot) -> Snapshot:
    """Its instance is there, with what its hypervisor was told."""
    if snapshot.state.observed != Observed.NONE or not is_told(snapshot.state):
        return snapshot
    return snapshot.with_state(mode=Mode.RESCUED, fault="", fault_code="")
