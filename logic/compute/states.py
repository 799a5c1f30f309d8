"""The life of a server: what may be asked of it when, what overtakes what, and the status words of each dialect.

Pure tables and total functions over the three columns (observed, mode, command in flight); no database, no clock. The
diagram in ``docs/states/server.md`` is drawn from them. What observations do to the columns is in ``reactions``.
"""

from enum import StrEnum
from typing import Literal

from logic.snapshots import State


class Observed(StrEnum):
    """What the backend last said. ``REMOVED``: a removal succeeded while an earlier command is still unsettled."""

    NONE = "none"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    CRASHED = "crashed"
    REMOVED = "removed"
    GONE = "gone"


class Mode(StrEnum):
    """What outlives a command. ``RESIZED``: it has another size, or was moved cold, and its user has not confirmed that yet.
    ``SHELVED``: it is down until its user takes it up again; ``LEAVING``: and that it has left its cluster is only waited for;
    ``OFFLOADED``: it is on none, and made of an image again. ``RESCUED``: it runs another system than its own. ``IMPORTED``: it
    was taken over as it is, nothing on its cluster says so, and nothing may be asked of it until an operator confirms that."""

    NORMAL = "normal"
    FAILED = "failed"
    RESIZED = "resized"
    SHELVED = "shelved"
    LEAVING = "leaving"
    OFFLOADED = "offloaded"
    RESCUED = "rescued"
    IMPORTED = "imported"


Verb = Literal[
    "create", "start", "stop", "reboot", "reboot-hard", "rebuild", "rebuild-stopped", "resize", "resize-stopped", "revert",
    "revert-stopped", "pause", "unpause", "password", "shelve", "shelve-off", "shelve-image", "offload", "unshelve",
    "unshelve-anew", "rescue", "unrescue", "migrate-live", "migrate", "revert-move", "evacuate", "evacuate-stopped",
    "capture", "delete", "delete-force",
]  # fmt: skip
# What makes an instance. The second makes one again that was offloaded.
MAKES = frozenset({"create", "unshelve-anew"})
# The fault's code of one that has another size, and could not be restarted with it: restarting it, or going back, mends it.
NOT_RESTARTED = "restart"
# That of one whose rescue system could not be started: its own is what it boots when it is unrescued, and not before.
NOT_RESCUED = "rescue"


class Phase(StrEnum):
    """Where a server stands: the three columns as one word."""

    BUILDING = "building"
    STARTING = "starting"
    STOPPING = "stopping"
    REBOOTING = "rebooting"
    HARD_REBOOTING = "rebooting hard"
    REBUILDING = "rebuilding"
    RESIZING = "resizing"
    REVERTING = "reverting its resize"
    PAUSING = "pausing"
    UNPAUSING = "unpausing"
    SETTING = "being set a password"
    SHELVING = "shelving"
    SAVING = "being made an image of for its shelving"
    OFFLOADING = "leaving its cluster"
    UNSHELVING = "unshelving"
    RESTORING = "being made again"
    RESCUING = "rescuing"
    UNRESCUING = "unrescuing"
    CAPTURING = "being made an image of"
    MIGRATING = "migrating"
    MOVING = "moving"
    MOVING_BACK = "moving back"
    EVACUATING = "evacuating"
    DELETING = "deleting"
    ACTIVE = "active"
    PAUSED = "paused"
    STOPPED = "stopped"
    CRASHED = "crashed"
    RESIZED = "resized and not yet confirmed"
    SHELVED = "shelved"
    LEAVING = "shelved and about to leave its cluster"
    OFFLOADED = "shelved and offloaded"
    RESCUED = "rescued"
    FAILED = "in error"
    UNKNOWN = "unknown"
    IMPORTED = "imported and not yet confirmed"
    GONE = "deleted"


