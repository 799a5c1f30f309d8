"""Servers that are made with volumes, on each kind of cluster: with empty disks, with disks that are kept, booting from them; and
what is left where they could not be made."""

import msgspec
import pytest

from logic import clock
from logic.backends.tests.sites import PREFIX, asked_for, inside, real
from logic.backends.tests.test_volumes_contract import SIZE, TOO_MUCH, Shelf, another, tidied
from logic.errors import Rejected, Transient
from logic.messages.commands import CreateServerHaving, Sending, VolumeSpec

pytestmark = pytest.mark.timeout(900)
CONTENT = {"img_id": "debian.raw", "img_format": "raw"}
KINDS = {"transport": inside}


@pytest.fixture(params=[*KINDS, pytest.param("real", marks=[pytest.mark.ganeti, pytest.mark.verify])])
async def site(request, tmp_path):
    async with asked_for(request, tmp_path) as made:
        yield made


class Cupboard(Shelf):
    """A server that is to be made, and a volume for it."""

    def having(self, *volumes, root=False, **changes):
        about = {"nics": (), "volumes": volumes, "root": root} | ({"disks": ()} if root else {})
        plain = msgspec.structs.asdict(self.create(nics=()))
        return CreateServerHaving(**plain | about | changes)

    def one(self, **changes):
        return VolumeSpec(**{"id": self.volume, "size": SIZE} | changes)

    async def carried(self, command):
        """What became of the server."""
        job = await self.sent(command)
        told = await self.ended(command, job)
        await self.quiet()
        return told

    async def order(self):
        """Its disks, by the volumes' names, in their order."""
        home = await self.asked(self.backend._client.housed, self.instance)
        return list(home.disk_names)


@pytest.fixture
async def cupboard(site):
    number = (await site.backend().facts()).highest_number + 1
    made = Cupboard(site, number)
    yield made
    await tidied(made, number)


async def kept(cupboard):
    """The volume was on another server, and is kept since."""
    other = await another(cupboard)
    assert (await other.carry(other.attach(fresh=True))).status == "success"
    assert (await other.carry(other.detach())).status == "success"
    await other.quiet()


async def test_an_empty_disk_is_made_with_the_server(cupboard):
    told = await cupboard.carried(cupboard.having(cupboard.one(fresh=True)))
    assert (told.status, told.opcode) == ("success", "OP_INSTANCE_CREATE")
    assert (await cupboard.order())[1:] == [cupboard.name]
    assert ((await cupboard.seen()).status, await cupboard.place()) == ("running", "attached")


async def test_a_volume_that_is_kept_is_on_the_server_before_that_starts(cupboard):
    await kept(cupboard)
    told = await cupboard.carried(cupboard.having(cupboard.one()))
    assert (told.status, told.opcode) == ("success", "OP_INSTANCE_STARTUP")
    assert ((await cupboard.seen()).status, await cupboard.place()) == ("running", "attached")
    assert await cupboard.disks(cupboard.name) is None  # nobody keeps it any more


async def test_a_volume_with_content_is_filled_before_the_server_starts(cupboard):
    told = await cupboard.carried(cupboard.having(cupboard.one(fresh=True, os_params=CONTENT)))
    assert (told.status, told.opcode) == ("success", "OP_INSTANCE_STARTUP")
    assert (await cupboard.place(), await cupboard.disks(cupboard.name)) == ("attached", None)


async def test_what_it_boots_from_is_filled_as_it_is_made_and_then_named_after_the_volume(cupboard):
    root = cupboard.one(fresh=True, os_params=CONTENT)
    told = await cupboard.carried(cupboard.having(root, root=True, os_params=CONTENT))
    assert (told.status, told.opcode) == ("success", "OP_INSTANCE_STARTUP")
    assert (await cupboard.order())[0] == cupboard.name
    assert ((await cupboard.seen()).status, await cupboard.place()) == ("running", "attached")


