"""``advance_batch``: the one door for facts. Locks, inbox, reactions, rows, journal, parked messages: one transaction.

Called by the dispatcher with what has arrived, by workers with the answers to a submission and by reconcile with the
answers to a question: the same road for all. A single observation is a batch of one. Splitting a batch that one message
spoils, and repeating one that met a deadlock, are the dispatcher's (``logic.dispatcher.policy``).
"""

from collections import Counter
from collections.abc import Sequence

import msgspec

from logic.ledger import routes
from logic.ledger.envelopes import Envelope
from logic.ledger.folding import Fold
from logic.ledger.parking import Aside
from logic.ledger.routes import Address
from logic.ledger.store import store

SERVER, PORT, NETWORK, VOLUME = "server", "port", "network", "volume"
LOCKED = (SERVER, PORT, NETWORK, VOLUME)  # in this order
UNFITTING = frozenset({"stale", "unexpected"})  # what the journal says of a fact that does not fit


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """A command that a batch has settled, for log and metrics."""

    cluster: str
    kind: str
    resource: str
    command: str
    verb: str
    outcome: str
    job: int


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """An exception nobody expected, for which a message of a cluster was put into the quarantine."""

    cluster: str
    error: Exception


class Result(msgspec.Struct, kw_only=True):
    """What became of a batch: how many messages were ``applied duplicate foreign parked quarantined``; how many facts
    were ``unfitting`` (``stale``, ``unexpected``); which commands are over; which faults of ours it met."""

    counts: Counter[str]
    unfitting: Counter[str] = msgspec.field(default_factory=Counter)
    settled: list[Settled] = []
    faults: list[Fault] = []

    def __add__(self, other: "Result") -> "Result":
        return Result(
            counts=self.counts + other.counts,
            unfitting=self.unfitting + other.unfitting,
            settled=self.settled + other.settled,
            faults=self.faults + other.faults,
        )


def advance_batch(envelopes: Sequence[Envelope]) -> Result:
    """Apply a batch. Every message in it is settled when this returns and the transaction has committed."""
    with store().atomic():
        return _advance(envelopes)


def _advance(envelopes: Sequence[Envelope]) -> Result:
    counts: Counter[str] = Counter()
    aside = Aside()
    readable = [envelope for envelope in envelopes if not _unreadable(envelope, aside, counts)]
    addressed = [
        (envelope, address)
        for envelope, address in zip(readable, routes.resolve(readable), strict=True)
        if not _nowhere(envelope, address, aside, counts)
    ]
    fold = _apply(addressed, aside, counts)
    aside.write()
    unfitting = Counter(line.what for line in fold.lines if line.what in UNFITTING)
    return Result(counts=counts, unfitting=unfitting, settled=_settled(fold))


def _settled(fold: Fold) -> list[Settled]:
    moved = (one for one in fold.entries if one.snapshot.efforts is not one.before.efforts)
    return [
        Settled(
            cluster=entry.cluster,
            kind=entry.kind,
            resource=entry.before.id,
            command=effort.id,
            verb=effort.verb,
            outcome=effort.outcome,
            job=effort.job,
        )
        for entry in moved
        for effort in entry.snapshot.efforts
        if not effort.unsettled  # it was not, when it was loaded
    ]


def _unreadable(envelope: Envelope, aside: Aside, counts: Counter[str]) -> bool:
    if not envelope.problem and envelope.observation is not None:
        return False
    aside.quarantine(envelope, envelope.problem or "empty")
    counts["quarantined"] += 1
    return True


def _nowhere(envelope: Envelope, address: Address, aside: Aside, counts: Counter[str]) -> bool:
    if not address.nowhere:
        return False
    if address.nowhere == "foreign":
        counts["foreign"] += 1
    elif address.nowhere == "unknown" and aside.park(envelope, address.reason):
        counts["parked"] += 1
    else:
        if address.nowhere == "impossible":
            aside.quarantine(envelope, address.reason)
        counts["quarantined"] += 1
    return True


def _apply(addressed: Sequence[tuple[Envelope, Address]], aside: Aside, counts: Counter[str]) -> Fold:
    fold = Fold()
    fold.lock(*({address.id for _, address in addressed if address.kind == kind} for kind in LOCKED))
    keys = [envelope.observation.key() for envelope, _ in addressed if envelope.observation]
    fresh = fold.fresh([key for key in keys if key])
    for (envelope, address), key in zip(addressed, keys, strict=True):
        if key and key not in fresh and not fold.awaits(address, envelope.observation):
            counts["duplicate"] += 1
        elif not fold.knows(address):
            aside.quarantine(envelope, f"no {address.kind} has the id {address.id!r}")
            counts["quarantined"] += 1
        elif envelope.observation:
            fresh.discard(key)
            fold.apply(address, envelope.observation)
            counts["applied"] += 1
    fold.write()
    return fold
