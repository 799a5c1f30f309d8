"""Which files a node of the lab sees in place of the machine's: its names, its Ganeti's state, its key.

Called by ``cluster`` for a node whose namespaces are there. All are directories and files under the node's own, mounted over
the machine's within the node's namespace only.
"""

import shutil
from pathlib import Path
from typing import Final

from synnefo.testing.lab.network import NODES, Wires
from synnefo.testing.lab.node import DOMAIN, Node
from synnefo.testing.running import run

OWN: Final = {  # where on the node: its name under the node's root
    "/var/lib/ganeti": "lib",
    "/var/log/ganeti": "log",
    "/run": "run",
    "/etc/ganeti": "etc",
    "/srv": "srv",
    "/etc/ssh": "ssh",
    "/var/spool": "spool",
}
FURNISHED: Final = ("/etc/ganeti",)  # the package's links to the version of Ganeti that is installed
STORAGE: Final = "/srv/ganeti/file-storage"
SHARED: Final = "/srv/ganeti/shared-file-storage"


def give(node: Node, wires: Wires, shared: Path) -> None:
    """Mount the node's own files. ``shared`` is the storage that all nodes see."""
    for place, name in OWN.items():
        own = node.root / name
        if place in FURNISHED:
            shutil.copytree(place, own, symlinks=True)
        own.mkdir(exist_ok=True)
        node.run("mount", "--bind", str(own), place)
    node.run("mount", "-t", "sysfs", "sysfs", "/sys")
    for place, text in _texts(node, wires).items():
        own = node.root / place.strip("/").replace("/", "-")
        own.write_text(text)
        node.run("mount", "--bind", str(own), place)
    node.run("mkdir", "-p", "/run/lock", "/run/sshd", "/run/ganeti", STORAGE, SHARED, "/etc/ganeti/hooks")
    node.run("mount", "--bind", str(shared), SHARED)
    (node.root / "etc" / "file-storage-paths").write_text(f"{STORAGE}\n{SHARED}\n")


def _texts(node: Node, wires: Wires) -> dict[str, str]:
    """No name is asked for outside; Ganeti's daemons listen on the node's own address."""
    here = wires.address(node.number)
    names = [f"127.0.0.1 localhost\n{wires.cluster} cluster.{DOMAIN} cluster\n"]
    names += [f"{wires.address(number)} node{number}.{DOMAIN} node{number}\n" for number in range(1, NODES + 1)]
    bound = "".join(f"{name}_ARGS='-b {here}'\n" for name in ("CONFD", "MOND"))
    others = "".join(f"{name}_ARGS=''\n" for name in ("WCONFD", "LUXID", "KVMD"))
    rapi = f"RAPI_ARGS='-b {here} --require-authentication'\n"
    return {
        "/etc/hosts": "".join(names),
        "/etc/resolv.conf": "nameserver 127.0.0.1\n",
        "/etc/nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files\n",
        "/etc/default/ganeti": f"NODED_ARGS='--no-mlock -b {here}'\n{bound}{others}{rapi}",
    }


def keys(node: Node) -> None:
    """A host key of ssh, which ``gnt-cluster init`` wants to see."""
    key = node.root / "ssh" / "ssh_host_rsa_key"
    run(["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", str(key)], within=30.0)
