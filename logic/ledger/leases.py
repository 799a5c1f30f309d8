"""Singletons: who may run a loop that only one process should run, by the database's clock.

The epoch grows with each new holder, and every write of a holder is made :func:`under` its tenure, which is checked in
the write's own transaction. A holder that was paused, or cut off, while another took over writes nothing any more: the
transaction is refused, however far it had come when the process was stopped.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import msgspec
from django.db import transaction

from logic.ledger.models import Lease
from logic.ledger.store import store

P = ParamSpec("P")
T = TypeVar("T")


class Tenure(msgspec.Struct, frozen=True):
    """A lease held: its name and the epoch it was taken with."""

    name: str
    epoch: int


class LeaseLost(Exception):  # noqa: N818 - what has happened
    """Somebody else holds the lease now: what was to be written is not."""


def hold_lease(name: str, holder: str, *, seconds: float) -> int:
    """The epoch while this holder has the lease (taken or renewed); 0 when somebody else has it."""
    return store().hold(name, holder, seconds)


def under(tenure: Tenure, write: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a write in a transaction that commits only while the tenure lasts. Raises :class:`LeaseLost`.

    The check is its last statement, so that the lease's row is locked for a moment only: a holder that stops in the
    middle of a long write does not keep others from taking over."""
    with store().atomic():
        result = write(*args, **kwargs)
        if store().lease_epoch(tenure.name) != tenure.epoch:
            raise LeaseLost(f"the lease {tenure.name} has a newer epoch than {tenure.epoch}")
    return result


@transaction.atomic
def release_lease(name: str, holder: str) -> None:
    """Let the next one have it at once."""
    Lease.objects.filter(pk=name, holder=holder).update(until=store().now())
