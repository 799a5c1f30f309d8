"""Images of volumes over Cinder's API: of which volumes, what is answered, how the volume is meanwhile and what is left."""

import pytest

from logic.image import queries
from logic.image.models import Blob, Capture, Image
from logic.ledger.models import Command
from logic.messages.commands import CaptureVolume
from logic.quota import commands as quota
from logic.quota.queries import usage
from logic.testing.worlds import ADMIN, ALICE
from logic.volume.commands import create_volume
from logic.volume.commands.snapshots import NewSnapshot, create_snapshot
from logic.volume.commands.volumes import NewVolume
from logic.volume.models import Message, Volume
from synnefo.api.volume.tests.disks import V3, over, packed, told_of

CONTENT = b"what the guest wrote".ljust(2048, b"\0")


pytestmark = pytest.mark.usefixtures("brought")


def asked(api, id, version="3.71", token=None, **said):
    body = {"os-volume_upload_image": {"image_name": "golden", **said}}
    headers = {"openstack-api-version": f"volume {version}"}
    return api.post(f"{V3}/volumes/{id}/action", body, headers=headers, token=token)


def status(api, id):
    return api.get(f"{V3}/volumes/{id}").json["volume"]["status"]


@pytest.mark.parametrize("version", ["3.0", "3.71"])
def test_what_is_answered_is_cinders(alice, kept, version):
    reply = asked(alice, kept, version, visibility="shared", protected="true", disk_format="qcow2")
    image = Image.objects.get(owner=ALICE.project)
    body = reply.json["os-volume_upload_image"]
    assert (reply.status, body.pop("volume_type")["name"], body.pop("updated_at")[:2]) == (202, "default", "20")
    assert body == {
        "id": kept,
        "status": "uploading",
        "display_description": "letters",
        "size": 2,
        "image_id": image.pk,
        "image_name": "golden",
        "disk_format": "qcow2",
        "container_format": "bare",
        "visibility": "shared",
        "protected": True,
    }
    assert (image.status, image.visibility, image.protected, image.disk_format) == ("queued", "shared", True, "qcow2")


def test_what_its_keepers_node_brings_is_in_the_image_and_the_volume_is_free_again(alice, kept):
    image = asked(alice, kept).json["os-volume_upload_image"]["image_id"]
    keeper = f"snf-volume-{kept}"
    assert told_of(alice, keeper) == {"ours": True, "disk": None, "name": keeper, "format": "raw"}
    assert told_of(alice, keeper, CONTENT, disk=1) == 404
    assert told_of(alice, keeper, CONTENT, disk=keeper) == 204
    assert (queries.image(ALICE, image).status, status(alice, kept)) == ("saving", "uploading")
    order = over(11)
    assert (type(order), order.instance, order.idempotency) == (CaptureVolume, "", "once")
    assert (status(alice, kept), Capture.objects.count()) == ("available", 0)
    info = queries.image(ALICE, image)
    assert (info.status, info.disk_format, info.size) == ("active", "raw", len(CONTENT))


def test_one_that_a_server_has_is_taken_with_force_alone_and_stays_there(alice, used):
    id, server = used
    assert asked(alice, id).status == 400
    assert asked(alice, id, force=True).status == 202
    assert told_of(alice, server.instance)["name"] == f"snf-volume-{id}"
    shown = alice.get(f"{V3}/volumes/{id}").json["volume"]
    assert (shown["status"], shown["attachments"][0]["server_id"]) == ("uploading", server.pk)
    assert over(11).instance == server.instance
    assert status(alice, id) == "in-use"


def test_images_of_a_server_and_of_its_volumes_are_each_brought_in_their_turn(alice, used):
    id, server = used
    asked(alice, id, force="true")
    headers = {"openstack-api-version": "compute 2.45"}
    body = {"createImage": {"name": "system"}}
    assert alice.post(f"/compute/v2.1/servers/{server.pk}/action", body, headers=headers).status == 202
    assert told_of(alice, server.instance)["name"] == f"snf-volume-{id}"
    assert told_of(alice, server.instance, CONTENT, disk=f"snf-volume-{id}") == 204
    assert told_of(alice, server.instance) == {"ours": True, "disk": 0, "name": "", "format": "qcow2"}


@pytest.mark.parametrize("end", ["error", "success", "canceled"])
def test_of_one_that_was_not_brought_nothing_is_left(alice, kept, end):
    asked(alice, kept, protected=True)
    over(11, end)
    assert (status(alice, kept), Image.objects.filter(owner=ALICE.project).count()) == ("available", 0)
    assert usage(ALICE.project)["image_count_total"] == 0
    assert Message.objects.get().volume == kept
    assert asked(alice, kept).status == 202


