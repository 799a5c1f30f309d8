"""Glance's. What changes an image is looked up first: another's is unknown, whatever the role."""

from typing import Any

from synnefo.api.tests.isolation.rows import (
    Row,
    admins,
    anyone,
    delete,
    get,
    members,
    patch,
    post,
    public,
    put,
    readers,
)

V = "image/v2"
ONE = f"{V}/images/{{it}}"
SHARED = f"{V}/images/{{shared_image}}"
PATCH = {"content-type": "application/openstack-images-v2.1-json-patch"}
STREAM = {"content-type": "application/octet-stream"}
NAME = [{"op": "replace", "path": "/name", "value": "new"}]


def _changes(**about: Any) -> Any:
    """Who may see it may not always change it."""
    strangers = dict.fromkeys(("unscoped", "of the domain", "reader of the system"), (0, 404, 404))
    but = {**strangers, "admin of the domain": (0, 403, 404), **about.pop("but", {})}
    return members(**{"refused": (403, 404, 404), **about, "but": but})


_COPIES = _changes(
    role="admin", own=409, but=dict.fromkeys(("member", "colleague", "robot", "member there"), (403, 404, 404))
)


def _ways(path: str, it: str) -> list[Row]:
    return [
        get(path, anyone(), it=it),
        patch(path, _changes(), it=it, body=NAME, headers=PATCH),
        delete(path, _changes(own=204), it=it),
    ]


ROWS = [
    get("image", public(own=300)),
    get("image/versions", public()),
    get(V, public(own=300)),
    get(f"{V}/images", anyone()),
    *[way(f"{V}/images/", anyone(own=404)) for way in (get, patch, delete)],
    post(f"{V}/images/", members(own=201), body={"name": "x"}),
    get(f"{V}/images?marker={{it}}", anyone(missing=400), it="image"),
    get(f"{V}/images?owner={{it}}", anyone(missing=200), it="project"),
    get(f"{V}/images?visibility=private", anyone()),
    get(f"{V}/images?visibility=shared&member_status=all", anyone()),
    get(f"{V}/images?visibility=all", anyone()),
    post(f"{V}/images", members(own=201), body={"name": "x"}),
    post(
        f"{V}/images",
        members(own=201, missing=403, admins=(201, 201)),
        it="project",
        body={"name": "x", "owner": "{it}"},
        note="of a project",
    ),
    post(
        f"{V}/images",
        members(own=403, but={"admin": (201, 0, 0), "admin there": (201, 0, 0)}),
        body={"name": "x", "visibility": "public"},
        note="for everybody",
    ),
    *_ways(ONE, "image"),
    patch(
        ONE,
        _changes(own=403, admins=(200, 404), but={"admin": (200, 200, 404), "admin there": (200, 200, 404)}),
        it="image",
        body=[{"op": "replace", "path": "/owner", "value": "x"}],
        headers=PATCH,
        note="given away",
    ),
    patch(
        ONE,
        _changes(own=403),
        it="image",
        body=[{"op": "replace", "path": "/status", "value": "active"}],
        headers=PATCH,
        note="its status",
    ),
    patch(
        ONE,
        _changes(own=403),
        it="image",
        body=[{"op": "add", "path": "/locations/-", "value": {"url": "file:///etc/passwd", "metadata": {}}}],
        headers=PATCH,
        note="its locations",
    ),
    get(f"{ONE}/file", anyone(own=501), it="image"),
    put(f"{ONE}/file", _changes(own=409), it="image", body="x", headers=STREAM),
    put(f"{ONE}/stage", _changes(own=409), it="image", body="x", headers=STREAM),
    post(f"{ONE}/import", _changes(own=409), it="image", body={"method": {"name": "glance-direct"}}),
    post(f"{ONE}/import", _COPIES, it="image", body={"method": {"name": "copy-image"}}, note="copied"),
    delete(f"{V}/stores/files/{{it}}", _changes(own=404), it="image"),
    get(f"{ONE}/tasks", anyone(), it="image"),
    post(f"{ONE}/actions/deactivate", _changes(own=204), it="image"),
    post(f"{ONE}/actions/reactivate", _changes(own=204), it="image"),
    put(f"{ONE}/tags/x", _changes(own=204), it="image"),
    delete(f"{ONE}/tags/x", _changes(own=404), it="image"),
    get(f"{ONE}/members", anyone(own=403), it="image"),
    post(f"{ONE}/members", _changes(own=403), it="image", body={"member": "x"}),
    *[way(f"{ONE}/members/x", anyone(own=403), it="image", body={"status": "accepted"}) for way in (get, put, delete)],
    get(f"{V}/images/{{it}}", anyone(), it="shared_image", note="that could be shared"),
    get(f"{V}/images/{{it}}/members", anyone(), it="shared_image", note="that could be shared"),
    get(f"{V}/images/{{it}}/members/x", anyone(own=404), it="shared_image", note="that could be shared"),
    post(
        f"{V}/images/{{it}}/members", _changes(), it="shared_image", body={"member": "x"}, note="that could be shared"
    ),
    put(
        f"{V}/images/{{it}}/members/x",
        anyone(own=404),
        it="shared_image",
        body={"status": "accepted"},
        note="that could be shared",
    ),
    delete(f"{V}/images/{{it}}/members/x", _changes(own=404), it="shared_image", note="that could be shared"),
    get(f"{V}/schemas/image", anyone()),
    get(f"{V}/tasks", admins()),
    post(f"{V}/tasks", admins(own=400), body={}),
    get(f"{V}/tasks/x", admins(own=404)),
    get(f"{V}/info/import", anyone()),
    get(f"{V}/info/stores", anyone()),
    get(f"{V}/info/stores/detail", admins()),
    get(f"{V}/info/usage", readers()),
]
