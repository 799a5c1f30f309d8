"""``manage.py backend-show NAME``: all there is to know of a cluster: which Ganeti it is, what its API can, and if it takes no
new servers for what it is, why. No secrets."""

from typing import Any

from django.core.management.base import CommandParser

from synnefo.management.backends import backend, facts_of, state
from synnefo.management.tables import OperatorCommand


class Command(OperatorCommand):
    """A line a fact."""

    help = __doc__

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="as in backend-list")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        name = options["name"]
        self.print_facts({"state": state(backend(name)), **facts_of(name)})
