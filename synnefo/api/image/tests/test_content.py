"""Content in and out: whole or not at all, counted, summed, and what it says that it is."""

import hashlib

import pytest

from logic.db import new_id
from logic.image import blobs, counting, removing, sweeping, uploading
from logic.image.models import Blob, Image
from logic.quota.queries import used
from logic.testing.worlds import ALICE, BOB
from synnefo.api.image.tests import disks
from synnefo.api.image.tests.conftest import make

IMAGES = "/image/v2/images"
STREAM = {"content-type": "application/octet-stream"}
MINE = {"visibility": "private", "owner": ALICE.project, "status": "queued"}
BYTES = bytes(range(256)) * 8
RESET = {"op": "replace", "path": "/status", "value": "queued"}


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.IMAGES_DIR = tmp_path / "images"
    return lambda: [one for one in tmp_path.rglob("*") if one.is_file()]


@pytest.fixture
def image() -> str:
    return f"{IMAGES}/{make('mine', **MINE).pk}"


def send(api, image: str, *pieces: bytes | None, **options):
    return api.put(f"{image}/file", body=list(pieces), headers=STREAM, **options)


def nothing_is_left(alice, image: str, files) -> bool:
    """As before the upload: it may be sent again."""
    sums = [used(ALICE.project, name) for name in ("image_size_total", "image_count_uploading")]
    return alice.get(image).json["status"] == "queued" and not Blob.objects.exists() and not files() and sums == [0, 0]


def test_content_that_is_sent_makes_an_image_active_and_comes_back(alice, image, db):
    assert alice.get(f"{image}/file").status == 204
    sent = send(alice, image, BYTES[:1000], b"", BYTES[1000:])
    assert (sent.status, sent.body) == (204, b"")
    shown = alice.get(image).json
    assert shown["status"] == "active"
    assert (shown["size"], shown["virtual_size"], shown["stores"]) == (2048, 2048, "files")
    assert shown["checksum"] == hashlib.md5(BYTES).hexdigest()
    assert (shown["os_hash_algo"], shown["os_hash_value"]) == ("sha512", hashlib.sha512(BYTES).hexdigest())
    got = alice.get(f"{image}/file")
    assert (got.status, got.body) == (200, BYTES)
    assert got.headers["content-md5"] == shown["checksum"]
    assert (got.headers["content-type"], got.headers["content-length"]) == ("application/octet-stream", "2048")
    assert used(ALICE.project, "image_size_total") == 1
    assert used(ALICE.project, "image_count_uploading") == 0


@pytest.mark.parametrize(
    ("asked", "first", "last"), [("bytes=5-9", 5, 9), ("bytes=2000-", 2000, 2047), ("bytes=-8", 2040, 2047)]
)
def test_a_part_is_sent_of_what_is_asked(alice, image, asked, first, last):
    send(alice, image, BYTES)
    got = alice.get(f"{image}/file", headers={"range": asked})
    assert (got.status, got.body) == (206, BYTES[first : last + 1])
    assert got.headers["content-range"] == f"bytes {first}-{last}/2048"
    assert "content-md5" not in got.headers


def test_a_part_beyond_the_end_is_refused(alice, image):
    send(alice, image, BYTES)
    assert alice.get(f"{image}/file", headers={"range": "bytes=2048-"}).status == 416
    assert alice.get(f"{image}/file", headers={"range": "bytes=9-5"}).status == 416
    assert alice.get(f"{image}/file", headers={"range": "lines=1-2"}).status == 200


def test_content_is_brought_once_and_never_changed(alice, image):
    send(alice, image, BYTES)
    assert send(alice, image, b"other").status == 409
    assert alice.get(f"{image}/file").body == BYTES
    kind = {"content-type": "application/openstack-images-v2.1-json-patch"}
    assert alice.patch(image, [RESET], headers=kind).status == 403


def test_content_of_another_type_is_not_read(alice, image):
    assert alice.put(f"{image}/file", {"a": 1}).status == 415
    assert alice.get(image).json["status"] == "queued"


def test_an_image_says_its_formats_before_it_takes_content(alice, files):
    image = f"{IMAGES}/{make('mine', **MINE | {'disk_format': ''}).pk}"
    assert send(alice, image, BYTES).status == 400
    assert nothing_is_left(alice, image, files)


