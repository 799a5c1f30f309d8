"""Policy: one message that cannot be applied never spoils its batch.

A batch that fails for another reason than the database is split in halves until the message is alone; that one goes
into the quarantine with its bytes and the reason, and the others are applied.
"""

from collections import Counter
from collections.abc import Sequence

import structlog
from django.db import ProgrammingError

from logic import schema
from logic.db import DATABASE_AWAY
from logic.dispatcher import metrics
from logic.ledger import parking
from logic.ledger.advancing import Result, advance_batch
from logic.ledger.envelopes import Envelope
from logic.ledger.store import store

log = structlog.get_logger(__name__)


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
        if isinstance(error, ProgrammingError):
            schema.check()
        if len(envelopes) == 1:
            return _quarantine(envelopes[0], error)
    middle = len(envelopes) // 2
    return apply_all(envelopes[:middle]) + apply_all(envelopes[middle:])


def apply_due(limit: int) -> Result:
    """The same for parked messages whose time has come, in the transaction that takes them out."""
    with store().atomic():
        return apply_all(parking.take_due(limit))


def _quarantine(envelope: Envelope, error: Exception) -> Result:
    metrics.FAULTS.labels(where="message").inc()
    log.error("message.quarantined", cluster=envelope.cluster, reason=type(error).__name__, exc_info=error)
    with store().atomic():
        parking.quarantine(envelope, f"{type(error).__name__}: {error}")
    return Result(counts=Counter(quarantined=1))
