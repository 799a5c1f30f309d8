"""Making, changing and deleting images, as Glance does."""

import pytest

from logic.image.models import Image
from logic.quota.queries import used
from logic.testing.worlds import ALICE, BOB
from synnefo.api.image.tests.conftest import make
from synnefo.api.testing import HOST, Api

IMAGES = "/image/v2/images"
V21, V20 = (f"application/openstack-images-v2.{minor}-json-patch" for minor in (1, 0))
MINE = {"visibility": "private", "owner": ALICE.project}
ID = "abcdefab-0000-4000-8000-000000000001"


def patch(api: Api, id: str, *changes: dict, kind: str = V21, **options):
    return api.patch(f"{IMAGES}/{id}", list(changes), headers={"content-type": kind}, **options)


def replace(name: str, value: object) -> dict:
    return {"op": "replace", "path": f"/{name}", "value": value}


def test_an_image_is_made_queued_and_told_with_what_it_was_given(alice):
    given = {
        "name": "mine",
        "disk_format": "qcow2",
        "container_format": "bare",
        "min_disk": 2,
        "min_ram": 64,
        "protected": True,
        "os_hidden": True,
        "tags": ["a", "b", "a"],
        "visibility": "private",
        "owner_specified.openstack.md5": "",
        "os_distro": "debian",
    }
    reply = alice.post(IMAGES, given)
    assert reply.status == 201
    made = reply.json
    assert reply.headers["location"] == f"http://{HOST}/image/v2/images/{made['id']}"
    wanted = given | {"tags": ["a", "b"], "status": "queued", "owner": ALICE.project}
    assert {name: made[name] for name in wanted} == wanted
    assert (made["size"], made["checksum"], made["os_hash_value"]) == (None, None, None)
    assert alice.get(f"{IMAGES}/{made['id']}").json == made
    assert used(ALICE.project, "image_count_total") == 1


def test_an_image_is_shared_with_nobody_unless_it_is_said(alice):
    assert alice.post(IMAGES, {}).json["visibility"] == "shared"


def test_the_client_may_choose_an_id_which_is_nobody_elses_ever_again(alice):
    assert alice.post(IMAGES, {"id": ID.upper()}).json["id"] == ID
    assert alice.post(IMAGES, {"id": ID}).status == 409
    assert alice.delete(f"{IMAGES}/{ID}").status == 204
    assert alice.post(IMAGES, {"id": ID}, token="bob").status == 409


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"disk_format": "wrong"}, 400),
        ({"container_format": "wrong"}, 400),
        ({"container_format": "ami", "disk_format": "raw"}, 400),
        ({"visibility": "secret"}, 400),
        ({"visibility": "public"}, 403),
        ({"owner": BOB.project}, 403),
        ({"id": "mine"}, 400),
        ({"name": 5}, 400),
        ({"name": "x" * 256}, 400),
        ({"min_ram": -1}, 400),
        ({"min_disk": 2**31}, 400),
        ({"protected": "yes"}, 400),
        ({"tags": "x"}, 400),
        ({"tags": ["x" * 256]}, 400),
        ({"tags": [str(one) for one in range(129)]}, 413),
        ({"os_distro": 5}, 400),
        ({"kernel_id": "x"}, 400),
        ({"": "x"}, 400),
        ({"x" * 256: "x"}, 400),
        ({f"p{one}": "x" for one in range(129)}, 413),
        ({"status": "active"}, 403),
        ({"checksum": "x"}, 403),
        ({"size": 5}, 403),
        ({"self": "x"}, 403),
        ({"locations": []}, 403),
        ({"deleted": "x"}, 403),
        ({"os_glance_foo": "bar"}, 403),
    ],
)
def test_what_makes_no_sense_or_is_not_a_tenants_is_refused_and_nothing_made(alice, given, status):
    reply = alice.post(IMAGES, given)
    assert (reply.status, reply.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert not Image.objects.exists()
    assert used(ALICE.project, "image_count_total") == 0


def test_administrators_publish_and_make_images_of_others(alice):
    made = alice.post(IMAGES, {"visibility": "public", "owner": BOB.project}, token="admin").json
    assert (made["visibility"], made["owner"]) == ("public", BOB.project)


def test_an_owner_that_no_project_could_be_is_refused(alice):
    image = make("a")
    assert alice.post(IMAGES, {"owner": "x" * 65}, token="admin").status == 400
    assert patch(alice, image.pk, replace("owner", "x" * 65), token="admin").status == 400


def test_no_more_images_are_made_than_the_quota_has(alice, settings):
    settings.QUOTAS = {"image_count_total": 1}
    assert alice.post(IMAGES, {}).status == 201
    assert alice.post(IMAGES, {}).status == 413
    (image,) = Image.objects.all()
    alice.delete(f"{IMAGES}/{image.pk}")
    assert alice.post(IMAGES, {}).status == 201


def test_a_patch_adds_replaces_and_removes_in_either_form(alice):
    image = make("a", **MINE, properties={"old": "1", "gone": "x"})
    new = [replace("name", "b"), replace("old", "2"), {"op": "add", "path": "/a~1b~0", "value": "c"}]
    reply = patch(alice, image.pk, *new, {"op": "remove", "path": "/gone"})
    assert reply.status == 200
    assert reply.json.items() >= {"name": "b", "old": "2", "a/b~": "c"}.items()
    assert "gone" not in reply.json
    reply = patch(alice, image.pk, {"add": "/x", "value": "1"}, {"replace": "/tags", "value": ["t"]}, kind=V20)
    assert (reply.json["x"], reply.json["tags"]) == ("1", ["t"])


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"op": "replace", "path": "/nothing", "value": "x"}, 409),
        ({"op": "remove", "path": "/nothing"}, 409),
        ({"op": "remove", "path": "/name"}, 403),
        (replace("status", "queued"), 403),
        (replace("checksum", "x"), 403),
        (replace("id", ID), 403),
        (replace("locations", []), 403),
        ({"op": "remove", "path": "/locations/0"}, 403),
        ({"op": "add", "path": "/os_glance_foo", "value": "x"}, 403),
        (replace("visibility", "public"), 403),
        (replace("owner", BOB.project), 403),
        (replace("disk_format", "qcow2"), 403),
        (replace("min_ram", "5"), 400),
        (replace("min_ram", True), 400),
        (replace("protected", None), 400),
        (replace("name", 5), 400),
        (replace("tags", [1]), 400),
        ({"op": "add", "path": "/x", "value": 5}, 400),
        ({"op": "add", "path": "/a/b", "value": "5"}, 400),
        ({"op": "add", "path": "x", "value": "5"}, 400),
        ({"op": "add", "path": "/x"}, 400),
        ({"op": "move", "path": "/x", "value": "5"}, 400),
        ({"path": "/x"}, 400),
    ],
)
def test_a_patch_that_may_not_be_changes_nothing_of_what_stands_with_it(alice, change, status):
    image = make("a", **MINE)
    before = Image.objects.values().get()
    assert patch(alice, image.pk, replace("name", "b"), change).status == status
    assert Image.objects.values().get() == before


