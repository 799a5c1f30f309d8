"""Groups of volumes: their types, what is in them, what is made of them, and what is not done to a volume that is in one."""

import pytest

from logic.testing.worlds import ALICE
from logic.volume.models import GroupType, Volume
from logic.volume.queries.types import DEFAULT
from synnefo.api.volume.tests.test_copies import UNKNOWN, V3, made, shown

AT = {"OpenStack-API-Version": "volume 3.71"}


@pytest.fixture(autouse=True)
def kind(alice):
    return GroupType.objects.create(name="plain").pk


def ask(api, way, path, body=None, token=None, version="3.71"):
    headers = {"OpenStack-API-Version": f"volume {version}"}
    return getattr(api, way)(f"{V3}/{path}", *([body] if body else []), token=token, headers=headers)


def group(api, **more):
    reply = ask(api, "post", "groups", {"group": {"group_type": "plain", "volume_types": ["default"], **more}})
    assert reply.status == 202, reply.body
    return reply.json["group"]["id"]


def inside(api, id):
    return ask(api, "get", f"groups/{id}?list_volume=True").json["group"]["volumes"]


def volume_in(api, id, **more):
    return made(api, "volumes", size=1, volume_type="default", group_id=id, **more)


def copied(api, id):
    reply = ask(api, "post", "group_snapshots", {"group_snapshot": {"group_id": id, "name": "copy"}})
    assert reply.status == 202, reply.body
    return reply.json["group_snapshot"]["id"]


def act(api, path, name, said, token=None):
    return ask(api, "post", f"{path}/action", {name: said}, token)


def used(api):
    return ask(api, "get", f"os-quota-sets/{ALICE.project}?usage=True", token="admin").json["quota_set"]["groups"]


def test_a_group_tells_what_it_is_and_its_volumes_tell_of_it(alice, kind):
    id = group(alice, name="web", description="of the site")
    one = volume_in(alice, id)
    told = ask(alice, "get", f"groups/{id}").json["group"]
    assert (told["name"], told["status"], told["group_type"], told["volume_types"]) == (
        "web",
        "available",
        kind,
        [DEFAULT],
    )
    assert (inside(alice, id), shown(alice, "volumes", one)["group_id"]) == ([one], id)
    found = ask(alice, "get", f"volumes?group_id={id}").json["volumes"]
    assert [each["id"] for each in found] == [one]


def test_a_group_counts_and_no_more_than_may_be_are_made(alice, settings):
    settings.QUOTAS = {**settings.QUOTAS, "groups": 1}
    id = group(alice)
    assert used(alice) == {"limit": 1, "in_use": 1, "reserved": 0}
    again = ask(alice, "post", "groups", {"group": {"group_type": "plain", "volume_types": ["default"]}})
    assert again.status == 413
    assert act(alice, f"groups/{id}", "delete", {"delete-volumes": False}).status == 202
    assert used(alice)["in_use"] == 0


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({"group_type": "no such"}, 404),
        ({"volume_types": ["no such"]}, 404),
        ({"volume_types": []}, 400),
        ({"availability_zone": "no such"}, 400),
        ({"group_type": None}, 400),
        ({"name": "x" * 256}, 400),
        ({"bogus": 1}, 400),
    ],
)
def test_a_group_of_what_there_is_not_is_refused(alice, wanted, status):
    body = {"group": {"group_type": "plain", "volume_types": ["default"], **wanted}}
    assert ask(alice, "post", "groups", body).status == status
    assert ask(alice, "get", "groups").json["groups"] == []


def test_what_no_cluster_would_keep_is_not_promised(alice):
    specs = {"consistent_group_snapshot_enabled": "<is> True"}
    GroupType.objects.create(name="at one moment", specs=specs)
    body = {"group": {"group_type": "at one moment", "volume_types": ["default"]}}
    assert ask(alice, "post", "groups", body).status == 400


def test_a_volume_of_another_type_or_of_none_is_not_made_in_a_group(alice):
    other = ask(alice, "post", "types", {"volume_type": {"name": "other"}}, token="admin").json["volume_type"]["id"]
    id = group(alice)
    for kind in ({"volume_type": "other"}, {}):
        assert "group" in str(made(alice, "volumes", 400, size=1, group_id=id, **kind))
    inner = volume_in(alice, id)
    assert act(alice, f"volumes/{inner}", "os-retype", {"new_type": other, "migration_policy": "never"}).status == 400


