"""Run Django on another database for a while: how one test runs on SQLite, PostgreSQL and MariaDB."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connection, connections
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


_recipes: dict[str, "Recipe"] = {}


def migrate(entry: dict[str, Any]) -> None:
    """Make all our tables in an empty database. The first of a kind is migrated; the others get by the same statements, or
    as a copy, what that came to, which takes a tenth of the time."""
    with replaced(entry):
        vendor = connection.vendor
        if recipe := _recipes.get(vendor):
            recipe.follow()
        else:
            _recipes[vendor] = _Copy() if vendor == "sqlite" else _Statements()


class Recipe(Protocol):
    """How an empty database, the default one, becomes a migrated one."""

    def follow(self) -> None: ...


class _Copy:
    """Of a whole SQLite database. Making one migrates it."""

    def __init__(self) -> None:
        call_command("migrate", verbosity=0)
        connection.ensure_connection()
        self._content = sqlite3.connect(":memory:")
        connection.connection.backup(self._content)

    def follow(self) -> None:
        connection.ensure_connection()
        self._content.backup(connection.connection)


class _Statements:
    """All that changed something when a database was migrated. Making them migrates it."""

    _READING = ("SELECT", "SHOW", "SAVEPOINT", "RELEASE")

    def __init__(self) -> None:
        self._all: list[tuple[str, Any]] = []
        with connection.execute_wrapper(self._noted):
            call_command("migrate", verbosity=0)

    def _noted(self, execute: Callable[..., Any], statement: str, values: Any, *more: Any) -> Any:
        if not str(statement).lstrip().startswith(self._READING):
            self._all.append((statement, values))
        return execute(statement, values, *more)

    def follow(self) -> None:
        with connection.cursor() as cursor:
            for statement, values in self._all:
                cursor.execute(statement, values)
