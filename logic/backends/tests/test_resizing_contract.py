"""Resizing on each kind of cluster (``sites``): a chain of jobs, of which the last is the command's. On a real one these are part
of ``make verify``; what every change runs there is the guest of ``contrib.tests.test_os_on_ganeti`` that is resized."""

import asyncio

import pytest

from ganeti.vocabulary import OP_GROW_DISK, OP_REBOOT, OP_SET_PARAMS, UNMET
from logic.backends.tests.sites import SIMULATED, asked_for
from logic.backends.tests.test_backend_contract import FINAL, again, desk, server
from logic.errors import Transient
from logic.messages.commands import DeleteServer, ResizeServer, StopServer

__all__ = ["desk", "server"]
TOO_MUCH = 2**19  # MiB
CHAIN = [OP_SET_PARAMS, OP_GROW_DISK, OP_SET_PARAMS, OP_REBOOT]  # the first is a rehearsal
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(params=[*SIMULATED, pytest.param("real", marks=[pytest.mark.ganeti, pytest.mark.verify])])
async def site(request, tmp_path):
    async with asked_for(request, tmp_path) as made:
        yield made


def resize(one, **changes):
    return ResizeServer(**{**one.about(), "memory": 256, "vcpus": 2, "disk": 96, "restart": True, **changes})


async def size(one):
    """What it is to have, as who takes it over is told."""
    found = await one.backend.describe(one.instance)
    return found.memory, found.vcpus, found.disks


async def guest(one):
    """What its guest has."""
    client = one.backend._client
    found = await one.site.offload.call(client._get, f"/2/instances/{one.instance}", dict)
    return found["oper_ram"], found["oper_vcpus"]


async def chain(one, command):
    """Opcode and status of each job of a command, in the order they were sent."""
    jobs = await one.site.offload.call(one.backend._client.jobs)
    return [(job.ops[0].opcode, job.status) for job in jobs if command.id in job.commands | job.parts]


async def quiet(one, command):
    """Until all its jobs are over."""
    async with asyncio.timeout(60):
        while any(status not in FINAL for _, status in await chain(one, command)):
            await one.site.tick()


async def test_a_server_that_runs_is_given_another_size_and_restarted(server):
    before, command = await server.seen(), resize(server)
    told = await server.do(command)
    assert (told.status, told.command, told.opcode) == ("success", command.id, OP_REBOOT)
    assert await chain(server, command) == [(op, "success") for op in CHAIN]
    assert await size(server) == (256, 2, (96,))
    assert await guest(server) == (256, 2)
    after = await server.seen()
    assert (after.status, after.instance_uuid, after.nics) == ("running", before.instance_uuid, before.nics)


async def test_one_that_is_stopped_stays_so(server):
    await server.do(StopServer(**server.about(), timeout=1))
    command = resize(server, restart=False)
    told = await server.do(command)
    assert (told.status, told.command, told.opcode) == ("success", command.id, OP_SET_PARAMS)
    assert await size(server) == (256, 2, (96,))
    assert (await server.seen()).status == "stopped"


@pytest.mark.parametrize("disk", [0, 64, 48])
async def test_a_disk_that_is_as_large_already_is_left_alone_and_none_is_made_smaller(server, disk):
    command = resize(server, disk=disk)
    assert (await server.do(command)).status == "success"
    assert [opcode for opcode, _ in await chain(server, command)] == [OP_SET_PARAMS, OP_REBOOT]
    assert await size(server) == (256, 2, (64,))


async def test_one_that_is_made_smaller_keeps_its_disk(server):
    assert (await server.do(resize(server))).status == "success"
    assert (await server.do(resize(server, memory=128, vcpus=1, disk=0))).status == "success"
    assert await size(server) == (128, 1, (96,))
    assert await guest(server) == (128, 1)


async def test_what_its_node_has_no_room_for_leaves_it_running_as_it_was_and_says_why(server):
    await server.site.allow_any_size()
    before, command = await guest(server), resize(server, memory=TOO_MUCH)
    told = await server.do(command)
    assert (told.status, told.error_code, told.command, told.opcode) == ("error", UNMET, command.id, OP_REBOOT)
    assert "memory missing on its primary node" in told.error
    assert "Dependency" not in told.error
    # Looks tell it once and the same, one by one and in bulk, and nothing of the jobs that it was for
    target = server.target({told.job: command.id})
    for backend in (server.backend, server.site.backend(single_targets=0)):
        (job, seen) = await backend.observe([target])
        assert (job.command, job.status, job.error, seen.status) == (command.id, "error", told.error, "running")
    assert await guest(server) == before
    assert await size(server) == (*before, (64,)), "nor has its disk grown"


async def test_what_is_forbidden_is_refused_before_the_disk_has_grown(server):
    """A real one has a policy, of how many processors an instance may have; the simulator has none."""
    forbidden, why = ({"vcpus": 64}, "policy") if server.site.is_real else ({"memory": TOO_MUCH}, "memory missing")
    before, command = await size(server), resize(server, **forbidden)
    told = await server.do(command)
    assert (told.status, told.error_code, why in told.error) == ("error", UNMET, True), told.error
    await quiet(server, command)
    assert [status for _, status in await chain(server, command)] == ["error"] * len(CHAIN)
    assert await size(server) == before


async def test_it_can_be_tried_again_after_it_has_failed(server):
    await server.site.allow_any_size()
    assert (await server.do(resize(server, memory=TOO_MUCH))).status == "error"
    command = resize(server)
    assert (await server.do(command)).status == "success"
    assert [opcode for opcode, _ in await chain(server, command)] == CHAIN
    assert await size(server) == (256, 2, (96,))


@pytest.mark.parametrize("of", ["/grow", "/modify", "/reboot"])
async def test_a_resize_of_which_an_answer_was_lost_goes_on_from_there_and_is_not_doubled(server, of):
    command, since = resize(server), (await server.backend.facts()).last_job
    await server.site.lose_reply(of)
    with pytest.raises(Transient) as caught:
        await server.backend.submit(command)
    assert caught.value.unclear
    assert (await server.do(again(command, since=since))).status == "success"
    await quiet(server, command)
    assert await chain(server, command) == [(op, "success") for op in CHAIN]
    assert await size(server) == (256, 2, (96,))


async def test_a_repeated_resize_is_the_job_that_it_already_is(server):
    command, since = resize(server), (await server.backend.facts()).last_job
    job = (await server.backend.submit(command)).job
    assert (await server.backend.submit(again(command, since=since))).job == job
    await server.ended(command, job)
    await server.site.archive()
    assert (await server.backend.submit(again(command, since=since))).job == job


async def test_a_server_deleted_while_it_is_resized_is_gone_with_all_the_jobs_of_that(server):
    command = resize(server)
    job = (await server.backend.submit(command)).job
    delete = DeleteServer(**server.about(after=(job,)), force=True)
    removal = (await server.backend.submit(delete)).job
    assert (await server.ended(delete, removal)).status == "success"
    assert not (await server.seen()).exists
    assert {status for _, status in await chain(server, command)} <= {"success", "canceled"}
    assert (await server.ended(command, job)).command == command.id


async def test_jobs_of_a_resize_but_the_last_tell_nothing(server):
    command = resize(server)
    await server.do(command)
    client = server.backend._client
    parts = [job for job in await server.site.offload.call(client.jobs) if command.id in job.parts]
    told = [await server.backend.observe([server.target({job.id: command.id})]) for job in parts]
    assert [one[0].status for one in told] == ["lost"] * 3, "they are not the command's"