@pytest.mark.parametrize("way", ["delete", "os-force_delete", "transfer"])
def test_a_volume_leaves_its_group_before_it_goes_alone(alice, way):
    id = group(alice)
    one = volume_in(alice, id)

    def go():
        if way == "delete":
            return alice.delete(f"{V3}/volumes/{one}").status
        if way == "transfer":
            return ask(alice, "post", "volume-transfers", {"transfer": {"volume_id": one}}).status
        return act(alice, f"volumes/{one}", way, {}, token="admin").status

    assert go() == 400
    assert ask(alice, "put", f"groups/{id}", {"group": {"remove_volumes": one}}).status == 202
    assert (inside(alice, id), go()) == ([], 202)


def test_volumes_come_into_a_group_and_go_out(alice):
    id, other = group(alice), group(alice)
    one, two = made(alice, "volumes", size=1), volume_in(alice, id)
    change = {"name": "new", "add_volumes": one, "remove_volumes": two}
    assert ask(alice, "put", f"groups/{id}", {"group": change}).status == 202
    assert (inside(alice, id), ask(alice, "get", f"groups/{id}").json["group"]["name"]) == ([one], "new")
    for wrong in ({"add_volumes": UNKNOWN}, {"add_volumes": one}, {"remove_volumes": two}, {}):
        expected = 404 if UNKNOWN in wrong.values() else 400
        assert ask(alice, "put", f"groups/{id}", {"group": wrong}).status == expected
    assert ask(alice, "put", f"groups/{other}", {"group": {"add_volumes": one}}).status == 400
    both = {"add_volumes": two, "remove_volumes": two}
    assert ask(alice, "put", f"groups/{id}", {"group": both}).status == 400


def test_a_volume_stays_in_its_group_while_something_is_done_to_it(alice):
    id = group(alice)
    one = volume_in(alice, id)
    Volume.objects.update(marked="backing-up")
    assert ask(alice, "put", f"groups/{id}", {"group": {"remove_volumes": one}}).status == 400
    Volume.objects.update(marked="error")
    assert ask(alice, "put", f"groups/{id}", {"group": {"remove_volumes": one}}).status == 202


def test_a_group_of_more_than_there_is_room_for_is_refused_as_a_whole(alice, settings):
    settings.QUOTAS = {**settings.QUOTAS, "volumes": 3}
    id = group(alice)
    volume_in(alice, id)
    volume_in(alice, id)
    reply = ask(alice, "post", "groups/action", {"create-from-src": {"source_group_id": id}})
    assert (reply.status, "requested 2" in str(reply.json).lower()) == (413, True), reply.body
    assert used(alice)["in_use"] == 1


def test_a_change_that_is_refused_in_part_is_not_made_at_all(alice):
    id = group(alice, name="old")
    one = made(alice, "volumes", size=1)
    change = {"name": "new", "add_volumes": f"{one},{UNKNOWN}"}
    assert ask(alice, "put", f"groups/{id}", {"group": change}).status == 404
    assert (inside(alice, id), ask(alice, "get", f"groups/{id}").json["group"]["name"]) == ([], "old")


def test_a_group_goes_with_its_volumes_only_when_that_is_said(alice):
    id = group(alice)
    one = volume_in(alice, id)
    assert act(alice, f"groups/{id}", "delete", {"delete-volumes": False}).status == 400
    assert act(alice, f"groups/{id}", "delete", {"delete-volumes": True}).status == 202
    assert ask(alice, "get", f"groups/{id}").status == alice.get(f"{V3}/volumes/{one}").status == 404


def test_a_group_snapshot_has_one_of_each_volume_and_they_go_together(alice):
    id = group(alice)
    volumes = [volume_in(alice, id), volume_in(alice, id)]
    copy = copied(alice, id)
    told = ask(alice, "get", f"group_snapshots/{copy}").json["group_snapshot"]
    assert (told["status"], told["group_id"]) == ("available", id)
    parts = ask(alice, "get", f"snapshots?group_snapshot_id={copy}").json["snapshots"]
    assert sorted(one["volume_id"] for one in parts) == sorted(volumes)
    assert {one["group_snapshot_id"] for one in parts} == {copy}
    assert alice.delete(f"{V3}/snapshots/{parts[0]['id']}").status == 400
    assert act(alice, f"groups/{id}", "delete", {"delete-volumes": True}).status == 400
    assert ask(alice, "delete", f"group_snapshots/{copy}").status == 202
    assert alice.get(f"{V3}/snapshots").json["snapshots"] == []


def test_a_group_without_volumes_is_not_copied(alice):
    id = group(alice)
    assert ask(alice, "post", "group_snapshots", {"group_snapshot": {"group_id": id}}).status == 400
    assert ask(alice, "post", "groups/action", {"create-from-src": {"source_group_id": id}}).status == 400


