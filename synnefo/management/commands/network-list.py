"""``manage.py network-list``: the networks, and where each stands on the clusters that it has gone to."""

from typing import Any

from logic.network import queries
from synnefo.management.tables import OperatorCommand

HEADERS = ("id", "name", "project", "flavor", "mode", "link", "backend", "state", "fault")


class Command(OperatorCommand):
    """A line a network and cluster."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        self.print_table(HEADERS, [[getattr(one, name) for name in HEADERS] for one in queries.places()])
