"""Kinds of resource with a state: the literal table of their model, their life and their reaction.

Locks are taken in the order of this table, then by id. Who adds a kind adds a line here.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import msgspec

from logic.compute import reactions as server_reactions
from logic.compute import states as server_states
from logic.compute.models import Server
from logic.db import Stateful
from logic.network import reactions as port_reactions
from logic.network import states as port_states
from logic.network.models import Port
from logic.snapshots import Reaction, State


class Kind(msgspec.Struct, frozen=True):
    """A kind of resource. ``states`` has ``may``, ``SUPERSEDES``, ``phase`` and ``patience``; ``react`` is pure;
    ``columns`` are what folding reads of a row beside its state."""

    name: str
    model: type[Stateful]
    states: ModuleType
    react: Reaction
    columns: tuple[str, ...]

    @property
    def patience(self) -> Callable[[State], float | None]:
        patience: Callable[[State], float | None] = self.states.patience
        return patience


KINDS: dict[str, Kind] = {
    "server": Kind("server", Server, server_states, server_reactions.react, ("look_at", "updated_at", "launched_at")),
    "port": Kind("port", Port, port_states, port_reactions.react, ("look_at", "updated_at", "device", "owned")),
}

STATE_COLUMNS: tuple[str, ...] = (
    "observed",
    "mode",
    "fault",
    "fault_code",
    "command",
    "verb",
    "fence_job",
    "fence_op",
    "incarnation",
    "backend_uuid",
    "missing",
    "version",
)


def state_of(row: Any) -> State:
    """The state columns of a row of any kind."""
    values = {name: getattr(row, name) for name in STATE_COLUMNS if not name.startswith("fence_")}
    return State(fence=(row.fence_job, row.fence_op), **values)


def columns_of(state: State) -> dict[str, Any]:
    """A state as columns."""
    columns = msgspec.structs.asdict(state)
    columns["fence_job"], columns["fence_op"] = columns.pop("fence")
    return columns


def differences(before: State, after: State) -> dict[str, Any]:
    """The columns that changed, with their new values: what the journal keeps."""
    old, new = columns_of(before), columns_of(after)
    return {name: new[name] for name in STATE_COLUMNS if old[name] != new[name]}
