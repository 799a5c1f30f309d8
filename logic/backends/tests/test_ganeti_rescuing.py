"""What the Ganeti adapter sends to have a rescue system booted, and the way back, over recorded answers."""

import pytest

from ganeti.tests import samples
from logic.backends.tests.desk import LOOKED_FOR, MODIFY, REBOOT, SNF7, about, adapter, queue
from logic.errors import Rejected
from logic.messages.commands import RescueServer

ISO = "/srv/rescue.iso"


def rescue(image=ISO, **sending):
    return RescueServer(**about(**sending), image=image)


def world(*jobs, **own):
    answers = {SNF7: samples.rapi_instance(custom_hvparams=own), LOOKED_FOR: queue(*jobs)}
    return adapter(answers | {MODIFY: 12, REBOOT: 13})


def bodies(transport):
    return [(one.path.rpartition("/")[2], transport.body(at)) for at, one in enumerate(transport.orders())]


async def test_the_hypervisor_is_told_before_the_guest_is_restarted():
    backend, transport = world()
    assert (await backend.submit(rescue())).job == 13
    (first, told), (second, restart) = bodies(transport)
    assert (first, told["hvparams"]) == (
        "modify",
        {"cdrom_image_path": ISO, "boot_order": "cdrom", "kernel_path": ""},
    )
    assert (second, restart["depends"]) == ("reboot", [[12, ["success"]]])


async def test_on_the_way_back_it_boots_as_the_cluster_says():
    backend, transport = world(cdrom_image_path=ISO, boot_order="cdrom", kernel_path="")
    await backend.submit(rescue(image=""))
    assert set(bodies(transport)[0][1]["hvparams"].values()) == {"default"}


async def test_one_that_boots_in_a_way_of_its_own_is_not_rescued_since_that_would_be_lost():
    backend, transport = world(kernel_path="/boot/own")
    with pytest.raises(Rejected, match="own kernel_path"):
        await backend.submit(rescue())
    assert not transport.orders()


async def test_one_that_was_told_before_is_told_again_for_there_is_no_other_way_to_unrescue_it():
    backend, transport = world(cdrom_image_path=ISO, boot_order="cdrom", kernel_path="", acpi=True)
    await backend.submit(rescue())
    assert [path for path, _ in bodies(transport)] == ["modify", "reboot"]


@pytest.mark.parametrize(
    "own", [{"kernel_path": ""}, {"boot_order": "cdrom", "cdrom_image_path": "/own.iso", "kernel_path": ""}]
)
async def test_what_a_rescue_would_not_have_told_in_just_that_way_is_its_own(own):
    backend, transport = world(**own)
    with pytest.raises(Rejected, match="own"):
        await backend.submit(rescue())
    assert not transport.orders()


async def test_sent_again_what_its_first_attempt_has_told_is_not_taken_for_its_own():
    reason = [["gnt:user", f"synnefo-part:{samples.COMMAND}", 1]]
    modified = samples.rapi_job(
        8, samples.op("OP_INSTANCE_SET_PARAMS", "success", command="", reason=reason), bulk=True
    )
    backend, transport = world(modified, boot_order="cdrom")
    await backend.submit(rescue(again=True, since=7))
    assert bodies(transport) == [("reboot", transport.body())]
    assert transport.body()["depends"] == [[8, ["success"]]]
