"""Which files a node of the lab sees in place of the machine's: its names, its Ganeti's state, whatever it writes.

Called by ``cluster`` for a node whose namespaces are there. What this machine reads too has a directory of the
node's own; of the rest the node sees the machine's, and what it writes stays with it.
"""

from pathlib import Path
from typing import Final

from synnefo.testing.lab.network import NODES, Wires
from synnefo.testing.lab.node import DOMAIN, Node
from synnefo.testing.running import run

OVER: Final = ("/etc", "/opt", "/root", "/usr/local", "/var")
OWN: Final = {  # where on the node: its name under the node's root
    "/var/lib/ganeti": "lib",
    "/var/log/ganeti": "log",
    "/var/spool": "spool",
    "/run": "run",
    "/srv": "srv",
}
STORAGE: Final = "/srv/ganeti/file-storage"
SHARED: Final = "/srv/ganeti/shared-file-storage"
HOST_KEY: Final = "/etc/ssh/ssh_host_rsa_key"


def give(node: Node, wires: Wires, shared: Path) -> None:
    """Mount the node's own files. ``shared`` is the storage that all nodes see."""
    for place, text in _texts(node, wires).items():
        write(node, place, text)
    _key(node)
    for place in OVER:
        upper, work = node.root / "over" / place[1:], node.root / "work" / place[1:]
        upper.mkdir(parents=True, exist_ok=True)
        work.mkdir(parents=True)
        layers = f"lowerdir={place},upperdir={upper},workdir={work}"
        node.run("mount", "-t", "overlay", "overlay", "-o", layers, place)
    for place, name in OWN.items():
        (node.root / name).mkdir()
        node.run("mount", "--bind", str(node.root / name), place)
    node.run("mount", "-t", "sysfs", "sysfs", "/sys")
    node.run("mkdir", "-p", "/run/lock", "/run/sshd", "/run/ganeti", "/etc/ganeti/hooks", STORAGE, SHARED)
    node.run("mount", "--bind", str(shared), SHARED)


def write(node: Node, place: str, text: str) -> None:
    """A file below one of ``OVER``, before they are mounted."""
    own = node.root / "over" / place[1:]
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text(text)


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
        "/etc/ganeti/file-storage-paths": f"{STORAGE}\n{SHARED}\n",
    }


def _key(node: Node) -> None:
    """A host key of ssh, which ``gnt-cluster init`` wants to see."""
    key = node.root / "over" / HOST_KEY[1:]
    key.parent.mkdir(parents=True)
    run(["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", str(key)], within=30.0)
