"""``block_device_mapping_v2`` and its forerunner: what is asked of a server's disks, and what is refused of it, as in Nova."""

import pytest

from logic.compute.models import Flavor, Server
from logic.image.models import Image
from logic.ledger.models import Command
from logic.messages import codec
from logic.testing.worlds import ALICE, IMAGE, accepted, job, take, tell
from logic.volume.commands import NewVolume, create_volume
from logic.volume.models import Volume
from synnefo.api.compute.tests.test_servers import body

UNKNOWN = "cccccccc-0000-4000-8000-000000000001"
OWN = {
    "uuid": IMAGE,
    "source_type": "image",
    "destination_type": "local",
    "boot_index": 0,
    "delete_on_termination": True,
}
BLANK = {"source_type": "blank", "destination_type": "volume", "volume_size": 1}
ROOT = {"uuid": IMAGE, "source_type": "image", "destination_type": "volume", "volume_size": 3, "boot_index": 0}


def there(**changes):
    return {
        "source_type": "volume",
        "destination_type": "volume",
        "uuid": create_volume(ALICE, NewVolume(size=1)),
    } | changes


def bootable():
    return create_volume(ALICE, NewVolume(size=1, image=IMAGE))


def make(nova, *devices, image="", **more):
    return nova.post("/servers", body(imageRef=image, block_device_mapping_v2=list(devices), **more))


def made(reply):
    assert reply.status == 202, reply.body
    return codec.decode_command(bytes(Command.objects.get(resource=reply.json["server"]["id"]).payload))


def shown(nova, reply):
    return nova.get(f"/servers/{reply.json['server']['id']}").json["server"]


def test_a_volume_beside_the_image_is_shown_as_attached(alice):
    device = there(boot_index=-1, delete_on_termination="true")
    reply = make(alice(3), OWN, device, image=IMAGE)
    assert [one.id for one in made(reply).volumes] == [device["uuid"]]
    view = shown(alice(3), reply)
    assert view["os-extended-volumes:volumes_attached"] == [{"id": device["uuid"], "delete_on_termination": True}]
    assert view["image"]["id"] == IMAGE


def test_it_boots_from_a_volume_and_then_has_no_image(alice, admin):
    reply = make(alice(3), there(uuid=bootable(), boot_index="0"), BLANK | {"boot_index": None})
    command = made(reply)
    assert (command.root, len(command.volumes), command.disks) == (True, 2, ())
    assert (shown(alice, reply)["image"], shown(admin(3), reply)["OS-EXT-SRV-ATTR:root_device_name"]) == (
        "",
        "/dev/vda",
    )


@pytest.mark.parametrize("image", ["", IMAGE])
def test_a_volume_is_made_of_an_image_to_boot_from(alice, image):
    reply = make(alice(67), ROOT | {"volume_type": "default", "device_name": "vda"}, image=image, networks="auto")
    assert made(reply).root
    (row,) = Volume.objects.all()
    assert (row.size, row.mountpoint, row.device) == (3, "/dev/vda", reply.json["server"]["id"])


def test_devices_of_before(alice):
    mine = {"volume_id": create_volume(ALICE, NewVolume(size=1)), "device_name": "vdc", "delete_on_termination": True}
    reply = alice.post("/servers", body(block_device_mapping=[mine]))
    assert not made(reply).root
    assert Volume.objects.get().mountpoint == "/dev/vdc"
    reply = alice.post(
        "/servers", body(imageRef="", block_device_mapping=[{"volume_id": bootable(), "device_name": "vda"}])
    )
    assert made(reply).root


def test_what_an_image_says_of_devices_may_be_left_out_since_it_says_nothing(alice):
    assert (
        type(made(make(alice, OWN, {"no_device": True, "device_name": "vdb"}, image=IMAGE))).__name__ == "CreateServer"
    )


