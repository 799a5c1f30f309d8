"""Rebuilding on each kind of cluster (``sites``): one job of three operations, that carries nothing of ours and is found all the
same."""

from ganeti.vocabulary import OP_REINSTALL, OP_SHUTDOWN, OP_STARTUP
from logic.backends.tests.test_backend_contract import again, desk, server, site
from logic.messages.commands import RebuildServer, StopServer

__all__ = ["desk", "server", "site"]


def rebuild(one, **changes):
    return RebuildServer(**{**one.about(), "os": one.site.os, **changes})


async def whole(one, command, job):
    """All that the job has told when its last operation is over."""
    while True:
        *told, _ = await one.look(jobs={job: command.id})
        if all(each.status in {"success", "error", "canceled"} for each in told):
            return told
        await one.site.tick()


async def test_a_rebuild_stops_makes_the_disk_anew_and_starts_in_one_job(server):
    command = rebuild(server)
    told = await whole(server, command, (await server.backend.submit(command)).job)
    assert [(each.opcode, each.status) for each in told] == [
        (OP_SHUTDOWN, "success"),
        (OP_REINSTALL, "success"),
        (OP_STARTUP, "success"),
    ]
    assert {each.command for each in told} == {command.id}
    assert (await server.seen()).status == "running"


async def test_one_that_was_stopped_stays_stopped(server):
    await server.do(StopServer(**server.about(), timeout=1))
    command = rebuild(server, start=False)
    told = await whole(server, command, (await server.backend.submit(command)).job)
    assert [each.opcode for each in told] == [OP_SHUTDOWN, OP_REINSTALL]
    assert (await server.seen()).status == "stopped"


async def test_it_stays_the_same_instance_with_its_interfaces(server):
    before = await server.seen()
    command = rebuild(server)
    await whole(server, command, (await server.backend.submit(command)).job)
    after = await server.seen()
    assert (after.instance_uuid, after.owner, after.nics) == (before.instance_uuid, before.owner, before.nics)


async def test_a_rebuild_whose_answer_was_lost_is_found_again_and_not_sent_twice(server):
    before = (await server.backend.facts()).last_job
    command = rebuild(server)
    job = (await server.backend.submit(command)).job
    assert await server.backend.find(again(command, since=before)) == (
        await server.backend.submit(again(command, since=before))
    )
    await whole(server, command, job)
    assert (await server.backend.find(again(command, since=before))).job == job
    await server.site.archive()
    assert (await server.backend.find(again(command, since=before))).job == job


async def test_what_was_rebuilt_before_is_not_taken_for_it(server):
    first = rebuild(server)
    job = (await server.backend.submit(first)).job
    await whole(server, first, job)
    assert await server.backend.find(again(rebuild(server), since=job)) is None
