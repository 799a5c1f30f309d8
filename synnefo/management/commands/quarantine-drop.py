"""``manage.py quarantine-drop ID… | --all``: throw messages away for good. Reconcile makes good what they told of servers."""

from typing import Any

from django.core.management.base import CommandParser

from logic.ledger import parking
from synnefo.management import quarantine
from synnefo.management.tables import OperatorCommand


class Command(OperatorCommand):
    """All that are named, or none."""

    help = __doc__

    def arguments(self, parser: CommandParser) -> None:
        quarantine.add_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        self.print_facts({"dropped": quarantine.each(options, parking.drop)})
