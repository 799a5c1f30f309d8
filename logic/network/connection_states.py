"""The life of a network on one cluster: made there when the first server needs it, removed when the network is. Pure, like
``logic.compute.states``; the diagram in ``docs/states/network.md`` is drawn from it."""

from enum import StrEnum
from typing import Literal

from logic.snapshots import State


class Observed(StrEnum):
    """What the cluster last said. ``NONE``: not there, or not in every part of it."""

    NONE = "none"
    CONNECTED = "connected"


Verb = Literal["connect", "disconnect"]

IN_FLIGHT: dict[str, str] = {"connect": "being connected", "disconnect": "being disconnected"}
AT_REST: dict[str, str] = {Observed.NONE: "absent", Observed.CONNECTED: "connected"}
MAY: dict[str, frozenset[str]] = {"connect": frozenset({"absent"}), "disconnect": frozenset({"connected", "absent"})}
SUPERSEDES: dict[str, frozenset[str]] = {"disconnect": frozenset({"connect"})}
DONE: dict[str, Observed] = {"connect": Observed.CONNECTED, "disconnect": Observed.NONE}
PATIENCE = 30.0


def phase(state: State) -> str:
    """Where it stands, in a word for people."""
    return IN_FLIGHT[state.verb] if state.command else AT_REST[state.observed]


def may(state: State, verb: str) -> bool:
    """May this verb begin now, either at rest or by overtaking the command in flight?"""
    if state.command:
        return state.verb in SUPERSEDES.get(verb, frozenset())
    return phase(state) in MAY[verb]


def patience(state: State) -> float | None:
    """Seconds until reconcile looks if nothing is heard; None at rest."""
    return PATIENCE if state.command else None
