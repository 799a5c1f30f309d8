"""Volumes on each kind of cluster: see ``sites``. Made on their first server, kept, moved to another, deleted; left by a server
that goes; found again wherever an order that failed has left them."""

import asyncio
from contextlib import asynccontextmanager

import msgspec
import pytest

from ganeti.simulator.faults import Fault
from ganeti.vocabulary import FINAL, UNMET, filling_name, volume_name
from logic import clock
from logic.backends.base import VolumeTarget
from logic.backends.tests.sites import PREFIX, SIMULATED, asked_for, inside, real
from logic.backends.tests.test_backend_contract import Desk
from logic.errors import Rejected, Transient
from logic.messages.commands import (
    AttachFilledVolume,
    AttachVolume,
    ClearVolume,
    DeleteServer,
    DeleteServerKeeping,
    DeleteVolume,
    DetachVolume,
    ExtendVolume,
    Sending,
    StopServer,
)

SIZE = 32
TOO_MUCH = 2**40  # MiB
PATIENCE = 300.0
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(params=[*SIMULATED, pytest.param("real", marks=[pytest.mark.ganeti, pytest.mark.verify])])
async def site(request, tmp_path):
    async with asked_for(request, tmp_path) as made:
        yield made


class Shelf(Desk):
    """A volume, and a server that it may be on."""

    def __init__(self, site, number, volume=""):
        super().__init__(site, number)
        self.volume = volume or str(clock.new_uuid())
        self.name = volume_name(PREFIX, self.volume)

    async def made(self):
        assert (await self.do(self.create(nics=()))).status == "success"
        return self

    def attach(self, *, fresh=False, **sending):
        return AttachVolume(**self.about(self.volume, **sending), size=SIZE, fresh=fresh)

    def filled(self, **changes):
        about = {"size": SIZE, "fresh": True, "hypervisor": self.site.hypervisor, "os": self.site.os}
        return AttachFilledVolume(**self.about(self.volume) | about | changes)

    def detach(self):
        return DetachVolume(**self.about(self.volume), hypervisor=self.site.hypervisor)

    def extend(self, size):
        return ExtendVolume(**self.about(self.volume), size=size)

    async def size(self, instance):
        home = await self.asked(self.backend._client.measured, instance)
        return home.disks[-1]

    def delete(self):
        return DeleteVolume(**self.about(self.volume))

    def clear(self):
        return ClearVolume(**self.about(self.volume))

    def remove(self, **changes):
        about = {"volumes": (self.volume,), "hypervisor": self.site.hypervisor, "force": True}
        return DeleteServerKeeping(**self.about() | about | changes)

    async def asked(self, function, *args):
        return await self.site.offload.call(function, *args)

    async def disks(self, instance):
        return (await self.asked(self.backend._client.disk_names)).get(instance)

    async def looked(self, **jobs):
        target = VolumeTarget(volume=self.volume, instance=self.instance, version=4, **jobs)
        return await self.backend.volumes([target])

    async def place(self):
        (seen,) = await self.looked()
        assert (seen.volume, seen.version, seen.cluster) == (self.volume, 4, "alpha")
        assert seen.incarnation
        return seen.place

    async def sent(self, command):
        """As a worker does: until it is taken."""
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    return (await self.backend.submit(command)).job
                except Transient:
                    await self.site.tick()

    async def over(self, command, job):
        async with asyncio.timeout(PATIENCE):
            while True:
                told, _ = await self.looked(jobs={job: command.id})
                if told.status in FINAL:
                    return told
                await self.site.tick()

    async def carry(self, command):
        return await self.over(command, await self.sent(command))

    async def quiet(self):
        """Until every job is over."""
        async with asyncio.timeout(PATIENCE):
            while any(not job.final for job in await self.asked(self.backend._client.jobs)):
                await self.site.tick()


@pytest.fixture
async def shelf(site):
    async with shelved(site) as made:
        yield made


