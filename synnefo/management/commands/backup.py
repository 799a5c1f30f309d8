"""``manage.py backup FILE``: the database and the keys of SECRET_KEYS_FILE in one file, while everything runs.

The file is for its owner only (mode 0600): who has it can read every stored credential. Settings under /etc/synnefo are
not in it. See docs/operations/backup.md for what a restore does.
"""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from synnefo.backups import work
from synnefo.management.tables import OperatorCommand


class Command(OperatorCommand):
    """Written whole or not at all."""

    help = __doc__
    any_schema = True  # one is made before an upgrade's migrate

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="must not exist yet")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        target: Path = options["file"].absolute()
        about = work.backup(target)
        size = target.stat().st_size
        self.print_facts({"file": target, "bytes": size, "made at": about.made_at, "database": about.database})
