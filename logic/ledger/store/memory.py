"""The door's form without a database: tables as dicts of rows that nobody has saved, for the simulation of the pure fold.

``Memory`` keeps the promises of the other forms (``tests/test_store_contract.py``), with one caller at a time: a lock is
nobody's, and :meth:`Memory.atomic` takes back what a block did that has failed. Put in by ``store.replaced``.
"""

import datetime
import functools
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from logic import clock
from logic.ledger import contents, sizes, waiting
from logic.ledger import efforts as rows_of
from logic.ledger.lines import NewLine
from logic.ledger.models import Command, Lease, Parked, Quarantine
from logic.ledger.moments import Moment
from logic.ledger.moves import Move
from logic.ledger.resources import KINDS, Kind, Locked, locked
from logic.network.models import Address
from logic.placement.models import Backend
from logic.quota.models import Delta
from logic.snapshots import Effort
from logic.volume.states import DELETING, Mode

_WAITING = frozenset({"pending", "claimed"})
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
        self.presences: dict[str, datetime.datetime] = {}
        self._undo: list[Callable[[], None]] | None = None
        self._after: list[Callable[[], None]] = []

    @contextmanager
    def atomic(self) -> Iterator[None]:
        outer, told = self._undo, len(self._after)
        self._undo = []
        try:
            yield
        except BaseException:
            for step in reversed(self._undo):
                step()
            del self._after[told:]
            raise
        else:
            if outer is not None:
                outer += self._undo
        finally:
            self._undo = outer
        if outer is None:
            self._committed()

    def _committed(self) -> None:
        after, self._after = self._after, []
        for call in after:
            call()

    def in_atomic(self) -> bool:
        return self._undo is not None

    def on_commit(self, call: Callable[[], None]) -> None:
        if self._undo is None:
            call()
        else:
            self._after.append(call)

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

    def add(self, kind: Kind, rows: Sequence[Any]) -> None:
        table = self.resources[kind.name]
        for row in rows:
            table[row.pk] = row
            self._can_undo(functools.partial(table.__delitem__, row.pk))

    def lock(self, kind: Kind, ids: Sequence[str]) -> list[Any]:
        table = self.resources[kind.name]
        return [_copied(table[id]) for id in sorted(set(ids)) if id in table]

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
        return {
            resource: [rows_of.effort_from([getattr(row, name) for name in rows_of.READ]) for row in rows]
            for resource, rows in self.unsettled(resources).items()
        }

    def unsettled(self, resources: Collection[str]) -> dict[str, list[Command]]:
        found = ((resource, self._of_resource.get(resource, ())) for resource in dict.fromkeys(resources))
        live = ((resource, [row for row in rows if row.status != "settled"]) for resource, rows in found)
        return {resource: sorted(rows, key=_by_age) for resource, rows in live if rows}

    def clusters(self) -> dict[int, tuple[str, int]]:
        return {id: (row.name, row.last_job) for id, row in self.backends.items()}

    def due(
        self, moment: Moment, verbs: Collection[str], *, busy: Collection[str], passed: Collection[str], limit: int
    ) -> list[tuple[str, str]]:
        live = [row for rows in self._of_resource.values() for row in rows if row.status in _WAITING]
        held = [row for row in live if moment.is_held(row)]
        closed, turns = {*passed, *(row.resource for row in held)}, Counter(row.project for row in held)
        found: list[tuple[int, Command]] = []
        for row in sorted(live, key=_by_age):
            home = self.backends[row.backend_id]
            spoken_to = not home.offline and not home.restored and home.name not in busy
            if row.resource not in closed and row.verb in verbs and spoken_to and moment.is_due(row):
                turns[row.project] += 1
                found.append((turns[row.project], row))
        found.sort(key=lambda one: (one[0], *_by_age(one[1])))
        return [(row.kind, row.resource) for _, row in found[:limit]]

    def claims_of(self, holder: str) -> Collection[str]:
        return [row.id for row in self.commands.values() if row.status == "claimed" and row.holder == holder]

    def lapsed(self, now: datetime.datetime) -> frozenset[str]:
        return frozenset(holder for holder, until in self.presences.items() if until <= now)

    def present(self, holder: str, until: datetime.datetime, *, since: datetime.datetime) -> None:
        late = until + waiting.LONGEST
        kept = {one: until if at > late else at for one, at in self.presences.items() if at >= since}
        self.presences = kept | {holder: until}

    def absent(self, holder: str, now: datetime.datetime) -> None:
        if holder in self.presences:
            self.presences[holder] = now

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

    def payloads(self, commands: Collection[str]) -> dict[str, bytes]:
        return {id: bytes(self.commands[id].payload) for id in commands if id in self.commands}

    def elsewhere(self, server: str, command: str) -> Move | None:  # noqa: ARG002 - the form's signature
        """There is one cluster here."""
        return None

    def move(self, move: Move) -> None:
        home = {"backend_id": move.backend}
        for row in self._servers([move.server]):
            self._set(row, home | {"availability_zone": move.name})
        for id in move.ports:
            self._set(self.resources["port"][id], home)
        self._set(self.commands[move.command], home | {"payload": move.payload})

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
        self._can_undo(functools.partial(self._unknown, frozenset(new)))
        return new  # the caller's own

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
        self.append("journal", rows)

    def append(self, table: str, rows: Sequence[Any]) -> None:
        """Add rows to a table. Not of the protocol: who makes addresses and deltas elsewhere has the ORM."""
        kept: list[Any] = getattr(self, table)
        length = len(kept)
        self._can_undo(lambda: kept.__delitem__(slice(length, None)))
        kept.extend(rows)

    def keep(self, rows: Sequence[Quarantine]) -> None:
        self.append("quarantined", rows)

    def park(self, rows: Sequence[Parked]) -> None:
        self.append("parked", rows)

    def take_parked(self, now: datetime.datetime, limit: int) -> list[Parked]:
        due = sorted((row for row in self.parked if waiting.is_due(row.due_at, now)), key=lambda row: row.due_at)[
            :limit
        ]
        if due:
            self._replace("parked", [row for row in self.parked if row not in due])
        return due

    def launch(self, servers: Sequence[str], at: datetime.datetime) -> None:
        for row in self._servers(servers):
            self._set(row, {"launched_at": at})

    def _servers(self, ids: Sequence[str]) -> list[Any]:
        table = self.resources["server"]
        return [table[id] for id in sorted(set(ids)) if id in table]

    def end(self, servers: Sequence[str], ports: Sequence[str], at: datetime.datetime) -> None:
        for row in self._servers(servers):
            self._set(row, {"terminated_at": at})
        self._replace("addresses_used", [one for one in self.addresses_used if one.port_id not in ports])
        for row in self.resources["port"].values():
            if row.device in servers and not row.owned:
                self._set(row, {"device": ""})

    def free(self, ports: Sequence[str]) -> None:
        for id in ports:
            self._set(self.resources["port"][id], {"device": ""})

    def leave(self, servers: Sequence[str], at: datetime.datetime) -> bool:
        left = [self.resources["volume"][id] for server in servers for id in self.volumes_of(server)]
        for row in left:
            on_it = row.observed == "attached" or row.mode in {Mode.AWAITED, Mode.RESERVED} or row.unmade
            ends = row.goes_along and on_it
            self._set(row, {"look_at": at, "marked": DELETING if ends else row.marked})
        return bool(left)

    def strand(self, volumes: Sequence[str]) -> None:
        for id in volumes:
            self._set(self.resources["volume"][id], {"unmade": True})

    def settle(self, servers: Sequence[str], at: datetime.datetime) -> bool:
        theirs = [self.resources["volume"][id] for server in servers for id in self.volumes_of(server)]
        awaited = [row for row in theirs if row.mode in {Mode.AWAITED, Mode.RESERVED}]
        for row in awaited:
            self._set(row, {"look_at": at})
        return bool(awaited)

    def volumes_of(self, server: str) -> list[str]:
        rows = self.resources["volume"].values()
        return sorted(row.pk for row in rows if row.device == server and row.observed != "gone")

    def release(self, holders: Sequence[str]) -> None:
        given_back = {(one.holder, one.resource) for one in self.deltas if one.released}
        back = [
            Delta(project=one.project, resource=one.resource, amount=-one.amount, holder=one.holder, released=True)
            for one in self.deltas
            if one.holder in holders and not one.released and (one.holder, one.resource) not in given_back
        ]
        self.append("deltas", back)

    def resize(self, server: str, change: str) -> None:
        """Nothing is folded here."""
        for row in self._servers([server]):
            if row.other_flavor:
                self._set(row, sizes.after(row, change))
                wanted = sizes.amounts(row, row.other_flavor)
                for one in self.deltas:
                    if one.holder == server and one.resource in wanted and not one.released:
                        self._set(one, {"amount": wanted[one.resource]})
        volume = self.resources["volume"].get(server)
        if volume is not None and volume.other_content is not None:
            self._set(volume, contents.after(volume, change))
        elif volume is not None and volume.other_size is not None:
            grown = sizes.grown_to(volume, change)
            self._set(volume, {"size": grown, "other_size": None})
            for one in self.deltas:
                if one.holder == server and one.resource.startswith("gigabytes") and not one.released:
                    self._set(one, {"amount": grown})

    def notify(self, channel: str) -> None:
        """Nobody sleeps here."""

    def hold(self, name: str, holder: str, seconds: float) -> int:
        now = clock.now()
        row = self.leases.get(name) or self.leases.setdefault(name, Lease(name=name, holder=holder, epoch=0, until=now))
        if row.holder != holder and not waiting.is_due(row.until, now):
            return 0
        epoch = row.epoch if row.holder == holder and row.epoch else row.epoch + 1
        self._set(row, {"holder": holder, "epoch": epoch, "until": now + datetime.timedelta(seconds=seconds)})
        return epoch

    def lease_epoch(self, name: str) -> int:
        row = self.leases.get(name)
        return row.epoch if row else 0

    def raise_number(self, seen: int) -> None:
        self.number = max(self.number, seen)


def _by_age(row: Command) -> tuple[datetime.datetime, str]:
    return row.created_at, row.id


def _copied(row: Any) -> Any:
    """What a caller does to its row is not done to the table."""
    copied = row.__class__.__new__(row.__class__)
    copied.__dict__.update(row.__dict__)
    return copied
