"""``manage.py backend-list``: the clusters, their state, their servers and what room they have. Memory and disk in MiB."""

from typing import Any

from logic.placement import queries
from synnefo.management.backends import state
from synnefo.management.tables import OperatorCommand

HEADERS = (
    "name", "state", "servers", "memory_free", "memory_total", "disk_free", "disk_total", "cores", "software",
    "endpoint", "refreshed_at",
)  # fmt: skip


class Command(OperatorCommand):
    """A line a cluster."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        rows = [
            [state(known) if name == "state" else getattr(known, name) for name in HEADERS]
            for known in queries.backends(counted=True)
        ]
        self.print_table(HEADERS, rows)
