"""What the end of a command makes of its server besides what its job has done: sound again, or in error. Pure.

Called by ``reactions``. A build or a rebuild that fails leaves a disk that may hold anything: the server is in error. The job
of a rebuild is of several operations (stop, make the disk anew, start), of which only the last is its end.
"""

from ganeti.vocabulary import OP_REINSTALL, OP_STARTUP
from logic.compute.states import Mode
from logic.messages.observations import JobChanged
from logic.snapshots import SOON, Effort, Outcome, Snapshot

LAST = {"rebuild": OP_STARTUP, "rebuild-stopped": OP_REINSTALL}
NO_ROOM = frozenset({"insufficient_resources", "temp_insufficient_resources"})
SPOILING = frozenset({"create", *LAST})


def is_part(effort: Effort, seen: JobChanged) -> bool:
    """Did an operation succeed after which others follow?"""
    return seen.status == "success" and seen.opcode != LAST.get(effort.verb, seen.opcode)


def spoils(snapshot: Snapshot, effort: Effort) -> bool:
    """Is the server in error when this command ends without success? Not when it has been overtaken."""
    return effort.verb in SPOILING and snapshot.state.command == effort.id


def in_vain(snapshot: Snapshot, after: Snapshot, effort: Effort, seen: JobChanged) -> Outcome:
    """A job has ended otherwise than with success; ``after`` has its command settled."""
    if not spoils(snapshot, effort):
        return Outcome(snapshot=after, look=SOON)
    code = seen.error_code or seen.status
    if effort.verb != "create":
        return Outcome(snapshot=failed(after, code, seen.error or "The rebuild was canceled."), look=SOON)
    no_room = seen.error_code in NO_ROOM
    why = f"No valid host was found. {seen.error}" if no_room else seen.error or "The build was canceled."
    return Outcome(snapshot=failed(after, code, why), no_room=effort.id if no_room else "")


def failed(snapshot: Snapshot, code: str, fault: str) -> Snapshot:
    return snapshot.with_state(mode=Mode.FAILED, fault=fault, fault_code=code)


def mended(snapshot: Snapshot, effort: Effort) -> Snapshot:
    """What a rebuild has made is sound, whatever had befallen what was there before."""
    if effort.verb not in LAST or snapshot.state.mode != Mode.FAILED:
        return snapshot
    return snapshot.with_state(mode=Mode.NORMAL, fault="", fault_code="")
