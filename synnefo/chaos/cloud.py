"""The cloud of a run: every part a process of its own, every program joined to what it needs by a link of its own.

``__main__`` starts PostgreSQL and RabbitMQ and makes the database; this starts the rest, and hands ``kinds`` what it may
hurt: ``links`` and ``parts`` by name, ``masters`` by cluster, ``postgres`` and ``rabbit`` themselves.
"""

import asyncio
import io
from pathlib import Path
from typing import Any, Final

import structlog
from django.core.management import call_command

from logic import clock
from logic.offload import Offload
from synnefo.chaos import settings
from synnefo.chaos.history import History
from synnefo.chaos.lookout import Target
from synnefo.chaos.masters import Master
from synnefo.chaos.parts import Part, Supervisor
from synnefo.chaos.proxy import Link
from synnefo.standalone.clouds import Credentials, write_private
from synnefo.testing.embedded import ROOT
from synnefo.testing.postgres import PostgresServer
from synnefo.testing.processes import LOOPBACK, spare_port
from synnefo.testing.rabbitmq import RabbitServer

log = structlog.get_logger(__name__)
CLUSTERS: Final = ("alpha", "beta")
DISPATCHERS: Final = ("dispatcher0", "dispatcher1")
API: Final = "api"
DATABASE: Final = "chaos"
START: Final = 60.0
LAST_WORDS: Final = 5  # lines of a program that ended by itself


