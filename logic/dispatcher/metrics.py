"""Counters, gauges and histograms of one dispatcher process, for ``/metrics``; what the database holds is in ``standing``.

Names begin with ``synnefo_`` and keep their meaning: alert rules and the dashboard (``contrib/``) go by them.
"""

from collections.abc import Iterable

from prometheus_client import Counter, Gauge, Histogram

MESSAGES = Counter("synnefo_messages_total", "Observations, by what became of them", ["outcome"])
UNFITTING = Counter(
    "synnefo_unfitting_facts_total", "Facts that were journalled as stale or unexpected and asked for a look", ["why"]
)
REDELIVERED = Counter("synnefo_redelivered_total", "Messages that the broker delivered again", ["cluster"])
BATCH = Histogram("synnefo_batch_size", "Messages taken at once", buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500))
APPLY = Histogram(
    "synnefo_apply_seconds",
    "From taking a batch off the bus to its commit, repeats included",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30),
)
EVENT_AGE = Histogram(
    "synnefo_event_age_seconds",
    "Age of the oldest job event of a batch when it was committed; by the clock of the cluster's master, so off by what the"
    " two clocks differ",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800),
)
WAITING = Gauge(
    "synnefo_queue_messages",
    "Messages in a cluster's queue at the broker that no dispatcher has been handed",
    ["cluster"],
)
DEAD = Gauge("synnefo_dead_messages", "Messages that the broker gave up and no dispatcher has taken in yet")
CONNECTED = Gauge("synnefo_bus_connected", "1 while this dispatcher has a session with the broker")
ANSWERS = Gauge("synnefo_bus_answers", "1 when the broker answered this scrape")
COMMANDS = Counter("synnefo_commands_total", "Commands sent to backends, by the answer", ["backend", "answer"])
SETTLED = Counter(
    "synnefo_commands_settled_total", "Commands that are over, by what became of them", ["backend", "outcome"]
)
SENDING = Histogram(
    "synnefo_send_seconds",
    "From claiming a command to the backend's answer",
    ["backend"],
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60),
)
LOOKS = Counter("synnefo_looks_total", "Questions reconcile has put to backends", ["backend", "answer"])
RETRIES = Counter(
    "synnefo_database_retries_total", "Transactions done again: a deadlock, a conflict, a database away", ["what"]
)
FAULTS = Counter("synnefo_own_faults_total", "Exceptions nobody expected: a fault of ours, see the log", ["where"])


def begin(backends: Iterable[str]) -> None:
    """Let what may be counted of these be 0 before it happens: an increase from nothing is none to Prometheus."""
    for where in ("worker", "message"):
        FAULTS.labels(where=where)
    for backend in backends:
        REDELIVERED.labels(cluster=backend)
        for outcome in ("success", "error", "refused"):
            SETTLED.labels(backend=backend, outcome=outcome)
        for answer in ("answered", "failed", "reincarnated"):
            LOOKS.labels(backend=backend, answer=answer)
