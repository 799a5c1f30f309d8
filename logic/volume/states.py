"""The life of a volume: what may be asked of it when, and Cinder's status word. Pure, like ``logic.compute.states``; the diagram
in ``docs/states/volume.md`` is drawn from it."""

from enum import StrEnum
from typing import Literal

from logic.snapshots import State


class Observed(StrEnum):
    """Where its disk is. ``NONE``: nowhere yet, it is only a row of ours; ``HELD``: on its cluster, on no server."""

    NONE = "none"
    ATTACHED = "attached"
    HELD = "held"
    GONE = "gone"


class Mode(StrEnum):
    """What outlives a command. ``FAILED``: its disk was not found, or could not be deleted. ``AWAITED``: a server is just being
    made with it; where its disk is, is looked for when that is over. ``RESERVED``: its server has left its cluster, or is
    leaving it, and has it again when it is made again."""

    NORMAL = "normal"
    FAILED = "failed"
    AWAITED = "awaited"
    RESERVED = "reserved"


class Phase(StrEnum):
    """Where a volume stands: the three columns as one word."""

    ATTACHING = "being attached"
    DETACHING = "being detached"
    DELETING = "being deleted"
    EXTENDING = "being made larger"
    UPLOADING = "being read"
    BACKING_UP = "being backed up"
    REVERTING = "being reverted"
    REIMAGING = "being given another image"
    RESTORING = "being restored to"
    AVAILABLE = "available"
    IN_USE = "attached to a server"
    RESERVED = "reserved for a shelved server"
    FAILED = "in error"
    GONE = "deleted"


Verb = Literal["attach", "detach", "delete", "extend", "upload", "backup", "revert", "reimage", "restore"]

IN_FLIGHT: dict[str, Phase] = {
    "attach": Phase.ATTACHING,
    "detach": Phase.DETACHING,
    "delete": Phase.DELETING,
    "extend": Phase.EXTENDING,
    "upload": Phase.UPLOADING,
    "backup": Phase.BACKING_UP,
    "revert": Phase.REVERTING,
    "reimage": Phase.REIMAGING,
    "restore": Phase.RESTORING,
}
AT_REST: dict[str, Phase] = {
    Observed.NONE: Phase.AVAILABLE,
    Observed.HELD: Phase.AVAILABLE,
    Observed.ATTACHED: Phase.IN_USE,
    Observed.GONE: Phase.GONE,
}
MAY: dict[str, frozenset[Phase]] = {
    "attach": frozenset({Phase.AVAILABLE}),
    "detach": frozenset({Phase.IN_USE}),
    "delete": frozenset({Phase.AVAILABLE, Phase.FAILED}),
    "extend": frozenset({Phase.AVAILABLE, Phase.IN_USE}),
    "upload": frozenset({Phase.AVAILABLE, Phase.IN_USE}),
    "backup": frozenset({Phase.AVAILABLE, Phase.IN_USE}),
    "revert": frozenset({Phase.AVAILABLE}),
    "reimage": frozenset({Phase.AVAILABLE, Phase.FAILED}),
    "restore": frozenset({Phase.AVAILABLE}),
}
SUPERSEDES: dict[str, frozenset[str]] = {}
# What is observed of it afterwards; one that is made larger, or read, stays where it is.
DONE: dict[str, Observed] = {
    "attach": Observed.ATTACHED,
    "detach": Observed.HELD,
    "delete": Observed.GONE,
    "revert": Observed.NONE,
    "reimage": Observed.NONE,
    "restore": Observed.NONE,
}
REPLACING = frozenset(
    {"revert", "reimage", "restore"}
)  # what gives its disk up, since it is to begin with other content
READ = frozenset({"upload", "backup"})  # what leaves it as it is, whatever becomes of it
PATIENCE = 30.0
UNMADE = "unmade"  # the fault code of one that was to come to a server which could not be made, until another fault
TAKEN = "reserved"  # the mark of one that has an attachment, but is on no server
DELETING = "deleting"  # the mark of one whose server is gone, and that goes along
ADVICE: dict[Phase, str] = {
    Phase.IN_USE: "Detach it from its server first.",
    Phase.RESERVED: "Unshelve its server, or detach it, first.",
    Phase.AVAILABLE: "It is on no server.",
    Phase.FAILED: "Ask an administrator to look at its fault, or delete it.",
    Phase.DELETING: "It is on its way out; no further action is possible.",
}

# Cinder's words. https://docs.openstack.org/api-ref/block-storage/v3/#volumes-volumes
CINDER_STATUS: dict[Phase, str] = {
    Phase.ATTACHING: "attaching",
    Phase.DETACHING: "detaching",
    Phase.DELETING: "deleting",
    Phase.EXTENDING: "extending",
    Phase.UPLOADING: "uploading",
    Phase.BACKING_UP: "backing-up",
    Phase.REVERTING: "reverting",
    Phase.REIMAGING: "downloading",
    Phase.RESTORING: "restoring-backup",
    Phase.AVAILABLE: "available",
    Phase.IN_USE: "in-use",
    Phase.RESERVED: "in-use",
    Phase.FAILED: "error",
    Phase.GONE: "deleted",
}
_OF_MODE: dict[str, Phase] = {Mode.FAILED: Phase.FAILED, Mode.AWAITED: Phase.ATTACHING, Mode.RESERVED: Phase.RESERVED}
_ON_SERVER = frozenset({Phase.ATTACHING, Phase.IN_USE, Phase.DETACHING, Phase.RESERVED})
_ANYWHERE = frozenset({Phase.EXTENDING, Phase.UPLOADING, Phase.BACKING_UP})


def phase(state: State) -> Phase:
    """Where a volume stands. Total: every combination of the columns has an answer."""
    if state.observed == Observed.GONE:
        return Phase.GONE
    if state.command:
        return IN_FLIGHT[state.verb]
    return _OF_MODE.get(state.mode) or AT_REST[state.observed]


def is_on_server(state: State) -> bool:
    """Is it a server's? Then Nova lists it, and a server that goes has to let go of it first."""
    now = phase(state)
    return now in _ON_SERVER or (now in _ANYWHERE and state.observed == Observed.ATTACHED)


def may(state: State, verb: str) -> bool:
    """May this verb begin now? Commands of a volume overtake nothing: each moves its disk."""
    return not state.command and phase(state) in MAY[verb]


def cinder_status(state: State) -> str:
    """Cinder's ``status`` of a volume."""
    if phase(state) is Phase.FAILED and state.fault_code == "delete":
        return "error_deleting"
    return CINDER_STATUS[phase(state)]


def patience(state: State) -> float | None:
    """Seconds until reconcile looks if nothing is heard; None at rest."""
    return PATIENCE if state.command else None
