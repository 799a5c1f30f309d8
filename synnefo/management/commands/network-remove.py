"""``manage.py network-remove ID``: delete a network that has no ports, here and on the clusters that it has gone to."""

from typing import Any

from django.core.management.base import CommandParser

from logic.access import operator
from logic.network import commands
from synnefo.management.tables import OperatorCommand


class Command(OperatorCommand):
    """The clusters do it when their turn comes; until then ``network-list`` shows where it still is."""

    help = __doc__

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", metavar="ID", help="as in network-list")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        clusters = commands.delete_network(operator("network-remove"), options["id"])
        self.print_facts({"removed": options["id"], "clusters": clusters})