def test_a_patch_of_another_kind_is_not_read(alice):
    image = make("a", **MINE)
    assert patch(alice, image.pk, replace("name", "b"), kind="application/json").status == 415


def test_formats_are_changed_while_there_is_no_content(alice):
    image = make("a", **MINE | {"status": "queued"})
    assert patch(alice, image.pk, replace("disk_format", "qcow2")).json["disk_format"] == "qcow2"


CHANGES = [
    ("PATCH", "", [replace("name", "b")]),
    ("DELETE", "", None),
    ("PUT", "/tags/x", None),
    ("POST", "/actions/deactivate", None),
    ("POST", "/members", {"member": "c" * 32}),
    ("PUT", "/file", None),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
@pytest.mark.parametrize(
    ("visibility", "status"), [("public", 403), ("community", 403), ("private", 404), ("shared", 404)]
)
def test_what_is_another_projects_is_not_changed_and_not_known_unless_it_is_shown(
    alice, method, path, body, visibility, status
):
    image = make("a", visibility=visibility, owner=BOB.project)
    before = Image.objects.values().get()
    kind = {"PATCH": V21, "PUT": "application/octet-stream"}.get(method, "application/json")
    reply = alice.request(method, f"{IMAGES}/{image.pk}{path}", json=body, headers={"content-type": kind})
    assert reply.status == status
    assert Image.objects.values().get() == before


@pytest.mark.parametrize(("method", "path", "body"), [("POST", "", {}), *CHANGES])
def test_a_reader_changes_nothing(alice, method, path, body):
    image = make("a", **MINE)
    kind = {"PATCH": V21, "PUT": "application/octet-stream"}.get(method, "application/json")
    where = f"{IMAGES}/{image.pk}{path}" if (method, path) != ("POST", "") else IMAGES
    assert alice.request(method, where, json=body, headers={"content-type": kind}, token="reader").status == 403


def test_a_protected_image_is_not_deleted_until_it_is_no_more(alice):
    image = make("a", **MINE, protected=True)
    assert alice.delete(f"{IMAGES}/{image.pk}").status == 403
    patch(alice, image.pk, replace("protected", False))
    assert alice.delete(f"{IMAGES}/{image.pk}").status == 204
    assert alice.get(f"{IMAGES}/{image.pk}").status == 404
    assert alice.delete(f"{IMAGES}/{image.pk}").status == 404


def test_tags_come_and_go(alice):
    image = make("a", **MINE)
    where = f"{IMAGES}/{image.pk}/tags"
    assert [alice.put(f"{where}/{tag}").status for tag in ("x", "y", "x")] == [204] * 3
    assert alice.get(f"{IMAGES}/{image.pk}").json["tags"] == ["x", "y"]
    assert alice.delete(f"{where}/x").status == 204
    assert alice.delete(f"{where}/x").status == 404


def test_an_image_is_taken_out_of_use_and_back(alice):
    image = make("a", **MINE)
    where = f"{IMAGES}/{image.pk}"
    assert [alice.post(f"{where}/actions/deactivate").status for _ in range(2)] == [204, 204]
    assert alice.get(where).json["status"] == "deactivated"
    assert alice.get(f"{where}/file").status == 403
    assert alice.post(f"{where}/actions/reactivate").status == 204
    assert alice.get(where).json["status"] == "active"


def test_what_has_no_content_is_not_taken_out_of_use(alice):
    image = make("a", **MINE | {"status": "queued"})
    assert alice.post(f"{IMAGES}/{image.pk}/actions/deactivate").status == 403