class Cloud:
    """Made before the loop runs; ``start`` and ``stop`` within it. ``disk`` is the database's own file system."""

    def __init__(  # noqa: PLR0913 - what it stands on
        self,
        root: Path,
        *,
        postgres: PostgresServer,
        rabbit: RabbitServer,
        offload: Offload,
        seed: int,
        disk: Path | None,
        history: History,
    ) -> None:
        self.root, self.postgres, self.rabbit, self.offload, self.seed = root, postgres, rabbit, offload, seed
        self.disk, self._history = disk or root, history
        self.who = Credentials("demo", clock.new_token(12), "demo", clock.new_token(12))
        self.port = spare_port()
        self.links: dict[str, Link] = {}
        self.parts: dict[str, Part] = {}
        self.masters: dict[str, Master] = {}
        self.targets: dict[str, Target] = {}
        self._supervising: asyncio.Task[None] | None = None
        self._words = {name: clock.new_token(12) for name in CLUSTERS}

    async def start(self) -> None:
        """Everything is started when this returns; whether it is well, ``canary`` finds out."""
        await self._open_links()
        for name in CLUSTERS:
            self._add_master(name)
        for name in DISPATCHERS:
            port = spare_port()
            self._add_program(name, ["manage.py", "dispatcher", "--metrics-port", str(port)])
            self.targets[name] = Target("synnefo-dispatcher", port)
        self.targets[API] = Target("synnefo-api", self.port)
        self._add_program(API, ["-m", "uvicorn", "synnefo.asgi:application", "--port", str(self.port), *UVICORN])
        await self.offload.call(self.rabbit.ctl, "eval", self._users())
        for master in self.masters.values():
            master.simulator.start()
        await self._furnish()
        self._supervising = asyncio.create_task(Supervisor(list(self.parts.values()), self._ended).run())

    def _ended(self, part: Part) -> None:
        words = part.log.read_text(errors="replace").splitlines()[-LAST_WORDS:] if part.log.exists() else []
        self._history.note("ended-by-itself", program=part.name, last_words=words)
        log.warning("chaos.ended_by_itself", program=part.name, last_words=words)

    async def stop(self) -> None:
        """Kill what runs. The servers are the caller's."""
        if self._supervising:
            self._supervising.cancel()
        for part in self.parts.values():
            part.kill()
        await asyncio.gather(*[link.close() for link in self.links.values()])

    async def _open_links(self) -> None:
        for name in (*DISPATCHERS, API):
            await self._link(f"{name}-database", self.postgres.port)
            await self._link(f"{name}-broker", self.rabbit.port)
        for name in CLUSTERS:
            await self._link(f"eventd-{name}-broker", self.rabbit.port)

    async def _link(self, name: str, target: int) -> int:
        self.links[name] = Link(name, target)
        return await self.links[name].open()

    def broker_of(self, cluster: str, port: int = 0) -> str:
        """The broker's URL with the user of a cluster's event daemon: past every link, unless one's ``port`` is given."""
        return f"amqp://eventd-{cluster}:{self._words[cluster]}@{LOOPBACK}:{port or self.rabbit.port}/"

    def _add_master(self, name: str) -> None:
        master = Master(
            name,
            self.root,
            broker=self.broker_of(name, self.links[f"eventd-{name}-broker"].port),
            seed=f"{self.seed} {name}",
            environment={"PATH": "/usr/bin:/bin"},
        )
        self.masters[name] = master
        self.targets[master.eventd.name] = Target("synnefo-eventd", master.metrics_port)
        self.parts |= {part.name: part for part in (master.simulator, master.eventd)}

    def _add_program(self, name: str, words: list[str]) -> None:
        folder = settings.write(
            self.root / f"{name}.settings.d",
            database=self.postgres.django(DATABASE) | {"PORT": self.links[f"{name}-database"].port},
            broker=self.rabbit.url.replace(f":{self.rabbit.port}/", f":{self.links[f'{name}-broker'].port}/"),
            var=self.root / "var",
            logs=self.root / name,
        )
        environment = {"SYNNEFO_SETTINGS_DIR": str(folder), "PATH": "/usr/bin:/bin", "PYTHONFAULTHANDLER": "1"}
        self.parts[name] = Part(name, words, environment=environment, log=self.root / f"{name}.log")

    def _users(self) -> str:
        """Erlang that makes a broker user for each cluster, with the permissions of README.deploy."""
        steps = []
        for name in CLUSTERS:
            user, who = f'<<"eventd-{name}">>, <<"/">>', '<<"chaos">>'
            key = f'<<"^ganeti[.]snf[.]event[.][a-z]+[.]{name}$">>'
            steps += [
                f'rabbit_auth_backend_internal:add_user(<<"eventd-{name}">>, <<"{self._words[name]}">>, {who})',
                f'rabbit_auth_backend_internal:set_permissions({user}, <<"^$">>, <<"^ganeti$">>, <<"^$">>, {who})',
                f'rabbit_auth_backend_internal:set_topic_permissions({user}, <<"ganeti">>, {key}, <<"^$">>, {who})',
            ]
        return ", ".join(steps) + "."

    async def _furnish(self) -> None:
        """Flavors, images, people, and the clusters once they answer."""
        async with asyncio.timeout(START):
            while not all(master.ready for master in self.masters.values()):
                await asyncio.sleep(0.1)
        for master in self.masters.values():
            await self._link(f"rapi-{master.name}", master.port)
        await self.offload.write(self._fill)

    def _fill(self) -> None:
        quiet: dict[str, Any] = {"verbosity": 0, "stdout": io.StringIO()}
        call_command("loaddata", *[str(ROOT / "fixtures" / f"{name}.json") for name in FIXTURES], **quiet)
        words = {"admin": self.who.admin_password, "demo": self.who.password}
        for name, password in words.items():
            write_private(self.root / f"{name}.password", password + "\n")
        call_command("bootstrap", *[f"--{name}-password-file={self.root / name}.password" for name in words], **quiet)
        for name, master in self.masters.items():
            user, password = master.credentials
            write_private(self.root / f"{name}.password", password + "\n")
            call_command(
                "backend-add", name,
                f"--endpoint=https://{LOOPBACK}:{self.links[f'rapi-{name}'].port}",
                f"--username={user}",
                "--disk-template=file",
                f"--password-file={self.root / name}.password",
                f"--ca-file={master.certificate}",
                **quiet,
            )  # fmt: skip


FIXTURES: Final = ("flavors", "images", "networks")
UVICORN: Final = ("--loop", "uvloop", "--http", "httptools", "--lifespan", "off", "--no-access-log")
