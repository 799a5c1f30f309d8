"""The event daemon tells every job's end, whatever fails, and repeats rather than loses.

Given a queue directory as Ganeti writes it and a bus in memory; when something fails; then what a dispatcher would have
received is still complete.
"""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys

import pytest

from ganeti import eventd
from ganeti.cursor import Cursor
from ganeti.directory import Changes, QueueDirectory
from ganeti.eventd import Options
from ganeti.publishing import Pace
from ganeti.spool import Spool
from ganeti.tests import samples
from logic.bus import BusDown
from logic.bus.memory import MemoryBus
from logic.messages import codec
from logic.messages.observations import JobChanged, NicSeen

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
        consumer = await self.bus.consumer(["alpha"])

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


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


async def until(condition, seconds=10.0):
    """Wait for a condition; fail when it does not come."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for is in another place
            await asyncio.sleep(0.002)


async def test_each_status_of_a_job_is_told_as_it_comes(world):
    async with world.listening(), world.daemon():
        for status in ("queued", "waiting", "running", "success"):
            world.write(7, samples.op(status=status))
            await until(lambda status=status: status in [one.status for one in world.told()])
    assert [(one.cluster, one.incarnation, one.job) for one in world.told()] == [("alpha", "inc-1", 7)] * 4


async def test_what_was_there_before_the_start_is_told(world):
    world.write(7)
    async with world.listening(), world.daemon():
        await until(lambda: world.ends() == {7})


async def test_after_a_restart_only_what_is_new_is_told(world):
    world.write(7)
    async with world.listening():
        async with world.daemon():
            await until(lambda: world.ends() == {7})
        world.write(8)
        async with world.daemon():
            await until(lambda: world.ends() == {7, 8})
    assert [one.job for one in world.told()] == [7, 8]


async def test_jobs_that_ran_and_were_archived_while_it_was_down_are_told(world):
    world.write(7, samples.op(status="running"))
    async with world.listening():
        async with world.daemon():
            await until(lambda: len(world.told()) == 1)
        world.write(7)
        world.write(8)
        world.archive(7)
        world.archive(8)
        world.write(9)
        async with world.daemon():
            await until(lambda: world.ends() == {7, 8, 9})


async def test_a_first_start_does_not_tell_the_archive(world):
    world.write(3)
    world.archive(3)
    world.write(7)
    async with world.listening():
        async with world.daemon():
            await until(lambda: world.ends() == {7})
        async with world.daemon():
            world.write(8)
            await until(lambda: world.ends() == {7, 8})
    assert 3 not in {one.job for one in world.told()}


async def test_a_crash_before_the_cursor_is_kept_repeats_with_the_same_key(world):
    world.write(7)
    async with world.listening():
        async with world.daemon():
            await until(lambda: world.ends() == {7})
        for left in world.options.state_dir.iterdir():
            left.unlink()
        async with world.daemon():
            await until(lambda: len(world.told()) == 2)
    assert len({one.key() for one in world.told()}) == 1


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


async def test_only_our_instances_and_our_commands_are_told(world):
    world.write(1, samples.op(instance="db.example.org", command=""))
    world.write(2, samples.op(instance="other-2", command=""))
    world.write(3, samples.op(instance="snf-3", command=""))
    world.write(4, samples.op(instance="renamed", command=samples.COMMAND))
    async with world.listening(), world.daemon():
        await until(lambda: 4 in world.ends())
    assert [one.job for one in world.told()] == [3, 4]


def hook_file(world, body, order=1):
    world.options.spool_dir.mkdir(exist_ok=True)
    hidden = world.options.spool_dir / ".x.net.json.tmp2"
    hidden.write_bytes(body)
    hidden.rename(world.options.spool_dir / f"{10**18 + order:020d}-7.net.json")


def nic_seen(instance):
    return {
        "type": "nic-seen",
        "cluster": "cluster.example.org",
        "instance": instance,
        "path": "instance-add",
        "phase": "post",
        "serial": "1-2",
    }


async def test_what_the_hook_left_is_shipped_under_our_name_of_the_cluster(world):
    async with world.listening(), world.daemon():
        hook_file(world, json.dumps(nic_seen("snf-7")).encode())
        await until(lambda: world.told(NicSeen))
        await until(lambda: not list(world.options.spool_dir.iterdir()))
    [seen] = world.told(NicSeen)
    assert (seen.cluster, seen.incarnation, seen.instance) == ("alpha", "inc-1", "snf-7")


async def test_a_note_about_somebody_elses_instance_is_dropped(world):
    hook_file(world, json.dumps(nic_seen("db.example.org")).encode(), 1)
    hook_file(world, json.dumps(nic_seen("snf-7")).encode(), 2)
    async with world.listening(), world.daemon():
        await until(lambda: world.told(NicSeen))
    assert [one.instance for one in world.told(NicSeen)] == ["snf-7"]


async def test_a_note_that_is_no_message_goes_to_the_dispatchers_quarantine(world):
    consumer = await world.bus.consumer(["alpha"])
    hook_file(world, b"\xff not json")
    async with world.daemon():
        [message] = await asyncio.wait_for(consumer.take(10), 10)
    assert (message.body, message.routing_key) == (b"\xff not json", "ganeti.snf.event.net.alpha")


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


def test_the_cluster_uuid_is_read_from_ganetis_configuration(tmp_path):
    config = tmp_path / "config.data"
    config.write_text(json.dumps({"version": 3000000, "cluster": {"uuid": samples.CLUSTER_UUID, "serial_no": 1}}))
    assert eventd.incarnation_of(config) == samples.CLUSTER_UUID


@pytest.mark.parametrize("content", [None, "", "[]", '{"cluster": {}}'])
def test_an_unreadable_configuration_says_what_to_do(tmp_path, content):
    config = tmp_path / "config.data"
    if content is not None:
        config.write_text(content)
    with pytest.raises(SystemExit, match="--incarnation"):
        eventd.incarnation_of(config)


def test_the_brokers_urls_come_from_a_file_or_the_environment(tmp_path, monkeypatch):
    file = tmp_path / "url"
    file.write_text("amqp://a:b@h1/\namqp://a:b@h2/\n")
    assert eventd.urls_of(file) == ["amqp://a:b@h1/", "amqp://a:b@h2/"]
    monkeypatch.setenv(eventd.URL_VARIABLE, "amqp://a:b@h3/")
    assert eventd.urls_of(None) == ["amqp://a:b@h3/"]
    monkeypatch.delenv(eventd.URL_VARIABLE)
    with pytest.raises(SystemExit, match=eventd.URL_VARIABLE):
        eventd.urls_of(None)


def command_line(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "ganeti.eventd", *map(str, arguments)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_help_names_every_option():
    shown = command_line("--help").stdout
    assert all(
        option in shown for option in ("--cluster", "--queue-dir", "--spool-dir", "--state-dir", "--amqp-url-file")
    )


def test_a_machine_without_ganeti_is_told_so_in_one_line(tmp_path):
    ended = command_line("--cluster", "alpha", "--queue-dir", tmp_path / "none")
    assert ended.returncode == 1
    assert "Does this machine run Ganeti?" in ended.stderr
    assert "Traceback" not in ended.stderr


async def test_a_signal_stops_it_in_order_also_while_the_broker_is_away(world):
    world.write(7)
    running = subprocess.Popen(  # noqa: ASYNC220 - it is waited for below
        [sys.executable, "-m", "ganeti.eventd", "--cluster", "alpha", "--incarnation", "inc-1"]
        + [f"--{name}-dir={world.queue.with_name(name)}" for name in ("queue", "spool", "state")],
        env={**os.environ, eventd.URL_VARIABLE: "amqp://synnefo:not-to-be-seen@127.0.0.1:1/"},
        stderr=subprocess.PIPE,
        text=True,
    )
    with running:
        await until(lambda: list(world.options.spool_dir.glob("*.op.json")), 30)
        running.send_signal(signal.SIGTERM)
        _, said = running.communicate(timeout=20)
    assert running.returncode == 0
    assert "Traceback" not in said
    assert "not-to-be-seen" not in said
    assert (world.options.state_dir / "cursor-alpha.json").exists()


def test_two_daemons_on_one_state_directory_are_refused(tmp_path):
    held = eventd._alone(tmp_path)
    with held, pytest.raises(OSError):
        eventd._alone(tmp_path)