def test_who_hangs_up_in_the_middle_leaves_nothing_and_may_begin_again(alice, image, files):
    """OSSA-2014-028, OSSA-2015-003: nor is anything counted, or kept uncounted."""
    assert send(alice, image, BYTES, None).status == 0
    assert nothing_is_left(alice, image, files)
    assert send(alice, image, BYTES).status == 204


def test_more_than_the_quota_has_is_refused_where_it_is_exceeded(alice, image, files, settings):
    settings.QUOTAS = {"image_size_total": 1}
    assert send(alice, image, bytes(2**20), b"x").status == 413
    assert nothing_is_left(alice, image, files)
    announced = {**STREAM, "content-length": str(2**20 + 1)}
    assert alice.put(f"{image}/file", body=b"x", headers=announced).status == 413
    assert nothing_is_left(alice, image, files)
    assert send(alice, image, bytes(2**20)).status == 204


def test_two_uploads_at_once_do_not_exceed_what_either_alone_would_not(alice, image, files, settings, monkeypatch):
    """OSSA-2015-020: what was free when it began is counted again when it ends."""
    settings.QUOTAS = {"image_size_total": 1}
    other = new_id()
    finish = uploading._Taking.finish

    def overtaken(taking):
        counting.count_content(ALICE.project, other, 2**20)
        return finish(taking)

    monkeypatch.setattr(uploading._Taking, "finish", overtaken)
    assert send(alice, image, BYTES).status == 413
    assert alice.get(image).json["status"] == "queued"
    assert not files()
    assert used(ALICE.project, "image_size_total") == 1


def test_no_more_uploads_are_begun_at_once_than_the_quota_has(alice, image, settings):
    settings.QUOTAS = {"image_count_uploading": 1}
    uploading.begin(ALICE, make("other", **MINE).pk)
    assert send(alice, image, BYTES).status == 413
    assert alice.get(image).json["status"] == "queued"


def test_an_image_larger_than_any_may_be_is_refused(alice, image, files, settings):
    settings.IMAGE_MAX_BYTES = 100
    settings.QUOTAS = {"image_size_total": -1}
    assert send(alice, image, BYTES).status == 413
    assert nothing_is_left(alice, image, files)


def test_an_image_that_is_deleted_while_it_comes_takes_everything_with_it(alice, image, files, monkeypatch):
    """OSSA-2015-004 and others: nothing stays behind that nobody counts."""
    take = uploading._Taking.take

    def deleted(taking, piece):
        removing.delete_image(ALICE, image.rpartition("/")[2])
        take(taking, piece)

    monkeypatch.setattr(uploading._Taking, "take", deleted)
    assert send(alice, image, BYTES).status == 404
    for id in sweeping.due():
        sweeping.remove(id)
    assert not files()
    assert not Blob.objects.exists()
    assert [used(ALICE.project, f"image_{what}") for what in ("count_total", "size_total", "count_uploading")] == [
        0
    ] * 3


def test_a_deleted_image_takes_its_content_with_it_and_gives_the_quota_back(alice, image, files):
    send(alice, image, BYTES)
    assert alice.delete(image).status == 204
    assert not files()
    assert used(ALICE.project, "image_size_total") == 0


def test_content_outlives_its_image_while_a_volume_holds_it(alice, image, files):
    send(alice, image, BYTES)
    blob = Image.objects.get().blob_id
    blobs.hold(blob, "volume", "eeeeeeee-0000-4000-8000-000000000001")
    assert alice.delete(image).status == 204
    assert b"".join(blobs.reading(blobs.blob(blob))) == BYTES


def test_a_store_that_cannot_take_it_is_told_and_nothing_left(alice, image, files, monkeypatch):
    def full(self, piece):
        raise OSError(28, "No space left on device /srv/secret")

    monkeypatch.setattr(uploading._Taking, "take", full)
    reply = send(alice, image, BYTES)
    assert reply.status == 503
    assert b"secret" not in reply.body
    assert nothing_is_left(alice, image, files)


