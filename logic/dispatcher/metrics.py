"""Counters and gauges of the dispatcher, for ``/metrics``."""

from prometheus_client import Counter, Gauge, Histogram

MESSAGES = Counter("synnefo_messages_total", "Observations, by what became of them", ["outcome"])
BATCH = Histogram("synnefo_batch_size", "Messages taken at once", buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500))
COMMANDS = Counter("synnefo_commands_total", "Commands sent to backends, by the answer", ["backend", "answer"])
LOOKS = Counter("synnefo_looks_total", "Questions reconcile has put to backends", ["backend", "answer"])
CONNECTED = Gauge("synnefo_bus_connected", "1 while this dispatcher has a session with the broker")