async def test_it_boots_from_a_volume_that_was_kept_and_leaves_it_behind(cupboard):
    await kept(cupboard)
    assert (await cupboard.carried(cupboard.having(cupboard.one(), root=True))).status == "success"
    assert await cupboard.order() == [cupboard.name]
    assert ((await cupboard.seen()).status, await cupboard.place()) == ("running", "attached")
    removal = cupboard.remove()
    assert (await cupboard.ended(removal, await cupboard.sent(removal))).status == "success"
    await cupboard.quiet()
    assert (await cupboard.place(), (await cupboard.seen()).exists) == ("held", False)


@pytest.mark.parametrize("root", [True, False])
async def test_of_a_server_that_could_not_be_made_nothing_is_left_of_what_was_to_be_filled(cupboard, root):
    one = cupboard.one(fresh=True, os_params=CONTENT, size=TOO_MUCH)
    told = await cupboard.carried(cupboard.having(one, root=root, os_params=CONTENT))
    assert told.status == "error"
    assert await cupboard.place() == "nowhere"


async def test_a_volume_that_was_kept_is_kept_when_the_server_could_not_be_made(cupboard):
    await kept(cupboard)
    told = await cupboard.carried(cupboard.having(cupboard.one(), memory=TOO_MUCH))
    assert (told.status, told.error_code) == ("error", "unmet")
    assert "emory" in told.error
    assert (await cupboard.place(), (await cupboard.seen()).exists) == ("held", False)


@pytest.mark.parametrize("lost", ["POST /2/instances", "PUT /2/instances/"], ids=["the instance", "a change"])
async def test_an_answer_that_was_lost_meanwhile_changes_nothing(cupboard, lost):
    await kept(cupboard)
    command = cupboard.having(cupboard.one())
    since = (await cupboard.backend.facts()).last_job
    await cupboard.site.lose_reply(lost)
    with pytest.raises(Transient) as caught:
        await cupboard.backend.submit(command)
    assert caught.value.unclear
    again = msgspec.structs.replace(command, sending=Sending(again=True, since=since))
    assert (await cupboard.carried(again)).status == "success"
    assert await cupboard.place() == "attached"


async def test_what_failed_before_its_number_was_known_is_not_made_again(cupboard):
    await kept(cupboard)
    command = cupboard.having(cupboard.one(), memory=TOO_MUCH)
    since = (await cupboard.backend.facts()).last_job
    await cupboard.site.lose_reply("POST /2/instances")
    with pytest.raises(Transient):
        await cupboard.backend.submit(command)
    again = msgspec.structs.replace(command, sending=Sending(again=True, since=since))
    with pytest.raises(Rejected, match="emory"):
        await cupboard.sent(again)


async def test_an_instance_of_its_name_that_is_another_server_stays(cupboard):
    stranger = Cupboard(cupboard.site, int(cupboard.instance.removeprefix(PREFIX)))
    stranger.server = str(clock.new_uuid())
    await stranger.do(stranger.create(nics=()))
    with pytest.raises(Rejected, match="taken"):
        await cupboard.sent(cupboard.having(cupboard.one(fresh=True)))


@pytest.mark.ganeti
@pytest.mark.verify
async def test_where_metadata_has_a_disk_of_its_own_that_alone_is_written_before_the_volume_comes(ganeti):
    """By the OS definition that we have, which is told no image."""
    async with real(ganeti) as site:
        number = (await site.backend().facts()).highest_number + 1
        made = Cupboard(site, number)
        try:
            await kept(made)
            told = {"os": "synnefo-image+default", "os_params": {"hostname": "demo", "instance_id": made.server}}
            assert (await made.carried(made.having(made.one(), root=True, **told))).status == "success"
            assert await made.order() == [made.name, f"{PREFIX}config-{made.server}"]
            assert (await made.seen()).status == "running"
        finally:
            await tidied(made, number)
