"""A PostgreSQL server of our own: ``initdb`` in a temporary directory, a spare port on loopback, a made-up password."""

import shutil
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from logic import clock
from synnefo.testing.packages import require
from synnefo.testing.processes import LOOPBACK, Daemon, as_user, give, new_directory, spare_port, until, user_or_self
from synnefo.testing.running import run
from synnefo.testing.servers import Server

USER: Final = "synnefo"
LOCALE: Final = "C.UTF-8"
RECKLESS: Final = ("fsync=off", "full_page_writes=off")  # a kill loses nothing: only the machine's own end would


class PostgresServer(Server):
    """``durable`` keeps fsync on, for benches and for tests that pull the plug of the machine rather than the process.
    ``parent`` is where its directory is made; ``settings`` are PostgreSQL's own, ``name=value``.

    A context manager: entering starts it, leaving kills it and removes its directory.
    """

    def __init__(self, *, durable: bool = False, parent: Path | None = None, settings: Sequence[str] = ()) -> None:
        require("postgresql")
        self.port, self.password = spare_port(), clock.new_token()
        self._user = user_or_self("postgres")
        self._directory = new_directory("postgres", self._user, parent)
        self._daemon = Daemon(
            self._command([*settings, *(() if durable else RECKLESS)]),
            user=self._user,
            log=self._directory / "log",
            ready=self._answers,
            environment={"LC_ALL": LOCALE},
        )
        self._initialise()

    def _command(self, more: Sequence[str]) -> list[str]:
        settings = [
            f"port={self.port}",
            f"listen_addresses={LOOPBACK}",
            f"unix_socket_directories={self._directory}",
            "max_connections=200",
            "log_min_messages=fatal",
            *more,
        ]
        options = [word for setting in settings for word in ("-c", setting)]
        return [str(_binaries() / "postgres"), "-D", str(self._directory / "data"), *options]

    def _initialise(self) -> None:
        secret = self._directory / "password"
        secret.touch(mode=0o600)
        secret.write_text(self.password)
        give(secret, self._user)
        words = ["--no-sync", "--auth=scram-sha-256", f"--username={USER}", f"--pwfile={secret}"]
        words += ["--encoding=UTF8", f"--locale={LOCALE}", "-D", str(self._directory / "data")]
        run(as_user([str(_binaries() / "initdb"), *words], self._user), within=60.0)

    def dsn(self, database: str = "postgres") -> str:
        """A libpq URL."""
        return f"postgresql://{USER}:{self.password}@{LOOPBACK}:{self.port}/{database}"

    def django(self, database: str) -> dict[str, Any]:
        """An entry for Django's ``DATABASES``."""
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": database,
            "HOST": LOOPBACK,
            "PORT": self.port,
            "USER": USER,
            "PASSWORD": self.password,
        }

    def create_database(self, name: str) -> str:
        """An empty database; returns its DSN."""
        self._administer(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.dsn(name)

    def drop_database(self, name: str) -> None:
        """Whoever is connected to it is thrown out."""
        self._administer(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _administer(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            connection.execute(statement)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.dsn(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def start(self) -> None:
        """Returns when it answers."""
        self._daemon.start()

    def stop(self) -> None:
        """Fast shutdown: sessions are ended, nothing is lost."""
        self._daemon.stop(by=signal.SIGINT)

    def kill(self) -> None:
        """As ``kill -9`` of the server and all its sessions."""
        self._daemon.kill()

    def dump(self, database: str, path: Path) -> None:
        """All of a database as SQL, for whoever looks into a failure."""
        command = [str(_binaries() / "pg_dump"), "--host", LOOPBACK, "--port", str(self.port), "--username", USER]
        path.write_text(run([*command, database], within=60.0, environment={"PGPASSWORD": self.password}))

    def ensure(self) -> None:
        """Start it if it has ended; returns when it answers."""
        if self._daemon.pid:
            until(lambda: self._answers() or not self._daemon.pid, within=30.0, what="PostgreSQL")
        if not self._daemon.pid:
            self.start()

    def close(self) -> None:
        """The end: nothing of it is left."""
        self._daemon.kill()
        shutil.rmtree(self._directory, ignore_errors=True)


def _binaries() -> Path:
    """Where the newest installed version's programs are."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if versions:
        return versions[-1].parent
    found = shutil.which("initdb")
    return Path(found or "/usr/bin/initdb").resolve().parent