@pytest.mark.parametrize("source", ["source_group_id", "group_snapshot_id"])
def test_a_group_is_made_of_another_with_a_volume_for_each(alice, source):
    id = group(alice)
    one = volume_in(alice, id, name="data")
    origin = id if source == "source_group_id" else copied(alice, id)
    new = ask(alice, "post", "groups/action", {"create-from-src": {"name": "twin", source: origin}}).json["group"]["id"]
    (twin,) = inside(alice, new)
    about = shown(alice, "volumes", twin)
    assert (about["name"], about["size"], about["source_volid"] == one) == ("data", 1, source == "source_group_id")
    assert ask(alice, "get", f"groups/{new}").json["group"][source] == origin


def test_two_sources_are_one_too_many(alice):
    id = group(alice)
    both = {"source_group_id": id, "group_snapshot_id": UNKNOWN}
    assert ask(alice, "post", "groups/action", {"create-from-src": both}).status == 400


def test_the_status_of_a_group_is_reset_by_administrators_and_keeps_it_as_it_is(alice):
    id = group(alice)
    assert act(alice, f"groups/{id}", "reset_status", {"status": "error"}).status == 403
    assert act(alice, f"groups/{id}", "reset_status", {"status": "fine"}, token="admin").status == 400
    assert act(alice, f"groups/{id}", "reset_status", {"status": "error"}, token="admin").status == 202
    assert "error" in str(made(alice, "volumes", 400, size=1, volume_type="default", group_id=id))


def test_types_of_groups_are_administrators(alice):
    body = {"group_type": {"name": "gold", "group_specs": {"a": "b"}}}
    assert ask(alice, "post", "group_types", body).status == 403
    new = ask(alice, "post", "group_types", body, token="admin").json["group_type"]
    assert ask(alice, "post", "group_types", body, token="admin").status == 409
    assert "group_specs" not in ask(alice, "get", f"group_types/{new['id']}").json["group_type"]
    path = f"group_types/{new['id']}/group_specs"
    ask(alice, "post", path, {"group_specs": {"c": "d"}}, token="admin")
    ask(alice, "put", f"{path}/a", {"a": "z"}, token="admin")
    assert ask(alice, "get", path, token="admin").json["group_specs"] == {"a": "z", "c": "d"}
    assert ask(alice, "delete", f"{path}/a", token="admin").status == 202
    assert ask(alice, "get", f"{path}/a", token="admin").status == 404
    hidden = {"group_type": {"is_public": False, "description": None}}
    assert ask(alice, "put", f"group_types/{new['id']}", hidden, token="admin").status == 200
    assert ask(alice, "get", f"group_types/{new['id']}").status == 404


@pytest.mark.parametrize(
    ("asked", "names"), [("", ["plain"]), ("&is_public=None", ["hidden", "plain"]), ("&is_public=0", ["hidden"])]
)
def test_hidden_types_are_listed_for_administrators_who_ask(alice, asked, names):
    GroupType.objects.create(name="hidden", public=False)
    found = ask(alice, "get", f"group_types?sort=name:asc{asked}", token="admin").json["group_types"]
    assert [one["name"] for one in found] == names
    assert [one["name"] for one in ask(alice, "get", "group_types?is_public=None").json["group_types"]] == ["plain"]


def test_a_type_that_a_group_is_of_is_not_deleted(alice, kind):
    id = group(alice)
    assert ask(alice, "delete", f"group_types/{kind}", token="admin").status == 400
    act(alice, f"groups/{id}", "delete", {})
    assert ask(alice, "delete", f"group_types/{kind}", token="admin").status == 202


@pytest.mark.parametrize(
    ("path", "before"),
    [("group_types", "3.10"), ("groups", "3.12"), ("groups/detail", "3.12"), ("group_snapshots", "3.13")],
)
def test_before_their_version_there_are_none(alice, path, before):
    assert ask(alice, "get", path, version=before).status == 404
    assert ask(alice, "get", path).status == 200


def test_what_a_group_was_when_it_was_copied_is_what_is_made_of_it(alice):
    id = group(alice)
    volume_in(alice, id, name="before")
    copy = copied(alice, id)
    volume_in(alice, id, name="after")
    made_of = {"create-from-src": {"group_snapshot_id": copy}}
    new = ask(alice, "post", "groups/action", made_of).json["group"]["id"]
    assert [shown(alice, "volumes", one)["name"] for one in inside(alice, new)] == ["before"]


def test_pages_of_groups(alice):
    ids = [group(alice, name=name) for name in "abc"]
    first = ask(alice, "get", "groups?limit=2&sort=name:asc").json
    assert [one["id"] for one in first["groups"]] == ids[:2]
    rest = ask(alice, "get", f"groups?limit=2&sort=name:asc&marker={ids[1]}").json
    assert [one["id"] for one in rest["groups"]] == ids[2:]
    assert "groups_links" in first
