"""``manage.py quarantine-show ID``: one message that could not be applied, with its bytes."""

import base64
from typing import Any

from django.core.management.base import CommandParser

from logic.ledger import queries
from synnefo.management.tables import OperatorCommand


class Command(OperatorCommand):
    """``body`` is readable, with what is no text escaped; ``bytes`` is exact, in base64."""

    help = __doc__

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", type=int, metavar="ID", help="as in quarantine-list")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        found = queries.quarantined_message(options["id"])
        facts = {
            "id": found.id,
            "cluster": found.cluster,
            "routing_key": found.routing_key,
            "reason": found.reason,
            "first_at": found.first_at,
            "replays": found.replays,
            "body": found.body.decode(errors="backslashreplace"),
            "bytes": base64.b64encode(found.body).decode(),
        }
        self.print_facts(facts)
