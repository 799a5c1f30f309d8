"""The cloud on real parts, each a separate process, as README.deploy sets it up: PostgreSQL or MariaDB, RabbitMQ, two
dispatchers, an API node under uvicorn, a Ganeti simulator over HTTPS with its job directory, and the event daemon beside it."""

import contextlib
import re
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from logic import clock
from synnefo.serving import CONSOLES
from synnefo.standalone import clouds
from synnefo.testing.alerts import Watch
from synnefo.testing.embedded import ROOT
from synnefo.testing.mariadb import MariaServer
from synnefo.testing.postgres import PostgresServer
from synnefo.testing.processes import TAIL, Daemon, spare_port
from synnefo.testing.rabbitmq import RabbitServer
from synnefo.testing.running import run
from synnefo.testing.scrapes import scraped

CLUSTER = "ganeti1"
SIMULATOR_READY = re.compile(r"is ready: (\S+) certificate=(\S+) users=(\S+)")


class RealCloud:
    """Everything but the two servers is this object's own and ends with it. ``settings`` win over those of every such
    cloud; the simulator is ``speed`` times as fast as a real cluster."""

    _beside: Sequence[str] = ()  # what the API is run by, before its own words

    def __init__(
        self,
        database: PostgresServer | MariaServer,
        rabbit: RabbitServer,
        *,
        settings: Mapping[str, object] | None = None,
        speed: float = 1.0,
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="synnefo-real-")
        self.root = Path(self._folder.name)
        self.port = spare_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._rabbit = rabbit
        self.who = clouds.Credentials("demo", clock.new_token(12), "demo", clock.new_token(12))
        self._database = f"real_{clock.new_uuid().hex[:12]}"
        database.create_database(self._database)
        self.entry = database.django(self._database)
        self._write_settings(settings or {})
        self.environment = {
            "SYNNEFO_SETTINGS_DIR": str(self.root / "settings.d"),
            "SYNNEFO_AMQP_URL": rabbit.url,
            "PATH": "/usr/bin:/bin",
        }
        self.ganeti = self._python(
            "simulator",
            ["-m", "ganeti.simulator", "--dir", str(self.root / "ganeti"), "--port", "0", "--speed", str(speed)],
        )
        self._shown = {name: spare_port() for name in ("eventd", "dispatcher0", "dispatcher1")}
        self.eventd = self._eventd()
        self.dispatchers = [self._dispatcher(f"dispatcher{n}") for n in range(2)]
        self.api = self._api("api", self.port)

    @property
    def clouds(self) -> Path:
        return self.root / "clouds.yaml"

    @property
    def parts(self) -> list[Daemon]:
        """In the order in which they are started."""
        return [self.ganeti, *self.dispatchers, self.eventd, self.api]

    def _write_settings(self, settings: Mapping[str, object]) -> None:
        folder = self.root / "settings.d"
        folder.mkdir()
        names = ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT")
        default = {name: str(self.entry[name]) for name in names if self.entry.get(name)}
        lines = {
            "DATABASES": {"default": default},
            "AMQP_HOSTS": [self._rabbit.url],
            "BUS": "amqp",
            "VAR_DIR": str(self.root / "var"),
            "GANETI_DISK_TEMPLATE": "file",
            "RECONCILE_INTERVAL": 10.0,
            **settings,
        }
        text = "".join(f"{name} = {value!r}\n" for name, value in lines.items())
        (folder / "50-site.conf").write_text(text)
        (folder / "50-site.conf").chmod(0o600)

    def _eventd(self) -> Daemon:
        ganeti = self.root / "ganeti"
        options = {
            "--cluster": CLUSTER,
            "--queue-dir": str(ganeti / "queue"),
            "--config-data": str(ganeti / "config.data"),
            "--spool-dir": str(self.root / "spool"),
            "--state-dir": str(self.root / "eventd"),
            "--metrics-port": str(self._shown["eventd"]),
        }
        words = [word for pair in options.items() for word in pair]
        return self._python("eventd", ["-m", "ganeti.eventd", *words], ready=re.compile(r"eventd\.connected"))

    def _serving(self, port: int) -> list[str]:
        """The words after ``python`` that start an API on this port."""
        return ["-m", "uvicorn", "synnefo.asgi:application", "--port", str(port), "--lifespan", "off", "--ws", CONSOLES]

    def _api(self, name: str, port: int) -> Daemon:
        return Daemon(
            [*self._beside, sys.executable, *self._serving(port)],
            user="root",
            log=self.root / f"{name}.log",
            ready=lambda: answers(port),
            environment=self.environment,
            directory=ROOT,
        )

    def _python(self, name: str, words: list[str], ready: re.Pattern[str] = SIMULATOR_READY) -> Daemon:
        log = self.root / f"{name}.log"
        return Daemon(
            [sys.executable, *words],
            user="root",
            log=log,
            ready=lambda: bool(ready.search(log.read_text(errors="replace"))),
            environment=self.environment,
            directory=ROOT,
        )

    def _dispatcher(self, name: str) -> Daemon:
        words = ["manage.py", "dispatcher", "--metrics-port", str(self._shown[name])]
        return self._python(name, words, ready=re.compile(r"dispatcher\.started"))

    def watch(self, watch: Watch) -> set[str]:
        """Scrape every process once; the names of the alerts that are up then."""
        now = clock.timestamp()
        watch.scrape(now, "synnefo-api", "api", scraped(f"{self.url}/metrics"))
        for name, port in self._shown.items():
            watch.scrape(now, f"synnefo-{name.rstrip('01')}", name, scraped(f"http://127.0.0.1:{port}/metrics"))
        watch.evaluate(now)
        return watch.names()

    def lines(self, word: str) -> dict[str, list[str]]:
        """The lines of each program's log that have a word."""
        logs = {log.stem: log.read_text(errors="replace").splitlines() for log in self.root.glob("*.log")}
        return {name: [line for line in lines if word in line] for name, lines in logs.items()}

    def last_words(self) -> dict[str, str]:
        """The end of each program's log."""
        return {log.stem: log.read_text(errors="replace")[-TAIL:] for log in self.root.glob("*.log")}

    def answers(self) -> bool:
        """Does the API say that it is well?"""
        return answers(self.port)

    def manage(self, *words: str) -> str:
        """An operator command, to its end. Raises when it fails."""
        return run([sys.executable, "manage.py", *words], within=120, environment=self.environment, directory=ROOT)

    def __enter__(self) -> Self:
        self.manage("migrate", "--verbosity", "0")
        self.manage("loaddata", *map(str, self._fixtures()))
        for name, password in (("admin", self.who.admin_password), ("demo", self.who.password)):
            clouds.write_private(self.root / f"{name}.password", password + "\n")
        self.manage(
            "bootstrap",
            "--admin-password-file", str(self.root / "admin.password"),
            "--demo-password-file", str(self.root / "demo.password"),
        )  # fmt: skip
        self._begin_cluster()
        self._add_backend()
        for part in self.parts:
            if not part.pid:
                part.start()
        clouds.write_private(self.clouds, clouds.clouds_yaml(self.who, self.url, "RegionOne"))
        return self

    def _fixtures(self) -> list[Path]:
        """What it offers from the start."""
        return [ROOT / "fixtures" / f"{name}.json" for name in ("flavors", "images", "networks")]

    def _begin_cluster(self) -> None:
        """It answers when this returns."""
        self.ganeti.start()

    def rapi(self) -> tuple[str, str, str, str]:
        """The cluster's endpoint, certificate, user and password."""
        said = SIMULATOR_READY.search((self.root / "simulator.log").read_text())
        assert said, "the simulator has said that it is ready"
        endpoint, certificate, users = said.groups()
        user, password, _ = Path(users).read_text().split(maxsplit=2)
        return endpoint, certificate, user, password

    def _add_backend(self) -> None:
        endpoint, certificate, user, password = self.rapi()
        clouds.write_private(self.root / "rapi.password", password + "\n")
        self.manage(
            "backend-add", CLUSTER,
            "--endpoint", endpoint,
            "--username", user,
            "--password-file", str(self.root / "rapi.password"),
            "--ca-file", certificate,
        )  # fmt: skip

    def __exit__(self, *_: object) -> None:
        for part in reversed(self.parts):
            part.kill()
        with contextlib.suppress(OSError):
            self._folder.cleanup()

    def tails(self) -> str:
        """What the parts said last, for a test that fails."""
        return "\n".join(f"== {log.name}\n{log.read_text(errors='replace')[-2000:]}" for log in self.root.glob("*.log"))


def answers(port: int) -> bool:
    """Does the API at this port say that it is well?"""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004
    except (urllib.error.URLError, OSError):
        return False
