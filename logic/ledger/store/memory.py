"""The door's form without a database: tables as dicts of rows that nobody has saved, for the simulation of the pure fold.

``Memory`` keeps the promises of the other forms (``tests/test_store_contract.py``), with one caller at a time: a lock is
nobody's, and :meth:`Memory.atomic` takes back what a block did that has failed. Put in by ``store.replaced``.
"""

import datetime
import functools
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from logic import clock
from logic.ledger import efforts as rows_of
from logic.ledger import waiting
from logic.ledger.lines import NewLine
from logic.ledger.models import Command, Lease, Parked, Quarantine
from logic.ledger.resources import KINDS, Kind, Locked, locked
from logic.network.models import Address
from logic.placement.models import Backend
from logic.quota.models import Delta
from logic.snapshots import Effort

_KEPT = frozenset({"due_at", "settled_at"})  # times of a command that stay when no new one is given


class Memory:
    """``logic.ledger.store.Store``. The attributes are the tables."""

    def __init__(self) -> None:
        self.backends: dict[int, Backend] = {}
        self.resources: dict[str, dict[str, Any]] = {name: {} for name in KINDS}
        self.commands: dict[str, Command] = {}
        self.inbox: dict[str, datetime.datetime] = {}
        self.journal: list[NewLine] = []
        self.parked: list[Parked] = []
        self.quarantined: list[Quarantine] = []
        self.addresses_used: list[Address] = []
        self.deltas: list[Delta] = []
        self.leases: dict[str, Lease] = {}
        self.number = 0
        self._of_resource: dict[str, list[Command]] = defaultdict(list)
        self._undo: list[Callable[[], None]] | None = None

    @contextmanager
    def atomic(self) -> Iterator[None]:
        outer = self._undo
        self._undo = []
        try:
            yield
        except BaseException:
            for step in reversed(self._undo):
                step()
            raise
        else:
            if outer is not None:
                outer += self._undo
        finally:
            self._undo = outer

    def _can_undo(self, step: Callable[[], None]) -> None:
        if self._undo is not None:
            self._undo.append(step)

    def _set(self, row: Any, columns: dict[str, Any]) -> None:
        before = {name: getattr(row, name) for name in columns}
        self._can_undo(lambda: row.__dict__.update(before))
        row.__dict__.update(columns)

    def _replace(self, table: str, rows: list[Any]) -> None:
        before = getattr(self, table)
        self._can_undo(lambda: setattr(self, table, before))
        setattr(self, table, rows)

    def now(self) -> datetime.datetime:
        return clock.now()

    def add(self, kind: str, row: Any) -> None:
        """A resource just made. Not of the protocol: who makes one elsewhere has the ORM."""
        self.resources[kind][row.pk] = row
        self._can_undo(lambda: self.resources[kind].pop(row.pk, None))

    def lock(self, kind: Kind, ids: Sequence[str]) -> list[Any]:
        table = self.resources[kind.name]
        return [table[id] for id in sorted(set(ids)) if id in table]

    def lock_free(self, kind: Kind, ids: Sequence[str]) -> list[Any]:
        return self.lock(kind, ids)

    def take(self, kind: Kind, ids: Collection[str], parents: Collection[str] = ()) -> list[Locked]:
        wanted, table = set(ids), self.resources[kind.name]
        if kind.parent and parents:
            homes = set(parents)
            wanted |= {id for id, row in table.items() if getattr(row, kind.parent) in homes and row.observed != "gone"}
        read = kind.read
        return [locked(kind, [getattr(table[id], name) for name in read]) for id in sorted(wanted) if id in table]

    def homes_of(self, ports: Collection[str]) -> list[str]:
        table = self.resources["port"]
        return [table[id].device for id in ports if id in table and table[id].device]

    def efforts(self, resources: Collection[str]) -> dict[str, list[Effort]]:
        found = {resource: self.unsettled(resource) for resource in set(resources)}
        return {
            resource: [rows_of.effort_from([getattr(row, name) for name in rows_of.READ]) for row in rows]
            for resource, rows in found.items()
            if rows
        }

    def unsettled(self, resource: str) -> list[Command]:
        """The rows behind :meth:`efforts` of one resource."""
        rows = [row for row in self._of_resource.get(resource, ()) if row.status != "settled"]
        return sorted(rows, key=lambda row: (row.created_at, row.id))

    def addresses(
        self, clusters: Collection[str], numbers: Collection[int]
    ) -> tuple[dict[str, int], dict[tuple[int, int], str]]:
        homes = {row.name: id for id, row in self.backends.items() if row.name in clusters}
        here, wanted = set(homes.values()), set(numbers)
        servers = self.resources["server"].values() if wanted else ()
        found = (row for row in servers if row.number in wanted and row.backend_id in here)
        return homes, {(row.backend_id, row.number): row.pk for row in found}

    def owners(self, commands: Collection[str]) -> dict[str, tuple[str, str, int]]:
        found = (self.commands[id] for id in commands if id in self.commands)
        return {row.id: (row.kind, row.resource, row.backend_id) for row in found}

    def record(self, rows: Sequence[Command]) -> None:
        for row in rows:
            self.commands[row.id] = row
            self._of_resource[row.resource].append(row)
            self._can_undo(functools.partial(self._forget, row))

    def _forget(self, row: Command) -> None:
        del self.commands[row.id]
        self._of_resource[row.resource].remove(row)

    def fresh(self, keys: Sequence[str]) -> set[str]:
        new, at = {key for key in keys if key not in self.inbox}, clock.now()
        self.inbox.update(dict.fromkeys(new, at))
        self._can_undo(lambda: self._unknown(new))
        return new

    def _unknown(self, keys: Collection[str]) -> None:
        for key in keys:
            del self.inbox[key]

    def write_states(self, kind: Kind, rows: Sequence[dict[str, Any]]) -> None:
        for row in rows:
            if row["id"] in self.resources[kind.name]:
                self._set(self.resources[kind.name][row["id"]], row)

    def write_commands(self, rows: Sequence[dict[str, Any]]) -> None:
        for row in rows:
            columns = {name: value for name, value in row.items() if value is not None or name not in _KEPT}
            self._set(self.commands[row["id"]], columns)

    def append_journal(self, rows: Sequence[NewLine]) -> None:
        self._append("journal", rows)

    def _append(self, table: str, rows: Sequence[Any]) -> None:
        kept: list[Any] = getattr(self, table)
        length = len(kept)
        self._can_undo(lambda: kept.__delitem__(slice(length, None)))
        kept.extend(rows)

    def keep(self, rows: Sequence[Quarantine]) -> None:
        self._append("quarantined", rows)

    def park(self, rows: Sequence[Parked]) -> None:
        self._append("parked", rows)

    def take_parked(self, now: datetime.datetime, limit: int) -> list[Parked]:
        due = sorted((row for row in self.parked if waiting.is_due(row.due_at, now)), key=lambda row: row.due_at)[
            :limit
        ]
        if due:
            self._replace("parked", [row for row in self.parked if row not in due])
        return due

    def launch(self, servers: Sequence[str], at: datetime.datetime) -> None:
        for row in self.lock(KINDS["server"], servers):
            self._set(row, {"launched_at": at})

    def end(self, servers: Sequence[str], ports: Sequence[str], at: datetime.datetime) -> None:
        for row in self.lock(KINDS["server"], servers):
            self._set(row, {"terminated_at": at})
        self._replace("addresses_used", [one for one in self.addresses_used if one.port_id not in ports])
        for row in self.resources["port"].values():
            if row.device in servers and not row.owned:
                self._set(row, {"device": ""})

    def release(self, holders: Sequence[str]) -> None:
        given_back = {(one.holder, one.resource) for one in self.deltas if one.released}
        back = [
            Delta(project=one.project, resource=one.resource, amount=-one.amount, holder=one.holder, released=True)
            for one in self.deltas
            if one.holder in holders and not one.released and (one.holder, one.resource) not in given_back
        ]
        self._append("deltas", back)

    def notify(self, channel: str) -> None:
        """Nobody sleeps here."""

    def hold(self, name: str, holder: str, seconds: float) -> int:
        now = clock.now()
        row = self.leases.get(name) or Lease(name=name, holder=holder, epoch=0, until=now)
        if row.holder != holder and row.until > now:
            return 0
        epoch = row.epoch if row.holder == holder and row.epoch else row.epoch + 1
        until = now + datetime.timedelta(seconds=seconds)
        self.leases[name] = Lease(name=name, holder=holder, epoch=epoch, until=until)
        return epoch

    def lease_epoch(self, name: str) -> int:
        row = self.leases.get(name)
        return row.epoch if row else 0

    def raise_number(self, seen: int) -> None:
        self.number = max(self.number, seen)
