"""``manage.py server-list``: servers of all projects, newest first, narrowed by cluster, project, status or name."""

from typing import Any

from django.core.management.base import CommandParser

from logic.compute.listing import ServerFilter
from logic.compute.states import NovaStatus
from synnefo.management import finding
from synnefo.management.backends import backend
from synnefo.management.tables import OperatorCommand, natural

HEADERS = ("id", "name", "status", "task", "host", "instance", "project", "created_at", "updated_at")


class Command(OperatorCommand):
    """A line a server."""

    help = __doc__

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--backend", default="", metavar="NAME", help="on this cluster")
        parser.add_argument("--project", default="", metavar="ID", help="of this project")
        parser.add_argument(
            "--status", action="append", choices=[one.value for one in NovaStatus], default=[], help="may be repeated"
        )
        parser.add_argument("--name", default="", metavar="REGEX", help="whose name fits")
        parser.add_argument("--locked", action="store_true", help="imported, and not yet confirmed")
        parser.add_argument("--deleted", action="store_true", help="the deleted ones instead")
        parser.add_argument("--limit", type=natural, default=0, help="at most so many; 0: all")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        wanted = ServerFilter(
            all_projects=True,
            host=backend(options["backend"]).name if options["backend"] else "",
            project=options["project"],
            status=options["status"],
            name=options["name"],
            deleted=options["deleted"],
            locked=options["locked"] or None,
        )
        rows = ([getattr(server, name) for name in HEADERS] for server in finding.listed(wanted, options["limit"]))
        self.print_table(HEADERS, rows)
