"""The content of a server's disk comes from its node, and becomes its image's; nothing is left that nobody wants."""

import hashlib

import pytest

from ganeti.osprovider.packing import Packed
from logic.compute import commands
from logic.compute.commands import WantedImage
from logic.image import capturing, queries, sweeping
from logic.image.models import Blob, Capture, Image
from logic.image.stores import opening
from logic.ledger.models import Command
from logic.placement import nodekeys
from logic.quota.queries import usage
from logic.testing.worlds import ALICE, BOB, accepted, cluster, furnish, job, running, take, tell

MIB = 2**20
EXPORT = "OP_BACKUP_EXPORT"


@pytest.fixture(autouse=True)
def store(db, settings, tmp_path):
    settings.NODES_BRING_DISKS, settings.GANETI_OS_PROVIDER = True, "synnefo-image+default"
    settings.IMAGES_DIR = tmp_path / "images"


@pytest.fixture
def content(tmp_path):
    disk = tmp_path / "disk"
    with disk.open("wb") as file:
        file.write(b"what the guest wrote")
        file.truncate(MIB)
    return b"".join(Packed(disk).pieces())


@pytest.fixture
def server(db):
    furnish()
    return running()


@pytest.fixture
def key(server):
    return {"Authorization": f"Bearer {nodekeys.make('c1')}"}


def asked(server, **wanted):
    return commands.create_image(ALICE, server.pk, WantedImage(name="golden", **wanted))


def over(server, status="success", number=7):
    """The command in flight ends with this job, and what there is to do then is done."""
    taken = take()
    tell(accepted(taken, number), job(server, "reboot", number, status, taken.command.id, opcode=EXPORT))
    for id in capturing.settle():
        sweeping.remove(id)


def put(api, key, server, content, *, summed=None, disk=0):
    body = content + (summed or hashlib.sha512(content).digest())
    return api.request("PUT", f"/nodes/v1/exports/{server.instance}/{disk}", headers=key, body=body)


def told(api, key, server):
    found = api.get(f"/nodes/v1/exports/{server.instance}", headers=key).json
    assert (found.pop("name"), found.pop("format")) == ("", "qcow2")
    return found


def test_what_a_node_brings_is_what_is_in_the_image(api, key, server, content):
    image = asked(server)
    assert told(api, key, server) == {"ours": True, "disk": 0}
    assert put(api, key, server, content).status == 204
    assert told(api, key, server) == {"ours": True, "disk": None}, "it is told once"
    assert put(api, key, server, content).status == 404
    assert queries.image(ALICE, image).status == "saving", "its server is not free yet"
    over(server)
    info = queries.image(ALICE, image)
    assert (info.status, info.disk_format, info.size, info.virtual_size) == ("active", "qcow2", len(content), MIB)
    assert api.of(ALICE).get(f"/image/v2/images/{image}/file").body == content
    assert (told(api, key, server), Capture.objects.count()) == ({"ours": False, "disk": None}, 0)
    assert queries.image(ALICE, image).status == "active"


def test_a_node_of_another_cluster_is_asked_for_nothing_and_brings_nothing(api, server, content):
    asked(server)
    cluster("c2")
    other = {"Authorization": f"Bearer {nodekeys.make('c2')}"}
    assert told(api, other, server) == {"ours": False, "disk": None}
    assert put(api, other, server, content).status == 404
    assert put(api, {}, server, content).status == 401
    assert api.get(f"/nodes/v1/exports/{server.instance}").status == 401


@pytest.mark.parametrize("disk", [1, "x", "-1", "00000"])
def test_only_the_disk_that_is_wanted_is_taken(api, key, server, content, disk):
    asked(server)
    assert put(api, key, server, content, disk=disk).status == 404


def test_why_nothing_came_stands_before_what_ganeti_says_of_its_command(api, key, server, content, settings):
    asked(server)
    assert put(api, key, server, content, summed=bytes(64)).status == 400
    settings.IMAGE_MAX_BYTES = 1000
    assert put(api, key, server, content).status == 413
    over(server, "error")
    error = Command.objects.get(verb="capture").error
    assert error.startswith("The image is larger than 1000 bytes, which is the most")
    assert "SHA-512" not in error, "what came last"


def test_what_came_otherwise_than_it_was_sent_is_refused_and_may_come_again(api, key, server, content):
    image = asked(server)
    assert put(api, key, server, content, summed=bytes(64)).status == 400
    assert put(api, key, server, content[:-1] + b"?", summed=hashlib.sha512(content).digest()).status == 400
    assert api.request("PUT", f"/nodes/v1/exports/{server.instance}/0", headers=key, body=b"short").status == 400
    assert (queries.image(ALICE, image).status, Blob.objects.count()) == ("queued", 0)
    assert put(api, key, server, content).status == 204


