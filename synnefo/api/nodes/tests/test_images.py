"""Content of images for nodes: whole or from where they are, and for nobody who shows no key of a cluster."""

import pytest

from logic.image import blobs
from logic.image.blobs import Measured
from logic.image.stores import opening
from logic.placement import nodekeys
from logic.testing.worlds import ALICE, cluster

CONTENT = bytes(range(200))


@pytest.fixture
def path(api, settings, tmp_path):
    settings.IMAGES_DIR = tmp_path
    id = blobs.begin("image", "eeeeeeee-0000-4000-8000-000000000001")
    writing = opening.named(opening.default()).writing(id)
    writing.write(CONTENT)
    writing.finish()
    blobs.complete(id, Measured(size=200, virtual_size=200, format="raw", checksum="", hash_value=""))
    return f"/nodes/v1/images/{id}"


@pytest.fixture
def key(path):
    return {"Authorization": f"Bearer {nodekeys.make(cluster().name)}"}


def test_a_node_of_a_cluster_gets_content_whole_and_from_where_it_is(api, path, key):
    reply = api.get(path, headers=key)
    assert (reply.status, reply.body, reply.headers["content-length"]) == (200, CONTENT, "200")
    reply = api.get(path, headers=key | {"Range": "bytes=50-"})
    assert (reply.status, reply.body, reply.headers["content-range"]) == (206, CONTENT[50:], "bytes 50-199/200")


@pytest.mark.parametrize("shown", ["", "Bearer ", "Bearer nonsense", "sesame"])
def test_who_shows_no_key_of_a_cluster_gets_nothing(api, path, shown):
    assert api.get(path, headers={"Authorization": shown}).status == 401
    assert api.of(ALICE).get(path).status == 401


@pytest.mark.parametrize("name", ["debian.raw", "..%2F..%2Fetc%2Fpasswd", "eeeeeeee-0000-4000-8000-00000000000f"])
def test_what_is_no_content_is_not_found(api, key, name):
    assert api.get(f"/nodes/v1/images/{name}", headers=key).status == 404


def test_what_is_not_whole_yet_or_no_more_is_not_found(api, path, key):
    unfinished = blobs.begin("image", "eeeeeeee-0000-4000-8000-000000000002")
    assert api.get(f"/nodes/v1/images/{unfinished}", headers=key).status == 404
    blobs.release("eeeeeeee-0000-4000-8000-000000000001")
    assert api.get(path, headers=key).status == 404