@asynccontextmanager
async def shelved(site):
    number = (await site.backend().facts()).highest_number + 1
    made = await Shelf(site, number).made()
    try:
        yield made
    finally:
        await tidied(made, number)


async def tidied(made, number):
    if made.site.is_real:
        await made.quiet()
        for name in await made.asked(made.backend._client.instance_names):
            if name in {made.instance, made.name} or name == f"{PREFIX}{number + 1}":
                await made.asked(lambda name=name: made.backend._client.remove(name, shutdown_timeout=0, reason="tidy"))
        await made.quiet()


async def another(shelf):
    return await Shelf(shelf.site, int(shelf.instance.removeprefix(PREFIX)) + 1, shelf.volume).made()


async def test_a_volume_goes_from_server_to_server_and_leaves_nothing_behind(shelf):
    await journey(shelf)


@pytest.mark.ganeti
async def test_it_does_so_on_a_real_cluster(ganeti):
    """The one that every change runs there; the others of this module do in ``make verify``."""
    async with real(ganeti) as site, shelved(site) as shelf:
        await journey(shelf)


async def journey(shelf):
    # Given one that has never been anywhere: its first server has it made
    command = shelf.attach(fresh=True)
    told = await shelf.carry(command)
    assert (told.status, told.command, told.opcode) == ("success", command.id, "OP_INSTANCE_SET_PARAMS")
    assert await shelf.disks(shelf.instance) == {shelf.name}
    assert await shelf.place() == "attached"
    # When it is taken off, it is kept by an instance that does not run
    assert (await shelf.carry(shelf.detach())).status == "success"
    assert await shelf.disks(shelf.instance) == frozenset()
    assert await shelf.place() == "held"
    keeper = await shelf.asked(shelf.backend._client.housed, shelf.name)
    assert (keeper.status, keeper.tags) == ("ADMIN_down", (f"synnefo:volume:{shelf.volume}",))
    # Then it goes to another server, and nobody keeps it any more
    other = await another(shelf)
    assert (await other.carry(other.attach())).status == "success"
    await other.quiet()
    assert (await other.place(), await shelf.place()) == ("attached", "elsewhere")
    assert await other.disks(other.name) is None
    # And it is gone when it is deleted
    assert (await other.carry(other.detach())).status == "success"
    assert (await other.carry(other.delete())).status == "success"
    assert await other.place() == "nowhere"
    assert await other.disks(other.name) is None
    gone = await other.carry(other.delete())
    assert (gone.status, gone.error_code) == ("error", "unknown_entity")


async def test_a_volume_with_content_is_filled_before_its_first_server_has_it(shelf):
    told = await shelf.carry(shelf.filled())
    assert (told.status, told.opcode) == ("success", "OP_INSTANCE_SET_PARAMS")
    await shelf.quiet()
    assert await shelf.disks(shelf.instance) == {shelf.name}
    assert await shelf.place() == "attached"
    assert await shelf.disks(shelf.name) is None
    # And asked again, or put on again, it is as it is
    assert (await shelf.carry(shelf.filled())).status == "success"
    assert (await shelf.carry(shelf.detach())).status == "success"
    assert (await shelf.carry(shelf.filled())).status == "success"
    assert await shelf.place() == "attached"


async def test_one_that_could_not_be_filled_is_on_no_server_and_can_be_filled_again(shelf):
    assert (await shelf.carry(shelf.filled(size=TOO_MUCH))).status == "error"
    await shelf.quiet()
    assert await shelf.disks(shelf.instance) == frozenset()
    assert await shelf.place() == "nowhere"
    assert (await shelf.carry(shelf.filled())).status == "success"