IN_FLIGHT: dict[str, Phase] = {
    "create": Phase.BUILDING,
    "start": Phase.STARTING,
    "stop": Phase.STOPPING,
    "reboot": Phase.REBOOTING,
    "reboot-hard": Phase.HARD_REBOOTING,
    "rebuild": Phase.REBUILDING,
    "rebuild-stopped": Phase.REBUILDING,
    "resize": Phase.RESIZING,
    "resize-stopped": Phase.RESIZING,
    "revert": Phase.REVERTING,
    "revert-stopped": Phase.REVERTING,
    "pause": Phase.PAUSING,
    "unpause": Phase.UNPAUSING,
    "password": Phase.SETTING,
    "shelve": Phase.SHELVING,
    "shelve-off": Phase.SHELVING,
    "shelve-image": Phase.SAVING,
    "offload": Phase.OFFLOADING,
    "unshelve": Phase.UNSHELVING,
    "unshelve-anew": Phase.RESTORING,
    "rescue": Phase.RESCUING,
    "unrescue": Phase.UNRESCUING,
    "capture": Phase.CAPTURING,
    "migrate-live": Phase.MIGRATING,
    "migrate": Phase.MOVING,
    "revert-move": Phase.MOVING_BACK,
    "evacuate": Phase.EVACUATING,
    "evacuate-stopped": Phase.EVACUATING,
    "delete": Phase.DELETING,
    "delete-force": Phase.DELETING,
}
AT_REST: dict[str, Phase] = {
    Observed.NONE: Phase.UNKNOWN,
    Observed.RUNNING: Phase.ACTIVE,
    Observed.PAUSED: Phase.PAUSED,
    Observed.STOPPED: Phase.STOPPED,
    Observed.CRASHED: Phase.CRASHED,
    Observed.REMOVED: Phase.DELETING,
    Observed.GONE: Phase.GONE,
}

# Why a guest is down that nobody asked to be (``InstanceSeen.why``), as the reader of its timeline reads it.
CAUSES: dict[str, str] = {
    "shutdown": "guest shut itself down",
    "crash": "guest crashed",
    "guest": "guest stopped by itself: it crashed or shut itself down",
    "node": "its node was given up",
}

# A verb as the reader of a refusal reads it, where that differs.
WORDS: dict[str, str] = {
    "reboot-hard": "hard reboot",
    "rebuild-stopped": "rebuild",
    "resize-stopped": "resize",
    "revert": "revert the resize of",
    "revert-stopped": "revert the resize of",
    "password": "set the password of",
    "capture": "make an image of",
    "shelve-off": "shelve",
    "unshelve-anew": "unshelve",
    "migrate-live": "migrate",
    "revert-move": "revert the migration of",
    "evacuate-stopped": "evacuate",
    "delete-force": "force-delete",
}

