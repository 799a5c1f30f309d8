"""``manage.py cluster-import BACKEND --owners FILE``: take the instances of a whole cluster into the database, each as a server
of the project that FILE says. ``--go`` does it; without it the plan is printed, and nothing is changed anywhere.

Nothing on the cluster is changed by an import, and nothing may be asked of what is imported: such servers are shown and counted,
and locked. ``--confirm`` marks them on their cluster by a tag and by the names of their interfaces, and makes them servers like
any other; ``--forget`` undoes the import instead. Both are for all that wait on the cluster, or for those named with
``--instance``. Whatever is broken off is gone on with by the same command.

FILE is TOML: a table ``[[owner]]`` a rule, with ``instance`` or ``tag`` (shell patterns) and ``project``, and if wanted ``user``,
``flavor`` and ``name``. The first rule that fits an instance is its own; what none fits is left alone.
"""

from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandParser

from logic.errors import Conflict
from synnefo.management import ownership, taking
from synnefo.management.tables import OperatorCommand, WrongUsage
from synnefo.management.taking import REFUSED, Line

HEADERS = ("instance", "status", "action", "project", "user", "flavor", "server", "about")


class Command(OperatorCommand):
    """A line an instance. Exit 1 when one of them was, or would be, refused."""

    help = __doc__

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("backend", metavar="BACKEND", help="the cluster")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--owners", metavar="FILE", help="whose the instances become")
        what.add_argument("--confirm", action="store_true", help="make those that were imported servers like any other")
        what.add_argument("--forget", action="store_true", help="undo the import of those that are not confirmed")
        parser.add_argument("--go", action="store_true", help="import; without it the plan is printed")
        parser.add_argument(
            "--instance", action="append", default=[], metavar="NAME", help="only this one; may be repeated"
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        lines = _lines(options)
        self.print_table(HEADERS, [[getattr(line, name) for name in HEADERS] for line in lines])
        if options["owners"] and not options["go"]:
            self.stderr.write("This is the plan; nothing was changed. Do it with --go.")
        if refused := sum(line.action == REFUSED for line in lines):
            raise Conflict(reason=f"{refused} of {len(lines)} instances were refused; the table says why.")


def _lines(options: dict[str, Any]) -> Sequence[Line]:
    name, instances = options["backend"], options["instance"]
    if options["confirm"]:
        return taking.confirmed(name, instances)
    if options["forget"]:
        return taking.forgotten(name, instances)
    if instances:
        raise WrongUsage(
            reason="--instance is for --confirm and --forget; which are imported is said by the owners' file."
        )
    return taking.imported(name, ownership.read(options["owners"]), go=options["go"])
