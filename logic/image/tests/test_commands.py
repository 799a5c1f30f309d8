"""Images from their making to their end, on every database."""

import datetime

import pytest

from logic import clock
from logic.errors import Duplicate, NotFound, QuotaExceeded
from logic.image import changing, importing, making, members, queries, removing, sweeping, uploading
from logic.image.changing import Change
from logic.image.counting import COUNT, SIZE
from logic.image.importing import Method
from logic.image.making import NewImage
from logic.image.models import Blob, Image, Task
from logic.image.queries import ImageFilter
from logic.offload import Inline
from logic.quota import commands as quota
from logic.quota.queries import used
from logic.testing.worlds import ADMIN, ALICE, BOB

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]
NEW = NewImage(name="mine", disk_format="raw", container_format="bare")


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.IMAGES_DIR = tmp_path


async def pieces(*given: bytes):
    for one in given:
        yield one


def run(coroutine) -> None:
    """Inline steps never wait, so that the test's own connection serves them."""
    try:
        while True:
            coroutine.send(None)
    except StopIteration:
        return


def filled(upload: uploading.Upload, *given: bytes) -> None:
    run(uploading.fill(upload, pieces(*given), Inline()))


def sums() -> list[int]:
    return [used(ALICE.project, f"image_{name}") for name in ("count_total", "size_total", "count_uploading")]


def test_an_image_lives_and_gives_back_what_it_took():
    id = making.create_image(ALICE, NEW)
    with pytest.raises(Duplicate):
        making.create_image(BOB, NewImage(id=id))
    changing.change_image(ALICE, id, [Change("add", "os_distro", "debian"), Change("replace", "name", "other")])
    changing.tag(ALICE, id, "lts")
    upload = uploading.begin(ALICE, id)
    assert sums() == [1, 0, 1]
    filled(upload, b"abc", b"def")
    info = queries.image(ALICE, id)
    assert (info.status, info.size, info.tags, info.properties) == ("active", 6, ["lts"], {"os_distro": "debian"})
    assert sums() == [1, 1, 0]
    while quota.fold():
        pass
    for blob in removing.delete_image(ALICE, id):
        sweeping.remove(blob)
    assert sums() == [0, 0, 0]
    assert not Blob.objects.exists()


def test_an_image_that_is_given_away_counts_for_whom_it_is_given_to(settings):
    first, second = (making.create_image(ALICE, NEW) for _ in range(2))
    filled(uploading.begin(ALICE, first), b"abc")
    quota.fold()
    uploading.begin(ALICE, second)
    settings.QUOTAS = {"image_count_total": 1}
    theirs = [Change("replace", "owner", BOB.project)]
    changing.change_image(ADMIN, first, theirs)
    assert (sums(), [used(BOB.project, name) for name in (COUNT, SIZE)]) == ([1, 0, 1], [1, 1])
    with pytest.raises(QuotaExceeded):
        changing.change_image(ADMIN, second, theirs)
    assert queries.image(ADMIN, second).owner == ALICE.project
    while quota.fold():
        pass
    removing.delete_image(BOB, first)
    assert [used(BOB.project, name) for name in (COUNT, SIZE)] == [0, 0]


def test_an_upload_that_is_one_too_many_changes_nothing(settings):
    settings.QUOTAS = {"image_count_uploading": 1}
    first, second = (making.create_image(ALICE, NEW) for _ in range(2))
    uploading.begin(ALICE, first)
    with pytest.raises(QuotaExceeded):
        uploading.begin(ALICE, second)
    assert (queries.image(ALICE, second).status, Blob.objects.count()) == ("queued", 1)


def test_what_is_offered_is_seen_and_listed_once_accepted():
    id = making.create_image(ALICE, NEW)
    with pytest.raises(NotFound):
        queries.image(BOB, id)
    members.add_member(ALICE, id, BOB.project)
    with pytest.raises(Duplicate):
        members.add_member(ALICE, id, BOB.project)
    assert queries.image(BOB, id).id == id
    assert queries.images(BOB) == []
    assert [one.id for one in queries.images(BOB, ImageFilter(member="pending"))] == [id]
    members.answer(BOB, id, BOB.project, "accepted")
    assert [one.id for one in queries.images(BOB)] == [id]


def test_an_import_is_taken_on_by_one_and_ends_once():
    id = making.create_image(ALICE, NEW)
    filled(uploading.begin_staging(ALICE, id), b"abc")
    importing.begin_import(ALICE, id, Method(name="glance-direct"), {"method": {"name": "glance-direct"}})
    task = importing.take_on("one")
    assert task is not None
    assert importing.take_on("two") is None
    assert importing.go_on(task.id, "one")
    importing.use_staged(task.image, ["files"])
    importing.succeed(task.id, "one")
    importing.fail(task.id, "one", "No.")
    assert queries.image(ALICE, id).status == "active"
    assert [(one.status, one.image) for one in importing.tasks(ADMIN)] == [("success", id)]


def test_a_task_is_forgotten_two_days_after_its_end():
    id = making.create_image(ALICE, NEW)
    Image.objects.filter(pk=id).update(status="uploading", staged=Blob.objects.create(store="files", state="whole"))
    importing.begin_import(ALICE, id, Method(name="glance-direct"), {})
    task = importing.take_on("one")
    importing.fail(task.id, "one", "No.")
    sweeping.due()
    assert Task.objects.count() == 1
    Task.objects.update(expires_at=clock.now() - datetime.timedelta(seconds=1))
    sweeping.due()
    assert not Task.objects.exists()