_DOWN = frozenset({Phase.STOPPED, Phase.CRASHED})
_LASTING = frozenset({Phase.RESIZED, Phase.SHELVED, Phase.LEAVING, Phase.OFFLOADED, Phase.RESCUED})
_DELETABLE = frozenset({Phase.ACTIVE, Phase.PAUSED, Phase.FAILED, Phase.UNKNOWN}) | _DOWN | _LASTING
# From which phase at rest each verb may begin. From ``FAILED``, some only after some faults: ``commands`` knows which.
MAY: dict[str, frozenset[Phase]] = {
    "create": frozenset(),
    "start": frozenset({Phase.STOPPED, Phase.CRASHED}),
    "stop": frozenset({Phase.ACTIVE}),
    "reboot": frozenset({Phase.ACTIVE}),
    "reboot-hard": frozenset({Phase.ACTIVE, Phase.PAUSED, Phase.STOPPED, Phase.CRASHED, Phase.FAILED}),
    "rebuild": frozenset({Phase.ACTIVE, Phase.FAILED}),
    "rebuild-stopped": frozenset({Phase.STOPPED, Phase.CRASHED}),
    "resize": frozenset({Phase.ACTIVE}),
    "resize-stopped": frozenset({Phase.STOPPED, Phase.CRASHED}),
    "revert": frozenset({Phase.RESIZED, Phase.FAILED}),
    "revert-stopped": frozenset({Phase.RESIZED}),
    "pause": frozenset({Phase.ACTIVE}),
    "unpause": frozenset({Phase.PAUSED}),
    "password": frozenset({Phase.ACTIVE}),
    "shelve": frozenset({Phase.ACTIVE, Phase.PAUSED}),
    "shelve-off": frozenset({Phase.ACTIVE, Phase.PAUSED}),
    "shelve-image": frozenset({Phase.SHELVED, Phase.LEAVING}),
    "offload": frozenset({Phase.SHELVED, Phase.LEAVING, Phase.OFFLOADED}),
    "unshelve": frozenset({Phase.SHELVED}),
    "unshelve-anew": frozenset({Phase.OFFLOADED}),
    "rescue": frozenset({Phase.ACTIVE}) | _DOWN,
    "unrescue": frozenset({Phase.RESCUED, Phase.FAILED}),
    "capture": frozenset({Phase.ACTIVE}) | _DOWN,
    "migrate-live": frozenset({Phase.ACTIVE, Phase.PAUSED}),
    "migrate": frozenset({Phase.ACTIVE}) | _DOWN,
    "revert-move": frozenset({Phase.RESIZED}),
    "evacuate": frozenset({Phase.CRASHED}),
    "evacuate-stopped": frozenset({Phase.CRASHED}),
    "delete": _DELETABLE,
    "delete-force": _DELETABLE,
}

_OVERTAKEN = frozenset(IN_FLIGHT) - {"delete", "delete-force"}
# Which command in flight each verb overtakes.
SUPERSEDES: dict[str, frozenset[str]] = {
    "delete": _OVERTAKEN,
    "delete-force": _OVERTAKEN | {"delete"},
    "reboot-hard": frozenset({"reboot"}),
}

# Seconds without progress after which reconcile looks at a server with this command in flight.
PATIENCE: dict[str, float] = {
    "create": 60.0,
    "rebuild": 60.0,
    "rebuild-stopped": 60.0,
    "resize": 60.0,
    "resize-stopped": 60.0,
    "revert": 60.0,
    "revert-stopped": 60.0,
    "shelve-image": 60.0,
    "unshelve-anew": 60.0,
    "capture": 60.0,
    "migrate-live": 60.0,
    "migrate": 60.0,
    "revert-move": 60.0,
    "evacuate": 60.0,
    "evacuate-stopped": 60.0,
    "delete": 30.0,
    "delete-force": 30.0,
}
DEFAULT_PATIENCE = 30.0

ADVICE: dict[Phase, str] = {
    Phase.BUILDING: "Wait until it is built, or delete it.",
    Phase.DELETING: "It is on its way out; no further action is possible.",
    Phase.IMPORTED: "It is read-only until an operator confirms its import.",
    Phase.FAILED: "Look at its fault, then rebuild it, or delete it and create it again.",
    Phase.STOPPED: "Start it first.",
    Phase.CRASHED: "Start it first.",
    Phase.ACTIVE: "It is running already.",
    Phase.PAUSED: "Unpause it first.",
    Phase.RESIZED: "Confirm or revert its resize first.",
    Phase.SHELVED: "Unshelve it first.",
    Phase.OFFLOADED: "Unshelve it first.",
    Phase.RESCUED: "Unrescue it first.",
}
DEFAULT_ADVICE = "Wait for the action in progress to finish, then try again."


OF_MODE: dict[str, Phase] = {
    Mode.IMPORTED: Phase.IMPORTED,
    Mode.RESIZED: Phase.RESIZED,
    Mode.SHELVED: Phase.SHELVED,
    Mode.LEAVING: Phase.LEAVING,
    Mode.OFFLOADED: Phase.OFFLOADED,
    Mode.RESCUED: Phase.RESCUED,
}


