"""``manage.py router-list``: the routers of all projects, and the node that carries each."""

from typing import Any

from logic.network.routing import queries
from synnefo.management.tables import OperatorCommand

HEADERS = ("id", "name", "project", "status", "backend", "node", "until")


class Command(OperatorCommand):
    """A line a router. ``until``: no other node has it before that."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        self.print_table(HEADERS, [[str(getattr(one, name) or "") for name in HEADERS] for one in queries.places()])
