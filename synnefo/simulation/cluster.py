"""The simulated Ganeti of a run: the product's own simulator on the virtual clock, and what it has in the end."""

import random
from collections.abc import Sequence

from ganeti import jobfile
from ganeti.rapi import RapiClient
from ganeti.simulator import running
from ganeti.simulator.chance import Chance
from ganeti.simulator.cluster import Cluster
from ganeti.simulator.faults import Faults, Rates
from ganeti.simulator.memory import MemoryFiles
from ganeti.simulator.settings import NodeSpec, Settings
from ganeti.simulator.simulator import Simulator
from ganeti.simulator.store import MemoryStore
from ganeti.simulator.transport import SimulatorTransport
from ganeti.transport import RapiRequest, RapiResponse
from ganeti.vocabulary import FINAL
from logic import clock
from logic.backends.base import Target
from logic.backends.ganeti import GanetiBackend
from logic.messages.observations import InstanceSeen, Observation
from logic.offload import Inline
from synnefo.simulation.invariants import JobFact, World

ARCHIVE_AFTER = 600.0  # seconds until a finished job leaves the list, as an operator's cron job does


class SimulatedGaneti:
    """One cluster, with its misfortunes. ``template`` is what disks are there."""

    def __init__(self, seed: int, rates: Rates, *, nodes: int = 1, template: str = "file") -> None:
        self.faults = Faults(Chance(f"faults {seed}"), rates)
        self.files = MemoryFiles(self.faults)
        settings = Settings(
            nodes=tuple(NodeSpec(name=f"node{number}") for number in range(1, nodes + 1)),
            disk_templates=(template, "diskless"),
            archive_after=ARCHIVE_AFTER,
        )
        cluster = Cluster(
            settings, seed=seed, store=MemoryStore(), files=self.files, now=clock.timestamp(), faults=self.faults
        )
        self._simulator = Simulator(cluster)
        self.uuid = cluster.uuid

    def client(self) -> RapiClient:
        """Through the network, with what it does to a request; a delayed answer takes no time of the one thread."""
        return RapiClient(SimulatorTransport(self._simulator, pause=lambda _: None))

    async def run(self) -> None:
        """Let time pass for the cluster, until cancelled."""
        await running.run(self._simulator, Inline())

    def disturb(self, chance: random.Random) -> None:
        """Something nobody asked Ganeti for: a guest crashes or powers itself off."""
        up = sorted(name for name, one in self._instances().items() if one[1] == "running")
        if up:
            befall = chance.choice((self._simulator.crash_guest, self._simulator.power_off_guest))
            befall(chance.choice(up))

    def ends(self, cluster: str) -> set[str]:
        """Keys of the messages that tell how its jobs have ended."""
        raw = [self.files.read(number) for number in sorted(self.files.jobs())]
        told = [one for body in raw if body for one in jobfile.observations(jobfile.parse(body), cluster, self.uuid)]
        return {one.key() for one in told if one.status in FINAL}

    def appear(self, name: str) -> None:
        """An instance that nobody ordered."""
        self._simulator.add_foreign_instance(name)

    def vanish(self, name: str) -> None:
        """It is gone again, and no job says so."""
        self._simulator.remove_behind_back(name)

    def world(self, **more: object) -> World:
        """Everything there is, for the invariants."""
        client = RapiClient(_Direct(self._simulator))
        jobs = [client.job(number) for number in range(1, self.files.last_job() + 1)]
        facts = [
            JobFact(job.id, op.opcode, op.status, op.command, op.instance)
            for job in jobs
            if job is not None
            for op in job.ops
        ]
        reached = frozenset(one.name for one in client.networks() if one.groups)
        disks = {**client.disk_names(), "": self._simulator.loose_disks()}
        sizes = {one.name: (one.vcpus, one.memory, *one.disks[:1]) for one in client.all_measured() if one.disks}
        there = {"instances": self._instances(), "jobs": facts, "networks": reached, "disks": disks, "sizes": sizes}
        return World(**there, **more)  # type: ignore[arg-type]

    def _instances(self) -> dict[str, tuple[str, str, frozenset[str]]]:
        """As :class:`World` wants them."""
        rows = RapiClient(_Direct(self._simulator)).instances()
        return {one.name: (one.owner, one.condition, frozenset(nic.name for nic in one.nics)) for one in rows}


class Looks:
    """What the cluster was asked and has answered: (server, version) of each, and how many looks at all of it."""

    def __init__(self) -> None:
        self.answered: set[tuple[str, int]] = set()
        self.whole = 0


class WatchedBackend(GanetiBackend):
    """The product's adapter, which notes its looks."""

    looks: Looks

    async def observe(self, targets: Sequence[Target], *, whole: bool = False) -> Sequence[Observation]:
        answers = await super().observe(targets, whole=whole)
        self.looks.answered.update((one.server, one.version) for one in answers if isinstance(one, InstanceSeen))
        self.looks.whole += whole
        return answers


class _Direct:
    """A transport whose network does nothing wrong."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def send(self, request: RapiRequest) -> RapiResponse:
        return self._simulator.handle(request)
