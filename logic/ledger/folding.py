"""A batch's locked rows, folded observation by observation in memory, written back with set-based SQL.

``Fold`` is made by ``advancing`` inside its transaction and thrown away with it. What an observation *means* is decided
by the pure reactions; what a change *entails* in other tables (quota, addresses) is in ``consequences``.
"""

import datetime
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from ganeti.vocabulary import FINAL, RANK
from logic import clock
from logic.compute.states import MAKES, Observed
from logic.ledger import consequences, routes
from logic.ledger.efforts import columns_after
from logic.ledger.lines import NewLine
from logic.ledger.moves import Move
from logic.ledger.resources import KINDS, Locked, columns_of, differences
from logic.ledger.routes import Address
from logic.ledger.store import store
from logic.messages.observations import AnyObservation, InstanceSeen, JobChanged, NetworkSeen, VolumeSeen
from logic.network.reactions import device_built, device_gone
from logic.snapshots import Effort, Note, Outcome, Snapshot, put_back


class Entry:
    """One locked resource: what it was, what it is becoming, when to look at it."""

    def __init__(self, kind: str, row: Locked, efforts: Sequence[Effort]) -> None:
        self.kind, self.row, self.id = kind, row, row.id
        self.before = Snapshot(id=row.id, state=row.state, efforts=tuple(efforts))
        self.snapshot = self.before
        self.look_at = row.look_at
        self.cluster = ""  # that has last told of it

    @property
    def just_gone(self) -> bool:
        return self.snapshot.state.observed == Observed.GONE != self.before.state.observed


