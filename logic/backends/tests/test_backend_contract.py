"""What every backend does, checked on each kind of cluster: see ``sites``.

Given a cluster and a backend on it; when commands are submitted, repeated, overtaken and looked at; then the contract
of ``logic.backends.base`` holds.
"""

import asyncio
import functools

import msgspec
import pytest

from ganeti import versions
from logic import clock
from logic.backends import ganeti_adopting
from logic.backends.base import Marks, Target
from logic.backends.tests.sites import PREFIX, SIMULATED, asked_for
from logic.errors import Gone, Rejected, Transient
from logic.messages.commands import (
    CreateServer,
    DeleteServer,
    NicSpec,
    PlugPort,
    RebootServer,
    Sending,
    StartServer,
    StopServer,
    UnplugPort,
)
from logic.messages.observations import InstanceSeen, JobChanged

FINAL = {"success", "error", "canceled"}


@pytest.fixture(params=[*SIMULATED, pytest.param("real", marks=pytest.mark.ganeti)])
async def site(request, tmp_path):
    async with asked_for(request, tmp_path) as made:
        yield made


class Desk:
    """One server on the cluster, and what a worker and reconcile would do about it."""

    def __init__(self, site, number):
        self.site, self.backend = site, site.backend()
        self.server, self.instance = str(clock.new_uuid()), f"{PREFIX}{number}"
        self.port = str(clock.new_uuid())
        self.mac = f"aa:00:02:{number // 65536 % 256:02x}:{number // 256 % 256:02x}:{number % 256:02x}"

    def about(self, resource="", **sending):
        return {
            "id": str(clock.new_uuid()),
            "resource": resource or self.server,
            "instance": self.instance,
            "sending": Sending(**sending),
        }

    def create(self, **changes):
        site = self.site
        nic = NicSpec(port=self.port, mac=self.mac, network=site.network, mode="" if site.network else "bridged")
        made = {"memory": 128, "vcpus": 1, "disks": (64,), "nics": (nic,), "os": site.os}
        return CreateServer(**{
            **self.about(), **made, "disk_template": site.template, "hypervisor": site.hypervisor, **changes,
        })  # fmt: skip

    def target(self, jobs=None):
        return Target(server=self.server, instance=self.instance, version=5, jobs=jobs or {})

    async def look(self, **jobs):
        return await self.backend.observe([self.target(**jobs)])

    async def seen(self):
        """The instance."""
        found = await self.look()
        assert isinstance(found[-1], InstanceSeen)
        return found[-1]

    async def ended(self, command, job):
        """The observation of a job's end."""
        async with asyncio.timeout(60):
            while True:
                told, *_ = await self.look(jobs={job: command.id})
                assert isinstance(told, JobChanged)
                if told.status in FINAL:
                    return told
                await self.site.tick()

    async def do(self, command):
        """Submit and wait for the end."""
        return await self.ended(command, (await self.backend.submit(command)).job)

    async def jobs_of(self, command):
        """How many jobs carry the command's id."""
        client = self.backend._client
        return [job for job in await self.site.offload.call(client.jobs) if command.id in job.commands]


@pytest.fixture
async def desk(site):
    """A number that no instance of the cluster bears; whatever was made is removed."""
    taken = (await site.backend().facts()).highest_number
    made = Desk(site, taken + 1)
    yield made
    if site.is_real and (await made.seen()).exists:
        await made.do(DeleteServer(**made.about(), force=True))


@pytest.fixture
async def server(desk):
    """A running server."""
    assert (await desk.do(desk.create())).status == "success"
    return desk


def again(command, **sending):
    return msgspec.structs.replace(command, sending=Sending(again=True, **sending))


# The road of a server


async def test_a_created_server_runs_and_is_ours_by_its_tag(desk):
    command = desk.create()
    told = await desk.do(command)
    assert (told.status, told.command, told.opcode, told.start) == ("success", command.id, "OP_INSTANCE_CREATE", True)
    seen = await desk.seen()
    assert (seen.exists, seen.owner, seen.status, seen.server, seen.version) == (
        True,
        desk.server,
        "running",
        desk.server,
        5,
    )
    assert seen.instance_uuid
    assert [nic.name for nic in seen.nics] == [f"{PREFIX}nic-{desk.port}"]
    assert [nic.mac for nic in seen.nics] == [desk.mac]


