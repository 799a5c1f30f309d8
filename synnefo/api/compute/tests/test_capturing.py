"""Images and backups of servers, over Nova's API: who may have one made of what, what it says of itself, how its server is."""

import pytest

from logic.compute import commands
from logic.compute.models import Server
from logic.image.models import Capture, Image
from logic.ledger.models import Command
from logic.messages import codec
from logic.messages.commands import CaptureServer
from logic.quota import commands as quota
from logic.testing.worlds import ADMIN, ALICE, IMAGE, create, running
from synnefo.api.compute.tests.test_actions import act
from synnefo.api.compute.tests.test_lifecycle import actions, done, shelved, shown, stopped

OURS = "synnefo-image+default"
EXPORT = "OP_BACKUP_EXPORT"
BACKUP = {"name": "monday", "backup_type": "daily", "rotation": 2}


@pytest.fixture(autouse=True)
def definition(settings):
    settings.NODES_BRING_DISKS, settings.GANETI_OS_PROVIDER = True, OURS


def made():
    return Image.objects.get(owner=ALICE.project)


def test_an_image_of_a_server_is_there_at_once_and_says_what_it_is_of(alice):
    server = running()
    Image.objects.filter(pk=IMAGE).update(
        min_ram=64, properties={"os_distro": "debian", "image_location": "x", "img_signature": "x"}
    )
    reply = act(alice, server.pk, createImage={"name": "golden", "metadata": {"why": "release"}})
    image = made()
    where = f"/compute/v2.1/images/{image.pk}"
    assert (reply.status, reply.body, reply.headers["location"][-len(where) :]) == (202, b"", where)
    assert (image.name, image.status, image.visibility, image.disk_format) == ("golden", "queued", "private", "qcow2")
    assert (image.min_disk, image.min_ram) == (server.disk, 64)
    assert image.properties == {
        "os_distro": "debian",
        "base_image_ref": IMAGE,
        "image_type": "snapshot",
        "instance_uuid": server.pk,
        "user_id": ALICE.user,
        "why": "release",
    }
    told = alice.get(f"/images/{image.pk}").json["image"]
    assert (told["status"], told["server"]["id"], told["metadata"]["why"]) == ("SAVING", server.pk, "release")
    assert [one["id"] for one in alice.get(f"/images?server={server.pk}").json["images"]] == [image.pk]


def test_its_id_is_in_the_answer_from_2_45_on(alice):
    reply = act(alice(45), running().pk, createImage={"name": "golden"})
    assert (reply.json, "location" in reply.headers) == ({"image_id": made().pk}, False)


def test_a_server_is_as_it_was_meanwhile_and_afterwards(alice):
    server = running()
    act(alice, server.pk, createImage={"name": "golden"})
    assert shown(alice, server) == ["ACTIVE", "image_snapshot", "active", 1]
    assert [one["id"] for one in alice.get("/servers?status=ACTIVE").json["servers"]] == [server.pk]
    ordered = done(server, 7, EXPORT)
    assert (type(ordered), ordered.idempotency, ordered.timeout) == (CaptureServer, "once", 120)
    assert shown(alice, server) == ["ACTIVE", None, "active", 1]
    assert actions(alice, server) == ["createImage", "create"]


def test_one_that_is_down_stays_so_and_one_that_failed_harms_nothing(alice):
    server = stopped()
    act(alice, server.pk, createImage={"name": "golden"})
    assert shown(alice, server) == ["SHUTOFF", "image_snapshot", "stopped", 4]
    assert [one["id"] for one in alice.get("/servers?status=SHUTOFF").json["servers"]] == [server.pk]
    done(server, 7, EXPORT, "error", error="no API answers")
    assert shown(alice, server) == ["SHUTOFF", None, "stopped", 4]
    assert act(alice, server.pk, createImage={"name": "again"}).status == 202


