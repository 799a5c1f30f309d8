"""Clusters the contract is checked on: the simulator as the client's transport, the simulator over HTTPS, a real one.

A *site* is a backend and what only its kind of cluster can do: let time pass, archive, plan misfortunes. A real cluster
is used when ``SYNNEFO_TEST_RAPI`` names its URL (with ``_USER``, ``_PASSWORD``, ``_CA_FILE``, ``_OS``, ``_TEMPLATE``,
``_HYPERVISOR`` and ``_NETWORK`` beside it); its instances of another prefix are left alone.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from ganeti.https import RequestsTransport
from ganeti.rapi import RapiClient
from ganeti.simulator import certificate, running
from ganeti.simulator.chance import Chance
from ganeti.simulator.cluster import Cluster
from ganeti.simulator.faults import Faults
from ganeti.simulator.memory import MemoryFiles
from ganeti.simulator.server import Server
from ganeti.simulator.settings import NetworkSpec, Pace, Settings
from ganeti.simulator.simulator import Simulator
from ganeti.simulator.store import MemoryStore
from ganeti.simulator.transport import SimulatorTransport
from ganeti.simulator.users import Users
from ganeti.transport import Transport
from logic import clock
from logic.backends.base import Limits
from logic.backends.ganeti import GanetiBackend
from logic.offload import Inline, Offload, Threads

PREFIX = "snfcontract-"
T0 = 1_900_000_000.0
NETWORK = NetworkSpec(name="office", network="192.0.2.0/24", gateway="192.0.2.1")


class Site:
    """``simulator`` is None on a real cluster. ``os``, ``template``, ``hypervisor``, ``network``: what servers are made
    with there."""

    def __init__(self, transport: Transport, offload: Offload, simulator: Simulator | None) -> None:
        self.transport, self.offload, self.simulator = transport, offload, simulator
        self.os, self.template, self.hypervisor, self.network = "debian", "file", "", NETWORK.name

    def backend(self, **limits: int) -> GanetiBackend:
        client = RapiClient(self.transport)
        return GanetiBackend(
            cluster="alpha", prefix=PREFIX, client=client, offload=self.offload, limits=Limits(**limits)
        )

    async def tick(self) -> None:
        """Let something happen."""
        await asyncio.sleep(0.01)


class Inside(Site):
    """The simulator in virtual time."""

    def __init__(self) -> None:
        self.now = T0
        simulator = Simulator(_cluster(T0, Pace()), now=lambda: self.now)
        super().__init__(SimulatorTransport(simulator, pause=lambda _: None), Inline(), simulator)

    async def tick(self) -> None:
        assert self.simulator is not None
        self.now = max(self.now, self.simulator.advance() or self.now)
        self.simulator.advance()


def _cluster(now: float, pace: Pace) -> Cluster:
    settings = Settings(networks=(NETWORK,), pace=pace)
    faults = Faults(Chance("contract"))
    return Cluster(settings, seed=1, store=MemoryStore(), files=MemoryFiles(faults), now=now, faults=faults)


@asynccontextmanager
async def inside(_: Path) -> AsyncIterator[Site]:
    yield Inside()


@asynccontextmanager
async def over_https(folder: Path) -> AsyncIterator[Site]:
    """The simulator in real time, two hundred times as fast as a real cluster, behind TLS and a password."""
    simulator = Simulator(_cluster(clock.timestamp(), Pace(factor=0.005)))
    password = clock.new_token()
    (folder / "users").write_text(f"synnefo {password} write\n")
    context, public = certificate.context(folder)
    async with AsyncExitStack() as stack:
        offload = Threads(callers=4)
        stack.callback(offload.close)
        server = await Server(simulator, Users(folder / "users"), offload).start("127.0.0.1", 0, context)
        stack.callback(server.close)
        work = asyncio.create_task(running.run(simulator, offload))
        stack.push_async_callback(_stopped, work)
        port = server.sockets[0].getsockname()[1]
        transport = RequestsTransport(f"https://127.0.0.1:{port}", "synnefo", password, ca_file=str(public))
        stack.callback(transport.close)
        callers = Threads(callers=4)
        stack.callback(callers.close)
        yield Site(transport, callers, simulator)


async def _stopped(work: "asyncio.Task[None]") -> None:
    work.cancel()
    await asyncio.wait({work})


@asynccontextmanager
async def real(_: Path) -> AsyncIterator[Site]:
    """A real cluster, named by the environment."""

    def given(name: str) -> str:
        return os.environ.get(f"SYNNEFO_TEST_RAPI{name}", "")

    ca_file = given("_CA_FILE")
    transport = RequestsTransport(given(""), given("_USER"), given("_PASSWORD"), ca_file=ca_file, insecure=not ca_file)
    offload = Threads(callers=4)
    site = Site(transport, offload, None)
    site.os, site.template = given("_OS") or "noop", given("_TEMPLATE") or "file"
    site.hypervisor, site.network = given("_HYPERVISOR"), given("_NETWORK")
    try:
        yield site
    finally:
        transport.close()
        offload.close()


SITES = {"transport": inside, "https": over_https, "real": real}
