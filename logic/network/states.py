"""The life of a port: what may be asked of it, and Neutron's status word. Pure, like ``logic.compute.states``."""

from enum import StrEnum
from typing import Literal

from logic.snapshots import State


class Observed(StrEnum):
    """What the backend last said of the interface."""

    NONE = "none"
    PLUGGED = "plugged"
    GONE = "gone"


# What was made with its server or for it is plugged and unplugged; what was there before is attached, and released as it was.
Verb = Literal["plug", "unplug", "attach", "release"]

IN_FLIGHT: dict[str, str] = {
    "plug": "being plugged",
    "attach": "being plugged",
    "unplug": "being unplugged",
    "release": "being unplugged",
}
AT_REST: dict[str, str] = {Observed.NONE: "unplugged", Observed.PLUGGED: "plugged", Observed.GONE: "deleted"}
MAY: dict[str, frozenset[str]] = {
    "plug": frozenset({"unplugged"}),
    "attach": frozenset({"unplugged"}),
    "unplug": frozenset({"plugged"}),
    "release": frozenset({"plugged"}),
}
SUPERSEDES: dict[str, frozenset[str]] = {}
NEUTRON_STATUS: dict[str, str] = {
    "being plugged": "BUILD",
    "being unplugged": "ACTIVE",
    "unplugged": "DOWN",
    "plugged": "ACTIVE",
    "deleted": "DOWN",
}
PATIENCE = 30.0


def phase(state: State) -> str:
    """Where a port stands, in a word for people."""
    return IN_FLIGHT[state.verb] if state.command else AT_REST[state.observed]


def may(state: State, verb: str) -> bool:
    """May this verb begin now?"""
    return not state.command and phase(state) in MAY[verb]


def neutron_status(state: State) -> str:
    """Neutron's ``status`` of a port."""
    return NEUTRON_STATUS[phase(state)]


def patience(state: State) -> float | None:
    """Seconds until reconcile looks if nothing is heard; None at rest."""
    return PATIENCE if state.command else None
