"""Clusters the contract is checked on: the simulator as the client's transport, the simulator over HTTPS, and a real Ganeti
(``synnefo.testing.lab``).

A *site* is a backend and what only its kind of cluster can do: let time pass, archive, meet with misfortunes.
"""

import abc
import asyncio
import functools
import hashlib
import json
import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ganeti.consolelog import serving
from ganeti.https import RequestsTransport
from ganeti.nodes import Nodes, Reach, straight
from ganeti.osprovider.tests import machine
from ganeti.rapi import RapiClient
from ganeti.simulator import certificate, running
from ganeti.simulator.chance import Chance
from ganeti.simulator.cluster import Cluster
from ganeti.simulator.faults import Fault, Faults
from ganeti.simulator.memory import MemoryFiles
from ganeti.simulator.server import Server
from ganeti.simulator.settings import NetworkSpec, Pace, Settings
from ganeti.simulator.simulator import Simulator
from ganeti.simulator.store import MemoryStore
from ganeti.simulator.talking import SimulatedNode
from ganeti.simulator.transport import SimulatorTransport
from ganeti.simulator.users import Users
from ganeti.transport import RapiRequest, RapiResponse, ReplyLost, Transport
from logic import clock
from logic.backends.base import Limits
from logic.backends.ganeti import GanetiBackend
from logic.backends.tests.oracle import Recording
from logic.offload import Inline, Offload, Threads

SAID = "/etc/default/synnefo-image"
PREFIX = "snfcontract-"
DEBIANS = "3.0.2"  # of the real cluster
T0 = 1_900_000_000.0
NETWORK = NetworkSpec(name="office", network="192.0.2.0/24", gateway="192.0.2.1")


class Site(abc.ABC):
    """``os``, ``template``, ``hypervisor``, ``network``: what servers are made with there. ``heard`` has what was answered."""

    is_real = False
    version = DEBIANS
    os, template, hypervisor, network = "debian", "file", "", NETWORK.name
    speaks: dict[str, Any] = {}

    def __init__(self, transport: Transport, offload: Offload, nodes: Reach) -> None:
        self.transport = self.heard = Recording(transport)
        self.offload, self.nodes = offload, nodes

    def backend(self, **limits: int) -> GanetiBackend:
        client = RapiClient(self.transport)
        return GanetiBackend(
            cluster="alpha", prefix=PREFIX, client=client, offload=self.offload, limits=Limits(**limits),
            nodes=Nodes(self.nodes), pauses=True,
        )  # fmt: skip

    async def tick(self) -> None:
        """Let something happen."""
        await asyncio.sleep(0.01)

    @abc.abstractmethod
    async def archive(self) -> None:
        """Every job that is over leaves the list."""

    @abc.abstractmethod
    async def crash(self, instance: str) -> None:
        """Its guest dies."""

    @abc.abstractmethod
    async def wake(self, instance: str) -> None:
        """An operator has its guest go on, at QEMU's monitor."""

    @abc.abstractmethod
    def telling(self) -> AbstractAsyncContextManager[None]:
        """There is an API that nodes ask for passwords."""

    @abc.abstractmethod
    def tell(self, order: str, told: dict[str, str]) -> None:
        """It tells this under an order's id."""

    @abc.abstractmethod
    async def has_agent(self, instance: str) -> None:
        """Wait until an agent answers in its guest."""

    @abc.abstractmethod
    async def is_password(self, instance: str, user: str, password: str) -> bool:
        """Is this what an agent has set last?"""

    @abc.abstractmethod
    async def lose_reply(self, to: str) -> None:
        """The next order with this in ``<METHOD> <path>`` arrives, its answer does not."""

    @abc.abstractmethod
    async def drain(self) -> None:
        """The queue takes no jobs."""

    @abc.abstractmethod
    async def allow_any_size(self) -> None:
        """Its policy forbids no instance for its memory."""

    @abc.abstractmethod
    async def remake(self) -> None:
        """Another cluster is in its place."""


