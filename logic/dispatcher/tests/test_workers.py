"""Workers side by side: a backend that hangs holds up its own commands and no others."""

import asyncio

import pytest

from logic.backends.base import JobRef
from logic.dispatcher.workers import AT_ONE_BACKEND, Workers
from logic.ledger.advancing import Result
from logic.ledger.claiming import Claim
from logic.messages.commands import Sending, StopServer
from logic.testing.presences import Always

SOON = 10.0  # seconds; a bound, never a measure


class Queue:
    """An offload whose claims come from a list, as the ledger's would; what is told to the ledger is kept."""

    def __init__(self, *backends):
        self.waiting = [claim(name, number) for number, name in enumerate(backends)]
        self.told = []

    async def write(self, _, name, work, *args, limit=0, busy=(), mine=None):
        await asyncio.sleep(0)
        if name == "claim.commit":
            taken = [one for one in self.waiting if one.backend not in busy][:limit]
            self.waiting = [one for one in self.waiting if one not in taken]
            return taken
        self.told.extend(envelope.observation.command for envelope in args[0])
        return Result(counts={})


class Backends:
    """Those named hang until they are let go."""

    def __init__(self, *hanging):
        self._hanging, self.freed, self.asked = hanging, asyncio.Event(), []

    async def get(self, name):
        self.asked.append(name)
        if name in self._hanging:
            await self.freed.wait()
        return self

    async def submit(self, command):
        return JobRef(job=1)


def claim(backend, number):
    command = StopServer(id=f"{backend}-{number}", instance="snf-1", resource="s", sending=Sending(epoch=1))
    return Claim(command=command, backend=backend)


@pytest.fixture
async def working():
    running = []

    def start(queue, backends):
        workers = Workers(queue, backends, Always(), lease=60.0, poll=SOON)
        running.append(asyncio.create_task(workers.run()))

    yield start
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def until(condition):
    async with asyncio.timeout(SOON):
        while not condition():  # noqa: ASYNC110 - nothing rings a bell
            await asyncio.sleep(0)


async def test_a_backend_that_hangs_holds_up_no_other(working):
    queue, backends = Queue(*["slow"] * 100, *["quick"] * 20), Backends("slow")
    working(queue, backends)
    await until(lambda: len(queue.told) == 20)
    assert all(command.startswith("quick") for command in queue.told)
    assert backends.asked.count("slow") < 2 * AT_ONE_BACKEND
    backends.freed.set()
    await until(lambda: len(queue.told) == 120)
