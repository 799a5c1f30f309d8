"""``manage.py quota-show PROJECT``: what a project may have and has. PROJECT is an id or a name; -1 is any number."""

from typing import Any

from django.core.management.base import CommandParser

from logic.quota import queries
from synnefo.management.owners import project_id
from synnefo.management.tables import OperatorCommand


class Command(OperatorCommand):
    """A line a resource; ``ram`` in MiB."""

    help = __doc__

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="id or name")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        defaults = queries.defaults()
        found = queries.quotas(project_id(options["project"]))
        rows = [(name, one.limit, one.used, defaults.get(name)) for name, one in sorted(found.items())]
        self.print_table(["resource", "limit", "used", "default"], rows)
