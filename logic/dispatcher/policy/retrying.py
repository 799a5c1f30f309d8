"""Policy: a transaction that met a deadlock, a serialisation failure or a lost database is done again, and never counts
as poison.

Without end for the database being away (messages wait in the broker), with capped and jittered back-off.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from logic import clock
from logic.db import DATABASE_AWAY
from logic.dispatcher import metrics

T = TypeVar("T")
Hopeless = Callable[[Exception], bool]
log = structlog.get_logger(__name__)
FIRST, CAP = 0.05, 1.0  # seconds; a loop of a process asks no more often, and goes on that soon when it is back


def never(_: Exception) -> bool:
    """No error is hopeless."""
    return False


async def retrying(work: Callable[[], Awaitable[T]], what: str, *, unless: Hopeless = never) -> T:
    """The result of ``work``, tried until the database takes it. An error ``unless`` says yes to is raised."""
    wait = FIRST
    while True:
        try:
            return await work()
        except DATABASE_AWAY as error:
            if unless(error):
                raise
            metrics.RETRIES.labels(what=what).inc()
            log.warning("database.retry", what=what, wait=round(wait, 2), error=type(error).__name__)
            await asyncio.sleep(clock.jitter(wait / 2, wait))
            wait = min(wait * 2, CAP)
