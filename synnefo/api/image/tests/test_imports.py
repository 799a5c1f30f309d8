"""Imports: staged or fetched, done in the background, told as tasks."""

import asyncio
import datetime

import pytest
from django.db import connections

from logic import clock
from logic.errors import BadRequest, NotFound
from logic.image import importing, sweeping, uploading
from logic.image.models import Blob, Image, Task
from logic.image.uploading import Upload
from logic.image.working import Worker
from logic.offload import Inline
from logic.quota.queries import used
from logic.testing.worlds import ALICE, BOB
from synnefo.api.image.tests import disks
from synnefo.api.image.tests.conftest import make

IMAGES = "/image/v2/images"
STREAM = {"content-type": "application/octet-stream"}
MINE = {"visibility": "private", "owner": ALICE.project, "status": "queued"}
URI = "http://images.example/debian.raw"
WEB = {"method": {"name": "web-download", "uri": URI}}
DIRECT = {"method": {"name": "glance-direct"}}


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.IMAGES_DIR = tmp_path / "images"
    return lambda: [one for one in tmp_path.rglob("*") if one.is_file()]


@pytest.fixture
def image() -> str:
    return f"{IMAGES}/{make('mine', **MINE).pk}"


class Fetching(Worker):
    """Fetches what it was given; an error is raised behind it."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        super().__init__(Inline(), "worker", Inline())
        self.given = pieces

    async def _pieces(self, uri: str):
        assert uri == URI
        for piece in self.given:
            if isinstance(piece, Exception):
                raise piece
            yield piece


def work(*pieces: bytes | Exception) -> None:
    """Until nothing is waiting."""
    database = connections["default"]

    async def once() -> None:
        connections["default"] = database
        worker = Fetching(*pieces)
        await worker.look()
        await asyncio.gather(*worker._doing)
        await worker.sweep()

    asyncio.run(once())


def finish(upload: Upload, *given: bytes) -> None:
    database = connections["default"]

    async def pieces():
        for one in given:
            yield one

    async def once() -> None:
        connections["default"] = database
        await uploading.fill(upload, pieces(), Inline())

    asyncio.run(once())


def status(alice, image: str) -> str:
    return alice.get(image).json["status"]


def last_task(alice, image: str) -> dict:
    return alice.get(f"{image}/tasks").json["tasks"][0]


def test_what_was_staged_is_in_the_image_once_it_is_imported(alice, image):
    assert alice.put(f"{image}/stage", body=[b"ab", b"cd"], headers=STREAM).status == 204
    assert status(alice, image) == "uploading"
    assert alice.get(f"{image}/file").status == 204
    reply = alice.post(f"{image}/import", DIRECT)
    assert (reply.status, status(alice, image)) == (202, "importing")
    work()
    shown = alice.get(image).json
    assert (shown["status"], shown["size"], shown["stores"]) == ("active", 4, "files")
    assert alice.get(f"{image}/file").body == b"abcd"
    task = last_task(alice, image)
    assert (task["status"], task["input"]["import_req"]) == ("success", DIRECT)
    assert task["request_id"] == ALICE.request
    assert used(ALICE.project, "image_size_total") == 1


def test_what_is_fetched_is_in_the_image(alice, image):
    assert alice.post(f"{image}/import", WEB).status == 202
    assert alice.get(image).json["os_glance_importing_to_stores"] == "files"
    work(b"ab", b"cd")
    shown = alice.get(image).json
    assert (shown["status"], shown["size"], shown["os_glance_importing_to_stores"]) == ("active", 4, "")
    assert alice.get(f"{image}/file").body == b"abcd"


@pytest.mark.parametrize(
    "pieces",
    [[b"ab", BadRequest(reason="It broke off.")], [disks.qcow2()], [RuntimeError("swordfish")], [bytes(2**20), b"x"]],
)
def test_what_cannot_be_imported_leaves_the_image_queued_says_why_and_leaves_nothing(
    alice, image, files, settings, pieces
):
    settings.QUOTAS = {"image_size_total": 1}
    alice.post(f"{image}/import", WEB)
    work(*pieces)
    shown = alice.get(image).json
    assert (shown["status"], shown["os_glance_failed_import"]) == ("queued", "files")
    task = last_task(alice, image)
    assert task["status"] == "failure"
    assert task["message"]
    assert "swordfish" not in task["message"]
    assert not files()
    assert not Blob.objects.exists()
    assert [used(ALICE.project, name) for name in ("image_size_total", "image_count_uploading")] == [0, 0]


def test_an_import_may_be_asked_for_again_after_it_failed(alice, image):
    alice.post(f"{image}/import", WEB)
    work(BadRequest(reason="No."))
    alice.post(f"{image}/import", WEB)
    work(b"ab")
    shown = alice.get(image).json
    assert (shown["status"], shown["os_glance_failed_import"]) == ("active", "")


def test_who_dies_over_an_import_is_followed_by_another_until_it_has_been_tried_enough(alice, image):
    alice.post(f"{image}/import", WEB)
    for _ in range(importing.TRIES):
        task = importing.take_on("dies")
        assert task is not None
        importing.begin_content(task.image, ["files"])
        assert importing.take_on("other") is None
        Task.objects.update(until=clock.now())
    assert importing.take_on("other") is None
    assert last_task(alice, image)["status"] == "failure"
    for id in sweeping.due():
        sweeping.remove(id)
    assert (status(alice, image), Blob.objects.count()) == ("queued", 0)
    assert used(ALICE.project, "image_count_uploading") == 0


def test_who_died_a_day_ahead_is_followed_by_another_too(alice, image):
    alice.post(f"{image}/import", WEB)
    importing.take_on("dies")
    Task.objects.update(until=clock.now() + datetime.timedelta(days=1))
    assert importing.take_on("other") is not None


def test_who_dies_when_all_of_it_is_there_is_followed_by_another_who_only_says_so(alice, image):
    alice.post(f"{image}/import", WEB)
    task = importing.take_on("dies")
    finish(importing.begin_content(task.image, ["files"]), b"ab")
    Task.objects.update(until=clock.now())
    work(RuntimeError("nothing is fetched again"))
    assert (status(alice, image), last_task(alice, image)["status"]) == ("active", "success")
    assert alice.get(image).json["os_glance_failed_import"] == ""


def test_of_two_that_believe_to_have_it_only_one_makes_the_image(alice, image, files):
    alice.post(f"{image}/import", WEB)
    first = importing.take_on("paused")
    upload = importing.begin_content(first.image, ["files"])
    Task.objects.update(until=clock.now())
    work(b"second")
    assert not importing.go_on(first.id, "paused")
    with pytest.raises(NotFound):
        finish(upload, b"first")
    importing.fail(first.id, "paused", "I was asleep.")
    assert (status(alice, image), last_task(alice, image)["status"]) == ("active", "success")
    assert alice.get(f"{image}/file").body == b"second"
    assert len(files()) == 1


def test_one_project_has_no_more_than_its_share_of_what_imports(alice):
    owners = [ALICE.project] * (importing.SHARE + 1) + [BOB.project]
    for owner in owners:
        id = make("image", **MINE | {"owner": owner}).pk
        alice.post(f"{IMAGES}/{id}/import", WEB, token="alice" if owner == ALICE.project else "bob")
    taken = [importing.take_on("worker") for _ in owners]
    assert [one.owner for one in taken if one] == [ALICE.project, BOB.project, ALICE.project]
    importing.fail(taken[0].id, "worker", "Slow.")
    assert importing.take_on("worker").owner == ALICE.project


def test_a_project_that_has_none_under_way_comes_first_and_has_room_where_others_have_filled_it(alice, monkeypatch):
    monkeypatch.setattr("logic.image.working.AT_ONCE", 2)
    monkeypatch.setattr("logic.image.working.ALTOGETHER", 4)
    queue = ["slow", "slow", "other", "slow", "third", "fourth", "fifth"]
    for owner in queue:
        _asked(owner)
    assert under_way() == ["slow", "other", "third", "fourth"]
    Task.objects.filter(owner="other").update(status="failure")
    assert under_way() == ["fifth"]
    Task.objects.filter(owner__in=["third", "fourth", "fifth"]).update(status="failure")
    assert under_way() == ["slow"]


def _asked(owner):
    image = make("image", **MINE | {"owner": owner})
    input = {"import_req": WEB, "backend": ["files"]}
    Task.objects.create(image=image.pk, owner=owner, input=input, until=clock.now())


def under_way():
    """Whose imports a process begins that has begun those which are under way."""
    database = connections["default"]

    async def once() -> list[str]:
        connections["default"] = database
        worker = Fetching()
        begun: list[str] = []

        async def do(task) -> None:
            begun.append(task.owner)
            await asyncio.Event().wait()

        worker.do = do
        there = Task.objects.filter(status="processing").count()
        worker._doing = {asyncio.create_task(asyncio.Event().wait()) for _ in range(there)}
        await worker.look()
        await asyncio.sleep(0)
        for one in worker._doing:
            one.cancel()
        return begun

    return asyncio.run(once())


def test_who_has_lost_an_import_stops_working_on_it(alice, image, files, monkeypatch):
    monkeypatch.setattr("logic.image.working.BEAT", 0.0)
    alice.post(f"{image}/import", WEB)
    database = connections["default"]

    class Dripping(Fetching):
        async def _pieces(self, uri: str):
            yield b"a"
            Task.objects.update(holder="another")
            await asyncio.Event().wait()

    async def once() -> None:
        connections["default"] = database
        worker = Dripping()
        await worker.look()
        (doing,) = worker._doing
        async with asyncio.timeout(10):
            await asyncio.wait([doing])
        assert doing.cancelled()

    asyncio.run(once())
    assert (status(alice, image), files()) == ("importing", [])


def test_an_image_that_is_deleted_while_it_is_imported_stays_deleted_and_leaves_nothing(alice, image, files):
    """OSSA-2015-004."""
    alice.post(f"{image}/import", WEB)
    task = importing.take_on("worker")
    Task.objects.update(until=clock.now() - datetime.timedelta(seconds=1))
    alice.delete(image)
    work(b"ab")
    assert Task.objects.get(pk=task.id).status == "failure"
    assert not files()
    assert not Image.objects.exists()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"method": {"name": "magic"}}, 400),
        ({"method": {"name": "copy-image"}}, 403),
        ({"method": "web-download"}, 400),
        ({}, 400),
        (DIRECT, 409),
        (WEB | {"stores": ["moon"]}, 409),
        *[
            ({"method": {"name": "web-download", "uri": uri}}, 400)
            for uri in (
                "",
                "file:///etc/passwd",
                "ftp://images.example/x",
                "http://images.example:22/x",
                "http://127.0.0.1/x",
                "http://[::1]/x",
                "http://[::ffff:169.254.169.254]/latest",
                "http://169.254.169.254/latest",
                "http://10.1.2.3/x",
                "http://user:word@images.example/x",
                "http://images.example:99999/x",
                "http:///x",
                "http://a b/",
                "http://images.example/\r\nX: y",
            )
        ],
    ],
)
def test_an_import_that_makes_no_sense_or_leads_inside_is_refused_at_once(alice, image, body, code):
    """OSSA-2026-004."""
    assert alice.post(f"{image}/import", body).status == code
    assert status(alice, image) == "queued"
    assert not Task.objects.exists()


def test_content_is_staged_once_and_for_a_queued_image(alice, image):
    alice.put(f"{image}/stage", body=b"ab", headers=STREAM)
    assert alice.put(f"{image}/stage", body=b"ab", headers=STREAM).status == 409
    assert alice.put(f"{image}/file", body=b"ab", headers=STREAM).status == 409
    assert alice.post(f"{image}/import", WEB).status == 409


def test_what_was_staged_goes_with_its_image(alice, image, files):
    alice.put(f"{image}/stage", body=b"ab", headers=STREAM)
    assert len(files()) == 1
    assert alice.delete(image).status == 204
    assert not files()
    assert used(ALICE.project, "image_size_total") == 0


def test_another_projects_image_is_not_imported_and_its_tasks_are_not_told(alice):
    theirs = f"{IMAGES}/{make('theirs', **MINE | {'owner': BOB.project}).pk}"
    assert alice.post(f"{theirs}/import", WEB).status == 404
    assert alice.get(f"{theirs}/tasks").status == 404
    assert alice.put(f"{theirs}/stage", body=b"x", headers=STREAM).status == 404


def test_tasks_are_listed_to_administrators_in_pages(alice, image):
    for _ in range(3):
        alice.post(f"{image}/import", WEB)
        work(BadRequest(reason="No."))
    assert alice.get("/image/v2/tasks").status == 403
    reply = alice.get("/image/v2/tasks?limit=2", token="admin").json
    seen = [one["id"] for one in reply["tasks"]]
    reply = alice.get(f"/image{reply['next']}", token="admin").json
    seen += [one["id"] for one in reply["tasks"]]
    assert len(set(seen)) == 3
    one = alice.get(f"/image/v2/tasks/{seen[0]}", token="admin").json
    assert (one["status"], one["message"], one["image_id"]) == ("failure", "No.", image.rpartition("/")[2])
    assert alice.get("/image/v2/tasks/nowhere", token="admin").status == 404
    assert alice.get("/image/v2/tasks?status=success", token="admin").json["tasks"] == []


def test_tasks_are_made_by_imports_alone(alice):
    assert [alice.post("/image/v2/tasks", {"type": "import"}, token=who).status for who in ("alice", "admin")] == [
        403,
        400,
    ]
    assert not Task.objects.exists()


def test_what_is_offered_is_told(alice, image):
    assert alice.get("/image/v2/info/import").json["import-methods"]["value"] == [
        "glance-direct",
        "web-download",
        "copy-image",
    ]
    assert [(one["id"], one["default"]) for one in alice.get("/image/v2/info/stores").json["stores"]] == [
        ("files", "true")
    ]
    alice.put(f"{image}/file", body=b"ab", headers=STREAM)
    usage = alice.get("/image/v2/info/usage").json["usage"]
    assert usage["image_size_total"] == {"limit": 102400, "usage": 1}
    assert set(usage) == {"image_size_total", "image_stage_total", "image_count_total", "image_count_uploading"}
