"""The pen of whoever holds the lease: every write of the reconciler goes through it and carries the lease's epoch.

A write of a holder that has been overtaken is refused by the database (``logic.ledger.leases.under``), counted here, and
ends that holder's work. Used by ``driver``, ``watching``, ``resyncing`` and ``chores``.
"""

import functools
from collections.abc import Callable, Sequence
from typing import ParamSpec, TypeVar, cast

from logic.db import committing
from logic.dispatcher import applying
from logic.dispatcher.policy.retrying import retrying
from logic.dispatcher.policy.splitting import apply_all
from logic.ledger.envelopes import local
from logic.ledger.leases import LeaseLost, Tenure, under
from logic.messages.observations import AnyObservation, Observation
from logic.offload import Offload
from logic.reconcile import metrics

CHUNK = 200  # observations a transaction: short enough to let others at the rows
P = ParamSpec("P")
T = TypeVar("T")


class Pen:
    """Writes under one tenure. Every method raises :class:`LeaseLost` once that is over."""

    def __init__(self, offload: Offload, tenure: Tenure) -> None:
        self._offload, self._tenure = offload, tenure

    async def write(self, failpoint: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of a write, committed; tried again until the database takes it."""
        work = functools.partial(under, self._tenure, function, *args, **kwargs)
        try:
            return await retrying(lambda: self._offload.write(committing, failpoint, work), "reconcile")
        except LeaseLost:
            metrics.REFUSED.inc()
            raise

    async def tell(self, answers: Sequence[Observation]) -> None:
        """Put the answers of an adapter on the road, in chunks."""
        for start in range(0, len(answers), CHUNK):
            envelopes = [local(one) for one in cast(Sequence[AnyObservation], answers[start : start + CHUNK])]
            applying.report(await self.write("look.commit", apply_all, envelopes), envelopes)
