"""``manage.py server-strays``: instances on the clusters that are no server's, as complete looks have found them: ghosts of
deleted servers, orphans with our name or tag, and foreign ones, which somebody made with ``gnt-instance add``. Which server an
instance once was is its ``owner``.

``reconcile`` says what would be done about ghosts and orphans; ``server-import`` and ``cluster-import`` take the others over.
"""

from typing import Any

from django.core.management.base import CommandParser

from logic.placement.models import Stray
from logic.reconcile.orphans import FOREIGN, GHOST, ORPHAN
from synnefo.management.backends import backend
from synnefo.management.tables import OperatorCommand

HEADERS = ("backend", "kind", "instance", "status", "owner", "looks", "first_seen", "last_seen", "reason")


class Command(OperatorCommand):
    """A line an instance."""

    help = __doc__

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--backend", default="", metavar="NAME", help="on this cluster")
        parser.add_argument("--kind", choices=[GHOST, ORPHAN, FOREIGN], help="of this kind")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        rows = Stray.objects.select_related("backend").order_by("backend__name", "kind", "instance")
        if options["backend"]:
            rows = rows.filter(backend__name=backend(options["backend"]).name)
        if options["kind"]:
            rows = rows.filter(kind=options["kind"])
        self.print_table(HEADERS, [[_cell(row, name) for name in HEADERS] for row in rows])


def _cell(row: Stray, name: str) -> object:
    return row.backend.name if name == "backend" else getattr(row, name)
