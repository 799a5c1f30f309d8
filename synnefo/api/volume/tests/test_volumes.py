"""Cinder's part as a client sees it: volumes made, listed, changed, deleted; what clients ask on their way; what is refused."""

import pytest

from logic.testing.worlds import ALICE, BOB, READER, accepted, cluster, running, take, tell
from logic.volume.commands import attach_volume
from logic.volume.tests.test_commands import told
from synnefo.api.kernel import handling
from synnefo.api.testing import HOST
from synnefo.api.volume.tests.conftest import CALLERS

V3 = "/volume/v3"
NULLS = dict.fromkeys(
    ("consistencygroup_id", "snapshot_id", "source_volid", "backup_id", "imageRef", "volume_type", "availability_zone")
)
SHOWN = {
    *("id", "name", "links", "status", "size", "availability_zone", "created_at", "updated_at", "attachments"),
    *("description", "volume_type", "snapshot_id", "source_volid", "metadata", "user_id", "bootable", "encrypted"),
    *("replication_status", "consistencygroup_id", "multiattach", "migration_status"),
}


def create(api, size=2, **wanted):
    reply = api.post(f"{V3}/volumes", {"volume": {"size": size, **NULLS, "metadata": None, **wanted}})
    assert reply.status == 202, reply.body
    return reply.json["volume"]


@pytest.mark.parametrize(("path", "status"), [("/volume/", 300), (V3, 200), (f"{V3}/", 200)])
def test_the_version_is_told_to_anybody_with_the_host_that_was_used(api, path, status):
    reply = api.get(path)
    assert reply.status == status
    (version,) = reply.json["versions"]
    assert (version["id"], version["status"], version["version"]) == ("v3.0", "CURRENT", "3.71")
    assert version["links"] == [{"rel": "self", "href": f"http://{HOST}/volume/v3/"}]


def test_a_volume_is_made_shown_and_deleted(alice):
    made = create(alice, name="data", description="mine", metadata={"a": "b"})
    assert set(made) == SHOWN
    assert (made["status"], made["size"], made["metadata"], made["attachments"]) == ("available", 2, {"a": "b"}, [])
    shown = alice.get(f"{V3}/volumes/{made['id']}").json["volume"]
    assert set(shown) == {*SHOWN, "os-vol-tenant-attr:tenant_id"}
    assert (shown["os-vol-tenant-attr:tenant_id"], shown["availability_zone"]) == (ALICE.project, "nova")
    assert not shown["created_at"].endswith("Z")
    assert alice.delete(f"{V3}/volumes/{made['id']}?cascade=False&force=False").status == 202
    assert alice.get(f"{V3}/volumes/{made['id']}").status == 404


def test_the_same_answers_below_the_project(alice):
    made = create(alice)
    below = f"{V3}/{ALICE.project}/volumes"
    assert [one["id"] for one in alice.get(f"{below}/detail").json["volumes"]] == [made["id"]]
    other = alice.get(f"{V3}/{BOB.project}/volumes/detail")
    assert (other.status, "badRequest" in other.json) == (400, True)


def test_lists_have_pages_orders_and_filters(alice):
    small, large = create(alice, size=1, name="small"), create(alice, size=5, name="large")
    listed = alice.get(f"{V3}/volumes?sort=size:desc&limit=1").json
    assert listed["volumes"] == [{name: large[name] for name in ("id", "name", "links")}]
    path = listed["volumes_links"][0]["href"].removeprefix(f"http://{HOST}")
    assert [one["id"] for one in alice.get(path).json["volumes"]] == [small["id"]]
    named = alice.get(f"{V3}/volumes/detail?name=small").json["volumes"]
    assert [one["id"] for one in named] == [small["id"]]
    assert alice.get(f"{V3}/volumes/detail?status=in-use").json == {"volumes": []}
    assert alice.get(f"{V3}/volumes?limit=many").status == 400
    assert alice.get(f"{V3}/volumes?sort=colour").status == 400


def test_a_name_is_no_id(alice):
    create(alice, name="data")
    assert alice.get(f"{V3}/volumes/data").status == 404


def test_names_and_metadata_are_changed(alice):
    id = create(alice, name="data")["id"]
    changed = alice.put(f"{V3}/volumes/{id}", {"volume": {"name": "other", "description": None}}).json["volume"]
    assert (changed["name"], changed["description"]) == ("other", None)
    path = f"{V3}/volumes/{id}/metadata"
    assert alice.post(path, {"metadata": {"a": "1", "b": "2"}}).json == {"metadata": {"a": "1", "b": "2"}}
    assert alice.put(path, {"metadata": {"c": "3"}}).json == {"metadata": {"c": "3"}}
    assert alice.delete(f"{path}/none").status == 404
    assert alice.delete(f"{path}/c").status == 200
    assert alice.get(path).json == {"metadata": {}}


