"""A MariaDB server of our own: its tables in a temporary directory, a spare port on loopback, a made-up password."""

import contextlib
import shutil
import signal
from collections.abc import Sequence
from typing import Any, Final

import pymysql

from logic import clock
from synnefo.testing.packages import require
from synnefo.testing.processes import LOOPBACK, Daemon, as_user, give, new_directory, spare_port, user_or_self
from synnefo.testing.running import run
from synnefo.testing.servers import Server

USER: Final = "synnefo"
COLLATION: Final = "utf8mb4_nopad_bin"
RECKLESS: Final = ("--innodb-flush-log-at-trx-commit=2",)  # a kill loses nothing: only the machine's own end would
SMALL: Final = ("--innodb-log-file-size=16M", "--innodb-buffer-pool-size=64M", "--aria-log-file-size=8M")
ENVIRONMENT: Final = {"LC_ALL": "C.UTF-8", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


class MariaServer(Server):
    """``durable`` keeps the flush at each commit, for benches; ``options`` are words for the server's command line.

    A context manager: entering starts it, leaving kills it and removes its directory.
    """

    def __init__(self, *, durable: bool = False, options: Sequence[str] = ()) -> None:
        require("mariadb-server")
        self.port, self.password = spare_port(), clock.new_token()
        self._user = user_or_self("mysql")
        self._directory = new_directory("mariadb", self._user)
        self._daemon = Daemon(
            [*self._command(durable=durable), *options],
            user=self._user,
            log=self._directory / "log",
            ready=self._answers,
            environment=ENVIRONMENT,
        )
        self._initialise()

    def _command(self, *, durable: bool) -> list[str]:
        here = self._directory
        return [
            "mariadbd",
            "--no-defaults",
            f"--datadir={here}/data",
            f"--socket={here}/socket",
            f"--pid-file={here}/pid",
            f"--tmpdir={here}",
            f"--init-file={here}/users.sql",
            f"--bind-address={LOOPBACK}",
            f"--port={self.port}",
            "--max-connections=200",
            "--skip-name-resolve",
            *SMALL,
            *(() if durable else RECKLESS),
        ]

    def _initialise(self) -> None:
        users = self._directory / "users.sql"
        users.touch(mode=0o600)
        users.write_text(
            f"CREATE USER IF NOT EXISTS '{USER}'@'{LOOPBACK}' IDENTIFIED BY '{self.password}';\n"
            f"GRANT ALL ON *.* TO '{USER}'@'{LOOPBACK}' WITH GRANT OPTION;\n"
        )
        give(users, self._user)
        words = ["--no-defaults", f"--datadir={self._directory}/data", "--skip-test-db", "--skip-name-resolve"]
        command = as_user(
            ["mariadb-install-db", *words, "--auth-root-authentication-method=socket", *SMALL], self._user
        )
        run(command, within=60.0, environment=ENVIRONMENT, directory=self._directory)

    def django(self, database: str) -> dict[str, Any]:
        """An entry for Django's ``DATABASES``."""
        return {
            "ENGINE": "synnefo.mariadb",
            "NAME": database,
            "HOST": LOOPBACK,
            "PORT": self.port,
            "USER": USER,
            "PASSWORD": self.password,
        }

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement as the administrator; its rows."""
        with contextlib.closing(self._connect()) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    def create_database(self, name: str) -> None:
        """An empty database, as README.deploy makes it."""
        self.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE {COLLATION}")

    def drop_database(self, name: str) -> None:
        """With all that is in it."""
        self.execute(f"DROP DATABASE IF EXISTS `{name}`")

    def _connect(self) -> "pymysql.Connection[Any]":
        return pymysql.connect(
            host=LOOPBACK, port=self.port, user=USER, password=self.password, connect_timeout=2, autocommit=True
        )

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except pymysql.err.OperationalError:
            return False
        return True

    def start(self) -> None:
        """Returns when it answers."""
        self._daemon.start()

    def stop(self) -> None:
        """In good order; nothing is lost."""
        self._daemon.stop(by=signal.SIGTERM)

    def kill(self) -> None:
        """As ``kill -9``."""
        self._daemon.kill()

    def close(self) -> None:
        """The end: nothing of it is left."""
        self._daemon.kill()
        shutil.rmtree(self._directory, ignore_errors=True)
