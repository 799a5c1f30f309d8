"""What an event daemon counts, for ``/metrics``. A process watches one cluster; the embedded cloud's shares its process."""

from prometheus_client import Counter, Gauge

CONNECTED = Gauge("synnefo_eventd_connected", "1 while the broker takes what is told", ["cluster"])
WATCHING = Gauge("synnefo_eventd_watching", "1 while Ganeti's job queue can be watched, or need not be", ["cluster"])
MASTER = Gauge("synnefo_eventd_master", "1 where it speaks for its cluster, 0 where another machine does", ["cluster"])
SPOOLED = Gauge("synnefo_eventd_spooled", "Messages in the spool, on their way to the broker", ["cluster"])
LOOKED = Gauge(
    "synnefo_eventd_looked_timestamp_seconds",
    "When the whole job queue was last looked at, by this machine",
    ["cluster"],
)
TOLD = Counter("synnefo_eventd_told_total", "Events that the broker has confirmed, by subject", ["cluster", "subject"])
FAILURES = Counter("synnefo_eventd_failures_total", "Deliveries that the broker did not confirm", ["cluster"])
SPOOL_FULL = Counter(
    "synnefo_eventd_spool_full_total", "Times that the spool had no room or its disk none", ["cluster"]
)
UNREADABLE = Counter("synnefo_eventd_unreadable_total", "Job files that could not be read or understood", ["cluster"])


def begin(cluster: str) -> None:
    """Let everything be 0 before it happens: an increase from nothing is none to Prometheus."""
    for gauge in (CONNECTED, WATCHING, MASTER, SPOOLED):
        gauge.labels(cluster)
    for counter in (FAILURES, SPOOL_FULL, UNREADABLE):
        counter.labels(cluster)
