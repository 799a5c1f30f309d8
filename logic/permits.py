"""May this still be sent? A worker that was paused, or cut off from the database, may have lost to another what it claimed.

The worker runs a call :func:`under` a permit; whoever is about to send an order to a cluster (``ganeti.calling``, and
``ganeti.https`` once it is connected) asks with :func:`check` at the last moment. Without a permit everything may be
sent: operator commands have none. Floor: nothing of ours but the errors.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from logic.errors import Transient

Permit = Callable[[], bool]  # by the monotonic clock of this process alone; asked in any thread
_permit: Final[ContextVar[Permit | None]] = ContextVar("permit", default=None)


@contextmanager
def under(permit: Permit) -> Iterator[None]:
    """What the block sends, in threads of the offload too, needs this permit."""
    outer = _permit.set(permit)
    try:
        yield
    finally:
        _permit.reset(outer)


def check() -> None:
    """Raises :class:`Transient` when the permit has run out: nothing was sent, and whoever has the command now sends it."""
    permit = _permit.get()
    if permit is not None and not permit():
        raise Transient("the claim may be another worker's by now", delay=0.0)
