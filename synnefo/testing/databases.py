"""Run Django on another database for a while: how one test runs on SQLite, PostgreSQL and MariaDB."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper


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


class Lender:
    """One connection for many tests, one after the other, of one thread: opening one costs more than most of them do.

    A test gets it outside of any transaction. One whose server was killed is closed, and opened anew by whoever asks next; one
    that was left in the middle of a transaction is not lent again.
    """

    def __init__(self, entry: dict[str, Any]) -> None:
        self._entry = entry
        self._kept: BaseDatabaseWrapper | None = None

    @contextmanager
    def lent(self) -> Iterator[None]:
        """As ``replaced``."""
        with replaced(self._entry):
            if self._kept:
                connections[DEFAULT_DB_ALIAS] = self._kept
            try:
                yield
            finally:
                self._kept = _good(connections[DEFAULT_DB_ALIAS])
                del connections[DEFAULT_DB_ALIAS]

    def close(self) -> None:
        """After the last of them."""
        if self._kept:
            self._kept.close()


def _good(connection: BaseDatabaseWrapper) -> BaseDatabaseWrapper | None:
    """What may be lent again."""
    if connection.in_atomic_block:
        connection.close()
        return None
    if connection.connection and not connection.is_usable():
        connection.close()
    return connection


def migrate(entry: dict[str, Any]) -> None:
    """Make all our tables in an empty database."""
    with replaced(entry):
        call_command("migrate", verbosity=0)
