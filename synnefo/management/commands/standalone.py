"""``manage.py standalone``: the embedded cloud (``make run``). Sets up what is missing, then runs in the foreground."""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import ExitStack, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import uvloop
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from logic.access import Caller
from logic.compute.models import Flavor
from logic.configuration.files import DEFAULT
from logic.errors import BadRequest, Conflict
from logic.identity.commands.bootstrap import ensure_bootstrap, has_password
from logic.image.models import Image
from logic.logs import configure
from logic.offload import Threads
from synnefo.standalone import clouds, places, samples
from synnefo.standalone.attached import Attached, attached
from synnefo.standalone.cloud import Cloud, Place
from synnefo.standalone.cluster import Opening
from synnefo.standalone.simulated import simulated

FIXTURES = ("flavors", "images", "networks")
OUTSIDE = ("outside",)  # where routers lead to that nobody has to carry
# What simulated nodes have: nothing passes between their guests, so that every rule holds; they read no image.
SIMULATED = {
    "SECURITY_GROUPS": True,
    "ROUTERS": "simulated",
    "GANETI_OS_PROVIDER": "synnefo-image+default",
    "GANETI_RESCUE_IMAGE": "/srv/rescue.iso",
    "NODES_ASK_SECRETS": True,
    "NODES_BRING_DISKS": True,
    "NODES_PAUSE": True,
    "NODES_SET_PASSWORDS": True,
}
LAST_PORT = 65535
FLAVOR, IMAGE = "m1.small", "debian-12"


class Command(BaseCommand):
    """Exit 0 after Ctrl-C or SIGTERM."""

    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument(
            "--ganeti", type=Path, metavar="FILE", help="the real cluster that `make ganeti-up` left word of in FILE"
        )
        parser.add_argument("--port", type=_port, default=8000, help="port to listen on, 1 to 65535")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        var = Path(settings.VAR_DIR)
        if not options["ganeti"]:
            for name, value in SIMULATED.items():
                if settings.CONFIGURATION.origin(name) == DEFAULT:
                    setattr(settings, name, value)
        try:
            real = attached(options["ganeti"], var / "eventd") if options["ganeti"] else None
            var.mkdir(mode=0o700, parents=True, exist_ok=True)
            asked_at = [(options["host"], options["port"])]
            if real and real.place.nodes_ask:
                asked_at.append(real.place.nodes_ask)
            with places.state_of_its_own(var), ExitStack() as open_sockets:
                sockets = [open_sockets.enter_context(places.listening(*one)) for one in asked_at]
                self._start(Place(sockets, var), f"http://{options['host']}:{options['port']}", real)
        except (BadRequest, Conflict) as refusal:
            raise CommandError(refusal.sentence) from refusal
        except OSError as error:
            raise CommandError(f"The state directory {var} cannot be used: {error.strerror}.") from error

    def _start(self, place: Place, url: str, real: Attached | None) -> None:
        var = place.var
        (var / "log").mkdir(exist_ok=True)
        secrets = settings.CONFIGURATION.secrets()
        configure("standalone", directory=str(var / "log"), level=settings.LOG_LEVEL, secrets=secrets)
        for warning in settings.CONFIGURATION.warnings:
            self._say(f"Warning: {warning}")
        self._say(f"State and logs are in {var}")
        self._say("Bringing the database up to date")
        call_command("migrate", verbosity=0)
        who = clouds.credentials(var)
        caller = self._furnish(who, real.place.fixtures if real else ())
        clouds.write_private(var / "clouds.yaml", clouds.clouds_yaml(who, url, settings.REGION))
        cluster = f"Ganeti at {real.place.endpoint}" if real else "the Ganeti simulator"
        self._say(f"Starting the API, the dispatcher and the event daemon, on {cluster}")
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
        asyncio.run(self._run(place, url, who, caller, real))

    def _furnish(self, who: clouds.Credentials, more: Sequence[str]) -> Caller:
        """Users, flavors, images, networks: at the first start; what an operator changed since stays."""
        caller = ensure_bootstrap(who.admin_password, who.password)
        if not Flavor.objects.exists():
            self._say("Loading flavors, images and networks from fixtures/")
            names = FIXTURES + OUTSIDE if settings.ROUTERS == "simulated" else FIXTURES
            fixtures = [Path(settings.BASE_DIR) / "fixtures" / f"{name}.json" for name in names]
            call_command("loaddata", *fixtures, *more, verbosity=0)
        return caller

    async def _run(
        self, place: Place, url: str, who: clouds.Credentials, caller: Caller, real: Attached | None
    ) -> None:
        async def ready(offload: Threads) -> None:
            if not real:  # a real cluster is for real servers
                await self._make_samples(offload, caller, place.var)
            changed = await offload.read(changed_passwords, who)
            image, flavor = (real.place.image, real.place.flavor) if real else (IMAGE, FLAVOR)
            for line in clouds.ready_lines(who, url, place.var, image, flavor, changed):
                self._say(line)

        opened: Opening = partial(simulated, place.var / "ganeti")
        if real:
            opened = lambda: nullcontext(real)  # noqa: E731 - the other one
        await Cloud(place, opened, ready).run()
        self._say("Stopped.")

    async def _make_samples(self, offload: Threads, caller: Caller, var: Path) -> None:
        """Until they have all been made once: what a tenant does with them later is theirs."""
        made = var / "samples-made"
        if made.exists():
            return
        if names := await offload.read(samples.missing, caller):
            self._say(f"Making {len(names)} sample server{'s' if names[1:] else ''}: {', '.join(names)}")
            flavor, image = await offload.read(_chosen)
            await samples.make_samples(offload, caller, names, flavor=flavor, image=image)
        made.touch()

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to {LAST_PORT}")
    return int(text)


def changed_passwords(who: clouds.Credentials) -> list[str]:
    """Of the users of the first start, those whose password is another by now."""
    kept = {who.user: who.password, "admin": who.admin_password}
    return [user for user, password in kept.items() if not has_password(user, password)]


def _chosen() -> tuple[str, str]:
    """Ids of the sample servers' flavor and image."""
    return Flavor.objects.get(name=FLAVOR).pk, Image.objects.get(name=IMAGE).pk
