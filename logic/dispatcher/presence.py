"""This process among others: it says that it is there, and knows for itself how long others must believe it.

The database's clock alone decides who has lapsed (``logic.ledger.presences``). What this process may conclude from a renewal
is by its own monotonic clock, counted from before the renewal was sent, and a quarter less. A permit given before a claim
holds only while there was no gap: one that was paused and has renewed since may have lost its claims in between.
"""

import asyncio
import functools

import structlog
from django.db import Error

from logic import clock
from logic.db import committing
from logic.dispatcher.policy.retrying import retrying
from logic.ledger import presences
from logic.offload import Offload
from logic.permits import Permit

log = structlog.get_logger(__name__)
RENEWALS = 4  # in the time that one lasts
SURE = 0.75  # of that time; the rest is for clocks that do not run alike
LEAVING = 1.0  # seconds for saying so


class Presence:
    """``holder`` names this process in claims; ``seconds`` after its last renewal others take over what it has."""

    def __init__(self, offload: Offload, *, holder: str, seconds: float) -> None:
        self.holder = holder
        self._offload, self._seconds = offload, seconds
        self._until = float("-inf")
        self._gaps = 0
        self._renewed = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled; outlives the workers, so that what they finish is not taken from them."""
        while True:
            await retrying(self._renew, "presence")
            await asyncio.sleep(self._seconds / RENEWALS)

    async def arrived(self) -> None:
        """Wait until others know that this process is there."""
        while not self.is_sure():
            self._renewed.clear()
            await self._renewed.wait()

    def permit(self, seconds: float) -> Permit:
        """For what is claimed after this call, for so many seconds."""
        gaps, until = self._gaps, clock.monotonic() + seconds
        return lambda: gaps == self._gaps and self.is_sure() and clock.monotonic() < until

    async def leave(self) -> None:
        """No permit holds any more, and others need not wait. When the database does not answer, they wait a little."""
        self._gaps += 1
        self._until = float("-inf")
        try:
            async with asyncio.timeout(LEAVING):
                await self._offload.write(committing, "presence.leave", presences.leave, self.holder)
        except (Error, TimeoutError) as error:
            log.warning("presence.left_untold", error=type(error).__name__)

    async def _renew(self) -> None:
        sent = clock.monotonic()
        renew = functools.partial(presences.renew, self.holder, self._seconds)
        await self._offload.write(committing, "presence.commit", renew)
        if not self.is_sure():
            self._gaps += 1  # others may have taken over meanwhile
        self._until = sent + self._seconds * SURE
        self._renewed.set()

    def is_sure(self) -> bool:
        """Do others believe at this moment that it is there?"""
        return clock.monotonic() < self._until