async def test_a_server_stops_and_starts_and_reboots(server):
    assert (await server.do(StopServer(**server.about(), timeout=1))).status == "success"
    assert (await server.seen()).status == "stopped"
    assert (await server.do(StartServer(**server.about()))).status == "success"
    assert (await server.seen()).status == "running"
    assert (await server.do(RebootServer(**server.about(), hard=True))).status == "success"
    assert (await server.seen()).status == "running"


async def test_a_deleted_server_is_gone(server):
    assert (await server.do(DeleteServer(**server.about(), force=True))).status == "success"
    assert not (await server.seen()).exists


async def test_a_port_is_plugged_and_unplugged_by_its_own_name(server):
    port = str(clock.new_uuid())
    network = server.site.network
    nic = NicSpec(port=port, mac="aa:00:02:fe:00:01", network=network, mode="" if network else "bridged")
    assert (await server.do(PlugPort(**server.about(port), nic=nic))).status == "success"
    assert [one.name for one in (await server.seen()).nics] == [f"{PREFIX}nic-{server.port}", f"{PREFIX}nic-{port}"]
    assert (await server.do(UnplugPort(**server.about(server.port)))).status == "success"
    assert [one.name for one in (await server.seen()).nics] == [f"{PREFIX}nic-{port}"]


async def test_a_server_deleted_while_it_is_built_leaves_nothing(desk):
    create = desk.create()
    job = (await desk.backend.submit(create)).job
    delete = DeleteServer(**desk.about(after=(job,)), force=True)
    removal = (await desk.backend.submit(delete)).job
    end, built = await desk.ended(delete, removal), await desk.ended(create, job)
    assert built.status in {"success", "canceled"}
    assert (end.status, end.error_code) in {("success", ""), ("error", "unknown_entity")}
    assert not (await desk.seen()).exists


# Refusals and failures


async def test_an_order_for_what_is_not_there_becomes_a_job_that_says_so(desk):
    for command in (StartServer(**desk.about()), DeleteServer(**desk.about())):
        told = await desk.do(command)
        assert (told.status, told.error_code) == ("error", "unknown_entity")
        assert desk.instance in told.error


async def test_a_taken_name_is_an_error_with_its_code_and_touches_nothing(server):
    other = msgspec.structs.replace(server.create(nics=()), resource=str(clock.new_uuid()))
    told = await server.do(other)
    assert (told.status, told.error_code) == ("error", "already_exists")
    assert (await server.seen()).owner == server.server


async def test_a_server_that_there_is_no_room_for_is_an_error_with_its_code_and_leaves_nothing(desk):
    await desk.site.allow_any_size()
    memory = (await desk.backend.facts()).memory_largest + 4096
    told = await desk.do(desk.create(memory=memory))
    assert (told.status, told.error_code) == ("error", "insufficient_resources"), told.error
    assert told.error
    assert not (await desk.seen()).exists


async def test_an_order_that_makes_no_sense_is_rejected_with_a_reason(desk):
    with pytest.raises(Rejected, match="timeout"):
        await desk.backend.submit(StopServer(**desk.about(), timeout="soon"))


async def test_a_command_that_is_no_instance_operation_of_ours_is_not_found(desk):
    assert await desk.backend.find(StartServer(**desk.about())) is None


# Sent again


async def test_a_repeated_command_is_the_job_it_already_is(desk):
    command = desk.create()
    since = (await desk.backend.facts()).last_job
    first = await desk.backend.submit(command)
    assert await desk.backend.submit(again(command, since=since)) == first
    await desk.ended(command, first.job)
    assert await desk.backend.submit(again(command, since=since)) == first
    assert len(await desk.jobs_of(command)) == 1


async def test_a_command_is_found_after_its_job_was_archived(server):
    command = StopServer(**server.about())
    since = (await server.backend.facts()).last_job
    told = await server.do(command)
    await server.site.archive()
    await server.do(StartServer(**server.about()))
    assert (await server.backend.find(again(command, since=since))).job == told.job
    assert (await server.ended(command, told.job)).status == "success"