SEQUENCE = "Boot sequence"
REFUSED = {
    "no device to boot from": ([BLANK], "", SEQUENCE),
    "none beside an image either": ([BLANK], IMAGE, SEQUENCE),
    "two to boot from": ([ROOT, ROOT], "", SEQUENCE),
    "a gap in the sequence": ([ROOT, BLANK | {"boot_index": 2}], "", SEQUENCE),
    "an image beside a volume to boot from": ([ROOT | {"uuid": UNKNOWN}], IMAGE, "Name one"),
    "an empty volume to boot from": ([BLANK | {"boot_index": 0}], "", "Device that would be made for it is not bootable"),
    "an empty volume of no size": ([OWN, BLANK | {"volume_size": 0}], IMAGE, "non-zero size"),
    "a volume of an image of no size": ([ROOT | {"volume_size": None}], "", "non-zero size"),
    "an empty volume with an id": ([OWN, BLANK | {"uuid": UNKNOWN}], IMAGE, "Invalid device UUID"),
    "a volume without one": ([OWN, {"source_type": "volume", "destination_type": "volume"}], IMAGE, "Missing device UUID"),
    "a volume that becomes local": ([OWN, OWN | {"source_type": "volume"}], IMAGE, "becomes a volume"),
    "an ephemeral disk": ([OWN, {"source_type": "blank", "destination_type": "local", "volume_size": 1}], IMAGE, "ephemeral"),
    "an unknown volume": ([OWN, {"source_type": "volume", "uuid": UNKNOWN}], IMAGE, f"failed to get volume {UNKNOWN}"),
    "an unknown snapshot": ([OWN, {"source_type": "snapshot", "uuid": UNKNOWN}], IMAGE, "Mapping is Invalid"),
    "an id that is none": ([OWN, {"source_type": "volume", "uuid": "data"}], IMAGE, "must be an id"),
    "a bus": ([OWN, BLANK | {"disk_bus": "scsi"}], IMAGE, "disk_bus"),
    "a drive for disks": ([OWN, BLANK | {"device_type": "cdrom"}], IMAGE, "device_type"),
    "a format": ([OWN, BLANK | {"guest_format": "ext4"}], IMAGE, "guest_format"),
    "a tag": ([OWN, BLANK | {"tag": "data"}], IMAGE, "tags"),
    "a type too early": ([OWN, BLANK | {"volume_type": "fast"}], IMAGE, "2.67"),
    "a negative size": ([OWN, BLANK | {"volume_size": -1}], IMAGE, "volume_size"),
    "a boot index that is none": ([OWN, BLANK | {"boot_index": "first"}], IMAGE, "boot_index"),
    "a flag that is none": ([OWN, BLANK | {"delete_on_termination": "perhaps"}], IMAGE, "delete_on_termination"),
    "a name that is none": ([OWN, BLANK | {"device_name": "a b"}], IMAGE, "device_name"),
    "a name twice": ([OWN, BLANK | {"device_name": "vdc"}, BLANK | {"device_name": "/dev/vdc"}], IMAGE, "are named /dev/vdc"),
    "a field of nobody's": ([OWN, BLANK | {"colour": "blue"}], IMAGE, "Additional properties"),
    "a source of nobody's": ([OWN, BLANK | {"source_type": "tape"}], IMAGE, "source_type"),
    "what is no device": ([OWN | {"no_device": "perhaps"}], IMAGE, "no_device"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_by_what_it_is_and_nothing_is_made(alice, case):
    devices, image, says = REFUSED[case]
    reply = make(alice, *devices, image=image)
    message = reply.json["badRequest"]["message"]
    assert (reply.status, says in message, message[-1]) == (400, True, "."), message
    assert (Server.objects.count(), Volume.objects.count(), Command.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize(
    ("device", "says"),
    [
        ({"device_name": "vdb"}, "needs a volume_id"),
        ({"volume_id": UNKNOWN, "virtual_name": "ephemeral0"}, "virtual_name"),
        ({"volume_id": UNKNOWN, "colour": "blue"}, "Additional properties"),
        ("vdb", "must be an object"),
    ],
)
def test_a_device_of_before_is_refused_by_what_it_is(alice, device, says):
    reply = alice.post("/servers", body(block_device_mapping=[device]))
    assert (reply.status, says in reply.json["badRequest"]["message"]) == (400, True)


def test_only_one_of_both_syntaxes_is_taken(alice):
    reply = make(alice, OWN, image=IMAGE, block_device_mapping=[{"volume_id": UNKNOWN}])
    assert (reply.status, "different block_device_mapping syntaxes" in reply.json["badRequest"]["message"]) == (
        400,
        True,
    )


@pytest.fixture
def booted(alice):
    """A server that runs from a volume of 3 GiB."""
    reply = make(alice, ROOT)
    server = Server.objects.get()
    taken = take()
    done = job(server, "create", 5, "success", taken.command.id, opcode="OP_INSTANCE_STARTUP")
    tell(accepted(taken, 5), done)
    assert reply.status == 202
    return server


def command_of(server):
    return codec.decode_command(bytes(Command.objects.filter(resource=server.pk).latest("created_at").payload))


def test_what_it_boots_from_keeps_its_size_when_it_is_resized(alice, booted):
    Flavor.objects.create(id="2", name="m1.large", vcpus=2, ram=1024, disk=20)
    assert alice.post(f"/servers/{booted.pk}/action", {"resize": {"flavorRef": "2"}}).status == 202
    order = command_of(booted)
    assert (order.disk, order.memory) == (0, 1024)


def test_it_is_rescued_from_2_87_on(alice, booted, settings):
    settings.GANETI_RESCUE_IMAGE = "/srv/rescue.iso"
    path, wanted = f"/servers/{booted.pk}/action", {"rescue": None}
    reply = alice(86).post(path, wanted)
    assert (reply.status, "volume-backed" in reply.json["badRequest"]["message"]) == (400, True)
    assert alice(87).post(path, wanted).status == 200


def test_it_is_rebuilt_from_2_93_on_and_then_its_volume_says_of_which_image(alice, booted):
    path, wanted = f"/servers/{booted.pk}/action", {"rebuild": {"imageRef": IMAGE}}
    Volume.objects.update(image_metadata={}, observed="attached")
    reply = alice(92).post(path, wanted)
    assert (reply.status, "volume-backed" in reply.json["badRequest"]["message"]) == (400, True)
    view = alice(93).post(path, wanted).json["server"]
    on_it = [{"id": booted.root_volume, "delete_on_termination": False}]
    assert (view["image"], view["os-extended-volumes:volumes_attached"]) == ("", on_it)
    assert Volume.objects.get().image_metadata["image_id"] == IMAGE


def test_an_image_that_is_larger_than_its_volume_is_refused_with_the_size_of_that(alice, booted):
    Volume.objects.update(observed="attached")
    Image.objects.filter(pk=IMAGE).update(min_disk=4)
    reply = alice(93).post(f"/servers/{booted.pk}/action", {"rebuild": {"imageRef": IMAGE}})
    told = f"Volume is too small: {booted.root_volume} has 3 GiB, the image needs 4 GiB."
    assert (reply.status, reply.json["badRequest"]["message"]) == (400, told)


def test_what_has_never_come_to_it_is_not_made_anew(alice, booted):
    """Its making has failed before that: the first disk there is another."""
    reply = alice(93).post(f"/servers/{booted.pk}/action", {"rebuild": {"imageRef": IMAGE}})
    assert (reply.status, "is not on it" in reply.json["badRequest"]["message"]) == (400, True)


def test_diagnostics_count_what_it_boots_from_once(admin, booted):
    assert admin.get(f"/servers/{booted.pk}/diagnostics").json["num_disks"] == 1
