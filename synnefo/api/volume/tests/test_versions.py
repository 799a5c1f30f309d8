"""Every microversion is made or is elsewhere, and each that is made changes what it says and nothing before."""

import pytest

from logic.testing.worlds import IMAGE
from synnefo.api.kernel.dialects import CINDER
from synnefo.api.volume.versions import CHANGES, ELSEWHERE, Since

V3 = "/volume/v3"


def test_every_version_up_to_the_highest_is_told_of_once():
    _, highest = CINDER.versions.maximum
    assert sorted([*CHANGES, *ELSEWHERE]) == list(range(1, highest + 1))
    assert {one.value for one in Since} <= CHANGES.keys()


def at(minor):
    return {"headers": {"OpenStack-API-Version": f"volume 3.{minor}"}}


FIELDS = {
    ("volumes", Since.GROUPS): {"group_id"},
    ("volumes", Since.SHARED_TARGETS): {"shared_targets", "service_uuid"},
    ("volumes", Since.TYPE_ID): {"volume_type_id"},
    ("volumes", Since.CONSUMES_QUOTA): {"consumes_quota"},
    ("snapshots", Since.GROUP_SNAPSHOTS): {"group_snapshot_id"},
    ("snapshots", Since.SNAPSHOT_USER): {"user_id"},
    ("snapshots", Since.CONSUMES_QUOTA): {"consumes_quota"},
    ("backups", Since.BACKUP_METADATA): {"metadata"},
    ("backups", Since.BACKUP_USER): {"user_id"},
    ("os-volume-transfer", Since.TRANSFERS): {"no_snapshots"},
    ("os-volume-transfer", Since.TRANSFER_PROJECTS): {"source_project_id", "destination_project_id", "accepted"},
}


@pytest.fixture
def world(alice):
    """A thing of each kind, by its kind."""
    volume = alice.post(f"{V3}/volumes", {"volume": {"size": 1, "imageRef": IMAGE}}).json["volume"]["id"]
    other = alice.post(f"{V3}/volumes", {"volume": {"size": 1}}).json["volume"]["id"]
    return {
        "volumes": volume,
        "snapshots": alice.post(f"{V3}/snapshots", {"snapshot": {"volume_id": volume}}).json["snapshot"]["id"],
        "backups": alice.post(f"{V3}/backups", {"backup": {"volume_id": volume}}).json["backup"]["id"],
        "os-volume-transfer": alice.post(f"{V3}/os-volume-transfer", {"transfer": {"volume_id": other}}).json[
            "transfer"
        ]["id"],
    }


def test_fields_come_with_their_version_and_not_before(alice, world):
    for (kind, since), added in FIELDS.items():
        before, after = (
            alice.get(f"{V3}/{kind}/{world[kind]}", **at(minor)).json.popitem()[1].keys()
            for minor in (since - 1, since)
        )
        assert after - before == added, (kind, since)


ADDRESSES = {
    "messages": Since.MESSAGES,
    "volumes/summary": Since.SUMMARY,
    "attachments": Since.ATTACHMENTS,
    "attachments/detail": Since.ATTACHMENTS,
    "resource_filters": Since.RESOURCE_FILTERS,
    "volume-transfers": Since.TRANSFERS,
    "default-types": Since.DEFAULT_TYPES,
}


@pytest.mark.parametrize("path", ADDRESSES)
def test_addresses_come_with_their_version_and_not_before(alice, path):
    since = ADDRESSES[path]
    assert [alice.get(f"{V3}/{path}", token="admin", **at(minor)).status for minor in (since - 1, since)] == [404, 200]


@pytest.mark.parametrize(
    ("query", "since"),
    [("volumes?created_at=gt:2026-01-01T00:00:00", Since.TIMES), ("volumes?name~=a", Since.LIKE),
     ("snapshots?metadata={'a':'b'}", Since.SNAPSHOT_DOCUMENTS), ("volumes?consumes_quota=true", Since.CONSUMES_QUOTA)],
)  # fmt: skip
def test_lists_are_narrowed_by_more_with_time(alice, query, since):
    expected = 400 if since > Since.FILTERS_CHECKED else 200
    assert [alice.get(f"{V3}/{query}", **at(minor)).status for minor in (since - 1, since)] == [expected, 200]


