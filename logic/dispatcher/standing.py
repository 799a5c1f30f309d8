"""What the database holds, as gauges of ``/metrics``: read when somebody scrapes, by each dispatcher, all the same.

The registry asks for numbers without waiting, the database is asked with a wait: so ``Standing.refresh`` goes first, and
``collect`` gives what it found. When the database does not answer, its numbers are missing rather than old, and
``synnefo_database_up`` is 0.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final

import structlog
from django.db import Error
from prometheus_client import REGISTRY
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from logic.ledger.standing import Standing, standing
from logic.offload import Offload

log = structlog.get_logger(__name__)
PATIENCE: Final = 5.0  # seconds at most; Prometheus gives up after ten
Row = tuple[Sequence[str], float]


class DatabaseGauges(Collector):
    """``GAUGES`` is the one of this process's registry; ``await refresh(…)`` goes before each scrape."""

    def __init__(self) -> None:
        self._found: Standing | None = None
        self._asked = False

    async def refresh(self, offload: Offload, patience: float = PATIENCE) -> bool:
        """Whether the database answered within these seconds."""
        self._asked, self._found = True, None
        try:
            async with asyncio.timeout(patience):
                self._found = await offload.read(standing)
        except (Error, TimeoutError) as error:
            log.warning("standing.unknown", error=type(error).__name__)
        return self._found is not None

    @property
    def backends(self) -> list[str]:
        """The clusters that are spoken to, as far as the database answered."""
        return sorted(self._found.due) if self._found else []

    def describe(self) -> Iterable[Metric]:
        """Nothing is known before the first scrape, so that nothing is asked for at the registration."""
        return []

    def collect(self) -> Iterable[Metric]:
        if self._asked:
            up = 1.0 if self._found else 0.0
            yield gauge("database_up", "1 when the database answered this scrape", [], [([], up)])
        if self._found:
            yield from families(self._found)


GAUGES: Final = DatabaseGauges()
REGISTRY.register(GAUGES)


def families(found: Standing) -> Iterable[Metric]:
    """The gauges of one reading."""
    yield gauge(
        "commands",
        "Unsettled commands",
        ["backend", "status"],
        [([one.backend, one.status], one.count) for one in found.queued],
    )
    yield gauge(
        "command_oldest_seconds",
        "Since the oldest unsettled command was made",
        ["backend", "status"],
        [([one.backend, one.status], one.oldest) for one in found.queued],
    )
    yield of_backends(
        "command_oldest_due_seconds", "How long the oldest command due has waited to be claimed", found.due
    )
    yield of_backends(
        "commands_past_deadline", "Servers and ports whose command in flight is past its deadline", found.late
    )
    yield of_backends("backend_unseen_seconds", "Since the cluster last answered a full look", found.unseen)
    yield gauge(
        "lease_epoch",
        "Times that a singleton has changed hands; its holder by name",
        ["lease", "holder"],
        [([one.name, one.holder], one.epoch) for one in found.leases],
    )
    yield gauge(
        "lease_lapsed_seconds",
        "Since nobody holds the lease; 0 while somebody does",
        ["lease"],
        [([one.name], one.lapsed) for one in found.leases],
    )
    yield plain("parked_messages", "Messages kept to be tried again", found.parked)
    yield plain("quarantined_messages", "Messages that could not be applied, kept for an operator", found.quarantined)
    yield plain("routers_silent", "Routers of tenants that no node carries", found.silent)
    yield plain(
        "image_import_oldest_due_seconds",
        "How long the oldest import of an image has waited to be taken on",
        found.imports,
    )
    yield plain("image_contents_unremoved", "Contents of images that nobody holds, not yet removed", found.unremoved)
    yield plain("inbox_oldest_seconds", "Age of the oldest key in the inbox", found.inbox)
    yield plain("retention_seconds", "How old a key may become (RETENTION_DAYS)", found.retention)
    yield plain("clock_ahead_seconds", "This machine's clock before the database's; negative: behind it", found.ahead)


def gauge(name: str, help: str, labels: Sequence[str], rows: Iterable[Row]) -> Metric:
    """A family of ours."""
    family = GaugeMetricFamily(f"synnefo_{name}", help, labels=labels)
    for values, value in rows:
        family.add_metric(values, value)
    return family


def of_backends(name: str, help: str, values: dict[str, float] | dict[str, int]) -> Metric:
    return gauge(name, help, ["backend"], [([backend], value) for backend, value in sorted(values.items())])


def plain(name: str, help: str, value: float) -> Metric:
    return gauge(name, help, [], [([], value)])
