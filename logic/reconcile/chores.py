"""What one process has to do for all, by and by: fold quota into its sums, forget what is old; and go on with shelved servers
that leave their clusters, as soon as it is time.

A batch at a time, each a transaction of its own under the lease; as long as batches are full the next one follows soon.
Started by ``driver``.
"""

import asyncio

from logic import clock
from logic.compute import offloading
from logic.dispatcher.policy.retrying import retrying
from logic.offload import Offload
from logic.quota import commands as quota
from logic.reconcile import retention
from logic.reconcile.writing import Pen

BREATH = 0.05  # seconds between two full batches
CHORES = (
    ("quota.commit", quota.fold, quota.FOLD_BATCH),
    ("retention.commit", retention.prune, retention.BATCH),
)


async def run(pen: Pen, interval: float) -> None:
    """Until cancelled, or until the lease is lost."""
    while True:
        for failpoint, chore, full in CHORES:
            while await pen.write(failpoint, chore) >= full:  # noqa: ASYNC110 - a pause, not a wait for something
                await asyncio.sleep(BREATH)
        await asyncio.sleep(clock.jitter(interval * 0.8, interval))


async def shelve(pen: Pen, offload: Offload) -> None:
    """The same. Asked first, since there is mostly nothing."""
    while True:
        while await retrying(lambda: offload.read(offloading.is_due), "due"):
            await pen.write("look.commit", offloading.carry_on)
        await asyncio.sleep(offloading.POLL)
