"""Several stores: told, chosen, copied between, and left."""

import datetime
from pathlib import Path

import pytest

from logic import clock
from logic.configuration.schema import ImageStore
from logic.image import blobs, copies, importing, sweeping
from logic.image.models import Blob, BlobCopy, Image, Task
from logic.image.stores import opening
from logic.image.stores.directory import Directory
from logic.quota.queries import used
from logic.testing.worlds import ALICE, BOB
from synnefo.api.image.tests.conftest import make
from synnefo.api.image.tests.test_imports import DIRECT, MINE, STREAM, WEB, work

IMAGES = "/image/v2/images"
COPY = {"method": {"name": "copy-image"}}


@pytest.fixture(autouse=True)
def places(settings, tmp_path) -> dict[str, Path]:
    """Where each store is; the third is of no use to whoever writes."""
    found = {name: tmp_path / name for name in ("first", "second", "third")}
    settings.IMAGE_STORES = {name: ImageStore(path=str(path), description=name) for name, path in found.items()}
    return found


@pytest.fixture
def broken(monkeypatch, places):
    """The third store takes nothing."""
    writing = Directory.writing

    def refusing(self, name):
        if self._root == places["third"]:
            raise OSError("full")
        return writing(self, name)

    monkeypatch.setattr(Directory, "writing", refusing)


@pytest.fixture
def image() -> str:
    return f"{IMAGES}/{make('mine', **MINE).pk}"


def files(places: dict[str, Path]) -> list[str]:
    return sorted(name for name, path in places.items() for one in path.rglob("*") if one.is_file())


def upload(alice, image, store: str = "") -> int:
    headers = {**STREAM, **({"x-image-meta-store": store} if store else {})}
    return alice.put(f"{image}/file", body=b"abcd", headers=headers).status


def told(alice, image) -> tuple[str, ...]:
    shown = alice.get(image).json
    names = ("status", "stores", "os_glance_importing_to_stores", "os_glance_failed_import")
    return tuple(shown.get(name, "-") for name in names)


def copy(alice, image, **more) -> int:
    return alice.post(f"{image}/import", COPY | more, token="admin").status


def test_stores_are_told_and_more_of_them_to_administrators(alice):
    seen = alice.get("/image/v2/info/stores").json["stores"]
    assert [(one["id"], one.get("default")) for one in seen] == [("first", "true"), ("second", None), ("third", None)]
    assert alice.get("/image/v2/info/stores/detail").status == 403
    detail = alice.get("/image/v2/info/stores/detail", token="admin")
    assert detail.json["stores"][0] == seen[0] | {"type": "file", "weight": 0, "properties": {}}
    assert "copy-image" in alice.get("/image/v2/info/import").json["import-methods"]["value"]
    assert alice.post(IMAGES, {"name": "x"}).headers["openstack-image-store-ids"] == "first,second,third"


def test_what_a_store_is_reached_with_is_told_to_nobody(alice, settings):
    settings.IMAGE_STORES = {
        "objects": ImageStore(kind="s3", bucket="images", access_key="hidden-key", secret_key_file="/hidden/secret")
    }
    detail = alice.get("/image/v2/info/stores/detail", token="admin")
    assert detail.json["stores"][0]["type"] == "s3"
    assert b"hidden" not in detail.body


@pytest.mark.parametrize(("store", "there"), [("", "first"), ("second", "second")])
def test_an_upload_goes_into_the_store_that_it_names_or_the_first(alice, image, places, store, there):
    assert upload(alice, image, store) == 204
    assert (told(alice, image)[:2], files(places)) == (("active", there), [there])
    assert alice.get(f"{image}/file").body == b"abcd"


def test_a_store_that_there_is_not_is_refused(alice, image):
    assert upload(alice, image, "moon") == 400
    assert told(alice, image)[0] == "queued"
    for body in ({"stores": ["moon"]}, {"stores": ["first", "moon"]}):
        assert alice.post(f"{image}/import", WEB | body).status == 409
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ({"stores": ["first"], "all_stores": True}, {}),
        ({"stores": ["first"]}, {"x-image-meta-store": "second"}),
        ({"all_stores": True}, {"x-image-meta-store": "second"}),
    ],
)
def test_stores_are_named_in_one_way(alice, image, body, headers):
    assert alice.post(f"{image}/import", WEB | body, headers=headers).status == 400


@pytest.mark.parametrize("way", [WEB, DIRECT])
@pytest.mark.parametrize(
    ("body", "there"),
    [
        ({"stores": ["second"]}, ["second"]),
        ({"stores": ["third", "second"]}, ["second", "third"]),
        ({"all_stores": True}, ["first", "second", "third"]),
        ({}, ["first"]),
    ],
)
def test_an_import_brings_it_into_the_stores_that_are_named_and_no_other(alice, image, places, way, body, there):
    if way is DIRECT:
        alice.put(f"{image}/stage", body=b"abcd", headers=STREAM)
    assert alice.post(f"{image}/import", way | body).status == 202
    work(b"ab", b"cd")
    assert told(alice, image) == ("active", ",".join(there), "", "")
    assert files(places) == there
    assert alice.get(f"{image}/file").body == b"abcd"
    assert used(ALICE.project, "image_size_total") == 1
    assert alice.delete(image).status == 204
    assert files(places) == []
    assert not Blob.objects.exists()


