"""Putting observations on the road: the same call for what came off the bus, for workers' answers and for reconcile.

What came of each batch is counted and logged here, after its commit: the ledger itself counts nothing.
"""

import functools
from collections.abc import Sequence

import structlog

from logic.db import DATABASE_AWAY, committing
from logic.dispatcher import metrics
from logic.dispatcher.policy import splitting
from logic.dispatcher.policy.retrying import never, retrying
from logic.dispatcher.policy.splitting import apply_all
from logic.ledger.advancing import Result
from logic.ledger.envelopes import Envelope, local
from logic.messages.observations import AnyObservation
from logic.offload import Offload
from logic.transactions import took_too_long

log = structlog.get_logger(__name__)


async def apply(offload: Offload, envelopes: Sequence[Envelope], failpoint: str = "batch.commit") -> Result:
    """Committed when it returns. ``failpoint`` is the one of the commit. What takes the database too long at once is applied
    in halves, in their order: the same batch would take it too long for ever."""
    work = functools.partial(offload.write, committing, failpoint, apply_all, envelopes)
    try:
        result = await retrying(work, "apply", unless=took_too_long if len(envelopes) > 1 else never)
    except DATABASE_AWAY:
        log.warning("batch.halved", size=len(envelopes))
        middle = len(envelopes) // 2
        return await apply(offload, envelopes[:middle], failpoint) + await apply(offload, envelopes[middle:], failpoint)
    report(result, envelopes)
    return result


async def apply_due(offload: Offload, limit: int) -> Result:
    """The same for parked messages whose time has come."""
    result = await retrying(
        functools.partial(offload.write, committing, "parked.commit", splitting.apply_due, limit), "parked"
    )
    report(result, [])
    return result


async def tell(offload: Offload, *observations: AnyObservation, failpoint: str) -> Result:
    """Apply observations made in this process."""
    return await apply(offload, [local(one) for one in observations], failpoint)


def report(result: Result, envelopes: Sequence[Envelope]) -> None:
    """Count and log what came of a batch that is committed."""
    for outcome, count in result.counts.items():
        metrics.MESSAGES.labels(outcome=outcome).inc(count)
    for why, count in result.unfitting.items():
        metrics.UNFITTING.labels(why=why).inc(count)
    for fault in result.faults:
        metrics.FAULTS.labels(where="message").inc()
        log.error("message.quarantined", cluster=fault.cluster, reason=type(fault.error).__name__, exc_info=fault.error)
    events = _events(envelopes) if result.settled else {}
    for one in result.settled:
        metrics.SETTLED.labels(backend=one.cluster, outcome=one.outcome).inc()
        log.info(
            "command.settled",
            command=one.command,
            job=one.job,
            event_id=events.get(one.command) or events.get(one.job) or "",
            **{one.kind: one.resource},
            verb=one.verb,
            outcome=one.outcome,
        )


def _events(envelopes: Sequence[Envelope]) -> dict[str | int, str]:
    """The key of the last event of the batch that spoke of a command, or of a job: the one that settled it."""
    keys: dict[str | int, str] = {}
    for one in (envelope.observation for envelope in envelopes):
        if one and (key := one.key()):
            keys[getattr(one, "command", "") or getattr(one, "job", 0)] = key
    return keys
