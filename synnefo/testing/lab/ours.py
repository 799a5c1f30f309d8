"""What of ours a Ganeti master runs, put where an operator puts it (README.deploy, GANETI-MASTER): the hook, by symlinks, and
the event daemon. And what a cloud on it goes by.

Called by ``holding`` and by tests. The event daemon is a process of this machine that reads the node's files.
"""

import re
import sys
from pathlib import Path
from typing import Any, Final

import msgspec

from synnefo.standalone.clouds import write_private
from synnefo.testing.embedded import ROOT
from synnefo.testing.lab.cluster import Lab
from synnefo.testing.lab.node import Node
from synnefo.testing.processes import Daemon
from synnefo.testing.rabbitmq import RabbitServer

HOOKED: Final = ("add", "modify", "reboot", "start", "stop", "remove")
LINK: Final = "50-snf-ganeti-hook"
CLUSTER: Final = "ganeti1"  # our name of it
SETTINGS: Final = {"GANETI_OS_PROVIDER": "noop", "GANETI_DISK_TEMPLATE": "file"}  # of a cloud on it
CONNECTED: Final = re.compile(r"eventd\.connected")


def hook(node: Node) -> None:
    """Each kind of job leaves a note of the instance's interfaces in the node's spool."""
    node.run("mkdir", "-p", "/var/spool/synnefo/ganeti")
    for kind in HOOKED:
        folder = f"/etc/ganeti/hooks/instance-{kind}-post.d"
        node.run("mkdir", "-p", folder)
        node.run("ln", "-sf", str(ROOT / "ganeti" / "snf-ganeti-hook"), f"{folder}/{LINK}")


def write_place(lab: Lab, file: Path) -> None:
    """Which cluster it is, as ``manage.py standalone --ganeti`` takes it."""
    state = lab.master.root
    place: dict[str, Any] = {
        "name": CLUSTER,
        "endpoint": lab.endpoint,
        "username": lab.user,
        "password": lab.password,
        "ca_file": str(lab.certificate),
        "queue_dir": str(lab.queue),
        "config_data": str(state / "lib" / "config.data"),
        "spool_dir": str(state / "spool" / "synnefo" / "ganeti"),
        "nodes": lab.addresses,
    }
    write_private(file, msgspec.json.encode(place).decode() + "\n")


def eventd(node: Node, rabbit: RabbitServer, *, cluster: str, state: Path) -> Daemon:
    """The event daemon of a node, not yet started; ``cluster`` is our name of the backend."""
    state.mkdir(parents=True, exist_ok=True)
    log = state / "eventd.log"
    options = {
        "--cluster": cluster,
        "--queue-dir": node.root / "lib" / "queue",
        "--config-data": node.root / "lib" / "config.data",
        "--spool-dir": node.root / "spool" / "synnefo" / "ganeti",
        "--state-dir": state,
    }
    words = [str(word) for pair in options.items() for word in pair]
    return Daemon(
        [sys.executable, "-m", "ganeti.eventd", *words],
        user="root",
        log=log,
        ready=lambda: bool(CONNECTED.search(log.read_text(errors="replace"))),
        environment={"SYNNEFO_AMQP_URL": rabbit.url, "PATH": "/usr/bin:/bin"},
        directory=ROOT,
    )
