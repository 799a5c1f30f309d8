"""``manage.py eventd --cluster NAME``: Ganeti's event daemon with the prefix, broker and queue directory of the settings.

On a Ganeti master, where there is no Django, the same daemon is ``python -m ganeti.eventd``. All its options may be given
here too, and win over the settings.
"""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from ganeti import eventd
from logic.configuration import ConfigurationError
from logic.configuration.derived import amqp_urls

URL_FILE = "--amqp-url-file"


class Command(BaseCommand):
    """Runs in the foreground until SIGTERM or SIGINT."""

    help = __doc__

    def run_from_argv(self, argv: list[str]) -> None:
        """The daemon reads its own command line."""
        sys.exit(self.handle(*argv[2:]))

    def handle(self, *arguments: str, **_: Any) -> int:  # type: ignore[override] # Django's would be an output
        """The daemon's exit code. Raises ``SystemExit`` with advice."""
        if {"-h", "--help"} & set(arguments):
            return eventd.main(["--help"])  # which exits; it needs no broker
        given = any(one.startswith(URL_FILE) for one in arguments)
        if not given and eventd.URL_VARIABLE not in os.environ:
            try:
                os.environ[eventd.URL_VARIABLE] = "\n".join(amqp_urls(settings.CONFIGURATION.typed))
            except ConfigurationError as error:
                raise SystemExit(str(error)) from error
        ours = ["--prefix", settings.BACKEND_PREFIX_ID, "--queue-dir", settings.GANETI_QUEUE_DIR]
        return eventd.main([*ours, *arguments])