def test_what_a_list_cannot_be_narrowed_by_is_refused_since_a_version_but_not_to_administrators(alice):
    path = f"{V3}/volumes?colour=red"
    assert [alice.get(path, **at(minor)).status for minor in (30, 31)] == [200, 400]
    assert alice.get(path, token="admin", **at(31)).status == 200


def found(api, query, minor=71):
    reply = api.get(f"{V3}/{query}", **at(minor))
    assert reply.status == 200, reply.body
    return [one["id"] for one in reply.json[query.partition("?")[0].partition("/")[0]]]


def test_lists_are_narrowed_by_what_things_are(alice, world):
    (volume, other) = (
        world["volumes"],
        alice.post(f"{V3}/volumes", {"volume": {"size": 3, "name": "Data", "metadata": {"a": "b"}}}).json["volume"][
            "id"
        ],
    )
    for query in ("name=Data", "name~=ata", "size=3", "metadata={'a':'b'}", "status=available&bootable=false"):
        assert found(alice, f"volumes?{query}") == [other], query
    assert (
        found(alice, "volumes/detail?bootable=true")
        == [volume]
        == found(alice, f"volumes?glance_metadata={{'image_id':'{IMAGE}'}}")
    )
    assert found(alice, "volumes?status=awaiting-transfer&limit=1") != []
    assert found(alice, "volumes?group_id=x") == [] == found(alice, "volumes?created_at=lt:2000-01-01T00:00:00")
    assert len(found(alice, "volumes?created_at=gt:2000-01-01T00:00:00,lt:2999-01-01T00:00:00")) == 3
    assert len(found(alice, "volumes?availability_zone=nova")) == 3
    assert found(alice, f"snapshots?volume_id={volume}&status=available") == [world["snapshots"]]
    assert found(alice, f"backups?volume_id={volume}") == [world["backups"]]


def test_lists_are_counted_and_have_an_offset(alice, world):
    reply = alice.get(f"{V3}/volumes?with_count=True&limit=1&offset=1&sort=name", **at(Since.COUNTS)).json
    assert (reply["count"], len(reply["volumes"])) == (2, 1)
    assert "offset" not in reply["volumes_links"][0]["href"]
    assert "count" not in alice.get(f"{V3}/volumes?with_count=True", **at(Since.COUNTS - 1)).json
    assert found(alice, "volumes?limit=0") == []


def test_a_summary_has_all_metadata_since_a_version(alice, world):
    alice.post(f"{V3}/volumes/{world['volumes']}/metadata", {"metadata": {"a": "b"}})
    path = f"{V3}/volumes/summary"
    assert alice.get(path, **at(12)).json["volume-summary"] == {"total_count": 2, "total_size": 2}
    assert alice.get(path, **at(36)).json["volume-summary"]["metadata"] == {"a": ["b"]}


def test_metadata_that_has_changed_meanwhile_is_not_overwritten(alice, world):
    path = f"{V3}/volumes/{world['volumes']}/metadata"
    tag = alice.get(path, **at(15)).headers["etag"]
    alice.post(path, {"metadata": {"a": "b"}})
    headers = {"OpenStack-API-Version": "volume 3.15", "If-Match": tag}
    assert alice.put(path, {"metadata": {"c": "d"}}, headers=headers).status == 412
    assert alice.put(f"{path}/c", {"meta": {"c": "d"}}, headers=headers).status == 412
    assert alice.get(path).json == {"metadata": {"a": "b"}}
    assert alice.put(f"{path}/c", {"meta": {"c": "d"}}).json == {"meta": {"c": "d"}}
    assert alice.put(f"{path}/c", {"meta": {"e": "d"}}).status == 400
    assert alice.get(f"{path}/none").status == 404


def test_unknown_fields_of_a_change_are_refused_since_a_version(alice, world):
    path, body = f"{V3}/volumes/{world['volumes']}", {"volume": {"name": "x", "colour": "red"}}
    assert [alice.put(path, body, **at(minor)).status for minor in (Since.STRICT - 1, Since.STRICT)] == [200, 400]


def test_force_means_nothing_for_snapshots_since_a_version(alice, world):
    body = {"snapshot": {"volume_id": world["volumes"], "force": False}}
    assert [alice.post(f"{V3}/snapshots", body, **at(minor)).status for minor in (65, 66)] == [202, 400]


@pytest.mark.parametrize("path", ["volumes/", "snapshots/", "backups/", "types/"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_thing_without_an_id_is_none(alice, method, path):
    assert alice.request(method, f"{V3}/{path}", json={}).status == 404
