"""What programs measure on: a private PostgreSQL with fsync, a private RabbitMQ, and clouds of the sizes asked for, each with
a database of its own and the product's programs as separate processes. All ends with the site."""

import contextlib
import functools
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from logic.access import Caller
from logic.identity.testing import sign_in
from synnefo.bench.names import ASKING
from synnefo.bench.population import populate
from synnefo.testing import databases
from synnefo.testing.embedded import ROOT
from synnefo.testing.postgres import PostgresServer
from synnefo.testing.processes import Daemon, spare_port
from synnefo.testing.rabbitmq import RabbitServer

MEMBER = Caller(user="bench", project=ASKING, roles=frozenset({"member"}), user_name="bench")
UVICORN = ("--loop", "uvloop", "--http", "httptools", "--lifespan", "off", "--no-access-log", "--no-proxy-headers")


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """``messages`` a run of the dispatcher's figures, about ``resources`` servers; ``servers`` in the large cloud;
    ``runs`` of each figure, interleaved; ``seconds`` that a run of a rate takes. ``rate``, events a second among which
    there is poison, one of a hundred; ``messages`` of them in all runs together."""

    messages: int = 10_000
    resources: int = 1_000
    servers: int = 100_000
    runs: int = 3
    seconds: float = 3.0
    rate: int = 300


class Site:
    """A context manager; servers and clouds start when they are first asked for."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self._stack = contextlib.ExitStack()
        self._clouds: dict[int, Cloud] = {}

    @functools.cached_property
    def postgres(self) -> PostgresServer:
        return self._stack.enter_context(PostgresServer(durable=True))

    @functools.cached_property
    def rabbit(self) -> RabbitServer:
        return self._stack.enter_context(RabbitServer())

    def cloud(self, servers: int) -> "Cloud":
        """The one with so many servers."""
        if servers not in self._clouds:
            self._clouds[servers] = self._stack.enter_context(Cloud(self, servers))
        return self._clouds[servers]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()


class Cloud:
    """A populated database, and the product's programs on it. ``prefix`` begins its names on the broker; ``token`` is
    of a member of the asking project."""

    def __init__(self, site: Site, servers: int) -> None:
        self.servers, self.prefix = servers, f"b{servers}"
        self._site = site
        self._next_job = 1
        self._stack = contextlib.ExitStack()
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="synnefo-bench-")))
        self.dsn = site.postgres.create_database(self.prefix)
        self.database: dict[str, Any] = site.postgres.django(self.prefix)

    def __enter__(self) -> Self:
        databases.migrate(self.database)
        with self.here():
            populate(self.dsn, self.servers)
            self.token = sign_in(MEMBER)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @contextlib.contextmanager
    def here(self) -> Iterator[None]:
        """Its database is this process's own until left."""
        with databases.replaced(self.database):
            yield

    def take_jobs(self, count: int) -> int:
        """The first of so many ids of jobs that nobody has yet."""
        first = self._next_job
        self._next_job += count
        return first

    def environment(self) -> dict[str, str]:
        """Of the product's programs: a settings.d of their own."""
        folder = self._folder / "settings.d"
        if not folder.exists():
            folder.mkdir()
            site = folder / "50-bench.conf"
            site.write_text("".join(f"{name} = {value!r}\n" for name, value in self._settings().items()))
            site.chmod(0o600)
        return {
            "SYNNEFO_SETTINGS_DIR": str(folder),
            "BENCH_DSN": self.dsn,
            "BENCH_PREFIX": self.prefix,
            "BENCH_AMQP": self._site.rabbit.url,
            "PATH": "/usr/bin:/bin",
            "PYTHONFAULTHANDLER": "1",
        }

    def _settings(self) -> Mapping[str, object]:
        names = ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT")
        return {
            "DATABASES": {"default": {name: str(self.database[name]) for name in names}},
            "AMQP_HOSTS": [self._site.rabbit.url],
            "BUS": "amqp",
            "BACKEND_PREFIX_ID": f"{self.prefix}-",
            "VAR_DIR": str(self._folder / "var"),
            "RECONCILE_INTERVAL": 3600.0,
            "MAX_PAGE": 1000,
        }

    def manage(self, *words: str) -> None:
        """An operator command on this cloud, with its settings; what it prints is no line of ours."""
        command, quiet = [sys.executable, "manage.py", *words], subprocess.DEVNULL
        subprocess.run(command, env=self.environment(), cwd=ROOT, stdout=quiet, check=True, timeout=300)  # noqa: S603 - ours

    @contextlib.contextmanager
    def serving(self, application: str = "synnefo.asgi:application") -> Iterator[int]:
        """An ASGI application under one uvicorn, with the options of our systemd unit; its port. It does not hang up on a
        client that has been idle for a few seconds, which would look like a failure of its own."""
        port = spare_port()
        words = ["-m", "uvicorn", application, "--port", str(port), *UVICORN, "--timeout-keep-alive", "600"]
        with self.running(f"{application.partition(':')[0]}-{port}", words, "Uvicorn running on"):
            yield port

    @contextlib.contextmanager
    def running(self, name: str, words: list[str], ready: str) -> Iterator[Daemon]:
        """A Python program that prints ``ready`` when it is."""
        log, wanted = self._folder / f"{name}.log", re.compile(re.escape(ready))
        daemon = Daemon(
            [sys.executable, *words],
            user="root",
            log=log,
            ready=lambda: bool(wanted.search(log.read_text(errors="replace"))),
            environment=self.environment(),
            directory=ROOT,
        )
        daemon.start()
        try:
            yield daemon
        except Exception as error:
            error.add_note(f"{name}: {daemon.standing}")
            raise
        finally:
            daemon.kill()
