"""Putting observations on the road: the same call for what came off the bus, for workers' answers and for reconcile."""

import functools
from collections.abc import Sequence

from logic.dispatcher import metrics
from logic.dispatcher.policy.retrying import retrying
from logic.dispatcher.policy.splitting import apply_all
from logic.ledger.advancing import Result
from logic.ledger.envelopes import Envelope, local
from logic.messages.observations import AnyObservation
from logic.offload import Offload


async def apply(offload: Offload, envelopes: Sequence[Envelope]) -> Result:
    """Committed when it returns."""
    work = functools.partial(offload.write, apply_all, envelopes)
    result = await retrying(work, "apply")
    for outcome, count in result.counts.items():
        metrics.MESSAGES.labels(outcome=outcome).inc(count)
    return result


async def tell(offload: Offload, *observations: AnyObservation) -> Result:
    """Apply observations made in this process."""
    return await apply(offload, [local(one) for one in observations])
