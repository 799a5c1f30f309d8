"""Counters and gauges of the reconciler, for ``/metrics``. Only the process that holds the lease has the gauges.

Names keep their meaning: alert rules go by them. What each kind of difference means is in ``comparing``.
"""

from collections.abc import Callable, Mapping, Sized

from prometheus_client import Counter, Gauge, Histogram

from logic import clock
from logic.reconcile.circuit import Circuit

DRIFT = Gauge(
    "synnefo_drift", "Resources that differed from their cluster at the last full look, by how", ["backend", "kind"]
)
RESYNC_AGE = Gauge(
    "synnefo_resync_age_seconds",
    "Since the last complete look at a cluster; before the first, since this process took charge",
    ["backend"],
)
RESYNC = Histogram(
    "synnefo_resync_seconds",
    "From the first question of a complete look at a cluster to its last commit",
    ["backend"],
    buckets=(0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 40, 60, 120),
)
QUEUE = Gauge("synnefo_looks_waiting", "Resources that wait to be looked at", ["backend"])
OPEN = Gauge("synnefo_backend_unreachable", "1 while a cluster does not answer and is left alone", ["backend"])
LEADS = Gauge("synnefo_reconcile_leads", "1 while this process holds the lease of the reconciler")
REFUSED = Counter("synnefo_stale_writes_total", "Writes refused because the lease had passed to another process")

_GAUGES = (DRIFT, RESYNC_AGE, QUEUE, OPEN)


def watching(backend: str, queue: Sized, circuit: Circuit) -> None:
    """This process watches a cluster from now on."""
    QUEUE.labels(backend=backend).set_function(lambda: float(len(queue)))
    OPEN.labels(backend=backend).set_function(lambda: float(circuit.open))
    RESYNC_AGE.labels(backend=backend).set_function(_since(clock.monotonic()))


def resynced(backend: str, drift: Mapping[str, int], kinds: tuple[str, ...], seconds: float) -> None:
    """A complete look has been taken, and this is what differed."""
    RESYNC.labels(backend=backend).observe(seconds)
    RESYNC_AGE.labels(backend=backend).set_function(_since(clock.monotonic()))
    for kind in kinds:
        DRIFT.labels(backend=backend, kind=kind).set(drift.get(kind, 0))


def forget(backend: str) -> None:
    """This process says nothing about a cluster any more."""
    for gauge in _GAUGES:
        gauge.remove_by_labels({"backend": backend})


def _since(moment: float) -> Callable[[], float]:
    return lambda: clock.monotonic() - moment
