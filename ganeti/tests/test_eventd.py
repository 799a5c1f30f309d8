"""The event daemon tells each status of each job, and after a restart only what is new.

Given a queue directory as Ganeti writes it and a bus in memory; when jobs change, or the daemon was away; then a
dispatcher has received all of it.
"""

import asyncio
import json

from ganeti.osprovider.progress import _leave
from ganeti.tests import samples
from ganeti.tests.desk import until
from logic.messages import codec
from logic.messages.observations import BuildProgress, NicSeen
from logic.testing.reading import Reader


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


async def test_what_the_os_definition_left_is_shipped_as_progress(world):
    consumer = await Reader.of(world.bus, "alpha")
    world.options.spool_dir.mkdir(exist_ok=True)
    for instance, percent in (("db.example.org", 10.0), ("snf-7", 42.0)):
        _leave(world.options.spool_dir, instance, percent)
    async with world.daemon():
        [message] = await asyncio.wait_for(consumer.take(10), 10)
    seen = codec.decode(message.body)
    assert (type(seen), seen.cluster, seen.instance, seen.percent) == (BuildProgress, "alpha", "snf-7", 42.0)
    assert message.routing_key == "ganeti.snf.event.progress.alpha"


async def test_a_note_that_is_no_message_goes_to_the_dispatchers_quarantine(world):
    consumer = await Reader.of(world.bus, "alpha")
    hook_file(world, b"\xff not json")
    async with world.daemon():
        [message] = await asyncio.wait_for(consumer.take(10), 10)
    assert (message.body, message.routing_key) == (b"\xff not json", "ganeti.snf.event.net.alpha")
