"""What is told of a server and changes no state of it: worth a line of its timeline, and perhaps a look. Pure.

Called by ``reactions``, whose table says which observations these are.
"""

from logic.compute.states import MAKES
from logic.messages.observations import BuildProgress, NicSeen
from logic.snapshots import SOON, Note, Outcome, Snapshot


def nics(snapshot: Snapshot, seen: NicSeen) -> Outcome:
    """A hook saw interfaces: worth a look, and a line for the timeline."""
    return Outcome(snapshot=snapshot, notes=(Note(what="nics", text=f"hook {seen.path}"),), look=SOON)


def progress(snapshot: Snapshot, seen: BuildProgress) -> Outcome:
    """A line for the timeline, of which the API shows the newest; of no interest once the build is over."""
    effort = snapshot.current
    if effort is None or effort.verb not in MAKES:
        return Outcome(snapshot=snapshot)
    note = Note(what="progress", text=f"{seen.percent:.0f}", command=effort.id, job=effort.job)
    return Outcome(snapshot=snapshot, notes=(note,))
