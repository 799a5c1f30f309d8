"""What the end of a command makes of its server besides what its job has done: sound again, resized,
shelved, offloaded, rescued, or in error. Pure.

Called by ``reactions``. A build or a rebuild that fails leaves a disk that may hold anything: the server is in error. The job
of a rebuild is of several operations (stop, make the disk anew, start), of which only the last is its end. What is peculiar to
a resize is in ``resized``.
"""

from msgspec.structs import replace

from ganeti.vocabulary import OP_REINSTALL, OP_STARTUP
from logic.compute import rescued, resized
from logic.compute.states import MAKES, NOT_RESCUED, NOT_RESTARTED, Mode, Observed
from logic.messages.observations import JobChanged
from logic.snapshots import SOON, TOLD, Effort, Outcome, Snapshot

LAST = {"rebuild": OP_STARTUP, "rebuild-stopped": OP_REINSTALL}
NO_ROOM = frozenset({"insufficient_resources", "temp_insufficient_resources"})
SPOILING = frozenset({*MAKES, *LAST})
MENDING = frozenset({*LAST, *resized.REVERTS, "revert-move", "reboot-hard", "unshelve", "unshelve-anew", "unrescue"})
OFFLOAD, ANEW = "offload", "unshelve-anew"
# How one is whose node was given up; it may have been down before, and the look that follows tells.
EVACUATED = {"evacuate": Observed.RUNNING, "evacuate-stopped": Observed.STOPPED}
# How one is whose node did as it was told; the look that follows asks the node once more.
PAUSED = {"pause": Observed.PAUSED, "unpause": Observed.RUNNING}
NOT_ASKED = "No password was set: the node has not asked for it (its snf-password-hook)."
# What outlives a command that has succeeded.
LEFT: dict[str, Mode] = {
    **dict.fromkeys(resized.RESIZES, Mode.RESIZED),
    "migrate": Mode.RESIZED,
    "shelve": Mode.SHELVED,
    "shelve-off": Mode.LEAVING,
    OFFLOAD: Mode.OFFLOADED,
    "rescue": Mode.RESCUED,
}


def is_part(effort: Effort, seen: JobChanged) -> bool:
    """Did an operation succeed after which others follow?"""
    return seen.status == "success" and seen.opcode != LAST.get(effort.verb, seen.opcode)


def spoils(snapshot: Snapshot, effort: Effort) -> bool:
    """Is the server in error when this command ends without success? Not when it has been overtaken."""
    return effort.verb in SPOILING and snapshot.state.command == effort.id


def believed(effort: Effort, seen: JobChanged) -> JobChanged:
    """A password that its node has not asked for was set nowhere, whatever became of the job."""
    if effort.verb != "password" or seen.status != "success" or effort.code == TOLD:
        return seen
    return replace(seen, status="error", error_code="not_asked", error=NOT_ASKED)


def in_vain(snapshot: Snapshot, after: Snapshot, effort: Effort, seen: JobChanged) -> Outcome:
    """A job has ended otherwise than with success; ``after`` has its command settled."""
    if resized.not_restarted(effort, seen) and snapshot.state.command == effort.id:
        return Outcome(snapshot=failed(after, NOT_RESTARTED, _not_restarted(effort, seen)))
    if (fault := rescued.fault(effort, seen)) and snapshot.state.command == effort.id:
        return Outcome(snapshot=failed(after, *fault))
    if effort.verb in MAKES and snapshot.state.command == effort.id:
        return _not_made(after, effort, seen)
    if not spoils(snapshot, effort):
        return Outcome(snapshot=after, look=None if after.state.mode == Mode.OFFLOADED else SOON)
    code = seen.error_code or seen.status
    return Outcome(snapshot=failed(after, code, seen.error or "The rebuild was canceled."), look=SOON)


def _not_made(after: Snapshot, effort: Effort, seen: JobChanged) -> Outcome:
    no_room = seen.error_code in NO_ROOM
    why = f"No valid host was found. {seen.error}" if no_room else seen.error or "The build was canceled."
    return Outcome(
        snapshot=unmade(after, effort, seen.error_code or seen.status, why), no_room=effort.id if no_room else ""
    )


def unmade(snapshot: Snapshot, effort: Effort, code: str, fault: str) -> Snapshot:
    """In error; but what was offloaded is as it was, with the image that it is made of."""
    return left(snapshot) if effort.verb == ANEW else failed(snapshot, code, fault)


def left(snapshot: Snapshot) -> Snapshot:
    """On no cluster: what was there is gone, and nobody looks for it."""
    gone = {"observed": Observed.NONE, "backend_uuid": "", "missing": 0}
    return snapshot.with_state(mode=Mode.OFFLOADED, fault="", fault_code="", **gone)


def _not_restarted(effort: Effort, seen: JobChanged) -> str:
    """What has happened, what helps, and what the cluster says."""
    told = "It could not be restarted" if seen.error else "Its restart was canceled"
    back = ", or revert its resize" if effort.verb in resized.RESIZES else ""
    return f"{told}: reboot it hard{back}. {seen.error}".rstrip()


def failed(snapshot: Snapshot, code: str, fault: str) -> Snapshot:
    return snapshot.with_state(mode=Mode.FAILED, fault=fault, fault_code=code)


def befallen(snapshot: Snapshot, code: str, fault: str) -> Snapshot:
    """In error for what has nothing to do with what it boots: a rescued one can still be unrescued."""
    return failed(snapshot, NOT_RESCUED if rescued.is_told(snapshot.state) else code, fault)


def mended(snapshot: Snapshot, after: Snapshot, effort: Effort) -> Snapshot:
    """What a command has made by its success, whatever had befallen what was there before; ``after`` has it settled. What a
    rebuild has made is sound; so is what runs again after a resize that ended without; a resize waits for its confirmation, and a
    cold migration too; what is shelved or rescued for the way back."""
    if snapshot.state.command != effort.id:
        return after
    if effort.verb == OFFLOAD:
        return left(after)
    if mode := LEFT.get(effort.verb):
        return after.with_state(mode=mode)
    if observed := _guest(after, effort):
        return after.with_state(observed=observed)
    if effort.verb in MENDING and after.state.mode in {Mode.FAILED, *LEFT.values()}:
        return after.with_state(mode=Mode.NORMAL, fault="", fault_code="")
    return after


def _guest(after: Snapshot, effort: Effort) -> Observed | None:
    """How it is now, where no job's own opcode says so."""
    evacuated = EVACUATED.get(effort.verb) if after.state.observed == Observed.CRASHED else None
    return PAUSED.get(effort.verb) or evacuated