@pytest.mark.parametrize("then", ["filled again", "deleted"])
async def test_what_was_left_half_made_is_not_taken_for_the_volume(shelf, then):
    # Given a keeper that was made, and whose disk has not got its content
    client, server = shelf.backend._client, await shelf.asked(shelf.backend._client.housed, shelf.instance)
    spec = {
        "instance_name": shelf.name,
        "disk_template": server.disk_template,
        "disks": [{"size": SIZE, "name": filling_name(PREFIX, shelf.volume)}, {"size": 4}],
        "nics": [],
        "os_type": server.os,
        "no_install": True,
        "pnode": server.pnode,
        "tags": [f"synnefo:volume:{shelf.volume}"],
        "start": False,
        "ignore_ipolicy": True,
        "name_check": False,
        "ip_check": False,
    }
    await shelf.asked(lambda: client.create_instance(spec, reason="by hand"))
    await shelf.quiet()
    assert await shelf.place() == "nowhere"
    command = shelf.filled() if then == "filled again" else shelf.delete()
    assert (await shelf.carry(command)).status == "success"
    await shelf.quiet()
    assert await shelf.place() == ("attached" if then == "filled again" else "nowhere")
    assert await shelf.disks(shelf.name) is None


async def test_a_disk_is_made_larger_wherever_it_is(shelf):
    await shelf.carry(shelf.attach(fresh=True))
    for size in (SIZE + 8, SIZE + 8):  # again is the same
        assert (await shelf.carry(shelf.extend(size))).status == "success"
    assert await shelf.size(shelf.instance) == SIZE + 8
    await shelf.carry(shelf.detach())
    assert (await shelf.carry(shelf.extend(SIZE + 16))).status == "success"
    await _adrift(shelf)
    assert (await shelf.carry(shelf.extend(SIZE + 24))).status == "success"
    assert await shelf.size(shelf.name) == SIZE + 24
    assert await shelf.place() == "held"


async def test_a_disk_that_is_nowhere_is_not_made_larger(shelf):
    with pytest.raises(Rejected, match="nowhere"):
        await shelf.sent(shelf.extend(SIZE + 8))


async def test_a_server_that_is_removed_leaves_its_volumes(shelf):
    await shelf.carry(shelf.attach(fresh=True))
    command = shelf.remove()
    job = await shelf.sent(command)
    assert (await shelf.over(command, job)).status == "success"
    await shelf.quiet()
    assert not (await shelf.seen()).exists
    assert await shelf.place() == "held"


async def test_a_server_without_its_volumes_is_removed_as_any_other(shelf):
    assert (await shelf.carry(shelf.remove())).status == "success"
    gone = await shelf.carry(shelf.remove())
    assert (gone.status, gone.error_code) == ("error", "unknown_entity")


async def test_asked_again_each_finds_that_it_is_done(shelf):
    for _ in range(2):
        assert (await shelf.carry(shelf.attach(fresh=True))).status == "success"
    assert await shelf.disks(shelf.instance) == {shelf.name}
    for _ in range(2):
        assert (await shelf.carry(shelf.detach())).status == "success"
    assert await shelf.place() == "held"


@pytest.mark.parametrize("where", ["kept", "adrift", "beside what another one left"])
async def test_a_disk_is_given_up_and_made_anew_of_other_content(shelf, where):
    await shelf.carry(shelf.filled())
    await shelf.carry(shelf.detach())
    await shelf.quiet()
    if where == "adrift":
        await _adrift(shelf)
    elif where != "kept":
        await _changed(shelf, "modify", 0, name=filling_name(PREFIX, shelf.volume))
    command = shelf.clear()
    told = await shelf.carry(command)
    assert (told.status, told.command, told.opcode) == ("success", command.id, "OP_INSTANCE_REMOVE")
    assert (await shelf.place(), await shelf.disks(shelf.name)) == ("nowhere", None)
    # Asked again, there is nothing left of it
    again = await shelf.carry(command)
    assert (again.status, again.error_code, again.opcode) == ("error", "unknown_entity", "OP_INSTANCE_REMOVE")
    assert (await shelf.carry(shelf.filled())).status == "success"
    assert await shelf.place() == "attached"


