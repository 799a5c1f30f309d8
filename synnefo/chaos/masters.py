"""A Ganeti master of a run: its simulator over HTTPS, its event daemon, the script of its misfortunes, and the truth.

The truth is asked past every link, with the simulator's own user, and past its misfortunes where they would lie.
"""

import re
from pathlib import Path
from typing import Final

import msgspec

from ganeti.jobfile import Job
from ganeti.rapi import RapiClient, RequestsTransport
from ganeti.simulator.faults import Fault
from ganeti.simulator.users import first_user
from synnefo.chaos.parts import Part
from synnefo.testing.processes import LOOPBACK, spare_port

READY: Final = re.compile(r"is ready: (\S+) certificate=(\S+) users=(\S+) cluster=(\S+)")
SPEED: Final = 10  # times as fast as a real cluster
TIMEOUT: Final = 20.0


class Master:
    """One cluster. ``link`` is the port dispatchers reach it by; ``broker`` the URL its event daemon publishes to."""

    def __init__(self, name: str, root: Path, *, broker: str, seed: str, environment: dict[str, str]) -> None:
        self.name, self.port, self.metrics_port = name, spare_port(), spare_port()
        self.folder, self._script = root / name, root / f"{name}.script"
        self.users = self.folder / "users"
        self.folder.mkdir(parents=True)
        first_user(self.users)
        self.simulator = Part(
            f"simulator-{name}",
            self._simulator_words(seed),
            environment=environment,
            log=root / f"simulator-{name}.log",
        )
        self.eventd = Part(
            f"eventd-{name}",
            self._eventd_words(root),
            environment=environment | {"SYNNEFO_AMQP_URL": broker},
            log=root / f"eventd-{name}.log",
        )

    def _simulator_words(self, seed: str) -> list[str]:
        options = {
            "--dir": self.folder,
            "--port": self.port,
            "--speed": SPEED,
            "--seed": seed,
            "--script": self._script,
        }
        return ["-m", "ganeti.simulator", *[str(word) for pair in options.items() for word in pair]]

    def _eventd_words(self, root: Path) -> list[str]:
        options = {
            "--cluster": self.name,
            "--queue-dir": self.folder / "queue",
            "--config-data": self.folder / "config.data",
            "--spool-dir": root / f"{self.name}.spool",
            "--state-dir": root / f"{self.name}.state",
            "--rescan": 20,
            "--metrics-port": self.metrics_port,
        }
        return ["-m", "ganeti.eventd", *[str(word) for pair in options.items() for word in pair]]

    @property
    def ready(self) -> bool:
        """Has the simulator said so since the run began?"""
        return self.simulator.log.exists() and bool(READY.search(self.simulator.log.read_text(errors="replace")))

    @property
    def certificate(self) -> Path:
        return self.folder / "rapi.pem"

    @property
    def incarnation(self) -> str:
        found = READY.search(self.simulator.log.read_text(errors="replace"))
        assert found, "the simulator has said that it is ready"
        return found[4]

    @property
    def credentials(self) -> tuple[str, str]:
        """User and password."""
        user, password, _ = self.users.read_text().split(maxsplit=2)
        return user, password

    def client(self) -> RapiClient:
        """The remote API, past every link."""
        transport = RequestsTransport(
            f"https://{LOOPBACK}:{self.port}", *self.credentials, ca_file=str(self.certificate)
        )
        return RapiClient(transport, timeout=TIMEOUT)

    def plan(self, *faults: Fault) -> None:
        """What goes wrong from the next request on, instead of what was planned before. Nothing: peace."""
        new = self._script.with_suffix(".new")
        new.write_bytes(msgspec.json.encode(list(faults)))
        new.rename(self._script)

    def jobs(self) -> list[Job]:
        """Every job there was."""
        return list(self.client().jobs())
