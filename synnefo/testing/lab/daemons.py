"""Ganeti's daemons on a node of the lab: those that do not run are started, one by one.

Called by ``cluster``. ``daemon-util start-all`` takes it for a failure that kvmd ends by itself and that noded starts metad on
demand.
"""

from typing import Final

from synnefo.testing.lab.node import Node
from synnefo.testing.processes import NotReady

UTIL: Final = "/usr/lib/ganeti/daemon-util"
BY_THEMSELVES: Final = frozenset({"ganeti-kvmd", "ganeti-metad"})


def start(node: Node) -> None:
    """What has to run, runs. Raises :class:`NotReady`."""
    for name in node.run(UTIL, "list-start-daemons").split():
        if name not in BY_THEMSELVES and not runs(node, name):
            node.run(UTIL, "start", name)


def stop(node: Node, *names: str) -> None:
    for name in names:
        node.run(UTIL, "stop", name)


def runs(node: Node, name: str) -> bool:
    try:
        node.run(UTIL, "check", name)
    except NotReady:
        return False
    return True
