"""The backend itself, under the name Django looks for.

Set for every session, whatever the server's own settings are: UTC, so that the database's clock is the one that is stored;
strict mode, so that nothing is cut off in silence; READ COMMITTED (Django's default here), so that no gap is locked and
what another transaction has committed is seen after waiting for its lock. ``OPTIONS["session"]`` adds to these.
"""

from collections.abc import Sequence
from typing import Any, Final

import pymysql

from synnefo.mariadb import driver

driver.stand_in()

from django.core import checks  # noqa: E402
from django.db.backends.mysql import base, validation  # noqa: E402

from synnefo.mariadb.errors import meant  # noqa: E402

COLLATION: Final = "utf8mb4_nopad_bin"
SESSION: Final = {
    "time_zone": "+00:00",
    "idle_transaction_timeout": 15,  # seconds: a process that was stopped must not keep its locks from the others
    "sql_mode": "STRICT_TRANS_TABLES,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION",
}


class CursorWrapper(base.CursorWrapper):
    """Errors by their meaning."""

    def execute(self, query: str, args: Any = None) -> Any:
        try:
            return super().execute(query, args)
        except pymysql.err.OperationalError as error:
            raise meant(error) from error.__cause__

    def executemany(self, query: str, args: Any) -> Any:
        try:
            return super().executemany(query, args)
        except pymysql.err.OperationalError as error:
            raise meant(error) from error.__cause__


class DatabaseValidation(validation.DatabaseValidation):
    """``migrate`` refuses a database that would take ``A`` for ``a``, or ``a`` with a space for ``a``."""

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT DATABASE(), @@collation_database")
            name, collation = cursor.fetchone()
        if collation == COLLATION:
            return super().check(**kwargs)
        return [
            *super().check(**kwargs),
            checks.Error(
                f"The database {name} compares text by {collation}, and ids need {COLLATION}.",
                hint=f"ALTER DATABASE {name} CHARACTER SET utf8mb4 COLLATE {COLLATION}; before the first migrate.",
                id="mariadb.E001",
            ),
        ]


class DatabaseWrapper(base.DatabaseWrapper):
    """See the module."""

    validation_class = DatabaseValidation

    def get_connection_params(self) -> dict[str, Any]:
        parameters: dict[str, Any] = super().get_connection_params()
        session = SESSION | parameters.pop("session", {})
        parameters["init_command"] = f"SET SESSION {', '.join(_assignments(session))}"
        return parameters

    def create_cursor(self, name: Any = None) -> CursorWrapper:  # noqa: ARG002 - Django's signature
        return CursorWrapper(self.connection.cursor())


def _assignments(session: dict[str, Any]) -> Sequence[str]:
    return [f"{name} = {pymysql.converters.escape_item(value, 'utf8mb4')}" for name, value in session.items()]
