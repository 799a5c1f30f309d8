"""The cloud on real parts, each a separate process, on a lab: as README.deploy sets it up, Ganeti's nodes included.

Called by tests of what one process cannot show: several nodes, several API servers. The nodes' part (``join``) is README.deploy's
own blocks (``deploying``); the cloud's is as in ``synnefo.testing.realparts``, and its event daemons are the nodes' own.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from synnefo.testing.embedded import ROOT
from synnefo.testing.lab import deploying, ours
from synnefo.testing.lab.cluster import Lab
from synnefo.testing.lab.node import Node
from synnefo.testing.postgres import PostgresServer
from synnefo.testing.processes import Daemon
from synnefo.testing.rabbitmq import RabbitServer
from synnefo.testing.realparts import CLUSTER, RealCloud

SHOWN: Final = 9110  # the port at which a node's event daemon says how it is
SETTINGS: Final[dict[str, object]] = {**ours.SETTINGS, "GANETI_SHUTDOWN_TIMEOUT": 20}
METRICS: Final = "echo METRICS_PORT={port} METRICS_ADDRESS={address} | tr ' ' '\\n' >> /etc/synnefo/eventd.env\n"


class LabCloud(RealCloud):
    """``settings`` win over those of every such cloud."""

    def __init__(
        self,
        lab: Lab,
        database: PostgresServer,
        rabbit: RabbitServer,
        *,
        settings: Mapping[str, object] | None = None,
    ) -> None:
        self.lab = lab
        names = lab.root / "names"
        names.write_text("".join(f"{address} {name}\n" for name, address in lab.addresses.items()))
        self._beside = ("unshare", "--mount", "sh", "-c", f'mount --bind {names} /etc/hosts; exec "$@"', "sh")
        super().__init__(database, rabbit, settings=SETTINGS | dict(settings or {}))

    @property
    def parts(self) -> list[Daemon]:
        return [*self.dispatchers, self.api]

    def _fixtures(self) -> list[Path]:
        here = self.root / "fixture.json"
        ours.write_fixture(self.lab, here)
        return [ROOT / "fixtures" / "flavors.json", here]

    def _begin_cluster(self) -> None:
        """It is the lab's."""

    def rapi(self) -> tuple[str, str, str, str]:
        return self.lab.endpoint, str(self.lab.certificate), self.lab.user, self.lab.password


def join(lab: Lab, rabbit: RabbitServer) -> None:
    """All nodes are what README.deploy makes of a master candidate, and tell the broker of their jobs."""
    rabbit.ctl("eval", f'rabbit_networking:start_tcp_listener({{"{lab.gateway}", 5672}}, 10).')
    for words in deploying.orders_of_the_broker(CLUSTER):
        rabbit.ctl(*words, *([rabbit.password] if words[0] == "add_user" else []))
    for node in lab.nodes:
        _secrets(lab, node, rabbit)
        script = deploying.chapter_of_a_master().replace(
            "systemctl daemon-reload\n",
            METRICS.format(port=SHOWN, address=lab.addresses[node.name]) + "systemctl daemon-reload\n",
        )
        deploying.carry_out(node, script, CLUSTER=CLUSTER, MQ_HOST=lab.gateway)


def leave(rabbit: RabbitServer) -> None:
    """The broker, which may be others' too, forgets them."""
    rabbit.ctl("delete_user", f"eventd-{CLUSTER}")


def _secrets(lab: Lab, node: Node, rabbit: RabbitServer) -> None:
    """What the operator carries there."""
    place = f"/root/synnefo/{CLUSTER}"
    lines = f"echo {lab.password} > {place}.rapi-password; echo {rabbit.password} > {place}.rabbit-password"
    deploying.carry_out(node, f"install -d -m 0700 /root/synnefo; {lines}")
