"""A Ganeti master on a desk: a queue directory written as Ganeti does, a bus in memory, an event daemon, a dispatcher."""

import asyncio
import contextlib

import pytest

from ganeti import eventd
from ganeti.directory import QueueDirectory
from ganeti.eventd import Options
from ganeti.publishing import Pace
from ganeti.tests import samples
from logic.bus.memory import MemoryBus
from logic.messages import codec
from logic.messages.observations import JobChanged
from logic.testing.reading import Reader

PACE = Pace(look=0.01, first_pause=0.01, longest_pause=0.02)


class World:
    """A cluster's directories, a bus, and what arrived on it."""

    def __init__(self, folder, **options):
        self.queue = folder / "queue"
        (self.queue / "archive" / "0").mkdir(parents=True)
        self.bus = MemoryBus("snf")
        self.options = Options(
            cluster="alpha",
            incarnation="inc-1",
            spool_dir=folder / "spool",
            state_dir=folder / "state",
            pace=PACE,
            **options,
        )
        self.received = []
        self.opened = lambda: QueueDirectory(self.queue)

    def write(self, number, *ops):
        """As Ganeti writes a job."""
        hidden = self.queue / f"job-{number}x.new"
        hidden.write_bytes(samples.job_bytes(number, *ops))
        hidden.rename(self.queue / f"job-{number}")
        (self.queue / "serial").write_text(f"{number}\n")

    def archive(self, number):
        (self.queue / f"job-{number}").rename(self.queue / "archive" / "0" / f"job-{number}")

    @contextlib.asynccontextmanager
    async def listening(self):
        """A dispatcher."""
        consumer = await Reader.of(self.bus, "alpha")

        async def take():
            while True:
                taken = await consumer.take(100)
                self.received += [codec.decode(message.body) for message in taken]
                await consumer.acknowledge(taken[-1])

        task = asyncio.create_task(take())
        try:
            yield
        finally:
            task.cancel()
            await consumer.close()

    @contextlib.asynccontextmanager
    async def daemon(self):
        """The event daemon; cancelled at the end, which must be clean."""
        task = asyncio.create_task(eventd.run(self.options, bus=self.bus, directory=self.opened))
        try:
            yield task
        finally:
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    def told(self, kind=JobChanged):
        return [one for one in self.received if isinstance(one, kind)]

    def ends(self):
        return {one.job for one in self.told() if one.status == "success"}


async def until(condition, seconds=10.0):
    """Wait for a condition; fail when it does not come."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for is in another place
            await asyncio.sleep(0.002)
