"""Run Django on another database for a while: how one test runs on SQLite, PostgreSQL and MariaDB."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections


@contextmanager
def replaced(entry: dict[str, Any]) -> Iterator[None]:
    """Until left, ``entry`` (as in ``DATABASES``) is the default database: on this thread and on those that connect
    from now on. The connection that was there is kept open and put back."""
    configured = connections.configure_settings({DEFAULT_DB_ALIAS: dict(entry)})[DEFAULT_DB_ALIAS]
    settings, connection = connections.settings[DEFAULT_DB_ALIAS], connections[DEFAULT_DB_ALIAS]
    connections.settings[DEFAULT_DB_ALIAS] = configured
    del connections[DEFAULT_DB_ALIAS]
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS].close()
        connections.settings[DEFAULT_DB_ALIAS] = settings
        connections[DEFAULT_DB_ALIAS] = connection


def migrate(entry: dict[str, Any]) -> None:
    """Make all our tables in an empty database."""
    with replaced(entry):
        call_command("migrate", verbosity=0)
