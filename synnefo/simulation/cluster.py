"""The simulated Ganeti of a run: its transport, its turning clock, and what it has in the end."""

import asyncio
import contextlib
import random

from ganeti.rapi import RapiClient
from ganeti.simulator.chance import Chance
from ganeti.simulator.cluster import Cluster
from ganeti.simulator.faults import Faults, Rates
from ganeti.simulator.memory import MemoryFiles
from ganeti.simulator.settings import NodeSpec, Pace, Settings
from ganeti.simulator.store import MemoryStore
from ganeti.transport import NotSent, RapiRequest, RapiResponse, ReplyLost
from logic import clock
from synnefo.simulation.invariants import JobFact, World

BUSY = RapiResponse(status=503, body=b'{"code": 503, "message": "busy"}')


class _Direct:
    """A transport without a network."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def send(self, request: RapiRequest) -> RapiResponse:
        return self._cluster.handle(request, clock.timestamp())


class SimulatedGaneti:
    """One cluster on the virtual clock; also the RAPI client's transport."""

    def __init__(self, seed: int, rates: Rates) -> None:
        self.faults = Faults(Chance(f"faults {seed}"), rates)
        self.files = MemoryFiles(self.faults)
        settings = Settings(nodes=(NodeSpec(name="node1"),), pace=Pace(factor=1.0), archive_after=600.0)
        self._cluster = Cluster(
            settings, seed=seed, store=MemoryStore(), files=self.files, now=clock.timestamp(), faults=self.faults
        )
        self._poke = asyncio.Event()

    @property
    def uuid(self) -> str:
        return self._cluster.uuid

    def client(self) -> RapiClient:
        return RapiClient(self)

    def send(self, request: RapiRequest) -> RapiResponse:
        """A request and what the network makes of it."""
        fault = self.faults.request(request.method, request.path)
        if fault and fault.kind == "drop":
            raise NotSent("dropped")
        if fault and fault.kind == "refuse":
            return BUSY
        answer = self._cluster.handle(request, clock.timestamp())
        self._poke.set()
        if fault and fault.kind == "cut":
            raise ReplyLost("cut after it was accepted")
        return answer

    async def run(self) -> None:
        """Let time pass for the cluster, until cancelled."""
        while True:
            due = self._cluster.advance(clock.timestamp())
            self._poke.clear()
            wait = None if due is None else max(due - clock.timestamp(), 0.0) + 1e-6
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._poke.wait(), wait)

    def disturb(self, random_: random.Random) -> None:
        """Something nobody asked Ganeti for: a guest crashes or powers itself off."""
        running = sorted(name for name, one in self._instances(self._honest()).items() if one[1] == "running")
        if running:
            self._cluster.fall(random_.choice(running), clock.timestamp(), by_itself=random_.random() < 0.5)  # noqa: PLR2004

    def _honest(self) -> RapiClient:
        """A client whose network does nothing wrong."""
        return RapiClient(_Direct(self._cluster))

    def _instances(self, client: RapiClient) -> dict[str, tuple[str, str, frozenset[str]]]:
        """As :class:`World` wants them."""
        rows = client.instances()
        return {one.name: (one.owner, one.condition, frozenset(nic.name for nic in one.nics)) for one in rows}

    def world(self, **more: object) -> World:
        """Everything there is, for the invariants."""
        client = self._honest()
        jobs = [client.job(number) for number in range(1, self.files.last_job() + 1)]
        facts = [JobFact(job.id, op.opcode, op.status, op.command) for job in jobs if job is not None for op in job.ops]
        return World(instances=self._instances(client), jobs=facts, **more)  # type: ignore[arg-type]
