"""``manage.py vncauthproxy-user NAME --users-file FILE``: let somebody ask vncauthproxy, change a password, or ``--remove``.

The file is read at each request: nothing needs to be told or started again.
"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from logic.errors import BadRequest
from synnefo.console import users
from synnefo.management.asking import password_in


class Command(BaseCommand):
    """Works on a machine that has no database."""

    help = __doc__
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--users-file", required=True, type=Path, metavar="FILE", help="made when it is not there")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--password-file", metavar="FILE", help="the password, in its first line")
        what.add_argument("--remove", action="store_true", help="who is removed may not ask any more")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        name, file = options["name"], options["users_file"]
        if not name or ":" in name or name.startswith("#") or name.strip() != name or not name.isprintable():
            raise CommandError("A name has no colon, no spaces at its ends, and does not begin with #.")
        try:
            self._do(name, file, options)
        except BadRequest as refusal:
            raise CommandError(refusal.sentence) from refusal
        except OSError as error:
            raise CommandError(f"Cannot use {file}: {error.strerror}.") from error

    def _do(self, name: str, file: Path, options: dict[str, Any]) -> None:
        if not options["remove"]:
            users.keep(file, name, password_in(options["password_file"]))
        elif not users.drop(file, name):
            raise CommandError(f"There is no {name} in {file}.")
