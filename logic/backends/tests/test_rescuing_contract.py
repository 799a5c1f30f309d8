"""Rescuing on each kind of cluster (``sites``): on a real one in QEMU, since the hypervisor that only pretends boots nothing."""

import pytest

from ganeti.vocabulary import OP_REBOOT, OP_SET_PARAMS, UNMET
from logic.backends.tests.sites import asked_for
from logic.backends.tests.test_backend_contract import Desk
from logic.backends.tests.test_resizing_contract import chain
from logic.messages.commands import DeleteServer, RescueServer, StopServer

ISO = "/etc/hosts"  # which every node has; what is on it nobody asks here
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(params=["transport", "2.16", pytest.param("real", marks=[pytest.mark.ganeti, pytest.mark.verify])])
async def site(request, tmp_path):
    async with asked_for(request, tmp_path) as made:
        yield made


@pytest.fixture
async def guest(site):
    made = Desk(site, (await site.backend().facts()).highest_number + 1)
    assert (await made.do(made.create(**site.speaks))).status == "success"
    yield made
    if site.is_real and (await made.seen()).exists:
        await made.do(DeleteServer(**made.about(), force=True))


def rescue(one, image=ISO):
    return RescueServer(**one.about(), image=image)


async def booting(one):
    """What it boots in a way of its own."""
    own = await one.site.offload.call(one.backend._client.booting, one.instance)
    return {name: own[name] for name in ("boot_order", "cdrom_image_path", "kernel_path") if name in own}


async def test_a_guest_boots_the_disk_named_and_its_own_again(guest):
    before, command = await booting(guest), rescue(guest)
    told = await guest.do(command)
    assert (told.status, told.command, told.opcode) == ("success", command.id, OP_REBOOT)
    assert await chain(guest, command) == [(OP_SET_PARAMS, "success"), (OP_REBOOT, "success")]
    assert await booting(guest) == {"boot_order": "cdrom", "cdrom_image_path": ISO, "kernel_path": ""}
    assert (await guest.seen()).status == "running"
    assert (await guest.do(rescue(guest, ""))).status == "success"
    assert (await booting(guest), (await guest.seen()).status) == (before, "running")


async def test_one_that_is_down_runs_afterwards(guest):
    await guest.do(StopServer(**guest.about(), timeout=1))
    assert (await guest.do(rescue(guest))).status == "success"
    assert (await guest.seen()).status == "running"


async def test_a_disk_that_its_node_has_not_leaves_it_running_as_it_was(guest):
    if not guest.site.is_real:
        pytest.skip("a simulated node has every file")
    told = await guest.do(rescue(guest, "/nowhere/rescue.iso"))
    assert (told.status, told.error_code, told.opcode) == ("error", UNMET, OP_REBOOT), told.error
    assert (await booting(guest), (await guest.seen()).status) == ({}, "running")
