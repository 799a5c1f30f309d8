"""The door to SQL that differs between databases: one function a need, in a PostgreSQL form and in a portable one,
which SQLite and MariaDB use.

``store()`` picks by the connection's vendor. Both forms pass ``tests/test_store_contract.py``.
"""

import datetime
import functools
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from django.db import DEFAULT_DB_ALIAS, connection, connections

from logic.ledger.lines import NewLine
from logic.ledger.models import Command, Parked, Quarantine
from logic.ledger.moments import Moment
from logic.ledger.moves import Move
from logic.ledger.resources import Kind, Locked
from logic.ledger.store import portable, postgres
from logic.snapshots import Effort


class Store(Protocol):
    """What the ledger asks of a database."""

    def now(self) -> datetime.datetime:
        """The database's clock: leases are by it, so that two machines need not agree."""

    def lock(self, kind: Kind, ids: Sequence[str]) -> list[Any]:
        """Rows of the ids that exist, locked until the transaction ends, in the order of their ids."""

    def lock_free(self, kind: Kind, ids: Sequence[str]) -> list[Any]:
        """The same, leaving out rows that somebody else holds."""

    def take(self, kind: Kind, ids: Collection[str], parents: Collection[str] = ()) -> list[Locked]:
        """The same for folding: no models; with the living children of ``parents``, where the kind has any."""

    def efforts(self, resources: Collection[str]) -> dict[str, list[Effort]]:
        """Unsettled commands by resource, in the order they were made. The caller holds the resources' locks."""

    def addresses(
        self, clusters: Collection[str], numbers: Collection[int]
    ) -> tuple[dict[str, int], dict[tuple[int, int], str]]:
        """Clusters by their names, and the ids of their servers with these numbers by (cluster, number)."""

    def owners(self, commands: Collection[str]) -> dict[str, tuple[str, str, int]]:
        """Kind and id of the resource, and the cluster, of each command there is."""

    def payloads(self, commands: Collection[str]) -> dict[str, bytes]:
        """The commands themselves, as ``messages.codec`` wrote them."""

    def elsewhere(self, server: str, command: str) -> Move | None:
        """On which other cluster a server may be built, when its own has no room (``moving``)."""

    def move(self, move: Move) -> None:
        """The server, its ports and the command are that cluster's from now on."""

    def fresh(self, keys: Sequence[str]) -> set[str]:
        """Write the keys into the inbox; the ones that were not there before."""

    def write_states(self, kind: Kind, rows: Sequence[dict[str, Any]]) -> None:
        """Set the columns of the rows; every dict has the same keys, ``id`` among them."""

    def write_commands(self, rows: Sequence[dict[str, Any]]) -> None:
        """Set the columns (of ``efforts.columns_after``) of the commands; a time that is None is left alone."""

    def append_journal(self, rows: Sequence[NewLine]) -> None:
        """Add lines, in this order."""

    def keep(self, rows: Sequence[Quarantine]) -> None:
        """Put messages into the quarantine, in this order."""

    def park(self, rows: Sequence[Parked]) -> None:
        """Keep messages for later."""

    def take_parked(self, now: datetime.datetime, limit: int) -> list[Parked]:
        """Messages whose time has come, the oldest first, taken out."""

    def atomic(self) -> AbstractContextManager[Any]:
        """All of a block or nothing of it; within another one a part of that."""

    def in_atomic(self) -> bool:
        """Is a block of :meth:`atomic` open?"""

    def on_commit(self, call: Callable[[], None]) -> None:
        """Do it when the outermost block has done all of its work; at once when there is none."""

    def add(self, kind: Kind, rows: Sequence[Any]) -> None:
        """Resources just made."""

    def unsettled(self, resources: Collection[str]) -> dict[str, list[Command]]:
        """The rows behind :meth:`efforts`."""

    def clusters(self) -> dict[int, tuple[str, int]]:
        """The name of each cluster, and the highest number of a job known there."""

    def due(
        self, moment: Moment, verbs: Collection[str], *, busy: Collection[str], passed: Collection[str], limit: int
    ) -> list[tuple[str, str]]:
        """Kind and resource of commands that are due, in turn by project: who has many under way or waiting lets a command
        of another go first. None that is held or whose resource is, or whose cluster is not to be spoken to or ``busy``;
        none of the resources ``passed``."""

    def claims_of(self, holder: str) -> Collection[str]:
        """The commands it has claimed."""

    def lapsed(self, now: datetime.datetime) -> frozenset[str]:
        """Holders who were there and are not. Of one that never said anything (an older version's) nothing is known."""

    def present(self, holder: str, until: datetime.datetime, *, since: datetime.datetime) -> None:
        """It will have been there until then. When it comes, those who were last there before ``since`` may be forgotten, and
        who is to be there for longer than anybody is has to say so again by then: the clock was wrong."""

    def absent(self, holder: str, now: datetime.datetime) -> None:
        """It is not there any more."""

    def record(self, rows: Sequence[Command]) -> None:
        """Add commands."""

    def homes_of(self, ports: Collection[str]) -> list[str]:
        """Ids of the servers these ports are plugged into."""

    def launch(self, servers: Sequence[str], at: datetime.datetime) -> None:
        """They run for the first time."""

    def end(self, servers: Sequence[str], ports: Sequence[str], at: datetime.datetime) -> None:
        """They are gone: the addresses of the ports are free, they are in no security group, and other ports that the servers
        had are free."""

    def free(self, ports: Sequence[str]) -> None:
        """No server has them any more."""

    def leave(self, servers: Sequence[str], at: datetime.datetime) -> bool:
        """They are gone, and the volumes that they had are to be looked at: were there any? Those that go along are marked."""

    def strand(self, volumes: Sequence[str]) -> None:
        """The servers that these were to come to could not be made."""

    def settle(self, servers: Sequence[str], at: datetime.datetime) -> bool:
        """They are made, or will not be, and the volumes that they are made with are to be looked at: are there any?"""

    def volumes_of(self, server: str) -> list[str]:
        """Ids of the volumes whose disks may be on it."""

    def release(self, holders: Sequence[str]) -> None:
        """Give back what these resources hold of a quota. Twice is once: a delta is released one time only."""

    def resize(self, server: str, change: str) -> None:
        """A server, or a volume, that has another size beside its own is changed so (``sizes``), with what it holds of a
        quota; or a volume that was to begin with another content (``contents``)."""

    def notify(self, channel: str) -> None:
        """Wake whoever listens, in this process or another, when the transaction commits."""

    def hold(self, name: str, holder: str, seconds: float) -> int:
        """Take a lease that is nobody's, or renew one's own: the epoch; 0 when it is somebody else's."""

    def lease_epoch(self, name: str) -> int:
        """The epoch of a lease, which nobody can change until the transaction ends; 0 when there is no such lease."""

    def raise_number(self, seen: int) -> None:
        """Let the next server number be above ``seen``."""


_instead: Store | None = None


def store() -> Store:
    """The form for the database at hand."""
    return _instead or _form(connections.settings[DEFAULT_DB_ALIAS]["ENGINE"])


@functools.cache
def _form(engine: str) -> Store:  # noqa: ARG001 - whose vendor it is
    """Kept, since a batch asks for it at each of its statements, and looking for the thread's connection is a tenth of those."""
    return postgres if connection.vendor == "postgresql" else portable


@contextmanager
def replaced(by: Store) -> Iterator[None]:
    """Run a block on another form: the one in memory (``memory``)."""
    global _instead  # noqa: PLW0603 - as the clock's source is one for a process
    before, _instead = _instead, by
    try:
        yield
    finally:
        _instead = before