async def test_a_lost_reply_is_unclear_and_the_job_is_found(desk):
    command = desk.create()
    await desk.site.lose_reply("POST /2/instances")
    with pytest.raises(Transient) as caught:
        await desk.backend.submit(command)
    assert caught.value.unclear
    await desk.do(again(command))
    assert len(await desk.jobs_of(command)) == 1
    assert (await desk.seen()).exists


async def test_a_reboot_whose_reply_was_lost_is_found_but_never_sent_twice(server):
    done, lost = RebootServer(**server.about()), RebootServer(**server.about())
    # Given one whose reply was lost, and one that never arrived
    await server.site.lose_reply("/reboot")
    with pytest.raises(Transient):
        await server.backend.submit(done)
    assert (await server.do(again(done))).status == "success"
    with pytest.raises(Rejected) as caught:
        await server.backend.submit(again(lost))
    assert caught.value.code == "unclear"


async def test_a_drained_queue_is_a_reason_to_come_again_and_nothing_was_sent(desk):
    await desk.site.drain()
    command = desk.create()
    with pytest.raises(Transient) as caught:
        await desk.backend.submit(command)
    assert not caught.value.unclear
    assert await desk.backend.find(command) is None


# Looking


async def test_a_job_the_cluster_does_not_know_is_lost(desk):
    told, seen = await desk.look(jobs={999_999_999: "some-command"})
    assert (told.status, told.job, told.command) == ("lost", 999_999_999, "some-command")
    assert not seen.exists


async def test_looking_at_many_at_once_tells_what_looking_one_by_one_does(server):
    stop = StopServer(**server.about())
    job = (await server.do(stop)).job
    targets = [server.target({job: stop.id, 999_999_999: "lost"})]
    single = await server.backend.observe(targets)
    bulk = await server.site.backend(single_targets=0).observe(targets)
    assert [_without_log(one) for one in bulk] == [_without_log(one) for one in single]


def _without_log(seen):
    """A list in bulk has no logs."""
    return msgspec.structs.replace(seen, log_serial=0, message="", at=0.0) if isinstance(seen, JobChanged) else seen


async def test_a_look_at_the_whole_cluster_finds_what_nobody_asked_about(server):
    found = await server.backend.observe([], whole=True)
    assert [(one.server, one.owner) for one in found if one.instance == server.instance] == [("", server.server)]


async def test_a_guest_that_died_is_seen_crashed(server):
    await server.site.crash(server.instance)
    seen = await server.seen()
    assert (seen.status, seen.why, seen.busy) == ("crashed", "guest", False)


async def test_a_glance_tells_who_runs_by_their_own_ids(server):
    uuid = (await server.seen()).instance_uuid
    assert (await server.backend.glance())[uuid] == "running"
    await server.site.crash(server.instance)
    assert (await server.backend.glance())[uuid] == "crashed"
    await server.do(StopServer(**server.about(), timeout=1))
    assert (await server.backend.glance())[uuid] == "stopped"


async def test_a_cluster_made_anew_has_another_incarnation_and_has_lost_the_jobs(server):
    stop = StopServer(**server.about())
    before = await server.do(stop)
    await server.site.remake()
    told, seen = await server.look(jobs={before.job: stop.id})
    assert told.status == "lost"
    assert seen.incarnation != before.incarnation
    assert not seen.exists


async def test_the_facts_tell_identity_and_room(server):
    facts = await server.backend.facts()
    assert facts.incarnation == (await server.seen()).incarnation
    assert facts.memory_total >= facts.memory_free > 0
    assert facts.disk_total > 0
    assert facts.cores > 0
    assert facts.nodes == 1
    assert (facts.memory_largest, facts.disk_largest) == (facts.memory_free, facts.disk_free)
    assert facts.vcpu_ratio > 0
    assert facts.last_job > 0
    assert facts.version
    assert facts.disk_templates
    assert facts.highest_number == int(server.instance.removeprefix(PREFIX))


async def test_the_facts_tell_which_version_it_is_and_that_its_api_is_of_use(desk):
    facts = await desk.backend.facts()
    assert facts.version == desk.site.version
    assert versions.NEEDED.keys() <= set(facts.features)
    assert facts.unfit == ""


# Taking over what was not made for us


async def ticking(site, work):
    """The result of some work, while time passes for the cluster."""
    task = asyncio.create_task(work)
    async with asyncio.timeout(60):
        while not task.done():
            await site.tick()
            await asyncio.sleep(0.001)
    return task.result()