def test_more_than_the_quota_is_refused(api, key, server, content, settings):
    settings.IMAGE_MAX_BYTES = len(content) - 1
    image = asked(server)
    assert put(api, key, server, content).status == 413
    over(server, "error")
    assert not Image.objects.filter(pk=image).exists()


@pytest.mark.parametrize("status", ["success", "error", "canceled"])
def test_an_image_that_nothing_came_of_is_gone_with_its_quota_when_the_command_is_over(server, status):
    before = usage(ALICE.project).get("image_count_total", 0)
    image = asked(server)
    assert usage(ALICE.project).get("image_count_total", 0) == before + 1
    assert capturing.settle() == [], "the command is not over"
    over(server, status)
    assert not Image.objects.filter(pk=image).exists()
    assert usage(ALICE.project).get("image_count_total", 0) == before
    assert (Capture.objects.count(), Blob.objects.count()) == (0, 0)


def test_an_image_that_is_there_stays_though_its_servers_command_fails(api, key, server, content):
    image = asked(server)
    put(api, key, server, content)
    over(server, "error")
    assert queries.image(ALICE, image).status == "active"


def test_what_was_begun_and_not_brought_to_its_end_goes_with_its_image(server):
    image = asked(server)
    upload = capturing.begin_content(server.backend_id, server.instance, 0, None)
    writing = opening.named(opening.default()).writing(upload.blob)
    writing.write(b"half of it")
    over(server, "error")
    writing.abandon()
    assert (Image.objects.filter(pk=image).count(), Blob.objects.count()) == (0, 0)
    assert usage(ALICE.project).get("image_count_uploading", 0) == 0


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "file", b"the owner's own"),
        ("PUT", "stage", b"the owner's own"),
        ("POST", "import", {"method": {"name": "web-download", "uri": "https://example.org/image"}}),
        ("POST", "import", {"method": {"name": "glance-direct"}}),
    ],
)
def test_an_image_that_waits_for_a_disk_takes_nothing_else(api, key, server, content, method, path, body):
    image, alice = asked(server), api.of(ALICE)
    where, octets = f"/image/v2/images/{image}/{path}", {"Content-Type": "application/octet-stream"}
    told = {"headers": octets, "body": body} if method == "PUT" else {"json": body}
    assert alice.request(method, where, **told).status == 409
    assert queries.image(ALICE, image).status == "queued"
    assert put(api, key, server, content).status == 204
    assert alice.request(method, where, **told).status == 409, "until its command is over"


def test_an_image_that_its_owner_deletes_meanwhile_is_not_wanted_any_more(api, key, server, content):
    image = asked(server)
    assert api.of(ALICE).delete(f"/image/v2/images/{image}").status == 204
    assert told(api, key, server) == {"ours": True, "disk": None}
    assert put(api, key, server, content).status == 404
    over(server)
    assert Capture.objects.count() == 0


def test_a_server_that_is_deleted_takes_the_image_that_it_was_to_be_with_it(server):
    image = asked(server)
    commands.delete_server(ALICE, server.pk)
    assert Command.objects.get(verb="capture").outcome == "superseded"
    capturing.settle()
    assert not Image.objects.filter(pk=image).exists()


def test_the_oldest_backups_beyond_those_kept_go_when_the_newest_is_there(api, key, server, content):
    made = []
    for number in range(4):
        made.append(asked(server, backup="daily", rotation=2))
        put(api, key, server, content)
        over(server, number=10 + number)
        assert put(api, key, server, content).status == 404
    other = asked(server, backup="weekly", rotation=1)
    put(api, key, server, content)
    over(server, number=20)
    assert sorted(Image.objects.exclude(owner="").values_list("pk", flat=True)) == sorted([*made[2:], other])
    assert Blob.objects.count() == 3


def test_a_backup_that_did_not_come_off_takes_no_other_with_it(api, key, server, content):
    kept = asked(server, backup="daily", rotation=1)
    put(api, key, server, content)
    over(server)
    asked(server, backup="daily", rotation=1)
    over(server, "error", number=8)
    assert queries.image(ALICE, kept).status == "active"


def test_a_backup_that_is_protected_stays(api, key, server, content):
    kept = asked(server, backup="daily", rotation=1)
    put(api, key, server, content)
    Image.objects.filter(pk=kept).update(protected=True)
    over(server)
    newer = asked(server, backup="daily", rotation=0)
    put(api, key, server, content)
    over(server, number=8)
    assert (Image.objects.filter(pk=kept).exists(), Image.objects.filter(pk=newer).exists()) == (True, False)


def test_no_image_is_made_of_another_tenants_server(server):
    with pytest.raises(Exception, match="No server"):
        commands.create_image(BOB, server.pk, WantedImage(name="golden"))
    assert not Capture.objects.exists()
