"""Rules of the event daemon beside a real Ganeti: whatever happens to either, each job's end is told as it was, and no other."""

import asyncio
import contextlib
from pathlib import Path

import msgspec
import pytest

from ganeti.directory import QueueDirectory
from ganeti.mastership import MASTER, NODES, Mastership
from ganeti.tests.desk import World, until
from ganeti.vocabulary import FINAL
from synnefo.testing.lab import daemons

pytestmark = [pytest.mark.ganeti, pytest.mark.timeout(300)]
INSTANCE, NOBODY = "snf-9001", "snf-9002"
PATIENCE = 60.0  # seconds
KERNEL_LIMIT = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())


class Master(World):
    """The queue of a real master. ``lab`` has an instance of ours."""

    def __init__(self, lab, folder):
        super().__init__(folder)
        self.lab, self.client, self.queue = lab, lab.client(), lab.queue
        self.first = max(self.client.job_ids(), default=0) + 1

    async def run(self, *names):
        """A job each, and its end; the jobs."""
        jobs = [await asyncio.to_thread(self.client.startup, name, reason="by hand") for name in names]
        async with asyncio.timeout(PATIENCE + 2 * len(jobs)):
            while not all([await self.is_over(job) for job in jobs]):  # noqa: ASYNC110 - a job of Ganeti's rings no bell
                await asyncio.sleep(0.1)
        return jobs

    async def is_over(self, job):
        return (await asyncio.to_thread(self.client.job, job)).final

    async def truth(self):
        """Ganeti's own account of the jobs since the beginning: job → status."""
        last = max(await asyncio.to_thread(self.client.job_ids), default=0)
        jobs = [await asyncio.to_thread(self.client.job, number) for number in range(self.first, last + 1)]
        return {job.id: job.status for job in jobs if job and self.is_ours(job)}

    @staticmethod
    def is_ours(job):
        return any(op.instance in {INSTANCE, NOBODY} for op in job.ops)

    def ended(self):
        """What was told of them. A daemon that was never there before tells of the older ones in the queue too."""
        return {one.job: one.status for one in self.told() if one.status in FINAL and one.job >= self.first}

    async def all_is_told(self):
        truth = await self.truth()
        await until(lambda: truth.keys() <= self.ended().keys(), PATIENCE)
        assert self.ended() == truth


@pytest.fixture(scope="module")
def instance(ganeti):
    """One that only pretends."""
    ganeti.master.run(
        "gnt-instance", "add", "-t", "diskless", "-o", "noop", "-H", "fake", "--no-name-check", "--no-ip-check",
        "--no-install", "--no-start", "-n", ganeti.master.name, INSTANCE,
    )  # fmt: skip
    yield ganeti
    ganeti.master.run("gnt-instance", "remove", "--force", INSTANCE)


@pytest.fixture
async def master(instance, tmp_path):
    made = Master(instance, tmp_path)
    async with made.listening():
        yield made


@contextlib.asynccontextmanager
async def seen_from_the_start(master):
    """The daemon, which owes nothing of what was before it."""
    async with master.daemon() as task:
        (first,) = await master.run(INSTANCE)
        await until(lambda: first in master.ended(), PATIENCE)
        yield task


async def test_each_end_is_told_as_it_was(master):
    async with seen_from_the_start(master):
        await master.run(INSTANCE, NOBODY, INSTANCE, NOBODY)
        await master.all_is_told()
    assert set(master.ended().values()) == {"success", "error"}


async def test_what_ended_while_it_was_away_is_told_from_the_queue_and_from_the_archive(master):
    # Given a daemon that was there once, and is not now
    async with seen_from_the_start(master):
        pass
    # When jobs come and go meanwhile, some of them to the archive
    gone = await master.run(*[INSTANCE, NOBODY] * 4)
    await asyncio.to_thread(master.lab.master.run, "gnt-job", "archive", *map(str, gone[:6]))
    # Then it tells them all
    async with master.daemon():
        await master.all_is_told()


