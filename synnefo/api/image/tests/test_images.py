"""Glance's part as a client sees it."""

import datetime

import pytest

from logic.testing.worlds import BOB
from synnefo.api.image.tests.conftest import make
from synnefo.api.testing import HOST

MOMENT = datetime.datetime(2025, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
IMAGES = "/image/v2/images"


def names(reply) -> list[str]:
    return [one["name"] for one in reply.json["images"]]


@pytest.mark.parametrize("path", ["/image", "/image/", "/image/v2", "/image/v2/"])
def test_the_versions_are_offered_to_anybody_with_the_host_that_was_used(api, path):
    reply = api.get(path)
    assert reply.status == 300
    first = reply.json["versions"][0]
    assert first["status"] == "CURRENT"
    assert first["links"] == [{"rel": "self", "href": f"http://{HOST}/image/v2/"}]


def test_images_need_a_token(api):
    assert api.get(IMAGES).status == 401


def test_an_image_is_written_as_glance_does(alice):
    image = make("debian", properties={"os_distro": "debian"}, tags=["lts"], created_at=MOMENT, updated_at=MOMENT)
    assert alice.get(f"{IMAGES}/{image.pk}").json == {
        "id": image.pk,
        "name": "debian",
        "status": "active",
        "visibility": "public",
        "owner": None,
        "disk_format": "raw",
        "container_format": "bare",
        "size": None,
        "virtual_size": None,
        "min_ram": 0,
        "min_disk": 0,
        "protected": False,
        "os_hidden": False,
        "checksum": None,
        "os_hash_algo": None,
        "os_hash_value": None,
        "tags": ["lts"],
        "created_at": "2025-01-02T03:04:05Z",
        "updated_at": "2025-01-02T03:04:05Z",
        "self": f"/v2/images/{image.pk}",
        "file": f"/v2/images/{image.pk}/file",
        "schema": "/v2/schemas/image",
        "os_distro": "debian",
    }


def test_a_property_does_not_hide_a_field(alice):
    image = make("debian", properties={"status": "queued", "id": "x"})
    shown = alice.get(f"{IMAGES}/{image.pk}").json
    assert (shown["id"], shown["status"]) == (image.pk, "active")


def test_what_is_shown_fits_the_schema_that_is_published(alice):
    image = make("debian")
    shown = alice.get(f"{IMAGES}/{image.pk}").json
    schema = alice.get("/image/v2/schemas/image").json
    assert shown.keys() | {"stores"} == schema["properties"].keys()  # it has no content
    for name, about in schema["properties"].items():
        assert shown.get(name, "") is not None or "null" in about["type"], name


@pytest.mark.parametrize("id", ["debian", "cccccccc-0000-4000-8000-000000000001"])
def test_a_name_or_an_unknown_id_is_not_found_in_glances_words(alice, id):
    make("debian")
    reply = alice.get(f"{IMAGES}/{id}")
    assert reply.status == 404
    assert reply.headers["content-type"].startswith("text/html")
    assert b"<h1>404 Not Found</h1>" in reply.body


def test_an_image_without_an_id_is_none_and_not_the_list(alice):
    assert [alice.request(method, f"{IMAGES}/").status for method in ("GET", "DELETE")] == [404, 404]


def test_another_tenants_private_image_is_neither_listed_nor_shown(alice):
    theirs = make("theirs", visibility="private", owner=BOB.project)
    assert names(alice.get(IMAGES)) == []
    assert alice.get(f"{IMAGES}/{theirs.pk}").status == 404
    assert names(alice.get(IMAGES, token="bob")) == ["theirs"]
    assert names(alice.get(IMAGES, token="admin")) == ["theirs"]


def test_images_are_found_by_a_list_of_ids(alice):
    first, _, third = (make(name) for name in ("a", "b", "c"))
    assert set(names(alice.get(f"{IMAGES}?id=in:{first.pk},{third.pk}"))) == {"a", "c"}
    assert names(alice.get(f"{IMAGES}?id={first.pk}")) == ["a"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name=b", {"b"}),
        ('name=in:"a","b, or not"', {"a", "b, or not"}),
        ("status=queued", {"c"}),
        ("visibility=private", {"c"}),
        ("visibility=all", {"a", "b", "b, or not", "c"}),
        ("size_min=20", {"b", "c"}),
        ("size_min=5&size_max=4000000000", {"a", "b"}),
        ("tag=x", {"a", "b"}),
        ("tag=x&tag=y", {"b"}),
        ("os_distro=debian", {"a"}),
        ("protected=True", {"b"}),
        ("os_hidden=true", {"old"}),
        ("owner=" + "a" * 32, {"c"}),
        ("disk_format=qcow2", {"c"}),
        ("created_at=gte:2025-01-02T03:04:05Z&created_at=lt:2025-01-03T00:00:00Z", {"a"}),
        ("created_at=gt:2025-01-02T03:04:05Z&name=a", set()),
        ("nothing_of_the_kind=1", set()),
        ("member_status=accepted&name=a", {"a"}),
    ],
)
def test_a_list_is_narrowed_by(alice, query, found):
    make("a", size=10, tags=["x"], properties={"os_distro": "debian"}, created_at=MOMENT)
    make("b", size=4000000000, tags=["x", "y"], protected=True)
    make("b, or not")
    make("c", size=5000000000, status="queued", visibility="private", owner="a" * 32, disk_format="qcow2")
    make("old", hidden=True)
    assert set(names(alice.get(f"{IMAGES}?{query}"))) == found