def phase(state: State) -> Phase:
    """Where a server stands. Total: every combination of the columns has an answer."""
    if state.observed == Observed.GONE:
        return Phase.GONE
    if state.command:
        return IN_FLIGHT[state.verb]
    if state.mode == Mode.FAILED:
        return Phase.FAILED
    if state.observed == Observed.REMOVED:
        return Phase.DELETING
    return OF_MODE.get(state.mode) or AT_REST[state.observed]


def may(state: State, verb: str) -> bool:
    """May this verb begin now, either at rest or by overtaking the command in flight?"""
    if state.observed == Observed.GONE:
        return False
    if state.command:
        return state.verb in SUPERSEDES.get(verb, frozenset())
    return phase(state) in MAY[verb]


# Nova's words: (status, task state, power state). https://docs.openstack.org/api-guide/compute/server_concepts.html
_POWER: dict[str, int] = {Observed.RUNNING: 1, Observed.PAUSED: 3, Observed.STOPPED: 4, Observed.CRASHED: 6}
NOVA_STATUS: dict[Phase, str] = {
    Phase.BUILDING: "BUILD",
    Phase.STARTING: "SHUTOFF",
    Phase.STOPPING: "ACTIVE",
    Phase.REBOOTING: "REBOOT",
    Phase.HARD_REBOOTING: "HARD_REBOOT",
    Phase.REBUILDING: "REBUILD",
    Phase.RESIZING: "RESIZE",
    Phase.REVERTING: "REVERT_RESIZE",
    Phase.RESIZED: "VERIFY_RESIZE",
    Phase.PAUSING: "ACTIVE",
    Phase.UNPAUSING: "PAUSED",
    Phase.SETTING: "ACTIVE",
    Phase.PAUSED: "PAUSED",
    Phase.SHELVING: "ACTIVE",
    Phase.LEAVING: "ACTIVE",
    Phase.UNSHELVING: "SHELVED",
    Phase.SHELVED: "SHELVED",
    Phase.RESTORING: "SHELVED_OFFLOADED",
    Phase.OFFLOADED: "SHELVED_OFFLOADED",
    Phase.RESCUING: "ACTIVE",
    Phase.RESCUED: "RESCUE",
    Phase.UNRESCUING: "RESCUE",
    Phase.MIGRATING: "MIGRATING",
    Phase.MOVING: "RESIZE",
    Phase.MOVING_BACK: "REVERT_RESIZE",
    Phase.EVACUATING: "REBUILD",
    Phase.ACTIVE: "ACTIVE",
    Phase.STOPPED: "SHUTOFF",
    Phase.CRASHED: "SHUTOFF",
    Phase.FAILED: "ERROR",
    Phase.UNKNOWN: "UNKNOWN",
    Phase.GONE: "DELETED",
}
NOVA_VM_STATE: dict[str, str] = {
    "BUILD": "building",
    "ACTIVE": "active",
    "REBOOT": "active",
    "HARD_REBOOT": "active",
    "REBUILD": "active",
    "RESIZE": "active",
    "REVERT_RESIZE": "resized",
    "VERIFY_RESIZE": "resized",
    "PAUSED": "paused",
    "SHELVED": "shelved",
    "SHELVED_OFFLOADED": "shelved_offloaded",
    "RESCUE": "rescued",
    "MIGRATING": "active",
    "SHUTOFF": "stopped",
    "ERROR": "error",
    "UNKNOWN": "building",
    "DELETED": "deleted",
}
NOVA_TASK: dict[Phase, str] = {
    Phase.BUILDING: "spawning",
    Phase.STARTING: "powering-on",
    Phase.STOPPING: "powering-off",
    Phase.REBOOTING: "rebooting",
    Phase.HARD_REBOOTING: "rebooting_hard",
    Phase.REBUILDING: "rebuilding",
    Phase.RESIZING: "resize_finish",
    Phase.REVERTING: "resize_reverting",
    Phase.PAUSING: "pausing",
    Phase.UNPAUSING: "unpausing",
    Phase.SETTING: "updating_password",
    Phase.SHELVING: "shelving",
    Phase.LEAVING: "shelving_image_uploading",
    Phase.SAVING: "shelving_image_uploading",
    Phase.OFFLOADING: "shelving_offloading",
    Phase.UNSHELVING: "unshelving",
    Phase.RESTORING: "spawning",
    Phase.RESCUING: "rescuing",
    Phase.UNRESCUING: "unrescuing",
    Phase.CAPTURING: "image_snapshot",
    Phase.MIGRATING: "migrating",
    Phase.MOVING: "resize_migrating",
    Phase.MOVING_BACK: "resize_reverting",
    Phase.EVACUATING: "rebuilding",
    Phase.DELETING: "deleting",
}


