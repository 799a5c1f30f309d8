"""``manage.py backend-remove NAME``: forget a cluster that never held a server. Others are drained or taken offline."""

from typing import Any

from django.core.management.base import CommandParser

from logic.placement import commands
from synnefo.management.backends import facts_of
from synnefo.management.tables import OperatorCommand


class Command(OperatorCommand):
    """Nothing is done on the cluster itself."""

    help = __doc__

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="as in backend-list")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        facts = facts_of(options["name"])
        commands.remove_backend(options["name"])
        self.print_facts({"removed": facts["name"], "endpoint": facts["endpoint"]})
