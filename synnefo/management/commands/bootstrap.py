"""``manage.py bootstrap``: the first inhabitants of an empty cloud: domain, roles, project and user ``admin``; perhaps ``demo``.

Passwords come from files, so that none shows in a process list or a shell's history. Run again it changes nothing that is
there, passwords included.
"""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from logic.errors import BadRequest
from logic.identity.commands.bootstrap import ensure_bootstrap
from synnefo.management.tables import OperatorCommand


class Command(OperatorCommand):
    """Prints the project and user it ended with."""

    help = __doc__

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--admin-password-file", type=Path, required=True, help="the administrator's password")
        parser.add_argument(
            "--demo-password-file", type=Path, help="also make project and user demo, with this password"
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        demo = options["demo_password_file"]
        caller = ensure_bootstrap(_password(options["admin_password_file"]), _password(demo) if demo else "")
        self.print_facts({"user": caller.user_name, "project": caller.project_name, "project id": caller.project})


def _password(path: Path) -> str:
    """The file's first line. Raises :class:`BadRequest` when there is none."""
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise BadRequest(reason=f"Cannot read the password in {path}: {error.strerror}.") from error
    if not lines or not lines[0]:
        raise BadRequest(reason=f"{path} is empty: put the password on its first line.")
    return lines[0]