class NovaStatus(StrEnum):
    """The status words we answer with; a filter on any other finds nothing."""

    ACTIVE = "ACTIVE"
    BUILD = "BUILD"
    DELETED = "DELETED"
    ERROR = "ERROR"
    HARD_REBOOT = "HARD_REBOOT"
    MIGRATING = "MIGRATING"
    PAUSED = "PAUSED"
    REBOOT = "REBOOT"
    REBUILD = "REBUILD"
    RESCUE = "RESCUE"
    RESIZE = "RESIZE"
    REVERT_RESIZE = "REVERT_RESIZE"
    SHELVED = "SHELVED"
    SHELVED_OFFLOADED = "SHELVED_OFFLOADED"
    SHUTOFF = "SHUTOFF"
    UNKNOWN = "UNKNOWN"
    VERIFY_RESIZE = "VERIFY_RESIZE"


_AS_BEFORE = frozenset({Phase.DELETING, Phase.CAPTURING, Phase.SAVING, Phase.OFFLOADING})
_KEPT: dict[str, str] = {
    Mode.FAILED: "ERROR",
    Mode.RESIZED: "VERIFY_RESIZE",
    Mode.SHELVED: "SHELVED",
    Mode.LEAVING: "ACTIVE",
    Mode.OFFLOADED: "SHELVED_OFFLOADED",
    Mode.RESCUED: "RESCUE",
}


def nova_status(state: State) -> str:
    """Nova's ``status``. While deleting, or making an image, Nova keeps the word it had, and says so in the task state."""
    now = phase(state)
    if now is Phase.IMPORTED:
        return NOVA_STATUS[AT_REST[state.observed]]
    if now is Phase.SHELVING and state.observed == Observed.PAUSED:  # until its cluster has stopped it
        return NOVA_STATUS[Phase.PAUSED]
    if now not in _AS_BEFORE:
        return NOVA_STATUS[now]
    if word := _KEPT.get(state.mode):
        return word
    at_rest = AT_REST[state.observed]
    return {Phase.UNKNOWN: "BUILD", Phase.DELETING: "ACTIVE"}.get(at_rest) or NOVA_STATUS[at_rest]


def nova_task(state: State) -> str | None:
    """Nova's ``OS-EXT-STS:task_state``."""
    return NOVA_TASK.get(phase(state))


def nova_vm_state(state: State) -> str:
    """Nova's ``OS-EXT-STS:vm_state``."""
    return NOVA_VM_STATE[nova_status(state)]


def nova_power(state: State) -> int:
    """Nova's ``OS-EXT-STS:power_state``: 0 no state, 1 running, 3 paused, 4 shutdown, 6 crashed."""
    return _POWER.get(state.observed, 0)


def patience(state: State) -> float | None:
    """Seconds until reconcile looks if nothing is heard; None at rest."""
    if state.command:
        return PATIENCE.get(state.verb, DEFAULT_PATIENCE)
    return DEFAULT_PATIENCE if state.observed == Observed.REMOVED else None