def test_a_volume_on_a_server_says_so_and_is_not_deleted(alice):
    id, server = create(alice)["id"], running()
    attach_volume(ALICE, server.pk, id)
    taken = take()
    tell(accepted(taken, 9), told(taken))
    shown = alice.get(f"{V3}/volumes/{id}").json["volume"]
    assert (shown["status"], shown["availability_zone"]) == ("in-use", "c1")
    assert [(one["server_id"], one["volume_id"]) for one in shown["attachments"]] == [(server.pk, id)]
    reply = alice.delete(f"{V3}/volumes/{id}")
    assert (reply.status, "Invalid volume" in reply.json["badRequest"]["message"]) == (400, True)


@pytest.mark.parametrize(
    "wanted",
    [{"size": 0}, {"size": "many"}, {"size": None}, {"availability_zone": "moon"}, {"multiattach": True},
     {"metadata": {"a": 1}}],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_had_is_refused_in_words(alice, wanted):
    reply = alice.post(f"{V3}/volumes", {"volume": {"size": 1, **wanted}})
    assert (reply.status, bool(reply.json["badRequest"]["message"])) == (400, True)


def test_what_exceeds_the_quota_is_over_the_limit(alice, settings):
    settings.QUOTAS = {"volumes": 10, "gigabytes": 3}
    create(alice, size=3)
    reply = alice.post(f"{V3}/volumes", {"volume": {"size": 1}})
    assert (reply.status, reply.json["overLimit"]["code"]) == (413, 413)


def test_another_tenants_volume_is_as_unknown_as_none(alice):
    id = create(alice)["id"]
    for asked in (
        alice.get(f"{V3}/volumes/{id}", token="bob"),
        alice.put(f"{V3}/volumes/{id}", {"volume": {}}, token="bob"),
        alice.delete(f"{V3}/volumes/{id}", token="bob"),
        alice.post(f"{V3}/snapshots", {"snapshot": {"volume_id": id}}, token="bob"),
        alice.get(f"{V3}/volumes/detail?marker={id}", token="bob"),
    ):
        assert (asked.status, asked.json["itemNotFound"]["code"]) == (404, 404)
    assert alice.get(f"{V3}/volumes/detail", token="bob").json == {"volumes": []}


def test_an_admin_sees_all_and_where_they_are(alice):
    id = create(alice)["id"]
    assert alice.get(f"{V3}/volumes/detail", token="admin").json == {"volumes": []}
    (one,) = alice.get(f"{V3}/volumes/detail?all_tenants=1", token="admin").json["volumes"]
    assert (one["id"], one["os-vol-host-attr:host"]) == (id, "c1@ganeti#c1")  # the only one that there is
    cluster("c2")
    assert alice.get(f"{V3}/volumes/{id}", token="admin").json["volume"]["os-vol-host-attr:host"] is None
    assert alice.get(f"{V3}/volumes/detail?all_tenants=1", token="bob").json == {"volumes": []}


def test_who_only_reads_makes_nothing(alice, monkeypatch):
    monkeypatch.setattr(handling, "authenticate", lambda token, _: {**CALLERS, "rita": READER}[token])
    assert alice.post(f"{V3}/volumes", {"volume": {"size": 1}}, token="rita").status == 403
    assert alice.get(f"{V3}/volumes", token="rita").status == 200


def test_limits_and_quotas_count_what_there_is(alice):
    create(alice, size=7)
    absolute = alice.get(f"{V3}/limits").json["limits"]["absolute"]
    assert (absolute["totalVolumesUsed"], absolute["totalGigabytesUsed"], absolute["maxTotalVolumes"]) == (1, 7, 10)
    path = f"{V3}/os-quota-sets/{ALICE.project}"
    assert alice.get(f"{path}?usage=False").json["quota_set"]["gigabytes"] == 1000
    counted = alice.get(f"{path}?usage=True").json["quota_set"]["gigabytes"]
    assert counted == {"limit": 1000, "in_use": 7, "reserved": 0}
    assert alice.get(f"{path}?usage=True").json["quota_set"]["volumes_default"]["in_use"] == 1
    assert alice.get(f"{path}/defaults").json["quota_set"]["volumes"] == 10
    assert alice.get(f"{V3}/os-quota-sets/{BOB.project}").status == 403
    assert alice.put(path, {"quota_set": {"volumes": 1}}).status == 403


def test_zones_and_extensions_are_told(alice):
    zones = alice.get(f"{V3}/os-availability-zone").json["availabilityZoneInfo"]
    assert zones == [{"zoneName": "c1", "zoneState": {"available": True}}]
    assert "os-volume-actions" in [one["alias"] for one in alice.get(f"{V3}/extensions").json["extensions"]]


@pytest.mark.parametrize(
    "path", ["group_types", "groups/detail", "volume-transfers/detail", "messages", "volumes/summary", "attachments"]
)
def test_what_is_not_there_is_an_unknown_address(alice, path):
    reply = alice.get(f"{V3}/{path}")
    assert (reply.status, reply.json["itemNotFound"]["code"]) == (404, 404)
