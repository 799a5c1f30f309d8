"""What a cloud on the lab goes by, and images for its guests. What of ours runs on the nodes is put there by ``deploying``.

Called by ``holding`` and by tests. The event daemon is the cloud's affair, or a test's: it reads the node's files from here.
"""

import json
import shutil
from pathlib import Path
from typing import Any, Final

import msgspec

from logic import clock
from synnefo.standalone.clouds import write_private
from synnefo.testing.embedded import ROOT
from synnefo.testing.guests import Image, guest
from synnefo.testing.lab import deploying
from synnefo.testing.lab.cluster import Lab
from synnefo.testing.lab.node import Node

CLUSTER: Final = "ganeti1"  # our name of it
NODES_PORT: Final = 8779
SETTINGS: Final = {  # of a cloud on it
    "GANETI_OS_PROVIDER": "synnefo-image+default",
    "GANETI_DISK_TEMPLATE": "file",
    "GANETI_HYPERVISOR": "kvm",
    "GANETI_SHUTDOWN_TIMEOUT": "20",
}
ASKED: Final = {"SECURITY_GROUPS": "true"}  # where nodes ask it what is wanted of their interfaces
IMAGE: Final = "guest"  # its name on the nodes
GUEST: Final = "5a9c0d4e-6b1f-4c1e-9a57-0d0c2f6e12ff"  # and in the API
PRIVATE: Final = "7c4d1b8e-3f52-4a0b-8e6d-5b1a9f0e2399"  # a network, and its subnet
ALONE: Final = {
    "name": "private", "description": "Shares the nodes' bridge, told apart by its MACs", "is_default": False,
    "flavor": "MAC_FILTERED", "mac_prefix": "aa:00:07",
}  # fmt: skip
INSIDE: Final = {"name": "private-v4", "cidr": "10.44.0.0/24", "gateway": "", "pools": [["10.44.0.10", "10.44.0.99"]]}
IMAGES: Final = "/srv/synnefo/images"


def node(made: Node) -> None:
    """A master that runs guests, with an image."""
    deploying.software(made)
    deploying.master(made)
    deploying.guests(made)
    deploying.images(made)
    bring(made, IMAGE, guest().raw)


def interfaces(lab: Lab) -> str:
    """The nodes ask a cloud on this machine what is wanted of their interfaces, and for uploaded images; by which key."""
    key, (host, port) = clock.new_token(), nodes_ask(lab)
    deploying.interfaces(lab.master, f"http://{host}:{port}", key)
    deploying.uploads(lab.master, f"http://{host}:{port}")
    return key


def no_interfaces(lab: Lab) -> None:
    """The reverse: nobody asks, and nothing is closed for want of an answer."""
    lab.master.run("sh", "-c", "pkill -f [s]nf-interfaces; rm -rf /var/lib/synnefo/firewalls")


def nodes_ask(lab: Lab) -> tuple[str, int]:
    """Where."""
    return lab.gateway, NODES_PORT


def write_place(lab: Lab, file: Path, key: str = "") -> None:
    """Which cluster it is, as ``manage.py standalone --ganeti`` takes it. ``key``: its nodes ask by it."""
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
        "nodes_ask": nodes_ask(lab) if key else None,
        "node_key": key,
        "fixtures": [str(fixture)],
        "image": IMAGE,
        "flavor": "m1.tiny",
    }
    write_private(file, msgspec.json.encode(place).decode() + "\n")


def bring(node: Node, name: str, image: Image) -> None:
    """An image, where the OS definition finds it by this name."""
    folder = node.root / "srv" / Path(IMAGES).relative_to("/srv")
    shutil.copyfile(image.path, folder / name)
    (folder / f"{name}.sha256").write_text(f"{image.sha256}  {name}\n")


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