@pytest.mark.parametrize(
    ("query", "order"),
    [
        ("", ["c", "a", "b"]),
        ("sort=name:asc", ["a", "b", "c"]),
        ("sort_key=name", ["c", "b", "a"]),
        ("sort_key=size&sort_dir=asc&sort_key=name&sort_dir=desc", ["c", "b", "a"]),
    ],
)
def test_a_list_is_sorted_newest_first_or_as_asked(alice, query, order):
    for place, (name, size) in enumerate([("b", 7), ("a", 7), ("c", None)]):
        make(name, size=size, created_at=MOMENT + datetime.timedelta(days=place))
    assert names(alice.get(f"{IMAGES}?{query}")) == order


def test_pages_lead_to_each_other(alice):
    for name in "abcde":
        make(name)
    reply = alice.get(f"{IMAGES}?limit=2&sort=name:asc&visibility=public")
    assert reply.json["first"] == "/v2/images?limit=2&sort=name%3Aasc&visibility=public"
    seen = names(reply)
    while "next" in reply.json:
        assert reply.json["next"].startswith("/v2/images?")
        reply = alice.get(f"/image{reply.json['next']}")
        seen += names(reply)
    assert seen == list("abcde")


def test_a_page_of_none_has_none_and_leads_nowhere(alice):
    make("a")
    told = alice.get(f"{IMAGES}?limit=0").json
    assert (told["images"], "next" in told) == ([], False)


@pytest.mark.parametrize(
    "query",
    [
        "limit=many",
        "limit=-1",
        "marker=nowhere",
        "sort=secret",
        "sort=name:sideways",
        "sort_dir=up",
        "sort=id:asc&sort_key=name",
        "sort=id&sort_dir=asc",
        "visibility=visible",
        "size_min=-5",
        "size_max=1e3",
        "protected=perhaps",
        "created_at=yesterday",
        "created_at=gt:0001-01-01T00:00:00%2B23:59",
        'name=in:"a',
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused_by_its_name(alice, query):
    reply = alice.get(f"{IMAGES}?{query}")
    assert reply.status == 400
    assert reply.headers["content-type"].startswith("text/html")


def test_a_method_that_is_not_there_is_told_with_those_that_are(alice):
    reply = alice.delete(IMAGES)
    assert reply.status == 405
    assert reply.headers["allow"] == "GET, POST"


@pytest.mark.parametrize("name", ["image", "images", "member", "members", "task", "tasks"])
def test_the_schemas_are_published(alice, name):
    assert alice.get(f"/image/v2/schemas/{name}").json["name"] == name


def test_a_schema_of_something_else_is_not_found(alice):
    assert alice.get("/image/v2/schemas/metadefs").status == 404