class Fold:
    """All resources of a batch. ``lock`` first, then ``fresh``, ``apply`` in order of arrival, ``write`` once."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], Entry] = {}
        self._plugged: dict[str, list[Entry]] = defaultdict(list)  # ports by their server's id
        self._journal: list[NewLine] = []
        self._now = clock.now()
        self._wake: set[str] = set()
        self._moves: dict[str, Move] = {}  # by their servers' ids
        self._sizes: list[tuple[str, str]] = []  # servers, and what has become of their size

    @property
    def entries(self) -> list[Entry]:
        """What is locked, as it is becoming: a plan reads it and never writes."""
        return list(self._entries.values())

    @property
    def lines(self) -> list[NewLine]:
        """The journal so far."""
        return list(self._journal)

    def lock(
        self, servers: set[str], ports: set[str], networks: Collection[str] = (), volumes: Collection[str] = ()
    ) -> None:
        """Lock in the house's order: servers, then ports, then networks on clusters, then volumes, each by id. Servers bring
        their ports, ports their server."""
        homes = store().take(KINDS["server"], servers | set(routes.homes_of(ports) if ports else ()))
        plugged = store().take(KINDS["port"], ports, parents=[row.id for row in homes])
        reached = store().take(KINDS["network"], networks) if networks else []
        kept = store().take(KINDS["volume"], volumes) if volumes else []
        efforts = store().efforts([row.id for row in (*homes, *plugged, *reached, *kept)])
        for row in homes:
            self._entries["server", row.id] = Entry("server", row, efforts.get(row.id, ()))
        for row in plugged:
            entry = self._entries["port", row.id] = Entry("port", row, efforts.get(row.id, ()))
            self._plugged[row.device].append(entry)
        for row in reached:
            self._entries["network", row.id] = Entry("network", row, efforts.get(row.id, ()))
        for row in kept:
            self._entries["volume", row.id] = Entry("volume", row, efforts.get(row.id, ()))

    def fresh(self, keys: Sequence[str]) -> set[str]:
        return store().fresh(keys)

    def knows(self, address: Address) -> bool:
        return (address.kind, address.id) in self._entries

    def awaits(self, address: Address, observation: AnyObservation | None) -> bool:
        """Is it the end of a job that a command still waits for? Then it counts though its key is known: a number that the
        cluster has given out twice (restored from a backup), or that somebody has named before it was given out, must
        not keep a command waiting for ever."""
        if not isinstance(observation, JobChanged) or observation.status not in FINAL or not self.knows(address):
            return False
        effort = self._entries[address.kind, address.id].snapshot.effort(observation.command)
        return bool(effort and effort.unsettled and effort.job == observation.job and effort.rank < RANK["canceled"])

    def apply(self, address: Address, observation: AnyObservation) -> None:
        entry = self._entries[address.kind, address.id]
        current = isinstance(observation, InstanceSeen) and observation.version == entry.snapshot.state.version
        if entry.id in self._moves and observation.cluster == self._moves[entry.id].before:
            return  # it was sent before the server left, and says nothing of it any more
        outcome = KINDS[entry.kind].react(entry.snapshot, observation)
        self._keep(entry, self._elsewhere(entry, outcome) if outcome.no_room else outcome, observation)
        if entry.kind == "server":
            self._tell_ports(entry, observation, current=current)
        elif entry.kind == "port" and entry.snapshot.state != entry.before.state:
            self._touch_server(entry, observation)

    def _elsewhere(self, entry: Entry, outcome: Outcome) -> Outcome:
        """Another cluster may have the room that this one has not: the command goes back to the queue, for that one."""
        effort = entry.snapshot.effort(outcome.no_room)
        move = store().elsewhere(entry.id, outcome.no_room) if effort else None
        if effort is None or move is None:
            return outcome
        self._moves[entry.id] = move
        for port in self._plugged.get(entry.id, ()):
            self._arrive(port, move)
        fresh = msgspec.structs.replace(effort, job=0, since=0)  # jobs are numbered by each cluster for itself
        back = put_back(entry.snapshot, fresh, delay=0.0, again=False)
        back = back.with_state(incarnation=move.incarnation, fence=(0, 0), missing=0)
        text = f"{move.before} had no room for it; it is tried on {move.name}"
        return Outcome(snapshot=back, notes=(*outcome.notes, Note(what="moved", text=text, command=effort.id)))

    def _arrive(self, port: Entry, move: Move) -> None:
        version = port.snapshot.state.version + 1
        port.snapshot = port.snapshot.with_state(incarnation=move.incarnation, version=version)
        self._journal.append(
            NewLine(
                kind="port",
                resource=port.id,
                at=self._now,
                what="moved",
                actor=move.before,
                changes=differences(port.before.state, port.snapshot.state),
            )
        )

    def _tell_ports(self, server: Entry, observation: AnyObservation, *, current: bool) -> None:
        """A look at a server is a look at its ports; its end is the end of what was made with it."""
        looked = current and isinstance(observation, InstanceSeen) and observation.exists
        built = _built(server, observation)
        if not server.just_gone and not looked and not built:
            return
        for entry in self._plugged.get(server.id, ()):
            if server.just_gone:
                outcome = device_gone(entry.snapshot, owned=entry.row.owned)
            elif built:
                outcome = device_built(entry.snapshot)
            else:
                outcome = KINDS["port"].react(entry.snapshot, observation)
            self._keep(entry, outcome, observation)

    def _touch_server(self, port: Entry, observation: AnyObservation) -> None:
        """A port has changed: a look at its server that was asked before must not undo it."""
        server = self._entries.get(("server", port.row.device))
        if server:
            version = server.snapshot.state.version + 1
            server.snapshot = server.snapshot.with_state(version=version)
            note = Note(what="port", text=f"port {port.id} has changed")
            self._journal.append(self._line(server, note, observation, {"version": version}))

    def _keep(self, entry: Entry, outcome: Outcome, observation: AnyObservation) -> None:
        before, after = entry.snapshot, outcome.snapshot
        changed, changes = after != before, {}
        if changed:
            after = after.with_state(version=before.state.version + 1)
            changes = differences(before.state, after.state)
        entry.snapshot, entry.cluster = after, observation.cluster
        if outcome.size:
            self._sizes.append((entry.id, outcome.size))
        self._schedule(entry, outcome, observation, changed=changed)
        for note in outcome.notes:
            self._journal.append(self._line(entry, note, observation, changes))
            changes = {}
        if changes:
            self._journal.append(self._line(entry, Note(what="changed"), observation, changes))

    def _schedule(self, entry: Entry, outcome: Outcome, observation: AnyObservation, *, changed: bool) -> None:
        """When to look again: deadlines count from the last progress; an unexplained fact asks for a look at once."""
        wanted = outcome.look
        if changed or isinstance(observation, InstanceSeen | NetworkSeen | VolumeSeen):
            entry.look_at = None
            patience = KINDS[entry.kind].patience(entry.snapshot.state)
            wanted = patience if wanted is None else wanted
        if wanted is not None:
            due = self._now + datetime.timedelta(seconds=wanted)
            entry.look_at = min(entry.look_at or due, due)
        if outcome.look is not None:
            self._wake.add("looks")

    def _line(self, entry: Entry, note: Note, observation: AnyObservation, changes: dict[str, Any]) -> NewLine:
        return NewLine(
            kind=entry.kind,
            resource=entry.id,
            at=self._now,
            what=note.what,
            text=note.text,
            actor=observation.cluster,
            command=note.command,
            job=note.job,
            changes=changes,
        )

    def write(self) -> None:
        """Rows, commands, journal, and what follows in other tables."""
        for kind in KINDS:
            self._write_states([entry for entry in self._entries.values() if entry.kind == kind], kind)
        store().write_commands([row for entry in self._entries.values() for row in self._changed_commands(entry)])
        for move in self._moves.values():
            store().move(move)
        for server, change in self._sizes:
            store().resize(server, change)
        store().append_journal(self._journal)
        changes = [(entry.kind, entry.row, entry.before, entry.snapshot) for entry in self._entries.values()]
        if consequences.follow(changes):
            self._wake.add("looks")
        for channel in sorted(self._wake):
            store().notify(channel)

    def _write_states(self, entries: Sequence[Entry], kind: str) -> None:
        changed = [e for e in entries if e.snapshot.state != e.before.state or e.look_at != e.row.look_at]
        rows = [
            {
                "id": entry.id,
                **columns_of(entry.snapshot.state),
                "look_at": entry.look_at,
                "updated_at": self._now if _visible(entry) else entry.row.updated_at,
            }
            for entry in changed
        ]
        store().write_states(KINDS[kind], rows)

    def _changed_commands(self, entry: Entry) -> list[dict[str, Any]]:
        if entry.snapshot.efforts == entry.before.efforts:
            return []
        old = {effort.id: effort for effort in entry.before.efforts}
        changed = [effort for effort in entry.snapshot.efforts if effort != old[effort.id]]
        waits = entry.kind == "volume" and any(
            effort.status == "settled" for effort in changed
        )  # the end of its server may
        if waits or any(effort.status == "pending" for effort in entry.snapshot.efforts):
            self._wake.add("commands")
        return [columns_after(effort, self._now) for effort in changed]


def _built(server: Entry, observation: AnyObservation) -> bool:
    """Has this fact ended the build of the server?"""
    first = observation.command if isinstance(observation, JobChanged) else ""
    effort = server.snapshot.effort(first) if first else None
    return bool(effort and effort.verb in MAKES and effort.outcome == "success")


def _visible(entry: Entry) -> bool:
    """Has anything changed that a tenant sees? Versions and fences alone do not move ``updated_at``."""
    hidden = {"version": 0, "fence": (0, 0), "missing": 0}
    replace = msgspec.structs.replace
    return replace(entry.before.state, **hidden) != replace(entry.snapshot.state, **hidden)
