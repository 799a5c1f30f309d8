"""A lab's wires: a bridge of its own without any way out, and on it each node's own bridge and this machine.

Tenants' networks of the mode ``bridged`` are on the same wire, so this machine can be their gateway. Several labs may be up at
once, each with a number: the name of its bridge is what reserves it.
"""

import contextlib
from pathlib import Path
from typing import Any, Final, Self

from synnefo.testing.lab.node import Node
from synnefo.testing.processes import NotReady
from synnefo.testing.running import run

NODES: Final = 9
LABS: Final = 100
INNER: Final = "br0"  # the bridge on a node, which its guests are on


class Wires:
    """Of the lab of a number. ``cluster`` is the cluster's own address, held by its master; ``ours`` this machine's."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.bridge, self._net = f"snflab{number}", f"10.155.{number}"
        self.cluster, self.ours = f"{self._net}.1", f"{self._net}.254"

    @classmethod
    def lay(cls) -> Self:
        """The bridge on this machine, of the first number that is free. Raises :class:`NotReady`."""
        for number in range(LABS):
            made = cls(number)
            with contextlib.suppress(NotReady):
                _ip("link", "add", made.bridge, "type", "bridge")
                made._set_up()
                return made
        raise NotReady("no bridge can be made on this machine")

    def _set_up(self) -> None:
        _ip("link", "set", self.bridge, "address", "02:9e:00:00:00:fe")  # else it changes with every tap
        _ip("addr", "add", f"{self.ours}/24", "dev", self.bridge)
        _ip("link", "set", self.bridge, "up")

    @property
    def subnet(self) -> dict[str, Any]:
        """Of the guests on the nodes' bridges, as the columns of a subnet of ours."""
        pool = [f"{self._net}.100", f"{self._net}.199"]
        return {"cidr": f"{self._net}.0/24", "gateway": self.ours, "pools": [pool], "dns_nameservers": []}

    def address(self, number: int) -> str:
        """The node's."""
        return f"{self._net}.1{number}"

    def plug(self, node: Node) -> None:
        """The node's wire to the bridge, and its own bridge."""
        outside = f"{self.bridge}n{node.number}"
        _ip("link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", str(node.pid))
        _ip("link", "set", outside, "master", self.bridge, "up")
        node.run("ip", "link", "add", INNER, "type", "bridge")
        node.run("ip", "link", "set", INNER, "address", f"02:9e:00:00:00:0{node.number}")
        node.run("ip", "link", "set", "eth0", "master", INNER, "up")
        node.run("ip", "addr", "add", f"{self.address(node.number)}/24", "dev", INNER)
        node.run("ip", "link", "set", INNER, "up")
        node.run("ip", "route", "add", "default", "via", self.ours)
        node.run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")

    def remove(self) -> None:
        """And the nodes' wires with it: the kernel takes its time to end those of a namespace that is no more."""
        for link in Path("/sys/class/net").glob(f"{self.bridge}*"):
            if link.name.removeprefix(self.bridge)[:1] in {"", "n"}:
                with contextlib.suppress(NotReady):
                    _ip("link", "del", link.name)


def _ip(*words: str) -> None:
    run(["ip", *words], within=10.0)
