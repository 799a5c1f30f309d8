"""Further nodes of a lab become members of its cluster: their ssh, by which Ganeti takes them in, and the taking in.

Called by ``cluster``. The keys are made with the lab and go with it; no key of the machine is seen on a node.
"""

import shutil
from pathlib import Path
from typing import Final

from synnefo.testing.lab.node import Node
from synnefo.testing.running import run

HOST_KEY: Final = "ssh_host_rsa_key"  # which `gnt-cluster init` wants to see
DAEMON: Final = (
    "/usr/sbin/sshd", "-f", "/dev/null", "-h", f"/etc/ssh/{HOST_KEY}", "-o", "PermitRootLogin=prohibit-password",
    "-o", "UseDNS=no",
)  # fmt: skip


def make_keys(folder: Path) -> Path:
    """Root's, whom each node lets in, and the hosts'."""
    for name in ("root", "host"):
        (folder / name).mkdir(parents=True)
    _generate("ed25519", folder / "root" / "id_ed25519")
    shutil.copyfile(folder / "root" / "id_ed25519.pub", folder / "root" / "authorized_keys")
    _generate("rsa", folder / "host" / HOST_KEY)
    return folder


def _generate(kind: str, file: Path) -> None:
    run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(file)], within=30.0)


def join(master: Node, others: list[Node], addresses: dict[str, str]) -> None:
    """Each is a member then, and a candidate for master. Raises :class:`NotReady`."""
    for node in [master, *others] if others else []:
        node.run(*DAEMON, "-o", f"ListenAddress={addresses[node.name]}")
    for node in others:
        master.run("gnt-node", "add", "--no-ssh-key-check", node.name, within=120.0)
