"""A node of the lab is made one of ours as README.deploy says: its blocks are carried out there, as they stand.

Called by ``ours`` and by the tests of the page. Two commands are others on a node (``commands``): its packages are the machine's,
and no systemd runs there (``units``). The software is this checkout, seen at its place.
"""

import re
from typing import Final

from synnefo.testing.embedded import ROOT
from synnefo.testing.lab.node import QEMU, Node
from synnefo.testing.readme import block, shell
from synnefo.testing.running import run

PLACE: Final = "/opt/synnefo"
BROKER, MASTER, GUESTS = "3.", "8.", "9."  # sections: broker, master, node with guests
GROUPS, UPLOADS = "15.", "17."  # security groups, what tenants upload
WITHIN: Final = 300.0  # seconds that a block may take
COMMANDS: Final = f"export PATH={PLACE}/synnefo/testing/lab/commands:$PATH\n"


def software(node: Node) -> None:
    """The checkout, and the user it runs as. May be done again."""
    node.run("mkdir", "-p", PLACE)
    node.run("mount", "--bind", "-o", "ro", str(ROOT), PLACE)
    node.run("chmod", "a+x", "/root")  # the node's own; a Python that its root has installed is the checkout's too
    for line in block("4.", "git clone").splitlines():
        if line.startswith(("id ", "install ")):
            carry_out(node, line)


def carry_out(node: Node, script: str, **names: str) -> str:
    """With the names of section 1, of which these are others. What it prints. Raises :class:`NotReady` when it fails."""
    others = "".join(f"export {name}={value}\n" for name, value in names.items())
    return node.run("bash", "-c", shell("1.") + others + COMMANDS + script, within=WITHIN)


def chapter_of_a_master() -> str:
    """All of it, in one."""
    return shell(MASTER)


def orders_of_the_broker(cluster: str) -> list[list[str]]:
    """What the chapter of the broker has ``rabbitmqctl`` do for a cluster, as a shell understands it."""
    lines = re.sub(r" < .*", "", block(BROKER, 'add_user "eventd-$CLUSTER"'))
    told = f"CLUSTER={cluster}; rabbitmqctl() {{ printf '%s\t' \"$@\"; echo; }}\n{lines}"
    return [line.rstrip("\t").split("\t") for line in run(["bash", "-c", told], within=20.0).splitlines()]


def master(node: Node) -> None:
    """The hook."""
    carry_out(node, block(MASTER, "instance-$operation-post.d"))


def images(node: Node) -> None:
    """The OS definition."""
    carry_out(node, block(GUESTS, "ganeti-os/synnefo-image"))


def interfaces(node: Node, api: str, key: str) -> None:
    """The agent that asks this API, which here may be without TLS: the wires are ours."""
    kept = f"install -d -m 0700 /root/synnefo; (umask 077; echo {key} > /root/synnefo/$CLUSTER.node-key)\n"
    told = block(GROUPS, "enable --now synnefo-interfaces").replace("https://$API_HOST", f"{api} PLAIN=yes")
    carry_out(node, kept + told)


def uploads(node: Node, api: str) -> None:
    """The OS definition asks this API for what tenants upload, by the key that the agent shows it."""
    told = block(UPLOADS, "/etc/default/synnefo-image").replace("https://$API_HOST", api)
    carry_out(node, f"{told}\necho PLAIN=yes >> /etc/default/synnefo-image\n")


def logs(node: Node) -> None:
    """The cluster of this master has QEMU keep logs, once all its nodes have what keeps them short."""
    parameters = f"kvm:kvm_path={PLACE}/contrib/ganeti-hooks/snf-kvm,serial_console=true"
    node.run("gnt-cluster", "modify", "--hypervisor-parameters", parameters)


def guests(node: Node) -> None:
    """The ifup, the server of addresses and that of console logs."""
    carry_out(node, block(GUESTS, "kvm-vif-bridge /etc/ganeti"))
    carry_out(node, block(GUESTS, "enable --now synnefo-leases"))
    carry_out(node, block(GUESTS, "enable --now synnefo-console-log"))
    node.run("sh", "-c", f"echo KVM={QEMU} > /etc/default/synnefo-kvm")
