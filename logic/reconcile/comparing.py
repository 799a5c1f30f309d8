"""What a cluster's answers say that the database did not: pure, on rows as they were read before anybody was asked.

Called by ``resyncing`` with thousands of answers. What is exactly as the row has it would change nothing on the road, so
it is not put there: no lock is taken and no row is written for a server that is as it should be. Whether it would change
anything is decided by the road's own reactions, and a row that anything is under way for, or that is to be looked at,
goes the road in any case. A row that has moved since it was read was moved by something newer than this answer.

The kinds of difference: *missing* (not on its cluster, or another's), *status* (another condition than we say), *port*
(its interfaces), *identity* (found where it was thought lost, or another instance than before), *job* (a command's job
has ended and nobody told), *orphan* and *ghost* (see ``orphans``).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import cast

import msgspec

from ganeti.vocabulary import FINAL, LOST
from logic.backends.base import Target
from logic.compute import reactions as servers
from logic.messages.observations import AnyObservation, InstanceSeen, JobChanged, Observation
from logic.network import reactions as ports
from logic.snapshots import Reaction, Snapshot

KINDS = ("missing", "status", "port", "identity", "job", "orphan", "ghost")


class Row(msgspec.Struct, frozen=True):
    """A server and its ports as they were before anybody was asked. ``busy``: commands of them are unsettled;
    ``waiting``: a look at one of them is due some time."""

    server: Snapshot
    ports: tuple[Snapshot, ...] = ()
    busy: bool = False
    waiting: bool = False


class Known(msgspec.Struct, frozen=True):
    """What is asked about, and the rows by the ids of their servers."""

    targets: Sequence[Target] = ()
    rows: Mapping[str, Row] = {}


class Comparison(msgspec.Struct, frozen=True):
    """``news`` goes the road, ``strays`` are instances nobody asked about, ``drift`` counts servers by kind."""

    news: Sequence[AnyObservation]
    strays: Sequence[InstanceSeen]
    drift: Counter[str]


def compared(known: Known, answers: Sequence[Observation]) -> Comparison:
    """What is new in the answers of an adapter, in their order."""
    news: list[AnyObservation] = []
    strays: list[InstanceSeen] = []
    drift: Counter[str] = Counter()
    for answer in cast(Sequence[AnyObservation], answers):
        row = known.rows.get(answer.server) if isinstance(answer, InstanceSeen) else None
        if isinstance(answer, InstanceSeen) and not answer.server:
            strays.append(answer)
        elif isinstance(answer, InstanceSeen) and row:
            kind = difference(row, answer)
            if kind and not row.busy:
                drift[kind] += 1
            if kind or row.busy or row.waiting:
                news.append(answer)
        else:
            drift["job"] += isinstance(answer, JobChanged) and (answer.status in FINAL or answer.status == LOST)
            news.append(answer)
    return Comparison(news, strays, drift)


def difference(row: Row, seen: InstanceSeen) -> str:
    """How a server differs from what was seen of it; empty when that would change nothing."""
    before = row.server.state
    outcome = servers.react(row.server, seen)
    after = outcome.snapshot.state
    if after != before or outcome.notes:
        if after.missing > before.missing or not seen.exists:
            return "missing"
        return "status" if after.observed != before.observed else "identity"
    return "port" if seen.exists and any(_changes(ports.react, port, seen) for port in row.ports) else ""


def _changes(react: Reaction, snapshot: Snapshot, seen: InstanceSeen) -> bool:
    return react(snapshot, seen).snapshot != snapshot
