"""What Ganeti tells its hooks, recorded on a lab and scrubbed: the data of ``ganeti/tests/environments``.

``recorded`` takes one instance with an interface of every kind through its life, with a hook that keeps its environment. What
differs from one run to the next (UUIDs, MACs, the order of tags) has an invented value in its place, the same for the same, so
that a recording can be compared with the last one. To write a new one, from the root of the sources and as root::

    python -c 'from synnefo.testing.lab.recording import renew; renew()'
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from synnefo.testing.embedded import ROOT
from synnefo.testing.lab import ours
from synnefo.testing.lab.cluster import Lab
from synnefo.testing.lab.node import Node

FOLDER: Final = ROOT / "ganeti" / "tests" / "environments"
INSTANCE: Final = "snf-8000"
INSIDE: Final = "/var/spool/recorded"
NETWORKS: Final = {  # name: its range, and how it joins the nodes
    "rec-bridged": ("192.0.2.0/24", "192.0.2.1", "mode=bridged,link=br0"),
    "rec-routed": ("198.51.100.0/24", "198.51.100.1", "mode=routed,link=100"),
    "rec-switched": ("203.0.113.0/24", "203.0.113.1", "mode=openvswitch,link=switch1,vlan=.20"),
}
NICS: Final = (
    "name=snf-nic-plain",
    "name=snf-nic-on-network,network=rec-bridged,ip=pool",
    "mode=routed,link=100,ip=198.51.100.200",
    "mode=bridged,link=br0,vlan=.10",
    "mode=openvswitch,link=switch1,vlan=.10:20",
    "network=rec-routed,ip=pool",
    "network=rec-switched,ip=pool",
)
LIFE: Final = {  # hook: what is done
    "instance-add": ("add", "-t", "file", "-s", "64M", "-o", "noop", "-H", "fake", "--no-name-check", "--no-ip-check",
                     "--no-conflicts-check", *(f"--net={place}:{nic}" for place, nic in enumerate(NICS)),
                     "--tags=synnefo:server:1,owner:alice", "-n"),
    "instance-stop": ("stop", "--timeout=1"),
    "instance-start": ("start",),
    "instance-reboot": ("reboot", "--shutdown-timeout=1"),
    "instance-modify": ("modify", "--net", "0:remove", "--net", "0:modify,ip=192.0.2.77", "-B", "vcpus=2"),
    "instance-remove": ("remove", "--force", "--shutdown-timeout=1"),
}  # fmt: skip
_DUMP: Final = f'#!/bin/sh\nenv | grep ^GANETI_ | LC_ALL=C sort > "{INSIDE}/$GANETI_HOOKS_PATH"\n'
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TAGS: Final = re.compile(r"(?<=_TAGS=).*")  # in no order
_MAC: Final = re.compile(r"aa:00:00:[0-9a-f:]{8}")


def listen(node: Node) -> None:
    """Have the environment of each hook of instances kept on the node."""
    node.run("mkdir", "-p", INSIDE)
    for path in LIFE:
        folder = f"/etc/ganeti/hooks/{path}-post.d"
        node.run("mkdir", "-p", folder)
        node.run("sh", "-c", f"printf '%s' '{_DUMP}' > {folder}/40-record && chmod 755 {folder}/40-record")


def networks(node: Node) -> None:
    """Those that the instance's interfaces are on."""
    for name, (cidr, gateway, parameters) in NETWORKS.items():
        node.run("gnt-network", "add", f"--network={cidr}", f"--gateway={gateway}", f"--tags=kind:{name}", name)
        node.run("gnt-network", "connect", "--no-conflicts-check", f"--nic-parameters={parameters}", name)


def forget(node: Node) -> None:
    """Networks and hook are taken away again."""
    for name in NETWORKS:
        node.run("gnt-network", "disconnect", name)
        node.run("gnt-network", "remove", name)
    for path in LIFE:
        node.run("rm", "-f", f"/etc/ganeti/hooks/{path}-post.d/40-record")


def live(node: Node, step: Callable[[str], None]) -> None:
    """The instance's life; ``step`` is told each hook when its job has ended."""
    for path, words in LIFE.items():
        where = (node.name,) if path == "instance-add" else ()
        node.run("gnt-instance", *words, *where, INSTANCE)
        step(path)


def scrubbed(lab: Lab) -> dict[str, str]:
    """What was kept, by the hook, in the order of the instance's life."""
    known: dict[str, str] = {}
    folder = lab.master.root / "spool" / "recorded"
    return {path: _scrub((folder / path).read_text(), known) for path in LIFE}


def _scrub(text: str, known: dict[str, str]) -> str:
    for pattern, invented in ((_UUID, "00000000-0000-4000-8000-{:012x}"), (_MAC, "aa:00:00:00:00:{:02x}")):
        for found in pattern.findall(text):
            known.setdefault(found, invented.format(len(known) + 1))
    for found, invented in known.items():
        text = text.replace(found, invented)
    return _TAGS.sub(lambda found: " ".join(sorted(found[0].split())), text)


def recorded(lab: Lab, step: Callable[[str], None]) -> dict[str, str]:
    """Environments by hook."""
    listen(lab.master)
    networks(lab.master)
    try:
        live(lab.master, step)
        return scrubbed(lab)
    finally:
        forget(lab.master)


def renew(folder: Path = FOLDER) -> None:
    """On a lab of its own."""
    with Lab() as lab:
        ours.node(lab.master)
        for path, text in recorded(lab, lambda _: None).items():
            (folder / f"{path}.env").write_text(text)
