"""What an event daemon shows of itself to whoever asks over HTTP: ``/health`` and ``/metrics``. Off unless it is given a port."""

from contextlib import AbstractAsyncContextManager, nullcontext

from ganeti import metrics
from ganeti.publishing import Shipping
from logic import listener


class Sight:
    """Whether the job queue can be watched at this moment, and has been read as a whole."""

    def __init__(self, cluster: str) -> None:
        self._cluster = cluster
        self._gauge = metrics.WATCHING.labels(cluster)
        self.clear = self.read = False

    def becomes(self, clear: bool) -> None:
        self.clear, self.read = clear, self.read and clear
        self._gauge.set(clear)

    def stands_by(self) -> None:
        """Another machine is the master: there is nothing to read here, and nothing amiss."""
        self.becomes(clear=True)
        self.read = True
        metrics.MASTER.labels(self._cluster).set(0)

    def looked(self) -> None:
        """Everything that was in it is told, or safe on disk."""
        self.read = True


def listening(address: str, port: int, shipping: Shipping, sight: Sight) -> AbstractAsyncContextManager[object]:
    """Answers within the block; not at all when ``port`` is 0."""

    async def health(_within: float) -> listener.Page:
        return listener.health(broker=shipping.connected, queue=sight.clear)

    async def counted(_within: float) -> listener.Page:
        return listener.metrics()

    if not port:
        return nullcontext()
    return listener.listening(address, port, {"/health": health, "/metrics": counted})
