"""Kinds of resource with a state: the literal table of their model, their life and their reaction.

Locks are taken in the order of this table, then by id. Who adds a kind adds a line here.
"""

import datetime
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import msgspec

from logic.compute import reactions as server_reactions
from logic.compute import states as server_states
from logic.compute.models import Server
from logic.db import Stateful
from logic.network import connection_reactions as network_reactions
from logic.network import connection_states as network_states
from logic.network import reactions as port_reactions
from logic.network import states as port_states
from logic.network.models import BackendNetwork, Port
from logic.snapshots import Reaction, State
from logic.volume import reactions as volume_reactions
from logic.volume import states as volume_states
from logic.volume.models import Volume


class Kind(msgspec.Struct, frozen=True):
    """A kind of resource. ``states`` has ``may``, ``SUPERSEDES``, ``phase`` and ``patience``; ``react`` is pure;
    ``columns`` are what folding reads of a row beside its state; ``parent`` is the column with its server's id."""

    name: str
    model: type[Stateful]
    states: ModuleType
    react: Reaction
    columns: tuple[str, ...]
    parent: str = ""

    @property
    def read(self) -> tuple[str, ...]:
        """The columns that :func:`locked` takes, in their order."""
        return ("id", *STATE_COLUMNS, "look_at", "updated_at", *self.columns)

    @property
    def patience(self) -> Callable[[State], float | None]:
        patience: Callable[[State], float | None] = self.states.patience
        return patience


KINDS: dict[str, Kind] = {
    "server": Kind("server", Server, server_states, server_reactions.react, ("launched_at",)),
    "port": Kind("port", Port, port_states, port_reactions.react, ("device", "owned"), parent="device"),
    "network": Kind("network", BackendNetwork, network_states, network_reactions.react, ()),
    "volume": Kind("volume", Volume, volume_states, volume_reactions.react, ()),
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


class Locked(msgspec.Struct, frozen=True, kw_only=True):
    """A locked row as folding reads it. ``device`` and ``owned`` are a port's, ``launched_at`` is a server's."""

    id: str
    state: State
    look_at: datetime.datetime | None
    updated_at: datetime.datetime
    device: str = ""
    owned: bool = False
    launched_at: datetime.datetime | None = None


def locked(kind: Kind, values: Sequence[Any]) -> Locked:
    """From the values of the columns ``kind.read``. Not through a model: that would cost more than all the rest."""
    id, observed, mode, fault, fault_code, command, verb, job, op, incarnation, uuid, missing, version, *rest = values
    state = State(
        observed=observed,
        mode=mode,
        fault=fault,
        fault_code=fault_code,
        command=command,
        verb=verb,
        fence=(job, op),
        incarnation=incarnation,
        backend_uuid=uuid,
        missing=missing,
        version=version,
    )
    look_at, updated_at, *own = rest
    more = dict(zip(kind.columns, own, strict=True))
    return Locked(id=id, state=state, look_at=look_at, updated_at=updated_at, **more)


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
