"""Putting questions to one cluster: through its adapter, bounded by its circuit, counted.

Used by ``watching`` and ``resyncing``. A fault of ours in an adapter counts as no answer: it is logged, and harms the
cluster it is about and no other.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import structlog

from logic.backends.base import Backend, Networking, NetworkTarget, Storing, Target, VolumeTarget
from logic.dispatcher.connections import Connections
from logic.dispatcher.metrics import LOOKS
from logic.dispatcher.policy.retrying import retrying
from logic.errors import BackendFailure
from logic.messages.observations import Observation
from logic.reconcile.circuit import Circuit

log = structlog.get_logger(__name__)
T = TypeVar("T")


class Asker:
    """``recovered`` is called when a cluster answers that did not answer before."""

    def __init__(self, backend: str, connections: Connections, recovered: Callable[[], None]) -> None:
        self.circuit = Circuit()
        self._backend, self._connections, self._recovered = backend, connections, recovered

    async def ask(self, question: Callable[[Backend], Awaitable[T]]) -> T | None:
        """The answer; None when there is none, and then the cluster is left alone for a while. The caller has been
        admitted by the circuit, and says :meth:`answered` when it has had all its answers."""
        try:
            return await question(await retrying(lambda: self._connections.get(self._backend), "access"))
        except BackendFailure as error:
            wait = self._failed()
            log.warning("backend.unreachable", backend=self._backend, wait=round(wait, 1), error=str(error))
        except Exception:
            self._failed()
            log.exception("look.failed", backend=self._backend)
        return None

    def answered(self, word: str = "answered") -> None:
        """All that was asked has been answered; ``word`` for the counter."""
        LOOKS.labels(backend=self._backend, answer=word).inc()
        if self.circuit.answered():
            log.info("backend.back", backend=self._backend)
            self._recovered()

    def _failed(self) -> float:
        LOOKS.labels(backend=self._backend, answer="failed").inc()
        return self.circuit.failed()


async def answers_of(
    cluster: Backend,
    targets: Sequence[Target] = (),
    places: Sequence[NetworkTarget] = (),
    stored: Sequence[VolumeTarget] = (),
) -> list[Observation]:
    """What became of servers, networks and volumes, as far as it has any; nothing is asked about nothing."""
    found = list(await cluster.observe(targets)) if targets else []
    if places and isinstance(cluster, Networking):
        found += await cluster.networks(places)
    if stored and isinstance(cluster, Storing):
        found += await cluster.volumes(stored)
    return found
