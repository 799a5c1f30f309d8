"""Putting observations on the road: the same call for what came off the bus, for workers' answers and for reconcile.

What came of each batch is counted and logged here, after its commit: the ledger itself counts nothing.
"""

import functools
from collections.abc import Sequence

import structlog

from logic.db import committing
from logic.dispatcher import metrics
from logic.dispatcher.policy.retrying import retrying
from logic.dispatcher.policy.splitting import apply_all
from logic.ledger.advancing import Result, advance_due
from logic.ledger.envelopes import Envelope, local
from logic.messages.observations import AnyObservation
from logic.offload import Offload

log = structlog.get_logger(__name__)


async def apply(offload: Offload, envelopes: Sequence[Envelope], failpoint: str = "batch.commit") -> Result:
    """Committed when it returns. ``failpoint`` is the one of the commit."""
    work = functools.partial(offload.write, committing, failpoint, apply_all, envelopes)
    result = await retrying(work, "apply")
    report(result, envelopes)
    return result


async def apply_due(offload: Offload, limit: int) -> Result:
    """The same for parked messages whose time has come."""
    result = await retrying(functools.partial(offload.write, committing, "parked.commit", advance_due, limit), "parked")
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
    for one in result.settled:
        log.info(
            "command.settled",
            command=one.command,
            job=one.job,
            event_id=_event(one.command, one.job, envelopes),
            **{one.kind: one.resource},
            verb=one.verb,
            outcome=one.outcome,
        )


def _event(command: str, job: int, envelopes: Sequence[Envelope]) -> str:
    """The key of the last event of the batch that spoke of this command, which is the one that settled it; empty when
    it was another kind of fact."""
    spoke = (envelope.observation for envelope in reversed(envelopes) if envelope.observation)
    keys = (one.key() for one in spoke if _speaks(one, command, job))
    return next((key for key in keys if key), "")


def _speaks(one: AnyObservation, command: str, job: int) -> bool:
    return getattr(one, "command", "") == command or (job > 0 and getattr(one, "job", 0) == job)