@pytest.mark.parametrize(
    ("content", "claimed"),
    [
        (disks.qcow2(), "raw"),
        (disks.qcow2(length=80), "raw"),
        (disks.qcow2(backing=200, length=210), "raw"),
        (disks.vmdk(), "raw"),
        (disks.vmdk(), "qcow2"),
        (disks.qcow2(), "ami"),
        (disks.iso(disks.qcow2()), "iso"),
        (disks.qcow2(), "vmdk"),
        (disks.iso(), "qcow2"),
        (disks.qcow2(backing=200), "qcow2"),
        (disks.qcow2(features=4), "qcow2"),
        (disks.qcow2(features=2**40), "qcow2"),
        (disks.vmdk("RW 63 FLAT", "monolithicFlat"), "vmdk"),
        (disks.vmdk("RW 63 SPARSE", "monolithicFlat"), "vmdk"),
    ],
)
def test_what_is_not_what_it_claims_or_leads_elsewhere_is_refused_and_removed(alice, files, content, claimed):
    """OSSA-2015-014, OSSA-2023-002 (VMDK), OSSA-2024-001 (data files)."""
    both = "ami" if claimed == "ami" else "bare"
    image = f"{IMAGES}/{make('mine', **MINE | {'disk_format': claimed, 'container_format': both}).pk}"
    reply = send(alice, image, content[:100], content[100:])
    assert reply.status == 400
    assert nothing_is_left(alice, image, files)


@pytest.mark.parametrize(
    ("content", "claimed", "virtual"),
    [
        (BYTES, "raw", 2048),
        (b"", "raw", 0),
        (disks.qcow2(size=2**31), "qcow2", 2**31),
        (disks.iso(), "iso", None),
        (disks.iso(), "raw", None),
    ],
)
def test_what_is_what_it_claims_is_taken_with_the_size_of_its_disk(alice, content, claimed, virtual):
    image = f"{IMAGES}/{make('mine', **MINE | {'disk_format': claimed}).pk}"
    assert send(alice, image, content).status == 204
    shown = alice.get(image).json
    assert (shown["status"], shown["size"]) == ("active", len(content))
    assert virtual is None or shown["virtual_size"] == virtual


@pytest.mark.parametrize("claimed", ["qcow2", "vmdk"])
def test_what_has_no_header_is_raw_whatever_it_claims_unless_the_site_wants_the_truth(alice, settings, claimed):
    image = make("mine", **MINE | {"disk_format": claimed})
    assert send(alice, f"{IMAGES}/{image.pk}", BYTES).status == 204
    image.refresh_from_db()
    assert (image.disk_format, image.content_format, image.virtual_size) == (claimed, "raw", len(BYTES))
    settings.IMAGE_FORMAT_REQUIRED = True
    assert send(alice, f"{IMAGES}/{make('other', **MINE | {'disk_format': claimed}).pk}", BYTES).status == 400


@pytest.mark.parametrize("container", ["ova", "docker", "compressed"])
def test_containers_that_are_not_looked_into_are_kept_as_they_are(alice, settings, container):
    settings.IMAGE_FORMAT_REQUIRED = True
    image = f"{IMAGES}/{make('mine', **MINE | {'disk_format': 'vmdk', 'container_format': container}).pk}"
    assert send(alice, image, BYTES).status == 204
    assert alice.get(f"{image}/file").body == BYTES


@pytest.mark.parametrize(("visibility", "status"), [("private", 404), ("public", 200), ("community", 200)])
def test_content_is_for_those_who_see_the_image(alice, visibility, status):
    image = f"{IMAGES}/{make('theirs', **MINE | {'owner': BOB.project, 'visibility': visibility}).pk}"
    assert send(alice, image, BYTES, token="bob").status == 204
    assert alice.get(f"{image}/file").status == status
    assert send(alice, image, BYTES).status == (404 if visibility == "private" else 403)


def test_content_on_the_nodes_cannot_be_downloaded(alice):
    image = make("operators", backend_name="debian.raw")
    assert alice.get(f"{IMAGES}/{image.pk}/file").status == 501


def test_content_that_is_gone_from_the_store_is_not_found_and_the_place_is_not_told(alice, image, files, tmp_path):
    """OSSA-2013-002, OSSA-2013-007."""
    send(alice, image, BYTES)
    for one in files():
        one.unlink()
    reply = alice.get(f"{image}/file")
    assert reply.status == 404
    assert str(tmp_path).encode() not in reply.body
