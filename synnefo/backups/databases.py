"""Dumping and loading each kind of database, consistently, while everything runs (dumping) or nothing does (loading).

PostgreSQL by ``pg_dump --format=custom`` and ``pg_restore``, MariaDB by ``mariadb-dump`` and ``mariadb``, SQLite by its online
backup. Passwords go through the environment, never through a command line. Loading replaces every table, and ends by
marking every backend as being restored, in the same transaction where the database has such.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import IO, Any, Final, Protocol

from django.db import connection

from logic.errors import Conflict
from logic.placement.models import Backend, Restored

LIBPQ: Final = frozenset({"dbname", "host", "port", "user", "sslmode", "sslcert", "sslkey", "sslrootcert", "sslcrl"})
MARK: Final = f"UPDATE {Backend._meta.db_table} SET restored = '{Restored.BEING}';\n"  # noqa: S608 - our own words


class Kind(Protocol):
    """One kind of database, the one that Django's default connection is to."""

    def dump(self, target: Path) -> None:
        """All of it, as of one moment."""

    def load(self, source: Path) -> None:
        """Put a dump in the place of whatever is there."""

    def others(self) -> int:
        """How many other sessions use the database."""


class Postgres:
    """Needs ``postgresql-client`` of the server's version or newer."""

    def dump(self, target: Path) -> None:
        words = ["--format=custom", "--no-owner", "--no-privileges", f"--file={target}", f"--dbname={self._where()}"]
        run(["pg_dump", *words], self._secret())

    def load(self, source: Path) -> None:
        """As one transaction: the script is whole before anything is dropped."""
        script = source.with_name("script.sql")
        run(["pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(source)], {})
        whole = source.with_name("whole.sql")
        with whole.open("wb") as file:
            file.write(self._drop().encode())
            with script.open("rb") as made:
                shutil.copyfileobj(made, file)
            file.write(b"\nRESET search_path;\n" + MARK.encode())
        connection.close()
        words = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", f"--file={whole}"]
        run(["psql", *words, f"--dbname={self._where()}"], self._secret())

    def others(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            return int(cursor.fetchone()[0])

    def _drop(self) -> str:
        """Every table there is, with its sequences; the schema itself stays as the operator made it."""
        names = [connection.ops.quote_name(name) for name in connection.introspection.table_names()]
        return f"DROP TABLE {', '.join(names)} CASCADE;\n" if names else ""

    def _where(self) -> str:
        given = connection.get_connection_params()
        return " ".join(f"{name}='{_quoted(value)}'" for name, value in given.items() if name in LIBPQ)

    def _secret(self) -> dict[str, str]:
        return {"PGPASSWORD": str(connection.settings_dict["PASSWORD"])}


class MariaDb:
    """Needs ``mariadb-client``. Its tables are made anew one by one: a load that fails is done again."""

    def dump(self, target: Path) -> None:
        words = ["--single-transaction", "--hex-blob", "--skip-comments", f"--result-file={target}"]
        run(["mariadb-dump", *self._where(), *words, self._name()], self._secret())

    def load(self, source: Path) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET FOREIGN_KEY_CHECKS = 0")
            for table in connection.introspection.table_names(cursor):
                cursor.execute(f"DROP TABLE {connection.ops.quote_name(table)}")
        connection.close()
        with source.open("rb") as file:
            run(["mariadb", *self._where(), self._name()], self._secret(), given=file)
        run(["mariadb", *self._where(), f"--execute={MARK}", self._name()], self._secret())

    def others(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"
            )
            return int(cursor.fetchone()[0])

    def _where(self) -> list[str]:
        entry = connection.settings_dict
        named = {"host": entry["HOST"], "port": entry["PORT"], "user": entry["USER"]}
        authority = entry["OPTIONS"].get("ssl_ca")
        secured = [f"--ssl-ca={authority}", "--ssl-verify-server-cert"] if authority else []
        return ["--no-defaults", *(f"--{name}={value}" for name, value in named.items() if value), *secured]

    def _name(self) -> str:
        return str(connection.settings_dict["NAME"])

    def _secret(self) -> dict[str, str]:
        return {"MYSQL_PWD": str(connection.settings_dict["PASSWORD"])}


class Sqlite:
    """The embedded cloud's. Its lock on the state directory is what keeps others away."""

    def dump(self, target: Path) -> None:
        connection.ensure_connection()
        with closing(sqlite3.connect(target)) as copy:
            connection.connection.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")

    def load(self, source: Path) -> None:
        live = Path(connection.settings_dict["NAME"])
        connection.close()
        with closing(sqlite3.connect(source)) as copy:
            copy.executescript(MARK)
        live.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with closing(sqlite3.connect(source)) as copy, closing(sqlite3.connect(live)) as target:
            copy.backup(target)

    def others(self) -> int:
        return 0


KINDS: Final[dict[str, Kind]] = {"postgresql": Postgres(), "mysql": MariaDb(), "sqlite": Sqlite()}


def kind() -> Kind:
    """Of the default database."""
    return KINDS[connection.vendor]


def run(command: Sequence[str], secrets: Mapping[str, str], given: IO[bytes] | None = None) -> None:
    """Raises :class:`Conflict` with what the program complained about."""
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", **secrets}
    source: Any = given or subprocess.DEVNULL
    try:
        done = subprocess.run(command, env=environment, stdin=source, capture_output=True, check=False)  # noqa: S603
    except FileNotFoundError:
        raise Conflict(reason=f"{command[0]} is not installed: it comes with your database's client package.") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()[-2000:]
        raise Conflict(reason=f"{command[0]} failed with {done.returncode}: {said}")


def _quoted(value: object) -> str:
    return str(value).replace("\\", "\\\\").replace("'", "\\'")