def test_meanwhile_it_is_not_moved_deleted_or_made_larger(alice, kept, used):
    asked(alice, kept)
    _, server = used
    assert asked(alice, kept).status == 400
    assert alice.delete(f"{V3}/volumes/{kept}").status == 400
    assert alice.post(f"{V3}/volumes/{kept}/action", {"os-extend": {"new_size": 5}}).status == 400
    assert alice.post(f"{V3}/volumes/{kept}/action", {"os-attach": {"instance_uuid": server.pk}}).status == 400


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"image_name": ""}, 400),
        ({"image_name": None}, 400),
        ({"disk_format": "floppy"}, 400),
        ({"container_format": "box"}, 400),
        ({"visibility": "secret"}, 400),
        ({"force": "perhaps"}, 400),
        ({"disk_format": "vmdk"}, 501),
        ({"container_format": "ova"}, 501),
        ({"visibility": "public"}, 403),
    ],
)
def test_what_cannot_be_had_is_refused_and_nothing_is_made(alice, kept, said, status):
    assert asked(alice, kept, **said).status == status
    assert not Image.objects.filter(owner=ALICE.project).exists()
    assert not Command.objects.filter(verb="upload").exists()


@pytest.mark.parametrize(("full", "limit"), [("image_count_total", 0), ("image_size_total", 2047)])
def test_images_have_their_quota(alice, kept, full, limit):
    quota.set_limits(ADMIN, ALICE.project, {full: limit})
    assert asked(alice, kept).status in {403, 413}
    assert not Command.objects.filter(verb="upload").exists()


@pytest.fixture
def unfilled(alice, kept, tmp_path):
    """One without a disk, whose content another one's snapshot has."""
    snapshot = create_snapshot(ALICE, NewSnapshot(volume=kept))
    told_of(alice, f"snf-volume-{kept}", packed(tmp_path), disk=f"snf-volume-{kept}")
    over(11)
    return create_volume(ALICE, NewVolume(size=2, snapshot=snapshot))


def test_one_without_a_disk_shares_its_content_with_the_image_at_once(alice, unfilled, settings):
    settings.NODES_BRING_DISKS = False
    image = asked(alice, unfilled, disk_format="qcow2").json["os-volume_upload_image"]["image_id"]
    info, blob = queries.image(ALICE, image), Blob.objects.get()
    assert (info.status, info.blob_id, info.size, info.hash_value) == ("active", blob.pk, blob.size, blob.hash_value)
    assert status(alice, unfilled) == "available"
    assert alice.get(f"/image/v2/images/{image}/file").body[:4] == b"QFI\xfb"


def test_each_image_counts_what_it_shares_until_it_is_deleted(alice, unfilled):
    images = [asked(alice, unfilled, disk_format="qcow2").json["os-volume_upload_image"]["image_id"] for _ in range(2)]
    size = -(-Blob.objects.get().size // 2**20)
    for left, image in zip((1, 0), images, strict=True):
        assert usage(ALICE.project)["image_size_total"] == size * (left + 1)
        assert alice.delete(f"/image/v2/images/{image}").status == 204
        assert (usage(ALICE.project)["image_size_total"], usage(ALICE.project)["image_count_total"]) == (
            size * left,
            left,
        )
    assert Blob.objects.get().state == "whole"
    quota.set_limits(ADMIN, ALICE.project, {"image_size_total": 0})
    assert asked(alice, unfilled, disk_format="qcow2").status in {403, 413}
    assert not Image.objects.filter(owner=ALICE.project).exists()


@pytest.mark.parametrize("said", [{}, {"disk_format": "raw"}, {"disk_format": "qcow2", "container_format": "ova"}])
def test_what_is_shared_is_not_converted(alice, unfilled, said):
    assert asked(alice, unfilled, **said).status == 501
    assert not Image.objects.filter(owner=ALICE.project).exists()


def test_what_is_blank_or_is_somebody_elses_makes_none(alice, kept, settings):
    assert asked(alice, create_volume(ALICE, NewVolume(size=1)), disk_format="qcow2").status == 501
    assert asked(alice, kept, token="bob").status == 404
    settings.NODES_BRING_DISKS = False
    assert asked(alice, kept).status == 501
    assert not Capture.objects.exists()


def test_what_is_said_of_its_image_is_said_of_the_new_one(alice, kept):
    said = {"os_distro": "debian", "min_ram": "64", "min_disk": "many", "image_id": "x", "img_signature": "x"}
    Volume.objects.filter(pk=kept).update(image_metadata=said)
    asked(alice, kept)
    image = Image.objects.get(owner=ALICE.project)
    assert (image.properties, image.min_ram, image.min_disk) == ({"os_distro": "debian"}, 64, 0)
