"""The deployed cloud with all that tenants may ask of one: routers, security groups, uploaded images, rescue.

``DeployedCloud`` is the one on the simulator, ``GanetiCloud`` the one on a lab, whose node ``furnish`` and ``ask`` make what
README.deploy makes of it. Both add to ``synnefo.testing.realparts`` what walks need: the worker of images, an API of several
processes as its unit starts it, and the names of images and networks that the embedded cloud has too.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any, Final

from synnefo.testing.embedded import ROOT
from synnefo.testing.lab import clouds, deploying, ours
from synnefo.testing.lab.cluster import Lab
from synnefo.testing.postgres import PostgresServer
from synnefo.testing.processes import Daemon, spare_port
from synnefo.testing.rabbitmq import RabbitServer
from synnefo.testing.realparts import CLUSTER, RealCloud, answers

WORKERS: Final = 2  # processes of an API
RESCUE: Final = "/srv/rescue.iso"
SPEED: Final = 4.0  # of the simulator: what a real cluster does in seconds is not what is asked about here
WHOLE: Final[dict[str, object]] = {
    "SECURITY_GROUPS": True,
    "GANETI_OS_PROVIDER": "synnefo-image+default",
    "GANETI_RESCUE_IMAGE": RESCUE,
}


class Whole(RealCloud):
    """``images``: the worker."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.images = self._python("images", ["manage.py", "image-worker"], ready=re.compile(""))

    @property
    def parts(self) -> list[Daemon]:
        return [*super().parts, self.images]

    def _api(self, name: str, port: int, host: str = "127.0.0.1") -> Daemon:
        told = {"--host": host, "--port": str(port), "--workers": str(WORKERS)}
        words = ["-m", "synnefo.serving", *(word for pair in told.items() for word in pair)]
        return Daemon(
            [*self._beside, sys.executable, *words],
            user="root",
            log=self.root / f"{name}.log",
            ready=lambda: answers(port, host),
            environment=self.environment,
            directory=ROOT,
        )


class DeployedCloud(Whole):
    """On the simulator, whose nodes carry no routers and boot no disk: those are simulated too."""

    def __init__(self, database: PostgresServer, rabbit: RabbitServer) -> None:
        super().__init__(database=database, rabbit=rabbit, settings=WHOLE | {"ROUTERS": "simulated"}, speed=SPEED)

    def _fixtures(self) -> list[Path]:
        return [*super()._fixtures(), ROOT / "fixtures" / "outside.json"]


class GanetiCloud(Whole, clouds.LabCloud):
    """On a lab of one node. Its nodes ask an API server of their own, on their wire."""

    def __init__(self, lab: Lab, database: PostgresServer, rabbit: RabbitServer) -> None:
        super().__init__(lab=lab, database=database, rabbit=rabbit, settings=WHOLE | {"ROUTERS": "nodes"})
        self.asked_at = f"{lab.gateway}:{(port := spare_port())}"
        self.for_nodes = self._api("api-nodes", port, lab.gateway)

    @property
    def parts(self) -> list[Daemon]:
        return [*super().parts, self.for_nodes]

    def _fixtures(self) -> list[Path]:
        """Of the embedded cloud's names, each with what the lab has: every image is the guest's, the outside is its wire."""
        flavors, here = super()._fixtures()
        more = self.root / "names.json"
        more.write_text(json.dumps([*_images(), *_outside(self.lab)]))
        return [flavors, here, more]

    def ask(self) -> None:
        """The node's agents, and its OS definition, ask the cloud."""
        key = self.root / "node-key"
        self.manage("backend-node-key", CLUSTER, "--output", str(key))
        deploying.interfaces(self.lab.master, f"http://{self.asked_at}", key.read_text().strip())
        deploying.uploads(self.lab.master, f"http://{self.asked_at}")
        deploying.routers(self.lab.master, f"http://{self.asked_at}")


def furnish(lab: Lab) -> None:
    """The node has what guests need of it, the bridge of tenants' networks, and a disk to rescue from."""
    node = lab.master
    ours.node(node)
    deploying.logs(node)
    node.run("ip", "link", "add", "prv0", "type", "bridge")
    node.run("ip", "link", "set", "prv0", "up")
    node.run("sh", "-c", f"ln -f {ours.IMAGES}/{ours.IMAGE} {RESCUE}")


def _images() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((ROOT / "fixtures" / "images.json").read_text())
    return [
        {**row, "fields": {**row["fields"], "backend_name": ours.IMAGE}}
        for row in rows
        if row["model"] == "image.image"
    ]


def _outside(lab: Lab) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((ROOT / "fixtures" / "outside.json").read_text())
    wire = lab.subnet["cidr"].rpartition(".")[0]
    there = {"cidr": f"{wire}.0/24", "gateway": lab.gateway, "pools": [[f"{wire}.210", f"{wire}.249"]]}
    return [{**row, "fields": {**row["fields"], **(there if "cidr" in row["fields"] else {})}} for row in rows]
