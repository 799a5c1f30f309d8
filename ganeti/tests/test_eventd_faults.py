"""Whatever fails, the event daemon tells every job's end: it repeats rather than loses.

Given a daemon whose broker, disk, directory or process fails; when that is over; then a dispatcher has received all.
"""

import asyncio
import contextlib

import pytest

from ganeti import eventd
from ganeti.cursor import Cursor
from ganeti.directory import Changes, QueueDirectory
from ganeti.spool import Spool
from ganeti.tests import samples
from ganeti.tests.desk import World, until
from logic.bus import BusDown
from logic.bus.memory import MemoryBus


async def test_while_the_broker_is_away_messages_wait_on_disk_and_then_come_in_order(world):
    async with world.listening():
        world.bus.down = True
        async with world.daemon():
            for status in ("waiting", "running", "success"):
                world.write(7, samples.op(status=status))
                written = {"waiting": 1, "running": 2, "success": 3}[status]
                await until(lambda n=written: len(list(world.options.spool_dir.glob("*.op.json"))) == n)
    assert world.told() == []
    world.bus.down = False
    async with world.listening(), world.daemon():
        await until(lambda: world.ends() == {7})
    assert [one.status for one in world.told()] == ["waiting", "running", "success"]
    assert list(world.options.spool_dir.iterdir()) == []


async def test_without_a_dispatcher_messages_are_kept(world):
    world.write(7)
    async with world.daemon():
        await until(lambda: list(world.options.spool_dir.glob("*.op.json")))
        async with world.listening():
            await until(lambda: world.ends() == {7})


async def test_a_publisher_that_fails_is_replaced(world):
    class Unreliable(MemoryBus):
        made = 0

        async def publisher(self):
            self.made += 1
            return Failing() if self.made <= 2 else await super().publisher()

    class Failing:
        def check(self):
            pass

        async def publish(self, *_, timeout):
            raise ConnectionResetError("mid-air")

        async def close(self):
            raise BusDown("closing fails too")

    world.bus = Unreliable("snf")
    world.write(7)
    async with world.listening(), world.daemon():
        await until(lambda: world.ends() == {7})
    assert world.bus.made == 3


async def test_a_publisher_that_hangs_does_not_keep_it_from_stopping(world):
    class Hanging(MemoryBus):
        async def publisher(self):
            await asyncio.Event().wait()

    world.bus = Hanging("snf")
    world.write(7)
    async with world.daemon():
        await asyncio.sleep(0)


async def test_when_the_spool_is_full_the_jobs_are_told_later(world, monkeypatch):
    monkeypatch.setattr(eventd, "Spool", lambda path: Spool(path, limit=2))
    for number in range(1, 6):
        world.write(number)
    async with world.daemon():
        await until(world.options.spool_dir.exists)
        async with world.listening():
            await until(lambda: world.ends() == {1, 2, 3, 4, 5})


async def test_an_overflow_makes_it_look_at_everything(world):
    class Overflowing(QueueDirectory):
        async def changes(self, wait):
            changes = await super().changes(wait)
            return Changes((), missed=bool(changes.jobs))

    world.opened = lambda: Overflowing(world.queue)
    world.write(6)
    async with world.listening(), world.daemon():
        await until(lambda: world.ends() == {6})
        world.write(7)
        await until(lambda: world.ends() == {6, 7})


async def test_without_any_event_the_timer_finds_it(tmp_path):
    class Deaf(QueueDirectory):
        async def changes(self, wait):
            await asyncio.sleep(wait)
            return Changes()

    world = World(tmp_path, rescan=0.02)
    world.opened = lambda: Deaf(world.queue)
    world.write(6)
    async with world.listening(), world.daemon():
        await until(lambda: world.ends() == {6})
        world.write(7)
        await until(lambda: world.ends() == {6, 7})


async def test_a_queued_job_that_may_not_be_read_is_told_from_its_next_status_on(world):
    secret = {7}

    class Secretive(QueueDirectory):
        def read(self, job):
            if job in secret:
                raise PermissionError(13, "Permission denied")
            return super().read(job)

    world.opened = lambda: Secretive(world.queue)
    async with world.listening(), world.daemon():
        world.write(7, samples.op(status="queued"))
        world.write(8)
        await until(lambda: world.ends() == {8})
        secret.clear()
        world.write(7, samples.op(status="waiting"))
        await until(lambda: "waiting" in [one.status for one in world.told()])
    assert "queued" not in [one.status for one in world.told()]


async def test_a_job_that_was_unreadable_and_archived_while_it_was_down_is_told(world):
    class Secretive(QueueDirectory):
        def read(self, job):
            if job == 7:
                raise PermissionError(13, "Permission denied")
            return super().read(job)

    world.opened = lambda: Secretive(world.queue)
    world.write(7, samples.op(status="queued"))
    world.write(8)
    async with world.listening():
        async with world.daemon():
            await until(lambda: world.ends() == {8})
        world.write(7)
        world.archive(7)
        world.opened = lambda: QueueDirectory(world.queue)
        async with world.daemon():
            await until(lambda: world.ends() == {7, 8})


async def test_a_job_archived_before_it_could_be_read_is_told_from_the_archive(world):
    class Slow(QueueDirectory):
        def read(self, job):
            if (world.queue / f"job-{job}").exists():
                world.archive(job)
            return super().read(job)

    world.opened = lambda: Slow(world.queue)
    async with world.listening(), world.daemon():
        world.write(7)
        await until(lambda: world.ends() == {7})


async def test_files_that_make_no_sense_do_not_stop_the_others(world):
    (world.queue / "job-5").write_bytes(b"{")
    (world.queue / "job-6").write_bytes(samples.job_bytes(66))
    world.write(7)
    async with world.listening(), world.daemon():
        await until(lambda: world.ends() == {7})
        world.write(5)
        await until(lambda: world.ends() == {5, 7})
    assert {one.job for one in world.told()} == {5, 7}


async def test_a_directory_that_comes_back_is_watched_again(world, monkeypatch):
    monkeypatch.setattr(eventd, "AGAIN", 0.01)
    hidden = world.queue.with_name("away")
    async with world.listening(), world.daemon():
        world.queue.rename(hidden)
        await asyncio.sleep(0.02)
        hidden.rename(world.queue)
        world.write(7)
        await until(lambda: world.ends() == {7})


class Killed(BaseException):
    """The process dies here."""


@pytest.mark.parametrize("broker", ["there", "away"])
@pytest.mark.parametrize("cut", range(1, 10))
async def test_killed_at_any_step_it_repeats_and_never_loses(tmp_path, monkeypatch, cut, broker):
    """Given that the process dies at its n-th visible step; when it starts again; then all ends are told."""
    steps = 0

    def step(real):
        def counted(*args, **kwargs):
            nonlocal steps
            steps += 1
            if steps >= cut:
                raise Killed
            return real(*args, **kwargs)

        return counted

    world = World(tmp_path)
    for number in range(1, 4):
        world.write(number)
    async with world.listening():
        world.bus.down = broker == "away"
        with monkeypatch.context() as dying:
            for owner, method in ((Cursor, "tell"), (Cursor, "save"), (Spool, "_write"), (QueueDirectory, "read")):
                dying.setattr(owner, method, step(getattr(owner, method)))
            with contextlib.suppress(BaseExceptionGroup, TimeoutError):
                async with asyncio.timeout(0.1):
                    await eventd.run(world.options, bus=world.bus, directory=world.opened)
    world.bus.down = False
    async with world.listening(), world.daemon():
        await until(lambda: world.ends() == {1, 2, 3})