class Simulated(Site):
    """``simulator`` is behind the transport."""

    def __init__(
        self, transport: Transport, offload: Offload, simulator: Simulator, nodes: Reach | None = None
    ) -> None:
        super().__init__(transport, offload, nodes or (lambda _: SimulatedNode(simulator)))
        self.simulator, self._told = simulator, dict[str, dict[str, str]]()

    @asynccontextmanager
    async def telling(self) -> AsyncIterator[None]:
        self.simulator.listen(self._told.get)
        yield

    def tell(self, order: str, told: dict[str, str]) -> None:
        self._told[order] = told

    async def has_agent(self, instance: str) -> None:
        """From its start on."""

    async def is_password(self, instance: str, user: str, password: str) -> bool:
        return self.simulator.password(instance, user) == password

    async def archive(self) -> None:
        self.simulator.archive_jobs()

    async def crash(self, instance: str) -> None:
        self.simulator.crash_guest(instance)

    async def wake(self, instance: str) -> None:
        self.simulator.wake_guest(instance)

    async def lose_reply(self, to: str) -> None:
        self.simulator.faults.plan(Fault(kind="cut", match=to))

    async def drain(self) -> None:
        self.simulator.faults.plan(Fault(kind="drained"))

    async def allow_any_size(self) -> None:
        """It has no such policy."""

    async def remake(self) -> None:
        self.simulator.reinit()


class Inside(Simulated):
    """The simulator in virtual time, as one version of Ganeti."""

    def __init__(self, version: str, **parts: Any) -> None:
        self.now, self.version = T0, version
        simulator = Simulator(_cluster(T0, Pace(), version, **parts), now=lambda: self.now)
        super().__init__(SimulatorTransport(simulator, pause=lambda _: None), Inline(), simulator)

    async def tick(self) -> None:
        self.now = max(self.now, self.simulator.advance() or self.now)
        self.simulator.advance()


def _cluster(now: float, pace: Pace, version: str = DEBIANS, **parts: Any) -> Cluster:
    settings = Settings(networks=(NETWORK,), pace=pace, version=version, **parts)
    faults = Faults(Chance("contract"))
    return Cluster(settings, seed=1, store=MemoryStore(), files=MemoryFiles(faults), now=now, faults=faults)


@asynccontextmanager
async def inside(_: Path, version: str = DEBIANS, **parts: Any) -> AsyncIterator[Site]:
    """``parts`` are settings of the simulator."""
    yield Inside(version, **parts)


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
        users = Users(folder / "users")
        server = await Server(simulator, users, offload).start("127.0.0.1", 0, context)
        stack.callback(server.close)
        told = await serving.Server(SimulatedNode(simulator).tail, users, SimulatedNode(simulator).paused).start(
            "127.0.0.1", 0, context
        )
        stack.callback(told.close)
        work = asyncio.create_task(running.run(simulator, offload))
        stack.push_async_callback(_stopped, work)
        transport = RequestsTransport(f"https://127.0.0.1:{_port(server)}", "synnefo", password, ca_file=str(public))
        stack.callback(transport.close)
        callers = Threads(callers=4)
        stack.callback(callers.close)
        asked = straight("https://localhost", "synnefo", password, ca_file=str(public), port=_port(told))
        yield Simulated(transport, callers, simulator, lambda _: asked("127.0.0.1"))


