"""``manage.py server-show SERVER``: a server as its tenant sees it. SERVER is an id, an instance's name, or a
name that only one server has."""

from typing import Any

from django.core.management.base import CommandParser

from synnefo.management import finding
from synnefo.management.tables import OperatorCommand


class Command(OperatorCommand):
    """A line a fact."""

    help = __doc__

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("server", metavar="SERVER", help="id, name of its instance on the cluster, or its own name")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        self.print_facts(finding.shown(finding.server(options["server"])))
