"""What a worker asks a backend of a claimed command, and what the answer, good or bad, is as an observation.

Called by ``workers``, which has the loop, the bounds and the log; and by the simulation of the fold.
"""

from logic import failpoints
from logic.backends.base import Backend
from logic.errors import BackendFailure, Rejected, Transient
from logic.ledger.claiming import Claim
from logic.messages.observations import Accepted, AnyObservation, Postponed, Refused


async def ask(backend: Backend, claimed: Claim) -> AnyObservation:
    """Send, or find out what became of an earlier attempt where sending is not allowed (again)."""
    command, sending = claimed.command, claimed.command.sending
    if sending.only_look or (sending.again and command.idempotency == "once"):
        found = await backend.find(command)
        if found:
            return _accepted(claimed, found.job)
        code = "superseded" if sending.only_look else "unclear"
        return _refused(claimed, code, "no job of it was found; it is not sent again")
    sent = await failpoints.wait("backend.submit", lambda: backend.submit(command), Transient, lost=_lost)
    return _accepted(claimed, sent.job)


def of_failure(claimed: Claim, error: BackendFailure) -> AnyObservation:
    """What :func:`ask` has raised: ``Transient``, ``Rejected`` or ``Gone``."""
    if isinstance(error, Transient):
        unclear = error.unclear or claimed.command.sending.again
        return postponed(claimed, error.delay, str(error), unclear=unclear)
    code = error.code if isinstance(error, Rejected) else "gone"
    return _refused(claimed, code, str(error))


def postponed(claimed: Claim, delay: float, reason: str, *, unclear: bool) -> Postponed:
    """It may be sent again after ``delay`` seconds."""
    epoch = claimed.command.sending.epoch
    told = {"cluster": claimed.backend, "command": claimed.command.id, "reason": reason}
    return Postponed(**told, epoch=epoch, delay=delay, unclear=unclear)


def _lost(reason: str) -> Transient:
    return Transient(reason, unclear=True)


def _accepted(claimed: Claim, job: int) -> Accepted:
    epoch = claimed.command.sending.epoch
    return Accepted(cluster=claimed.backend, command=claimed.command.id, epoch=epoch, job=job)


def _refused(claimed: Claim, code: str, reason: str) -> Refused:
    epoch = claimed.command.sending.epoch
    return Refused(cluster=claimed.backend, command=claimed.command.id, epoch=epoch, code=code, reason=reason)
