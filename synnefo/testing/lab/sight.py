"""Which files a node of the lab sees in place of the machine's: its names, its Ganeti's state, whatever it writes.

Called by ``cluster`` for a node whose namespaces are there. What this machine reads too has a directory of the
node's own; of the rest the node sees the machine's, and what it writes stays with it.
"""

import shutil
from pathlib import Path
from typing import Final

from synnefo.testing.lab.network import NODES, Wires
from synnefo.testing.lab.node import DOMAIN, Node

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
DEFAULTS: Final = """\
NODED_ARGS='--no-mlock'
RAPI_ARGS='--require-authentication'
# Without systemd, a daemon's own user owns the file with its process id, beside which Debian's start-stop-daemon starts nothing.
start-stop-daemon() {
    if [ "$1" = --start ] && [ -e "$5" ]; then
        kill -0 "$(cat "$5")" 2>/dev/null && return
        rm "$5"
    fi
    command start-stop-daemon "$@"
}
"""  # daemon-util reads it as a part of itself


def give(node: Node, wires: Wires, shared: Path, secrets: Path) -> None:
    """Mount the node's own files. ``shared`` is the storage that all nodes see, ``secrets`` has their keys (``joining``)."""
    for place, text in _texts(wires).items():
        write(node, place, text)
    _keys(node, secrets)
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


def _texts(wires: Wires) -> dict[str, str]:
    """No name is asked for outside. Ganeti's daemons listen on all of the node's addresses, the cluster's own among them."""
    names = [f"127.0.0.1 localhost\n{wires.cluster} cluster.{DOMAIN} cluster\n"]
    names += [f"{wires.address(number)} node{number}.{DOMAIN} node{number}\n" for number in range(1, NODES + 1)]
    return {
        "/etc/hosts": "".join(names),
        "/etc/resolv.conf": "nameserver 127.0.0.1\n",
        "/etc/nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files\n",
        "/etc/default/ganeti": DEFAULTS,
        "/etc/ganeti/file-storage-paths": f"{STORAGE}\n{SHARED}\n",
    }


def _keys(node: Node, secrets: Path) -> None:
    """Root comes from each node to each other, and all are known by one host key, as Ganeti has it of its nodes."""
    for place, folder in (("/root/.ssh", "root"), ("/etc/ssh", "host")):
        own = node.root / "over" / place[1:]
        shutil.copytree(secrets / folder, own)
        own.chmod(0o700)