def _port(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port


async def _stopped(work: "asyncio.Task[None]") -> None:
    work.cancel()
    await asyncio.wait({work})


class Deaf:
    """A transport that loses one reply."""

    def __init__(self, inner: RequestsTransport) -> None:
        self._inner, self.deaf_to = inner, ""

    def send(self, request: RapiRequest) -> RapiResponse:
        answer = self._inner.send(request)
        if self.deaf_to and self.deaf_to in f"{request.method} {request.path}":
            self.deaf_to = ""
            raise ReplyLost(f"{request!r}: the answer was lost")
        return answer


class Real(Site):
    """Debian's Ganeti, with the hypervisor that only pretends."""

    is_real = True
    os, hypervisor = "noop", "fake"
    speaks: dict[str, Any] = {
        "os": "synnefo-image+default", "hypervisor": "kvm", "os_params": {"img_id": "guest", "img_format": "raw"}, "nics": (),
    }  # fmt: skip

    def __init__(self, lab: Any, transport: Deaf, offload: Offload) -> None:
        asked = straight(lab.endpoint, lab.user, lab.password, ca_file=str(lab.certificate))
        super().__init__(transport, offload, lambda node: asked(lab.addresses[node]))
        self._lab, self._deaf = lab, transport
        self._is_drained = self._is_loose = False

    @asynccontextmanager
    async def telling(self) -> AsyncIterator[None]:
        self._api = machine.Server({}, self._lab.gateway)
        address = self._api.url.removesuffix("/images")
        await self._gnt("sh", "-c", "mkdir -p /etc/synnefo; echo key > /etc/synnefo/node-key")
        await self._gnt(
            "sh", "-c", f"cp /etc/default/synnefo-image /tmp/before; (echo APIS={address}; echo PLAIN=yes) >> {SAID}"
        )
        try:
            yield
        finally:
            await self._gnt("cp", "/tmp/before", SAID)
            self._api.close()

    def tell(self, order: str, told: dict[str, str]) -> None:
        self._api.files[f"/secrets/{order}"] = json.dumps(told).encode()

    async def has_agent(self, instance: str) -> None:
        await self._says(instance, "GUEST ready")

    async def is_password(self, instance: str, user: str, password: str) -> bool:
        total = hashlib.sha256(password.encode()).hexdigest()[:12]
        return await self._says(instance, f"agent password of {user} is {total}")

    async def _says(self, instance: str, sentence: str) -> bool:
        """On its console, since its last start: within ten minutes, since it may be slow (without KVM)."""
        script = f"cat /var/lib/synnefo-console/*.{instance}.log"
        for _ in range(600):
            said = await self._gnt("sh", "-c", script)
            if sentence in said.rpartition("GUEST metadata")[2]:
                return True
            await asyncio.sleep(1)
        raise AssertionError(said)

    async def _gnt(self, *words: str) -> str:
        return await self.offload.call(self._lab.master.run, *words)

    async def archive(self) -> None:
        await self._gnt("gnt-job", "autoarchive", "all")

    async def crash(self, instance: str) -> None:
        await self._gnt("rm", f"/run/ganeti/fake-hypervisor/{instance}")  # all there is of a pretended guest

    async def wake(self, instance: str) -> None:
        await self._gnt(
            "sh", "-c", f"echo cont | socat - UNIX-CONNECT:/run/ganeti/kvm-hypervisor/ctrl/{instance}.monitor"
        )

    async def lose_reply(self, to: str) -> None:
        self._deaf.deaf_to = to

    async def drain(self) -> None:
        await self._gnt("gnt-cluster", "queue", "drain")
        self._is_drained = True

    async def close(self) -> None:
        if self._is_drained:  # Ganeti 3.0.2 never answers who undrains a queue that is not drained
            await self._gnt("gnt-cluster", "queue", "undrain")
        if self._is_loose:
            await self.offload.call(self._lab.allow)

    async def allow_any_size(self) -> None:
        self._is_loose = True
        await self.offload.call(self._lab.allow, memory=2**20)

    async def remake(self) -> None:
        pytest.skip("a real cluster is made anew in the tests of the lab")


@asynccontextmanager
async def real(lab: Any) -> AsyncIterator[Site]:
    lab.connect(NETWORK.name, NETWORK.network, NETWORK.gateway or "")
    inner = RequestsTransport(lab.endpoint, lab.user, lab.password, ca_file=str(lab.certificate))
    offload = Threads(callers=4)
    site = Real(lab, Deaf(inner), offload)
    try:
        yield site
    finally:
        await site.close()
        inner.close()
        offload.close()


SIMULATED = {
    "transport": inside,
    "2.16": functools.partial(inside, version="2.16.2"),
    "3.1": functools.partial(inside, version="3.1.1"),
    "https": over_https,
}


@asynccontextmanager
async def asked_for(request: pytest.FixtureRequest, folder: Path) -> AsyncIterator[Site]:
    """The cluster of the kind that a test is given."""
    kind = request.param
    async with real(request.getfixturevalue("ganeti")) if kind == "real" else SIMULATED[kind](folder) as made:
        yield made
    compared(made)


def compared(made: Site) -> None:
    """What a real one has answered is written down if that is wanted (``RECORD_RAPI``); a simulated one must have answered
    nothing else."""
    if made.is_real and os.environ.get("RECORD_RAPI"):
        made.heard.keep()
    if not made.is_real and made.version == DEBIANS:
        assert made.heard.strange() == []