@pytest.fixture
async def foreign(desk, monkeypatch):
    """A running instance without a tag or a name of an interface."""
    monkeypatch.setattr(ganeti_adopting, "LOOK", 0.01)
    site, made, client = desk.site, desk.create(), desk.backend._client
    node, *_ = await site.offload.call(client.node_names)
    nic = {"mac": desk.mac, **({"network": site.network} if site.network else {"mode": "bridged"})}
    spec = {
        "instance_name": desk.instance, "disk_template": site.template, "disks": [{"size": 64}], "nics": [nic],
        "os_type": site.os, "beparams": {"minmem": 128, "maxmem": 128, "vcpus": 1}, "start": True, "name_check": False,
        "ip_check": False, "conflicts_check": False, "pnode": node,
        **({"hypervisor": made.hypervisor} if made.hypervisor else {}),
    }  # fmt: skip
    adoption = ganeti_adopting.Adoption(client, site.offload, prefix=PREFIX, reason="by hand")
    await ticking(site, adoption._done(functools.partial(client.create_instance, spec, reason="by hand")))
    return desk


async def test_an_instance_that_was_not_made_for_us_is_described_with_its_sizes(foreign):
    found = await foreign.backend.describe(foreign.instance)
    assert (found.instance, found.owner, found.status, found.memory, found.vcpus, found.disks) == (
        foreign.instance, "", "running", 128, 1, (64,),
    )  # fmt: skip
    assert [nic.mac for nic in found.nics] == [foreign.mac]


async def test_it_is_marked_as_ours_while_it_runs_and_as_it_was_when_that_is_taken_back(foreign):
    # Given an instance as it was
    backend, before = foreign.backend, await foreign.backend.describe(foreign.instance)
    marks = Marks(server=foreign.server, ports={before.nics[0].uuid: foreign.port})
    # When it is marked, twice as well as once
    await ticking(foreign.site, backend.mark(before, marks, reason="import"))
    await ticking(foreign.site, backend.mark(await backend.describe(foreign.instance), marks, reason="import"))
    # Then a look finds it ours
    seen = await foreign.seen()
    assert (seen.owner, seen.status, seen.nics[0].name) == (foreign.server, "running", f"{PREFIX}nic-{foreign.port}")
    # And when it is taken back, it is as it was
    await ticking(foreign.site, backend.unmark(before, marks, reason="import"))
    assert await backend.describe(foreign.instance) == before


async def test_what_was_not_marked_is_not_unmarked(foreign):
    before = await foreign.backend.describe(foreign.instance)
    marks = Marks(server=foreign.server, ports={before.nics[0].uuid: foreign.port})
    jobs = (await foreign.backend.facts()).last_job
    await ticking(foreign.site, foreign.backend.unmark(before, marks, reason="import"))
    assert (await foreign.backend.facts()).last_job == jobs


async def test_an_instance_that_is_not_there_cannot_be_described(desk):
    with pytest.raises(Gone):
        await desk.backend.describe(desk.instance)


# Screens


async def test_a_server_that_runs_has_a_screen_of_its_own_or_says_why_not(server):
    seen, screen = await server.seen(), await server.backend.screen(server.instance)
    assert (screen.instance_uuid, screen.owner, screen.running) == (seen.instance_uuid, server.server, True)
    assert screen.host
    assert bool(screen.port) is not bool(screen.reason)


async def test_the_screen_of_a_stopped_server_says_that_nobody_is_there(server):
    await server.do(StopServer(**server.about(), timeout=1))
    assert not (await server.backend.screen(server.instance)).running


async def test_a_server_that_is_not_there_has_no_screen(desk):
    with pytest.raises(Gone):
        await desk.backend.screen(desk.instance)


async def test_who_comes_after_may_have_the_same_port_and_is_told_apart_by_its_uuid(server):
    before = await server.backend.screen(server.instance)
    await server.do(DeleteServer(**server.about(), force=True))
    assert (await server.do(server.create())).status == "success"
    after = await server.backend.screen(server.instance)
    if not server.site.is_real:  # there it has none: it is no KVM
        assert (after.host, after.port) == (before.host, before.port)
    assert after.instance_uuid != before.instance_uuid
