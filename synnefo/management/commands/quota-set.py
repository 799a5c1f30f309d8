"""``manage.py quota-set PROJECT RESOURCE=LIMIT… | --reset``: what a project may have. -1 is any number; ``ram`` in MiB.

What a project has already stays, even above its limit.
"""

import difflib
import re
from typing import Any

from django.core.management.base import CommandParser

from logic.access import operator
from logic.errors import BadRequest
from logic.quota import commands, queries
from synnefo.management.owners import project_id
from synnefo.management.tables import OperatorCommand

NUMBER = re.compile(r"-1|[0-9]{1,18}")


class Command(OperatorCommand):
    """``--reset`` gives a project the defaults of settings.d again."""

    help = __doc__

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="id or name")
        parser.add_argument("limits", nargs="*", metavar="RESOURCE=LIMIT", help="such as servers=20")
        parser.add_argument("--reset", action="store_true", help="back to the defaults, all of them, of its users too")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        if bool(options["limits"]) == options["reset"]:
            raise BadRequest(reason="Give RESOURCE=LIMIT pairs, or --reset.")
        limits, project = dict(map(_limit, options["limits"])), project_id(options["project"])
        if options["reset"]:
            commands.reset_limits(operator(), project)
            commands.reset_user_limits(operator(), project)
        else:
            commands.set_limits(operator(), project, limits)
        rows = [(name, one.limit, one.used) for name, one in sorted(queries.quotas(project).items())]
        self.print_table(["resource", "limit", "used"], rows)


def _limit(pair: str) -> tuple[str, int]:
    """Raises :class:`BadRequest`."""
    name, _, amount = pair.partition("=")
    known = queries.defaults()
    if name not in known:
        meant = difflib.get_close_matches(name, known, 1)
        advice = f"did you mean {meant[0]}?" if meant else f"there are {', '.join(sorted(known))}."
        raise BadRequest(reason=f"No quota is named {name!r}; {advice}")
    if not NUMBER.fullmatch(amount):
        raise BadRequest(reason=f"The quota of {name} must be -1 or a whole number, such as {name}=20.")
    return name, int(amount)
