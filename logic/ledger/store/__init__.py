"""The door to SQL that differs between databases: one function a need, in a PostgreSQL form and in a portable one,
which SQLite and MariaDB use.

``store()`` picks by the connection's vendor. Both forms pass ``tests/test_store_contract.py``.
"""

import datetime
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from django.db import connection

from logic.ledger.lines import NewLine
from logic.ledger.models import Command, Parked, Quarantine
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

    def record(self, rows: Sequence[Command]) -> None:
        """Add commands."""

    def homes_of(self, ports: Collection[str]) -> list[str]:
        """Ids of the servers these ports are plugged into."""

    def launch(self, servers: Sequence[str], at: datetime.datetime) -> None:
        """They run for the first time."""

    def end(self, servers: Sequence[str], ports: Sequence[str], at: datetime.datetime) -> None:
        """They are gone: the addresses of the ports are free, and so are other ports that the servers had."""

    def release(self, holders: Sequence[str]) -> None:
        """Give back what these resources hold of a quota. Twice is once: a delta is released one time only."""

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
    return _instead or (postgres if connection.vendor == "postgresql" else portable)


@contextmanager
def replaced(by: Store) -> Iterator[None]:
    """Run a block on another form: the one in memory (``memory``)."""
    global _instead  # noqa: PLW0603 - as the clock's source is one for a process
    before, _instead = _instead, by
    try:
        yield
    finally:
        _instead = before
