"""The deployed cloud on the simulator, with all that tenants may ask of one: routers, security groups, uploaded images, rescue.

Adds to ``synnefo.testing.realparts`` what walks need: the worker of images, an API of several processes as its unit starts it,
and the network outside that the embedded cloud has too.
"""

import re
from pathlib import Path
from typing import Final

from synnefo.testing.embedded import ROOT
from synnefo.testing.postgres import PostgresServer
from synnefo.testing.processes import Daemon
from synnefo.testing.rabbitmq import RabbitServer
from synnefo.testing.realparts import RealCloud

WORKERS: Final = 2  # processes of an API
RESCUE: Final = "/srv/rescue.iso"
SPEED: Final = 4.0  # of the simulator: what a real cluster does in seconds is not what is asked about here
SETTINGS: Final[dict[str, object]] = {
    "SECURITY_GROUPS": True,
    "ROUTERS": "simulated",
    "GANETI_OS_PROVIDER": "synnefo-image+default",
    "GANETI_RESCUE_IMAGE": RESCUE,
}


class DeployedCloud(RealCloud):
    """``images``: the worker. The simulator's nodes carry no routers and boot no disk: those are simulated too."""

    def __init__(self, database: PostgresServer, rabbit: RabbitServer) -> None:
        super().__init__(database, rabbit, settings=SETTINGS, speed=SPEED)
        self.images = self._python("images", ["manage.py", "image-worker"], ready=re.compile(""))

    @property
    def parts(self) -> list[Daemon]:
        return [*super().parts, self.images]

    def _serving(self, port: int) -> list[str]:
        return ["-m", "synnefo.serving", "--port", str(port), "--workers", str(WORKERS)]

    def _fixtures(self) -> list[Path]:
        return [*super()._fixtures(), ROOT / "fixtures" / "outside.json"]
