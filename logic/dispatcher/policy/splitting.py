"""Policy: one message that cannot be applied never spoils its batch.

A batch that fails for another reason than the database is split in halves until the message is alone; that one goes
into the quarantine with its bytes and the reason, and the others are applied.
"""

from collections import Counter
from collections.abc import Sequence

from django.db import ProgrammingError

from logic import schema
from logic.db import DATABASE_AWAY
from logic.ledger import parking
from logic.ledger.advancing import Fault, Result, advance_batch
from logic.ledger.envelopes import Envelope
from logic.ledger.store import store


def apply_all(envelopes: Sequence[Envelope]) -> Result:
    """Apply a batch, whatever is in it. Raises only what the database raises (see ``retrying``), and
    :class:`logic.schema.Lacking` when it lacks what the code needs: no message is blamed for that."""
    if not envelopes:
        return Result(counts=Counter())
    try:
        return advance_batch(envelopes)
    except DATABASE_AWAY:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a message does, the flow goes on
        return _without_the_bad(envelopes, error)


def _without_the_bad(envelopes: Sequence[Envelope], error: Exception) -> Result:
    """Apply the two halves of a batch that cannot be applied. When the first can, the second is not tried as a whole: every try
    keeps the good ones of the cluster waiting."""
    if len(envelopes) == 1:
        return _quarantine(envelopes[0], error)
    middle = len(envelopes) // 2
    first, second = envelopes[:middle], envelopes[middle:]
    applied = apply_all(first)
    if len(second) > 1 and not applied.counts["quarantined"]:
        return applied + _without_the_bad(second, error)
    return applied + apply_all(second)


def apply_due(limit: int) -> Result:
    """The same for parked messages whose time has come, in the transaction that takes them out."""
    with store().atomic():
        return apply_all(parking.take_due(limit))


def _quarantine(envelope: Envelope, error: Exception) -> Result:
    """What it was is logged when it is committed: the neighbours wait for the commit and need not wait for the log."""
    if isinstance(error, ProgrammingError):
        schema.check()
    with store().atomic():
        parking.quarantine(envelope, f"{type(error).__name__}: {error}")
    return Result(counts=Counter(quarantined=1), faults=[Fault(cluster=envelope.cluster, error=error)])
