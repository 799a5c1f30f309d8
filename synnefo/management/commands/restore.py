"""``manage.py restore FILE``: put a backup in the place of the database. Stop every API node and every dispatcher first.

Afterwards start them: each cluster is looked at as a whole before any command goes to it, and before any server is made. What was
made since the backup is then listed by ``manage.py reconcile`` and never touched. Everybody logs in anew. See
docs/operations/backup.md.
"""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.db import connection

from synnefo.backups import work
from synnefo.management.tables import OperatorCommand, natural
from synnefo.standalone import places

SKIP = 10_000


class Command(OperatorCommand):
    """Refused before anything is changed, or done."""

    help = __doc__
    any_schema = True  # it brings one

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="as manage.py backup has written it")
        parser.add_argument("--replace", action="store_true", help="what is in the database now may go")
        parser.add_argument(
            "--skip",
            type=natural,
            default=SKIP,
            metavar="N",
            help=f"numbers of instances left out: more than servers were made since the backup ({SKIP})",
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        with _alone():
            done = work.restore(options["file"].absolute(), replace=options["replace"], skip=options["skip"])
        self.print_facts(
            {
                "made at": done.made_at,
                "version": done.version,
                "servers": done.servers,
                "keys added": done.keys_added,
                "to be looked at": done.outlook.backends,
                "commands to be looked for": done.outlook.commands,
                "numbers go on above": done.outlook.number,
            }
        )
        self.stderr.write("Start the dispatchers and the APIs. What was made since the backup: manage.py reconcile")


def _alone() -> AbstractContextManager[None]:
    """The embedded cloud's database is for one process, which holds its state directory. Raises :class:`Conflict`."""
    if connection.vendor != "sqlite":
        return nullcontext()
    var = Path(settings.VAR_DIR)
    var.mkdir(mode=0o700, parents=True, exist_ok=True)
    return places.state_of_its_own(var)