async def test_what_was_only_set_aside_is_not_the_volume_s_disk_and_is_removed(shelf):
    await shelf.carry(shelf.filled())
    await shelf.carry(shelf.detach())
    await shelf.quiet()
    await _changed(shelf, "modify", shelf.name, name=filling_name(PREFIX, shelf.volume))
    assert await shelf.place() == "nowhere"
    assert (await shelf.carry(shelf.clear())).status == "success"
    assert await shelf.disks(shelf.name) is None


async def _changed(shelf, *change, **params):
    change = (*change, params)
    await shelf.asked(
        lambda: shelf.backend._client.modify_disk(shelf.name, change, hotplug={}, any_size=True, reason="by hand")
    )
    await shelf.quiet()


async def test_a_disk_that_cannot_be_set_aside_stays_as_it_was(tmp_path):
    async with inside(tmp_path) as site, shelved(site) as shelf:
        await shelf.carry(shelf.filled())
        await shelf.carry(shelf.detach())
        await shelf.quiet()
        site.simulator.faults.plan(Fault(kind="fail", match="OP_INSTANCE_SET_PARAMS", message="no lock"))
        told = await shelf.carry(shelf.clear())
        assert (told.status, told.error_code, told.opcode) == ("error", UNMET, "OP_INSTANCE_REMOVE")
        assert "no lock" in told.error
        assert await shelf.place() == "held"


@pytest.mark.parametrize("ask", ["delete", "clear"])
async def test_a_volume_on_a_server_is_not_deleted(shelf, ask):
    await shelf.carry(shelf.attach(fresh=True))
    with pytest.raises(Rejected, match=shelf.instance):
        await shelf.sent(getattr(shelf, ask)())
    assert await shelf.place() == "attached"


async def test_a_volume_on_one_server_is_not_put_on_another(shelf):
    await shelf.carry(shelf.attach(fresh=True))
    other = await another(shelf)
    with pytest.raises(Rejected, match=f"on the instance {shelf.instance}"):
        await other.sent(other.attach())
    assert await shelf.place() == "attached"


async def test_an_instance_of_its_name_that_is_not_its_keeper_stays(shelf):
    made = {"disks": (64,), "nics": (), "instance": shelf.name}
    await shelf.carry(shelf.create(**made))
    for command in (shelf.delete(), shelf.clear()):
        with pytest.raises(Rejected, match="not been made to keep it"):
            await shelf.sent(command)
    assert await shelf.disks(shelf.name) == frozenset()


async def test_a_server_without_disks_takes_none(site):
    number = (await site.backend().facts()).highest_number + 1
    bare = Shelf(site, number)
    await bare.do(bare.create(nics=(), disks=(), disk_template="diskless"))
    with pytest.raises(Rejected, match="has no disks"):
        await bare.sent(bare.attach(fresh=True))
    await bare.do(DeleteServer(**bare.about(), force=True))


@pytest.mark.parametrize("lost", ["PUT /2/instances/", "POST /2/instances"], ids=["a change", "the keeper"])
async def test_an_answer_that_was_lost_while_it_was_taken_off_changes_nothing(shelf, lost):
    await shelf.carry(shelf.attach(fresh=True))
    command = shelf.detach()
    since = (await shelf.backend.facts()).last_job
    await shelf.site.lose_reply(lost)
    with pytest.raises(Transient) as caught:
        await shelf.backend.submit(command)
    assert caught.value.unclear
    again = msgspec.structs.replace(command, sending=Sending(again=True, since=since))
    assert (await shelf.carry(again)).status == "success"
    assert await shelf.place() == "held"


