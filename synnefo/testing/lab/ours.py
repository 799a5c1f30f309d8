"""What of ours a Ganeti node runs, put where an operator puts it (README.deploy, GANETI-MASTER and GANETI-NODE): the hook, the
ifup, the server of addresses, the OS definition and images. And what a cloud on it goes by.

Called by ``holding`` and by tests. The event daemon is the cloud's affair, or a test's: it reads the node's files from here.
"""

import json
import shutil
from pathlib import Path
from typing import Any, Final

import msgspec

from synnefo.standalone.clouds import write_private
from synnefo.testing.embedded import ROOT
from synnefo.testing.guests import Image, guest
from synnefo.testing.lab.cluster import Lab
from synnefo.testing.lab.node import Node
from synnefo.testing.processes import Daemon

HOOKED: Final = ("add", "modify", "reboot", "start", "stop", "remove")
LINK: Final = "50-snf-ganeti-hook"
CLUSTER: Final = "ganeti1"  # our name of it
SETTINGS: Final = {  # of a cloud on it
    "GANETI_OS_PROVIDER": "synnefo-image+default",
    "GANETI_DISK_TEMPLATE": "file",
    "GANETI_HYPERVISOR": "kvm",
    "GANETI_SHUTDOWN_TIMEOUT": "20",
}
HOOKS: Final = ROOT / "contrib" / "ganeti-hooks"
IMAGE: Final = "guest"  # its name on the nodes
GUEST: Final = "5a9c0d4e-6b1f-4c1e-9a57-0d0c2f6e12ff"  # and in the API
PRIVATE: Final = "7c4d1b8e-3f52-4a0b-8e6d-5b1a9f0e2399"  # a network, and its subnet
ALONE: Final = {
    "name": "private", "description": "Shares the nodes' bridge, told apart by its MACs", "is_default": False,
    "flavor": "MAC_FILTERED", "mac_prefix": "aa:00:07",
}  # fmt: skip
INSIDE: Final = {"name": "private-v4", "cidr": "10.44.0.0/24", "gateway": "", "pools": [["10.44.0.10", "10.44.0.99"]]}
IMAGES: Final = "/srv/synnefo/images"


def hook(node: Node) -> None:
    """Each kind of job leaves a note of the instance's interfaces in the node's spool."""
    node.run("mkdir", "-p", "/var/spool/synnefo/ganeti")
    for kind in HOOKED:
        folder = f"/etc/ganeti/hooks/instance-{kind}-post.d"
        node.run("mkdir", "-p", folder)
        node.run("ln", "-sf", str(ROOT / "ganeti" / "snf-ganeti-hook"), f"{folder}/{LINK}")


def write_place(lab: Lab, file: Path) -> None:
    """Which cluster it is, as ``manage.py standalone --ganeti`` takes it."""
    state, fixture = lab.master.root, file.with_name("fixture.json")
    write_fixture(lab, fixture)
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
        "fixtures": [str(fixture)],
        "image": IMAGE,
        "flavor": "m1.tiny",
    }
    write_private(file, msgspec.json.encode(place).decode() + "\n")


def definition(node: Node) -> None:
    """The OS definition. Images have to be brought."""
    ours = ROOT / "contrib" / "ganeti-os" / "synnefo-image"
    node.run("mkdir", "-p", "/srv/ganeti/os", IMAGES)
    node.run("ln", "-sfn", str(ours), f"/srv/ganeti/os/{ours.name}")


def bring(node: Node, name: str, image: Image) -> None:
    """An image, where the OS definition finds it by this name."""
    folder = node.root / "srv" / Path(IMAGES).relative_to("/srv")
    shutil.copyfile(image.path, folder / name)
    (folder / f"{name}.sha256").write_text(f"{image.sha256}  {name}\n")


def guests(node: Node) -> Daemon:
    """What guests need: the ifup, the OS definition, an image, and the server of addresses, which is not yet started."""
    node.run("ln", "-sfn", str(HOOKS / "kvm-vif-bridge"), "/etc/ganeti/kvm-vif-bridge")
    node.run("mkdir", "-p", "/var/lib/nfdhcpd")
    definition(node)
    bring(node, IMAGE, guest().raw)
    return Daemon(
        node.command(str(HOOKS / "snf-leases")),
        user="root",
        log=node.root / "leases.log",
        ready=lambda: True,
    )


def write_fixture(lab: Lab, file: Path) -> None:
    """What a cloud on it has beside the usual: the guest's image, a default network whose addresses are the lab's own, and a
    private one. Both are made on it when the first server goes there."""
    image = guest().raw
    rows = json.loads((ROOT / "fixtures" / "images.json").read_text())[:1]
    rows += json.loads((ROOT / "fixtures" / "networks.json").read_text())
    (about,) = [row for row in rows if row["model"] == "image.image"]
    about["pk"] = GUEST
    about["fields"] |= {
        "name": IMAGE, "backend_name": IMAGE, "min_ram": 128, "min_disk": 1, "hash_algo": "sha256", "hash_value": image.sha256,
        "properties": {"architecture": "x86_64", "os_type": "linux"}, "tags": [], "size": image.path.stat().st_size,
    }  # fmt: skip
    (subnet,) = [row for row in rows if row["model"] == "network.subnet"]
    (network,) = [row for row in rows if row["model"] == "network.network"]
    rows += [
        network | {"pk": PRIVATE, "fields": network["fields"] | ALONE},
        subnet | {"pk": PRIVATE, "fields": subnet["fields"] | INSIDE | {"network": PRIVATE}},
    ]
    subnet["fields"] |= lab.subnet
    network["fields"]["flavor"] = "CUSTOM"
    file.write_text(json.dumps(rows))
