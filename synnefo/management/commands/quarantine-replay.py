"""``manage.py quarantine-replay ID… | --all [--reason TEXT]``: put messages back on the road, once what stopped them is mended.

A dispatcher takes them at once. One that still cannot be applied comes back into the quarantine under a new id.
"""

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
        self.print_facts({"replayed": quarantine.each(options, parking.replay)})