@pytest.mark.usefixtures("broken")
def test_a_store_that_does_not_take_it_ends_the_import_unless_the_others_are_enough(alice, image, places):
    alice.post(f"{image}/import", WEB | {"all_stores": True})
    work(b"ab")
    assert told(alice, image) == ("queued", "-", "", "first,second,third")
    assert "third" in alice.get(f"{image}/tasks").json["tasks"][0]["message"]
    assert files(places) == []
    alice.post(f"{image}/import", WEB | {"all_stores": True, "all_stores_must_succeed": False})
    work(b"ab")
    assert told(alice, image) == ("active", "first,second", "", "third")
    assert files(places) == ["first", "second"]


def test_an_active_image_is_copied_by_administrators_into_the_stores_that_do_not_have_it(alice, image, places):
    upload(alice, image)
    assert alice.post(f"{image}/import", COPY | {"all_stores": True}).status == 403
    assert copy(alice, image, stores=["second"]) == 202
    assert told(alice, image) == ("active", "first", "second", "")
    assert copy(alice, image, stores=["third"]) == 409
    work()
    assert told(alice, image) == ("active", "first,second", "", "")
    assert copy(alice, image, stores=["second"]) == 409
    assert copy(alice, image) == 409
    assert copy(alice, image, all_stores=True) == 202
    work()
    assert copy(alice, image, all_stores=True) == 202
    work()
    assert told(alice, image) == ("active", "first,second,third", "", "")
    assert files(places) == ["first", "second", "third"]


@pytest.mark.usefixtures("broken")
def test_copies_that_were_all_to_succeed_and_did_not_are_taken_away(alice, image, places):
    upload(alice, image)
    copy(alice, image, stores=["second", "third"])
    work()
    assert told(alice, image) == ("active", "first", "", "second,third")
    work()
    assert files(places) == ["first"]
    copy(alice, image, stores=["second", "third"], all_stores_must_succeed=False)
    work()
    assert told(alice, image) == ("active", "first,second", "", "third")


def test_what_is_not_active_or_in_no_store_is_not_copied(alice, image):
    assert copy(alice, image, stores=["second"]) == 409
    theirs = make("of the nodes", backend_name="debian-12")
    assert copy(alice, f"{IMAGES}/{theirs.pk}", stores=["second"]) == 409


def test_an_image_leaves_a_store_but_never_the_last_one(alice, image, places):
    upload(alice, image)
    id = image.rpartition("/")[2]
    copy(alice, image, all_stores=True)
    work()
    assert alice.delete(f"/image/v2/stores/first/{id}").status == 204
    assert told(alice, image)[1] == "second,third"
    assert files(places) == ["second", "third"]
    assert alice.get(f"{image}/file").body == b"abcd"
    assert alice.delete(f"/image/v2/stores/first/{id}").status == 404
    assert alice.delete(f"/image/v2/stores/third/{id}").status == 204
    assert alice.delete(f"/image/v2/stores/second/{id}").status == 403
    assert alice.get(f"{image}/file").body == b"abcd"
    assert copy(alice, image, all_stores=True) == 202
    work()
    assert files(places) == ["first", "second", "third"]
    assert alice.delete(image).status == 204
    assert files(places) == []
    assert not BlobCopy.objects.exists()


def test_anothers_image_leaves_no_store(alice, image):
    upload(alice, image)
    id = image.rpartition("/")[2]
    assert alice.delete(f"/image/v2/stores/first/{id}", token="bob").status == 404
    Image.objects.update(visibility="public", owner=BOB.project)
    assert alice.delete(f"/image/v2/stores/first/{id}").status == 403


def test_where_one_store_has_lost_it_another_gives_it(alice, image, places):
    upload(alice, image)
    copy(alice, image, stores=["second"])
    work()
    for one in places["first"].rglob("*"):
        if one.is_file():
            one.unlink()
    assert alice.get(f"{image}/file").body == b"abcd"


def test_what_is_not_what_was_brought_is_not_copied(alice, image, places):
    upload(alice, image)
    (file,) = [one for one in places["first"].rglob("*") if one.is_file()]
    file.write_bytes(b"rotten")
    copy(alice, image, stores=["second"])
    work()
    assert told(alice, image) == ("active", "first", "", "second")
    assert files(places) == ["first"]


def test_a_copy_whose_maker_died_leaves_nothing_and_is_made_anew(alice, image, places):
    upload(alice, image)
    (blob,) = Blob.objects.all()
    copy(alice, image, stores=["second"])
    importing.take_on("dies")
    left = copies.begin(blob.pk, "second")
    writing = opening.named("second").writing(left)
    writing.write(b"ab")
    Task.objects.update(until=clock.now())
    work()
    assert told(alice, image) == ("active", "first,second", "", "")
    assert not copies.complete(left)
    assert copies.due() == [left]
    sweeping.remove_copy(left)
    writing.abandon()
    assert files(places) == ["first", "second"]


def test_content_is_not_forgotten_before_the_last_copy_of_it_is_removed(alice, image, places):
    upload(alice, image)
    (blob,) = Blob.objects.all()
    being = copies.begin(blob.pk, "second")
    alice.delete(image)
    assert (Blob.objects.count(), files(places)) == (1, [])
    assert copies.go_on(being)
    assert not copies.complete(being)
    BlobCopy.objects.update(until=clock.now() - datetime.timedelta(seconds=1))
    for name in copies.due():
        sweeping.remove_copy(name)
    for id in sweeping.due():
        sweeping.remove(id)
    assert not Blob.objects.exists()
    assert blobs.of(image) == []
