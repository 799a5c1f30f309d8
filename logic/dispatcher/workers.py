"""From the ledger to the backends: claim what is due, send it with no transaction open, tell the ledger the answer.

Many workers on many machines may run; the claim's lease and epoch keep them apart. Each answer, good or bad, is an
observation on the common road.
"""

import asyncio
import functools
from collections import Counter

import structlog
from structlog.contextvars import bind_contextvars

from logic import clock, permits
from logic.db import committing
from logic.dispatcher import answers, metrics
from logic.dispatcher.applying import tell
from logic.dispatcher.connections import Connections
from logic.dispatcher.policy.retrying import retrying
from logic.dispatcher.presence import Presence
from logic.errors import BackendFailure
from logic.ledger import nudges
from logic.ledger.claiming import Claim, claim
from logic.messages.observations import AnyObservation
from logic.offload import Offload
from logic.permits import Permit

log = structlog.get_logger(__name__)
AT_ONCE = 32
AT_ONE_BACKEND = 8  # so that one that hangs does not hold up the others
FAULT_DELAY = 30.0  # seconds until a command that met a fault of ours is tried again


class Workers:
    """The submitting loop of one process. ``lease`` is longer than any backend call may take; ``poll`` seconds between
    looks at the queue when nobody rings."""

    def __init__(
        self, offload: Offload, connections: Connections, presence: Presence, *, lease: float, poll: float
    ) -> None:
        self._offload, self._connections, self._presence = offload, connections, presence
        self._claim = functools.partial(claim, presence.holder, lease=lease)
        self._patience = lease * 0.8  # after that another worker may have the command
        self._poll = poll
        self._taking: asyncio.Task[list[Claim]] | None = None
        self._in_doubt = False  # may the ledger have more of our claims than we have?
        self._running: dict[asyncio.Task[None], Claim] = {}

    async def run(self) -> None:
        """Until cancelled; commands under way are finished first, within their backends' bounds, and what was just being
        claimed is given back."""
        bell = nudges.Bell("commands")
        try:
            while True:
                taken = await self._round()
                if not taken:
                    await bell.wait(self._poll)
        finally:
            bell.close()
            await self._give_back()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _round(self) -> int:
        room = min(AT_ONCE - len(self._running), AT_ONE_BACKEND)
        if room <= 0:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            return 1
        await self._presence.arrived()
        permit = self._presence.permit(self._patience)
        self._taking = asyncio.create_task(retrying(functools.partial(self._take, room), "claim"))
        claims = await asyncio.shield(self._taking)
        self._taking = None
        for one in claims:
            task = asyncio.create_task(self._carry(one, permit))
            self._running[task] = one
            task.add_done_callback(self._finished)
        return len(claims)

    async def _take(self, room: int) -> list[Claim]:
        """When the database was lost in the middle of the last try, what that has claimed after all is nobody's."""
        busy = [name for name, count in self._at_work().items() if count >= AT_ONE_BACKEND]
        mine = [one.command.id for one in self._running.values()] if self._in_doubt else None
        self._in_doubt = True
        claims = await self._offload.write(committing, "claim.commit", self._claim, limit=room, busy=busy, mine=mine)
        self._in_doubt = False
        return claims

    def _at_work(self) -> Counter[str]:
        return Counter(one.backend for one in self._running.values())

    async def _give_back(self) -> None:
        """What the claim that was under way has brought: nobody has begun to send it."""
        claims = await self._taking if self._taking else []
        for one in claims:
            answer = answers.postponed(one, 0.0, "its worker has stopped", unclear=one.command.sending.again)
            await tell(self._offload, answer, failpoint="answer.commit")

    def _finished(self, task: asyncio.Task[None]) -> None:
        backend = self._running.pop(task).backend
        if self._at_work()[backend] == AT_ONE_BACKEND - 1:
            nudges.nudge("commands")  # it was busy, and takes one more

    async def _carry(self, claimed: Claim, permit: Permit) -> None:
        """In a task of its own, so that what is bound here is on each line of this command and on no other's."""
        bind_contextvars(request=claimed.request, command=claimed.command.id)
        started = clock.monotonic()
        with permits.under(permit):
            answer = await self._send(claimed)
        seconds, word = clock.monotonic() - started, type(answer).__name__
        metrics.COMMANDS.labels(backend=claimed.backend, answer=word).inc()
        metrics.SENDING.labels(backend=claimed.backend).observe(seconds)
        bind_contextvars(job=getattr(answer, "job", 0))
        await tell(self._offload, answer, failpoint="answer.commit")
        log.info("command.sent", backend=claimed.backend, answer=word, seconds=round(seconds, 3))

    async def _send(self, claimed: Claim) -> AnyObservation:
        try:
            async with asyncio.timeout(self._patience):
                backend = await retrying(lambda: self._connections.get(claimed.backend), "backend")
                return await answers.ask(backend, claimed)
        except TimeoutError:
            return answers.postponed(claimed, 0.0, "no answer within the lease", unclear=True)
        except BackendFailure as error:
            return answers.of_failure(claimed, error)
        except Exception as error:
            metrics.FAULTS.labels(where="worker").inc()
            log.exception("command.failed", backend=claimed.backend)
            return answers.postponed(claimed, FAULT_DELAY, f"our own fault: {type(error).__name__}", unclear=True)
