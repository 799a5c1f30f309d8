"""Time passes by itself: jobs end and hooks run without anybody turning a clock, and callers from threads get in."""

import asyncio
from contextlib import asynccontextmanager, suppress

import msgspec
import pytest

from ganeti.rapi import RapiClient
from ganeti.simulator import running
from ganeti.simulator.cluster import Cluster
from ganeti.simulator.hooks import HookResult
from ganeti.simulator.memory import MemoryFiles
from ganeti.simulator.settings import Pace
from ganeti.simulator.simulator import Simulator
from ganeti.simulator.store import MemoryStore
from ganeti.simulator.tests.lab import SETTINGS, creation
from ganeti.simulator.transport import SimulatorTransport
from ganeti.transport import NotSent, RapiRequest
from logic import clock
from logic.offload import Inline, Threads

FAST = msgspec.structs.replace(SETTINGS, pace=Pace(factor=0.01))


def simulator(settings=FAST):
    return Simulator(Cluster(settings, seed=1, store=MemoryStore(), files=MemoryFiles(), now=clock.timestamp()))


@asynccontextmanager
async def passing(simulator, offload, hooks=None):
    """While time passes."""
    task = asyncio.create_task(running.run(simulator, offload, hooks=hooks))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        offload.close()


async def ended(client, job, offload):
    """Wait for a job; the test's own time limit is the bound."""
    while not (found := await offload.call(client.job, job)).final:  # noqa: ASYNC110 - a client can only ask
        await asyncio.sleep(0.01)
    return found.status


def order(client, name="web1"):
    spec = {key: value for key, value in creation(name).items() if key not in {"__version__", "mode"}}
    return client.create_instance(spec, reason="synnefo:abc")


@pytest.mark.parametrize("make", [Inline, lambda: Threads(readers=1, writers=1, callers=4)])
async def test_a_job_that_is_ordered_ends_by_itself(make):
    cluster, offload = simulator(), make()
    client = RapiClient(SimulatorTransport(cluster))
    async with passing(cluster, offload):
        await asyncio.sleep(0)
        job = await offload.call(order, client)
        assert await ended(client, job, offload) == "success"


async def test_orders_from_many_threads_all_become_jobs():
    cluster, offload = simulator(), Threads(readers=1, writers=1, callers=8)
    client = RapiClient(SimulatorTransport(cluster))
    async with passing(cluster, offload):
        jobs = await asyncio.gather(*(offload.call(client.startup, "nosuch", reason="r") for _ in range(100)))
        assert sorted(jobs) == list(range(1, 101))
        assert {await ended(client, job, offload) for job in jobs} == {"error"}


async def test_hooks_run_beside_the_cluster_and_not_in_its_way():
    cluster, offload = simulator(msgspec.structs.replace(FAST, hooks=True)), Threads(readers=1, writers=1, callers=4)
    client = RapiClient(SimulatorTransport(cluster))
    loop, begun, leave = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()

    def slow(call):
        loop.call_soon_threadsafe(begun.set)
        asyncio.run_coroutine_threadsafe(leave.wait(), loop).result()
        return [HookResult(call.nodes[0], "x", ok=True)]

    async with passing(cluster, offload, hooks=slow):
        job = await offload.call(order, client)
        await begun.wait()
        assert (await offload.call(client.job, job)).status == "running"
        leave.set()
        assert await ended(client, job, offload) == "success"


async def test_a_cluster_at_rest_is_left_alone(monkeypatch):
    cluster, calls = simulator(), []
    advance = cluster.advance
    monkeypatch.setattr(cluster, "advance", lambda: calls.append(1) or advance())
    async with passing(cluster, Inline()):
        for _ in range(10):
            await asyncio.sleep(0)
        SimulatorTransport(cluster).send(RapiRequest(method="GET", path="/2/info"))
        for _ in range(100):
            await asyncio.sleep(0)
    assert len(calls) == 2


async def test_a_closed_simulator_lets_nobody_in():
    cluster = simulator()
    cluster.close()
    with pytest.raises(NotSent):
        SimulatorTransport(cluster).send(RapiRequest(method="GET", path="/2/info"))
