"""A simulated Ganeti with any number of instances, as a process of its own over HTTPS, and the rows that belong to them.

``resync`` looks at it. The instances are written into the simulator's store before it starts: building them one by one
would take hours, as on a real cluster.
"""

import contextlib
import re
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import msgspec

from ganeti.https import RequestsTransport
from ganeti.simulator.model import Disk, Instance, Nic
from ganeti.simulator.opening import opened
from ganeti.simulator.settings import NodeSpec, Settings
from ganeti.simulator.store import Changes, SqliteStore
from ganeti.vocabulary import instance_name, nic_name, server_tag
from logic.compute.models import Server
from logic.network.models import Network, Port
from logic.placement.models import Backend
from synnefo.testing.embedded import ROOT
from synnefo.testing.processes import Daemon

CLUSTER, PREFIX, NODE = "full", "snf-", "node1.ganeti.local"
READY = re.compile(r"is ready: (\S+) certificate=(\S+) users=(\S+)")
_SPACE = uuid.UUID("00000000-0000-4000-8000-00000000beef")


class Running(msgspec.Struct, frozen=True):
    """A simulator that answers: its cluster's UUID, and a transport to it."""

    incarnation: str
    transport: RequestsTransport


@contextlib.contextmanager
def running(instances: int) -> Iterator[Running]:
    """A cluster with so many instances."""
    with tempfile.TemporaryDirectory(prefix="synnefo-full-") as folder:
        incarnation = _filled(Path(folder) / "ganeti", instances)
        daemon = _daemon(Path(folder))
        daemon.start()
        try:
            yield Running(incarnation, _transport(daemon))
        finally:
            daemon.kill()


def _filled(directory: Path, instances: int) -> str:
    with opened(directory, Settings(nodes=(NodeSpec(name=NODE),)), seed=1) as cluster:
        incarnation = cluster.uuid
    store = SqliteStore(directory / "cluster.db")
    made = [_instance(number) for number in range(1, instances + 1)]
    store.save(Changes(instances={one.uuid: one for one in made}))
    store.close()
    return incarnation


def _daemon(folder: Path) -> Daemon:
    words = ["-m", "ganeti.simulator", "--dir", str(folder / "ganeti"), "--port", "0", "--node", NODE]
    log = folder / "simulator.log"
    return Daemon(
        [sys.executable, *words],
        user="root",
        log=log,
        ready=lambda: bool(READY.search(log.read_text())),
        directory=ROOT,
        environment={"PATH": "/usr/bin:/bin"},
    )


def _transport(daemon: Daemon) -> RequestsTransport:
    said = READY.search(daemon.tail())
    assert said, "the simulator has said that it is ready"
    endpoint, certificate, users = said.groups()
    user, password, _ = Path(users).read_text().split(maxsplit=2)
    return RequestsTransport(endpoint, user, password, ca_file=certificate)


def id_of(kind: str, number: int) -> str:
    """Of a server, its port or its instance: the same here and there."""
    return str(uuid.uuid5(_SPACE, f"{kind} {number}"))


def _instance(number: int) -> Instance:
    mac = f"aa:00:{number >> 24 & 255:02x}:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
    nic = Nic(uuid=id_of("nic", number), mac=mac, name=nic_name(PREFIX, id_of("port", number)), link="br0")
    return Instance(
        name=instance_name(PREFIX, number),
        uuid=id_of("instance", number),
        node=NODE,
        os="noop",
        disk_template="file",
        hypervisor="kvm",
        ctime=0.0,
        mtime=0.0,
        admin_state="up",
        running=True,
        disks=[Disk(uuid=id_of("disk", number), size=1024)],
        nics=[nic],
        beparams={"minmem": 512, "maxmem": 512, "vcpus": 1},
        tags=[server_tag(id_of("server", number))],
    )


def rows(instances: int, incarnation: str) -> None:
    """Servers and ports as they are when everything has been seen."""
    backend = Backend.objects.create(name=CLUSTER, endpoint="https://127.0.0.1:1", incarnation=incarnation)
    network = Network.objects.create(name="bench")
    here = {"backend": backend, "incarnation": incarnation, "project": "0" * 32}
    servers = (
        Server(
            id=id_of("server", number), number=number, name=f"full-{number}", user="bench", flavor_id="1",
            flavor_name="f", vcpus=1, ram=512, disk=1, observed="running", backend_uuid=id_of("instance", number), **here,
        )
        for number in range(1, instances + 1)
    )  # fmt: skip
    ports = (
        Port(
            id=id_of("port", number), network=network, device=id_of("server", number), owned=True, mac=f"{number:017d}",
            observed="plugged", backend_uuid=id_of("nic", number), **here,
        )
        for number in range(1, instances + 1)
    )  # fmt: skip
    Server.objects.bulk_create(servers, batch_size=1000)
    Port.objects.bulk_create(ports, batch_size=1000)
