"""Images of servers that boot from volumes: what the image says, what is copied, and what is made of it."""

import json

import pytest

from logic.compute.models import Server
from logic.image import queries
from logic.image.models import Capture, Image
from logic.ledger.claiming import claim
from logic.ledger.models import Command
from logic.messages import codec
from logic.quota import commands as quota
from logic.testing.worlds import ADMIN, ALICE, IMAGE, accepted, job, take, tell
from logic.volume.commands import NewVolume, create_volume
from logic.volume.models import Snapshot, Volume
from logic.volume.tests.test_commands import told
from synnefo.api.compute.tests.test_devices import BLANK, OWN, ROOT, make
from synnefo.api.compute.tests.test_servers import body
from synnefo.api.volume.tests.disks import packed, settled, told_of


@pytest.fixture(autouse=True)
def brought(settings, tmp_path):
    settings.NODES_BRING_DISKS, settings.GANETI_OS_PROVIDER = True, "synnefo-image+default"
    settings.IMAGES_DIR = tmp_path / "images"


@pytest.fixture
def booted(alice):
    """A server that runs from a volume, with another one beside it."""
    assert make(alice, ROOT, BLANK | {"delete_on_termination": True, "boot_index": -1}).status == 202
    server = Server.objects.get()
    taken = take()
    tell(accepted(taken, 5), job(server, "create", 5, "success", taken.command.id, opcode="OP_INSTANCE_STARTUP"))
    Volume.objects.update(mode="normal", observed="attached")
    return server


def act(nova, server, **action):
    return nova(45).post(f"/servers/{server.pk}/action", action)


def pictured(nova, server, folder):
    """The id of its image, when all that is on its volumes has come: the last that was asked for is the cluster's first."""
    image = act(nova, server, createImage={"name": "golden"}).json["image_id"]
    for number, taken in enumerate(reversed(claim("worker", limit=10, lease=60.0)), start=7):
        tell(accepted(taken, number))
        name = told_of(nova.api, server.instance)["name"]
        assert name == f"snf-volume-{taken.command.resource}"
        assert told_of(nova.api, server.instance, packed(folder), disk=name) == 204
        tell(told(taken, "success", number))
        settled()
    return image


def test_the_image_has_no_content_and_names_a_snapshot_of_each_volume(alice, booted):
    made = act(alice, booted, createImage={"name": "golden", "metadata": {"why": "release"}})
    image = queries.image(ALICE, made.json["image_id"])
    assert (image.status, image.size, image.disk_format) == ("active", 0, "qcow2")
    told = image.properties
    assert (told["bdm_v2"], told["root_device_name"], told["base_image_ref"], told["why"]) == (
        "True", "/dev/vda", "", "release"
    )  # fmt: skip
    first, second = json.loads(told["block_device_mapping"])
    root = Snapshot.objects.get(pk=first["snapshot_id"])
    assert (root.volume, root.name, root.status) == (booted.root_volume, "snapshot for golden", "creating")
    assert (first["boot_index"], first["volume_size"], first["source_type"]) == (0, 3, "snapshot")
    assert (second["boot_index"], second["volume_size"], second["delete_on_termination"]) == (None, 1, True)
    assert Snapshot.objects.count() == Capture.objects.count() == 2


def test_a_server_that_is_made_of_it_boots_from_a_volume_with_the_same_content(alice, booted, tmp_path):
    image = pictured(alice, booted, tmp_path)
    reply = alice(96).post(
        "/servers", body(imageRef=image, block_device_mapping_v2=[OWN | {"uuid": image}], networks="none")
    )
    assert reply.status == 202, reply.body
    made = Server.objects.get(pk=reply.json["server"]["id"])
    volumes = {one.snapshot: one for one in Volume.objects.filter(device=made.pk)}
    assert sorted(volumes) == sorted(str(id) for id in Snapshot.objects.values_list("pk", flat=True))
    root = next(one for one in volumes.values() if one.pk == made.root_volume)
    assert (root.size, root.bootable, made.image) == (3, True, "")
    order = codec.decode_command(bytes(Command.objects.get(resource=made.pk).payload))
    assert order.os_params["img_id"] == root.blob == Snapshot.objects.get(volume=booted.root_volume).blob


def test_a_volume_that_is_made_of_it_is_of_the_snapshot_that_it_boots_from(alice, booted, tmp_path):
    image = pictured(alice, booted, tmp_path)
    made = Volume.objects.get(pk=create_volume(ALICE, NewVolume(size=3, image=image)))
    assert made.blob == Snapshot.objects.get(volume=booted.root_volume).blob


def test_nothing_is_made_of_it_before_its_snapshots_are_there_nor_written_over_a_disk(alice, booted):
    image = act(alice, booted, createImage={"name": "golden"}).json["image_id"]
    assert alice.post("/servers", body(imageRef=image)).status == 400
    assert alice(93).post(f"/servers/{booted.pk}/action", {"rebuild": {"imageRef": image}}).status == 400
    assert Server.objects.count() == 1


@pytest.mark.parametrize(
    "said", ["", "x", "{}", "[]", '[{"snapshot_id": 3}]', '[{"snapshot_id": "x", "boot_index": 0}]']
)
def test_what_an_image_says_of_itself_is_not_believed(alice, cloud, said):
    properties = {"block_device_mapping": said, "bdm_v2": "True"}
    image = Image.objects.create(status="active", size=0, owner=ALICE.project, properties=properties)
    assert alice.post("/servers", body(imageRef=image.pk)).status in ({202} if not said else {400})


@pytest.mark.parametrize("full", ["snapshots", "gigabytes", "image_count_total"])
def test_each_of_it_is_counted_or_nothing_is_made(alice, booted, full):
    quota.set_limits(ADMIN, ALICE.project, {full: 0})
    assert act(alice, booted, createImage={"name": "golden"}).status in {403, 413}
    assert not any(rows.exists() for rows in (Snapshot.objects, Capture.objects, Image.objects.exclude(pk=IMAGE)))


def test_no_backup_is_made_and_without_nodes_that_bring_disks_no_image(alice, booted, settings):
    backup = {"name": "b", "backup_type": "daily", "rotation": 1}
    assert act(alice, booted, createBackup=backup).status == 400
    settings.NODES_BRING_DISKS = False
    assert act(alice, booted, createImage={"name": "golden"}).status == 501
    assert not Snapshot.objects.exists()
