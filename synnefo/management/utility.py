"""Django's ``manage.py`` with our exit codes: words that name no command are wrong usage. Called by ``manage.py``."""

from typing import Final

from django.core.management import ManagementUtility
from django.core.management.base import BaseCommand

USAGE: Final = 2  # as in ``tables``, which cannot be imported before the apps are there


class Utility(ManagementUtility):
    """The command line of all commands."""

    def fetch_command(self, subcommand: str) -> BaseCommand:
        """Ends the process when there is none; Django has said so, with what was perhaps meant."""
        try:
            return super().fetch_command(subcommand)
        except SystemExit as ended:
            raise SystemExit(USAGE) from ended
