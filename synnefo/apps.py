"""The app's name for Django, and what it does when the apps are there: unwise settings are told to who runs Django's own
commands (``migrate``, ``check``), and the file of an SQLite database is its owner's alone.

Our own programs tell of unwise settings in their logs: ``synnefo.logging``.
"""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.db.backends.signals import connection_created

PRIVATE: Final = 0o600
BESIDE: Final = ("", "-wal", "-shm")  # SQLite's files


class SynnefoConfig(AppConfig):
    name = "synnefo"

    def ready(self) -> None:
        checks.register(unwise)
        connection_created.connect(keep_private, dispatch_uid="keep_private")


def unwise(**_: Any) -> Sequence[checks.CheckMessage]:
    """The warnings of the settings."""
    return [checks.Warning(warning, id="synnefo.W001") for warning in settings.CONFIGURATION.warnings]


def keep_private(connection: Any, **_: Any) -> None:
    """Hashes of passwords and encrypted credentials are in it. One that is somebody else's is left as it is."""
    if connection.vendor != "sqlite":
        return
    for beside in BESIDE:
        path = Path(f"{connection.settings_dict['NAME']}{beside}")
        with contextlib.suppress(OSError):
            if path.is_file() and path.stat().st_mode & 0o777 != PRIVATE:
                path.chmod(PRIVATE)