@pytest.mark.parametrize("make", [create, shelved])
def test_of_what_is_neither_running_nor_stopped_none_is_made(alice, make):
    server = make()
    assert act(alice, server.pk, createImage={"name": "golden"}).status == 409
    assert act(alice, server.pk, createBackup=BACKUP).status == 409
    assert not Capture.objects.exists()
    assert not Image.objects.filter(owner=ALICE.project).exists()


def test_one_at_a_time(alice):
    server = running()
    assert [act(alice, server.pk, createImage={"name": "golden"}).status for _ in range(2)] == [202, 409]
    assert Command.objects.filter(verb="capture").count() == 1


def test_a_lock_keeps_nobody_from_it(alice):
    server = running()
    commands.lock_server(ALICE, server.pk, None)
    assert act(alice, server.pk, createImage={"name": "golden"}).status == 202


def test_a_backup_says_its_kind_and_how_many_are_kept(alice):
    server = running()
    reply = act(alice, server.pk, createBackup=BACKUP)
    assert (reply.status, reply.body, made().pk in reply.headers["location"]) == (202, b"", True)
    assert {
        "image_type": "backup",
        "backup_type": "daily",
        "instance_uuid": server.pk,
    }.items() <= made().properties.items()
    assert Capture.objects.get().keep == 2
    assert codec.decode_command(bytes(Command.objects.get(verb="capture").payload)).resource == server.pk


@pytest.mark.parametrize("minor", [1, 45])
def test_of_a_backup_that_is_not_kept_itself_nothing_is_told(alice, minor):
    reply = act(alice(minor), running().pk, createBackup=BACKUP | {"rotation": "0"})
    assert (reply.status, reply.body, "location" in reply.headers) == (202, b"", False)


@pytest.mark.parametrize(
    "wrong",
    [
        {"createImage": None},
        {"createImage": {}},
        {"createImage": {"name": ""}},
        {"createImage": {"name": "x" * 256}},
        {"createImage": {"name": " x"}},
        {"createImage": {"name": "x", "metadata": {"": "y"}}},
        {"createImage": {"name": "x", "metadata": {"k" * 256: "y"}}},
        {"createImage": {"name": "x", "metadata": {"k": "v" * 256}}},
        {"createImage": {"name": "x", "else": 1}},
        {"createBackup": {"name": "x", "backup_type": "daily"}},
        {"createBackup": BACKUP | {"backup_type": ""}},
        {"createBackup": BACKUP | {"rotation": -1}},
        {"createBackup": BACKUP | {"rotation": "many"}},
        {"createBackup": BACKUP | {"rotation": None}},
    ],
)
def test_what_cannot_be_read_is_refused(alice, wrong):
    assert act(alice, running().pk, **wrong).status == 400
    assert not Capture.objects.exists()


def test_metadata_has_the_limit_that_servers_have(alice, settings):
    settings.MAX_METADATA_ITEMS = 1
    assert act(alice, running().pk, createImage={"name": "x", "metadata": {"a": "1", "b": "2"}}).status == 403


@pytest.mark.parametrize("full", ["image_count_total", "image_size_total"])
def test_images_have_their_quota(alice, full):
    quota.set_limits(ADMIN, ALICE.project, {full: 0})
    assert act(alice, running().pk, createImage={"name": "x"}).status == 403
    assert not Command.objects.filter(verb="capture").exists()


def test_without_a_disk_there_is_none(alice):
    server = running()
    Server.objects.filter(pk=server.pk).update(disk=0)
    assert act(alice, server.pk, createImage={"name": "x"}).status == 400


def test_of_one_that_was_made_of_no_image_there_is_none(alice):
    server = running()
    Server.objects.filter(pk=server.pk).update(image="")
    assert act(alice, server.pk, createImage={"name": "x"}).status == 501


@pytest.mark.parametrize(("brought", "os"), [(True, "snf-image+default"), (False, OURS)])
def test_where_no_node_brings_what_is_on_disks_there_is_none(alice, settings, brought, os):
    settings.NODES_BRING_DISKS, settings.GANETI_OS_PROVIDER = brought, os
    assert act(alice, running().pk, createImage={"name": "x"}).status == 501
    assert not Capture.objects.exists()