@pytest.mark.slow
async def test_a_hundred_jobs_that_ran_while_it_was_away_are_told_half_of_them_from_the_archive(master):
    # Given a daemon that was there once, and is not now
    async with seen_from_the_start(master):
        pass
    # When a hundred jobs come and go meanwhile
    gone = await master.run(*[INSTANCE, NOBODY, NOBODY, NOBODY] * 25)
    await asyncio.to_thread(master.lab.master.run, "gnt-job", "archive", *map(str, gone[::2]))
    # Then it tells them all, and each once
    async with master.daemon():
        await master.all_is_told()
    ends = [one.job for one in master.told() if one.status in FINAL and one.job in gone]
    assert sorted(ends) == gone


async def test_jobs_that_the_kernel_had_no_room_to_tell_of_are_found(master):
    # Given a daemon that does not come to reading for a while
    ears = Ears()
    master.opened = lambda: Hearing(master.queue, ears)
    async with seen_from_the_start(master):
        await ears.close()
        # When more happens in the queue than the kernel keeps, and then jobs
        await asyncio.to_thread(rattle, master.queue)
        await master.run(INSTANCE, NOBODY, INSTANCE)
        ears.open.set()
        # Then the kernel says that there was more, and they are told
        await master.all_is_told()
    assert ears.missed


class Ears:
    """Whether what the kernel says is heard; ``missed``: it has said that it could not say everything."""

    def __init__(self):
        self.open, self.shut, self.missed = asyncio.Event(), asyncio.Event(), False
        self.open.set()

    async def close(self):
        """Nothing is heard any more when it returns."""
        self.open.clear()
        await self.shut.wait()


class Hearing(QueueDirectory):
    def __init__(self, path, ears):
        super().__init__(path)
        self._ears = ears

    async def changes(self, wait):
        if not self._ears.open.is_set():
            self._ears.shut.set()
            await self._ears.open.wait()
        changes = await super().changes(wait)
        self._ears.missed = self._ears.missed or changes.missed
        return changes


def rattle(queue):
    """More renames than the kernel keeps for a reader."""
    one, other = queue / "rattle-a", queue / "rattle-b"
    one.touch()
    for _ in range(KERNEL_LIMIT // 2 + 1):
        one.rename(other)
        other.rename(one)
    one.unlink()


async def test_jobs_that_are_archived_under_its_eyes_have_no_other_end(master):
    async with seen_from_the_start(master):
        await master.run(INSTANCE, NOBODY)
        await asyncio.to_thread(master.lab.master.run, "gnt-job", "autoarchive", "all")
        await master.run(INSTANCE)
        await master.all_is_told()


async def test_a_job_daemon_that_is_started_anew_is_followed(master):
    async with seen_from_the_start(master):
        await asyncio.to_thread(daemons.stop, master.lab.master, "ganeti-luxid")
        await asyncio.to_thread(daemons.start, master.lab.master)
        await master.run(INSTANCE, NOBODY)
        await master.all_is_told()


async def test_a_broker_that_was_away_is_told_everything_when_it_is_back(master):
    async with seen_from_the_start(master):
        master.bus.down = True
        await master.run(*[INSTANCE, NOBODY] * 3)
        master.bus.down = False
        async with master.listening():  # a dispatcher comes back too
            await master.all_is_told()


async def test_two_that_speak_at_once_say_the_same(master, tmp_path):
    # Given two daemons of one cluster, as on two master candidates
    other = Master(master.lab, tmp_path / "other")
    other.bus = master.bus
    async with seen_from_the_start(master), other.daemon():
        # When jobs run
        jobs = await master.run(INSTANCE, NOBODY)
        await until(lambda: all(len(ends(master, job)) == 2 for job in jobs), PATIENCE)
    # Then what they say of an end has one key, by which the second is no news
    for job in jobs:
        one, same = ends(master, job)
        assert one.key() == same.key()
        assert msgspec.structs.replace(one, at=0.0) == msgspec.structs.replace(same, at=0.0)


def test_the_master_speaks_and_is_known_by_ganetis_own_files(ganeti):
    files, name = ganeti.master.root / "lib", ganeti.master.name
    assert (files / MASTER).read_text().split() == (files / NODES).read_text().split() == [name]
    assert Mastership(files, frozenset({name})).is_ours


def ends(master, job):
    return [one for one in master.told() if one.job == job and one.status in FINAL]
