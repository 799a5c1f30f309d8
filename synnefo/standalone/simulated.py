"""The embedded cloud's Ganeti: the simulator in ``var/ganeti``, reached by the real adapter through its transport, watched
by the real event daemon through its job files, with our real hook."""

import os
import sys
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django import conf

from ganeti import eventd
from ganeti.directory import QueueDirectory
from ganeti.nodes import Nodes
from ganeti.rapi import RapiClient
from ganeti.simulator import running
from ganeti.simulator.hooks import DirectoryRunner
from ganeti.simulator.opening import opened
from ganeti.simulator.settings import NodeSpec, Settings
from ganeti.simulator.simulator import Simulator
from ganeti.simulator.talking import SimulatedNode
from ganeti.simulator.transport import SimulatorTransport
from logic.backends.ganeti import GanetiBackend
from logic.bus import Bus
from logic.dispatcher.connections import Access
from logic.errors import NotFound
from logic.offload import Offload
from logic.placement import commands as placement
from logic.placement import queries
from synnefo.console.reaching import Find, Reaching
from synnefo.standalone import passwords
from synnefo.standalone.disks import Disks
from synnefo.standalone.screens import Screens

NAME = "simulator"
TEMPLATES = (
    "sharedfile",
    "file",
    "diskless",
)  # the first is what servers get: both nodes reach it, so that they can be moved
HOOKED = ("add", "modify", "reboot", "remove", "start", "stop")


class Simulated:
    """``directory`` is its ``/var/lib/ganeti``."""

    name = NAME

    def __init__(self, simulator: Simulator, directory: Path) -> None:
        self._simulator, self._directory = simulator, directory
        self.screens = Screens(simulator.screens)

    def register(self) -> None:
        """A cluster made anew is another incarnation."""
        try:
            row = queries.named(NAME)
        except NotFound:
            row = placement.add_backend(
                name=NAME,
                endpoint="simulator:",
                username="",
                password="",
                disk_template=TEMPLATES[0],
            )
        if not row.incarnation:
            placement.modify_backend(NAME, incarnation=self._simulator.uuid)
        if conf.settings.NODES_SET_PASSWORDS:
            self._simulator.listen(passwords.teller(NAME))

    def build(self, offload: Offload, prefix: str, access: Access) -> GanetiBackend:
        """The real adapter over the simulator's transport."""
        client = RapiClient(SimulatorTransport(self._simulator))
        nodes = Nodes(lambda _: SimulatedNode(self._simulator))
        return GanetiBackend(
            cluster=access.name,
            prefix=prefix,
            client=client,
            offload=offload,
            nodes=nodes,
            pauses=conf.settings.NODES_PAUSE,
        )

    def reaching(self, find: Find) -> Reaching:
        """The simulator's nodes are nowhere: screens are shown here."""
        return Reaching(find, self.screens.reach)

    def parts(self, offload: Offload, bus: Bus, prefix: str) -> Sequence[Coroutine[Any, Any, None]]:
        """Its time, and the event daemon."""
        watching = _watch(self._simulator, bus, self._directory, prefix)
        return [_turn(self._simulator, offload, self._directory), watching]


@contextmanager
def simulated(directory: Path) -> Iterator[Simulated]:
    """The simulator of this directory, made at the first start and found again at the next."""
    master = os.uname().nodename  # the hook writes on the master only, and asks the machine whether it is that
    nodes = (NodeSpec(name=master), NodeSpec(name="node2.ganeti.local"))
    settings = Settings(nodes=nodes, disk_templates=TEMPLATES, hooks=True, exports=True, archive_after=6 * 3600.0)
    with opened(directory, settings) as one:
        simulator = Simulator(one)
        made = Simulated(simulator, directory)
        try:
            yield made
        finally:
            made.screens.close()
            simulator.close()


async def _turn(simulator: Simulator, offload: Offload, directory: Path) -> None:
    """Let the cluster's time pass, running our hook where an operator would have symlinked it."""
    hooks, spool = directory / "hooks", directory / "spool"
    spool.mkdir(exist_ok=True)
    await offload.call(_link_hooks, hooks, spool)
    exporter = Disks(NAME, directory, offload).tell
    await running.run(simulator, offload, hooks=DirectoryRunner(hooks), exporter=exporter)


def _link_hooks(hooks: Path, spool: Path) -> None:
    """A launcher that runs the hook with this interpreter and our spool, linked for each kind of job."""
    hooks.mkdir(exist_ok=True)
    launcher = hooks / "snf-ganeti-hook"
    code = Path(eventd.__file__).with_name("hook.py")
    launcher.write_text(f"#!/bin/sh\nSYNNEFO_SPOOL_DIR={spool} exec {sys.executable} -S {code}\n")
    launcher.chmod(0o755)
    for kind in HOOKED:
        folder = hooks / f"instance-{kind}-post.d"
        folder.mkdir(exist_ok=True)
        link = folder / "synnefo"
        if not link.is_symlink():
            link.symlink_to(launcher)


async def _watch(simulator: Simulator, bus: Bus, directory: Path, prefix: str) -> None:
    """The event daemon."""
    options = eventd.Options(
        cluster=NAME,
        incarnation=simulator.uuid,
        prefix=prefix,
        spool_dir=directory / "spool",
        state_dir=directory / "eventd",
    )
    await eventd.run(options, bus=bus, directory=lambda: QueueDirectory(directory / "queue"))
