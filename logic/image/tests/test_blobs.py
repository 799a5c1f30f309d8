"""How long content lives, and who may have it."""

import datetime

import pytest

from logic import clock
from logic.errors import NotFound
from logic.image import blobs, sweeping
from logic.image.blobs import Measured
from logic.image.models import Blob
from logic.image.stores import Absent, opening

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]
FOUND = Measured(size=3, virtual_size=3, format="raw", checksum="c" * 32, hash_value="d" * 128)
IMAGE, VOLUME = "eeeeeeee-0000-4000-8000-000000000001", "eeeeeeee-0000-4000-8000-000000000002"


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.IMAGES_DIR = tmp_path
    return opening.named(opening.default())


def made(store) -> str:
    id = blobs.begin("image", IMAGE)
    writing = store.writing(id)
    writing.write(b"abc")
    writing.finish()
    assert blobs.complete(id, FOUND)
    return id


def test_what_is_whole_is_read_and_what_is_not_is_unknown(store):
    id = blobs.begin("image", IMAGE)
    with pytest.raises(NotFound):
        blobs.blob(id)
    whole = blobs.blob(made(store))
    assert b"".join(blobs.reading(whole)) == b"abc"
    assert b"".join(blobs.reading(whole, 1, 1)) == b"b"


def test_content_outlives_its_image_as_long_as_a_volume_holds_it(store):
    id = made(store)
    blobs.hold(id, "volume", VOLUME)
    blobs.hold(id, "volume", VOLUME)
    assert blobs.release(IMAGE) == []
    assert sweeping.due() == []
    assert b"".join(blobs.reading(blobs.blob(id))) == b"abc"
    assert blobs.release(VOLUME) == [id]
    assert sweeping.due() == [id]


def test_what_nobody_holds_is_removed_bytes_and_row_and_cannot_be_held(store):
    id = made(store)
    blobs.release(IMAGE)
    with pytest.raises(NotFound):
        blobs.hold(id, "volume", VOLUME)
    sweeping.remove(id)
    sweeping.remove(id)
    assert not Blob.objects.exists()
    with pytest.raises(Absent):
        store.pieces(id)


def test_what_is_held_is_not_removed(store):
    id = made(store)
    sweeping.remove(id)
    assert b"".join(store.pieces(id)) == b"abc"


def test_an_upload_that_fell_silent_is_given_up_and_leaves_nothing(store):
    id = blobs.begin("image", IMAGE)
    left = store.writing(id)
    left.write(b"half")
    assert sweeping.due() == []
    Blob.objects.update(until=clock.now() - datetime.timedelta(seconds=1))
    assert sweeping.due() == [id]
    assert not blobs.go_on(id)
    assert not blobs.complete(id, FOUND)
    sweeping.remove(id)
    left.abandon()
    assert not Blob.objects.exists()
    with pytest.raises(Absent):
        store.pieces(id)


def test_an_upload_that_goes_on_is_not_given_up():
    id = blobs.begin("image", IMAGE)
    Blob.objects.update(until=clock.now() - datetime.timedelta(seconds=1))
    assert blobs.go_on(id)
    assert sweeping.due() == []
