"""``manage.py quarantine-list``: messages that could not be applied, oldest first, and why."""

from typing import Any

from django.core.management.base import CommandParser

from logic.ledger import queries
from synnefo.management import quarantine
from synnefo.management.tables import OperatorCommand

HEADERS = ("id", "cluster", "routing_key", "bytes", "reason", "first_at", "replays")


class Command(OperatorCommand):
    """See quarantine-show, -replay and -drop."""

    help = __doc__

    def arguments(self, parser: CommandParser) -> None:
        quarantine.add_filters(parser)
        parser.add_argument("--limit", type=int, default=1000, help="at most so many")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        found = queries.quarantined(cluster=options["cluster"], reason=options["reason"], limit=options["limit"])
        rows = [
            (one.id, one.cluster, one.routing_key, len(one.body), one.reason, one.first_at, one.replays)
            for one in found
        ]
        self.print_table(HEADERS, rows)
