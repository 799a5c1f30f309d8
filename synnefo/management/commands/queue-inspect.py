"""``manage.py queue-inspect``: commands that are not settled, by cluster and status; messages parked and quarantined.

``overdue`` commands could have been taken by a worker by now: when it stays above zero, no dispatcher is running, or all
its workers wait. Ages are in seconds.
"""

from typing import Any

import msgspec
from django.core.management.base import CommandParser

from logic.ledger import queries
from synnefo.management.backends import backend
from synnefo.management.tables import OperatorCommand


class Command(OperatorCommand):
    """Changes nothing."""

    help = __doc__

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--backend", default="", metavar="NAME", help="of this cluster only")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        found = queries.queue(backend(options["backend"]).name if options["backend"] else "")
        facts = msgspec.structs.asdict(found)
        backlogs = [msgspec.structs.asdict(one) for one in facts.pop("backlogs")]
        if self.json:
            self.print_facts({**facts, "backlogs": backlogs})
            return
        self.print_table(
            ["backend", "status", "count", "oldest"],
            [[*list(one.values())[:3], round(one["oldest"])] for one in backlogs],
        )
        self.stdout.write("")
        self.print_facts(facts)