async def test_a_volume_that_was_left_between_two_instances_is_found_by_whoever_wants_it(shelf):
    # Given one whose keeper has let go of it, and no server has taken it
    await shelf.carry(shelf.attach(fresh=True))
    await shelf.carry(shelf.detach())
    await _adrift(shelf)
    assert await shelf.place() == "adrift"
    # Then it can be put on a server, kept again, and deleted
    assert (await shelf.carry(shelf.attach())).status == "success"
    assert (await shelf.carry(shelf.detach())).status == "success"
    await _adrift(shelf)
    assert (await shelf.carry(shelf.detach())).status == "success"
    assert await shelf.place() == "held"
    await _adrift(shelf)
    assert (await shelf.carry(shelf.delete())).status == "success"
    assert await shelf.place() == "nowhere"
    with pytest.raises(Rejected, match="nowhere"):
        await shelf.sent(shelf.detach())


async def test_what_was_filled_and_left_between_two_instances_is_not_made_anew(shelf):
    await shelf.carry(shelf.filled())
    await shelf.carry(shelf.detach())
    await _adrift(shelf)
    assert (await shelf.carry(shelf.filled(size=2 * SIZE))).status == "success"
    assert await shelf.size(shelf.instance) == SIZE
    assert await shelf.place() == "attached"


async def _adrift(shelf):
    change = ("detach", shelf.name, {})
    await shelf.asked(lambda: shelf.backend._client.modify_disk(shelf.name, change, hotplug={}, reason="by hand"))
    await shelf.quiet()


async def test_a_stopped_server_takes_and_leaves_volumes(shelf):
    await shelf.do(StopServer(**shelf.about()))
    assert (await shelf.carry(shelf.attach(fresh=True))).status == "success"
    assert (await shelf.carry(shelf.detach())).status == "success"
    assert await shelf.place() == "held"


async def test_a_job_of_it_that_the_cluster_does_not_know_is_lost(shelf):
    told, seen = await shelf.looked(jobs={999_999_999: "some-command"})
    assert (told.status, told.command) == ("lost", "some-command")
    assert (seen.place, seen.instance) == ("nowhere", "")


STILL_THERE = "Device should have been removed but is still there"
NOT_THERE = "kvm: error executing the device_del command: Device not found (DeviceNotFound):"


@pytest.mark.parametrize("told", [[STILL_THERE], [STILL_THERE] * 7, [STILL_THERE, NOT_THERE]], ids=len)
async def test_a_guest_that_lets_go_late_is_asked_until_it_does(holder, told):
    holder.site.simulator.faults.plan(*(Fault(kind="hold", match=holder.instance, message=one) for one in told))
    assert (await holder.carry(holder.detach())).status == "success"
    assert await holder.place() == "held"
    assert await holder.disks(holder.instance) == frozenset()
    assert not holder.site.simulator.faults.device(holder.instance)


async def test_one_that_never_does_keeps_it(holder):
    holder.site.simulator.faults.plan(Fault(kind="hold", match=holder.instance, message=STILL_THERE, times=99))
    with pytest.raises(Rejected, match="Stop the server"):
        await holder.sent(holder.detach())
    await holder.quiet()
    assert await holder.place() == "attached"
    # And when it was stopped, it has nothing to hold on to
    await holder.do(StopServer(**holder.about()))
    assert (await holder.carry(holder.detach())).status == "success"
    assert await holder.place() == "held"


async def test_one_that_is_stopped_meanwhile_lets_go(holder):
    holder.site.simulator.faults.plan(Fault(kind="hold", match=holder.instance, message=STILL_THERE, times=99))
    command = holder.detach()
    for _ in range(2):
        with pytest.raises(Transient):
            await holder.backend.submit(command)
        await holder.quiet()
    await holder.do(StopServer(**holder.about()))
    assert (await holder.carry(command)).status == "success"
    assert await holder.place() == "held"


@pytest.fixture
async def holder(tmp_path):
    """A server with a volume, on a simulator whose guests see devices come and go."""
    async with inside(tmp_path) as site, shelved(site) as made:
        await made.carry(made.attach(fresh=True))
        yield made
