"""Types of volumes and their QoS specs: administrators make them, who may uses them, and each is counted by itself."""

import pytest

from logic.testing.worlds import ALICE, BOB

V3 = "/volume/v3"
UNKNOWN = "cccccccc-0000-4000-8000-00000000000c"
MADE = {"id", "name", "description", "is_public", "os-volume-type-access:is_public", "extra_specs"}


def make(api, name="fast", **wanted):
    reply = api.post(f"{V3}/types", {"volume_type": {"name": name, **wanted}}, token="admin")
    assert reply.status == 200, reply.body
    return reply.json["volume_type"]


def volume(api, status=202, **wanted):
    reply = api.post(f"{V3}/volumes", {"volume": {"size": 2, **wanted}})
    assert reply.status == status, reply.body
    return reply.json["volume"] if status == 202 else reply.json


def test_there_is_a_default_one_before_any_is_made(alice):
    (one,) = alice.get(f"{V3}/types?is_public=none").json["volume_types"]
    assert one["name"] == "default"
    assert alice.get(f"{V3}/types/default").json == {"volume_type": one} == alice.get(f"{V3}/types/{one['id']}").json
    assert alice.get(f"{V3}/types/default/extra_specs").json == {"extra_specs": {}}
    assert volume(alice)["volume_type"] == "default" == volume(alice, volume_type="default")["volume_type"]
    assert alice.delete(f"{V3}/types/{one['id']}", token="admin").status == 400


def test_one_is_made_changed_used_and_deleted(alice):
    made = make(alice, description="quick", extra_specs={"a": "b"})
    assert set(made) == MADE
    path = f"{V3}/types/{made['id']}"
    changed = alice.put(path, {"volume_type": {"name": "faster", "is_public": True}}, token="admin").json["volume_type"]
    assert set(changed) == MADE - {"os-volume-type-access:is_public"}
    assert alice.get(path, token="admin").json["volume_type"]["qos_specs_id"] is None
    assert [one["name"] for one in alice.get(f"{V3}/types").json["volume_types"]] == ["faster", "default"]
    used = volume(alice, volume_type="faster")
    assert used["volume_type"] == "faster"
    assert alice.delete(path, token="admin").status == 400
    alice.delete(f"{V3}/volumes/{used['id']}")
    assert alice.delete(path, token="admin").status == 202
    assert alice.get(path).status == 404


def test_a_name_is_had_once(alice):
    id = make(alice)["id"]
    for name in ("fast", "default"):
        assert alice.post(f"{V3}/types", {"volume_type": {"name": name}}, token="admin").status == 409
    assert alice.put(f"{V3}/types/{id}", {"volume_type": {"name": "default"}}, token="admin").status == 409


def test_one_that_is_not_public_is_for_those_who_were_given_it(alice):
    hidden = make(alice, **{"os-volume-type-access:is_public": False})
    path = f"{V3}/types/{hidden['id']}"
    assert alice.get(path).status == 404
    volume(alice, status=404, volume_type=hidden["id"])
    given = {"addProjectAccess": {"project": ALICE.project}}
    assert alice.post(f"{path}/action", given, token="admin").status == 202
    assert alice.post(f"{path}/action", given, token="admin").status == 409
    listed = alice.get(f"{path}/os-volume-type-access", token="admin").json["volume_type_access"]
    assert listed == [{"volume_type_id": hidden["id"], "project_id": ALICE.project}]
    assert volume(alice, volume_type="fast")["volume_type"] == "fast"
    assert alice.get(path, token="bob").status == 404
    taken = {"removeProjectAccess": {"project": ALICE.project}}
    assert [alice.post(f"{path}/action", taken, token="admin").status for _ in range(2)] == [202, 404]
    public = make(alice, "open")["id"]
    assert alice.post(f"{V3}/types/{public}/action", given, token="admin").status == 400
    assert alice.get(f"{V3}/types/{public}/os-volume-type-access", token="admin").status == 404


def test_extra_specs_are_read_and_written_one_by_one(alice):
    path = f"{V3}/types/{make(alice)['id']}/extra_specs"
    specs = {"extra_specs": {"a": "1", "b": "2"}}
    assert alice.post(path, specs, token="admin").json == specs
    assert alice.put(f"{path}/a", {"a": "3"}, token="admin").json == {"a": "3"}
    assert alice.get(f"{path}/a").json == {"a": "3"}
    assert alice.delete(f"{path}/a", token="admin").status == 202
    assert alice.get(path).json == {"extra_specs": {"b": "2"}}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "", {"extra_specs": {}}, 400),
        ("POST", "", {"extra_specs": None}, 400),
        ("POST", "", {"extra_specs": {"a b/": "x"}}, 400),
        ("PUT", "/a", {"b": "1"}, 400),
        ("PUT", "/a", {"a": "1", "b": "2"}, 400),
        ("PUT", "/a", {}, 400),
        ("GET", "/none", None, 404),
        ("DELETE", "/none", None, 404),
    ],
)
def test_extra_specs_that_make_no_sense_are_refused(alice, method, path, body, status):
    id = make(alice)["id"]
    assert alice.request(method, f"{V3}/types/{id}/extra_specs{path}", json=body, token="admin").status == status


def test_what_no_volume_can_be_is_no_type_to_use(alice):
    make(alice, extra_specs={"multiattach": "<is> True"})
    assert "several servers" in volume(alice, status=400, volume_type="fast")["badRequest"]["message"]


def test_a_type_says_on_which_cluster_its_volumes_are(alice):
    make(alice, extra_specs={"volume_backend_name": "c1", "vendor_name": "Synnefo", "anything": "else"})
    made = volume(alice, volume_type="fast")
    assert (made["status"], made["availability_zone"]) == ("available", "c1")


def test_a_volume_that_no_cluster_fits_is_in_error_and_its_owner_is_told(alice):
    make(alice, extra_specs={"capabilities:volume_backend_name": "c9"})
    made = volume(alice, volume_type="fast")
    headers = {"OpenStack-API-Version": "volume 3.71"}
    assert made["status"] == "error"
    (one,) = alice.get(f"{V3}/messages?resource_uuid={made['id']}&message_level=ERROR", headers=headers).json[
        "messages"
    ]
    assert (one["event_id"], one["resource_type"]) == ("VOLUME_VOLUME_001_002", "VOLUME")
    path = f"{V3}/messages/{one['id']}"
    assert alice.get(path, headers=headers).json == {"message": one}
    assert [alice.request(method, path, token="bob", headers=headers).status for method in ("GET", "DELETE")] == [
        404,
        404,
    ]
    assert alice.get(f"{V3}/messages?resource_type=SNAPSHOT", headers=headers).json == {"messages": []}
    assert [alice.delete(path, headers=headers).status for _ in range(2)] == [204, 404]
    assert alice.delete(f"{V3}/volumes/{made['id']}").status == 202


def test_nothing_promises_encryption(alice):
    path = f"{V3}/types/{make(alice)['id']}/encryption"
    assert alice.get(path, token="admin").json == {}
    assert alice.post(path, {"encryption": {"provider": "luks"}}, token="admin").status == 501
    assert alice.delete(f"{path}/{UNKNOWN}", token="admin").status == 404


def test_a_volume_goes_to_another_type_and_is_counted_there(alice):
    make(alice)
    id = volume(alice)["id"]
    action, quota = f"{V3}/volumes/{id}/action", f"{V3}/os-quota-sets/{ALICE.project}"
    assert alice.post(action, {"os-retype": {"new_type": "default"}}).status == 400
    assert alice.post(action, {"os-retype": {"new_type": "none"}}).status == 404
    assert alice.post(action, {"os-retype": {"new_type": "fast", "migration_policy": "never"}}).status == 202
    assert alice.get(f"{V3}/volumes/{id}").json["volume"]["volume_type"] == "fast"
    used = alice.get(f"{quota}?usage=True").json["quota_set"]
    assert (used["volumes_fast"]["in_use"], used["gigabytes_fast"]["in_use"], used["volumes_default"]["in_use"]) == (
        1,
        2,
        0,
    )
    assert alice.post(action, {"os-retype": {"new_type": "default"}}).status == 202
    alice.put(quota, {"quota_set": {"gigabytes_fast": 1}}, token="admin")
    assert alice.post(action, {"os-retype": {"new_type": "fast"}}).status == 413
    alice.delete(f"{V3}/volumes/{id}")
    used = alice.get(f"{quota}?usage=True").json["quota_set"]
    assert {used[name]["in_use"] for name in ("volumes", "volumes_fast", "volumes_default", "gigabytes_default")} == {0}


def test_a_project_has_its_own_default(alice):
    made, headers = make(alice), {"OpenStack-API-Version": "volume 3.62"}
    path = f"{V3}/default-types/{ALICE.project}"
    assert alice.put(path, {"default_type": {"volume_type": "fast"}}, token="admin").status == 404
    told = {"project_id": ALICE.project, "volume_type_id": made["id"]}
    body = {"default_type": {"volume_type": "fast"}}
    assert alice.put(path, body, token="admin", headers=headers).json == {"default_type": told}
    assert alice.get(f"{V3}/default-types", token="admin", headers=headers).json == {"default_types": [told]}
    assert volume(alice)["volume_type"] == "fast"
    assert alice.delete(path, token="admin", headers=headers).status == 204
    assert alice.get(path, token="admin", headers=headers).status == 404


def test_qos_specs_live_and_go_by_types(alice):
    admin = {"token": "admin"}
    reply = alice.post(f"{V3}/qos-specs", {"qos_specs": {"name": "q", "consumer": "both", "iops": "9"}}, **admin)
    assert (reply.status, set(reply.json)) == (200, {"qos_specs", "links"})
    id, kind = reply.json["qos_specs"]["id"], make(alice)["id"]
    path = f"{V3}/qos-specs/{id}"
    assert reply.json["qos_specs"] == {"id": id, "name": "q", "consumer": "both", "specs": {"iops": "9"}}
    assert alice.put(path, {"qos_specs": {"size": "1"}}, **admin).json == {"qos_specs": {"size": "1"}}
    assert alice.put(f"{path}/delete_keys", {"keys": ["size"]}, **admin).status == 202
    assert alice.put(f"{path}/delete_keys", {"keys": ["size"]}, **admin).status == 404
    assert alice.get(f"{path}/associate?vol_type_id={kind}", **admin).status == 202
    assert alice.get(f"{path}/associations", **admin).json["qos_associations"] == [
        {"association_type": "volume_type", "id": kind, "name": "fast"}
    ]
    assert alice.delete(path, **admin).status == 400
    assert alice.get(f"{path}/disassociate?vol_type_id={kind}", **admin).status == 202
    assert alice.get(f"{path}/disassociate_all", **admin).status == 202
    assert [one["id"] for one in alice.get(f"{V3}/qos-specs", **admin).json["qos_specs"]] == [id]
    assert alice.delete(f"{path}?force=False", **admin).status == 202
    assert alice.get(path, **admin).status == 404


@pytest.mark.parametrize("consumer", ["front-end", "back-end", "both"])
def test_no_volume_is_of_a_type_with_limits_that_no_cluster_keeps(alice, consumer):
    made, free, default = (
        make(alice)["id"],
        volume(alice)["id"],
        alice.get(f"{V3}/types/default").json["volume_type"]["id"],
    )
    specs = {"name": "q", "consumer": consumer, "read_iops_sec": "2000"}
    id = alice.post(f"{V3}/qos-specs", {"qos_specs": specs}, token="admin").json["qos_specs"]["id"]
    path = f"{V3}/qos-specs/{id}"
    assert alice.get(f"{path}/associate?vol_type_id={made}", token="admin").status == 202
    told = volume(alice, status=400, volume_type="fast")["badRequest"]["message"]
    assert "QoS specs q, which no cluster of this cloud keeps" in told
    retype = {"os-retype": {"new_type": "fast"}}
    assert alice.post(f"{V3}/volumes/{free}/action", retype).status == 400
    told = alice.get(f"{path}/associate?vol_type_id={default}", token="admin")
    assert (told.status, "1 volumes are of type default" in told.json["badRequest"]["message"]) == (400, True)
    # Without limits it is a type like any other, and stays so while volumes are of it
    assert alice.put(f"{path}/delete_keys", {"keys": ["read_iops_sec"]}, token="admin").status == 202
    there = volume(alice, volume_type="fast")["id"]
    assert alice.put(path, {"qos_specs": {"read_iops_sec": "2000"}}, token="admin").status == 400
    alice.delete(f"{V3}/volumes/{there}")
    assert alice.put(path, {"qos_specs": {"read_iops_sec": "2000"}}, token="admin").status == 200


@pytest.mark.parametrize(
    ("specs", "status"),
    [({}, 400), ({"name": ""}, 400), ({"name": "q", "consumer": "nobody"}, 400), ({"name": "q", "a": {}}, 400),
     ({"name": "taken"}, 409)],
)  # fmt: skip
def test_qos_specs_that_make_no_sense_are_refused(alice, specs, status):
    alice.post(f"{V3}/qos-specs", {"qos_specs": {"name": "taken"}}, token="admin")
    assert alice.post(f"{V3}/qos-specs", {"qos_specs": specs}, token="admin").status == status


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "types"), ("PUT", f"types/{UNKNOWN}"), ("DELETE", f"types/{UNKNOWN}"), ("GET", "qos-specs"),
     ("POST", "qos-specs"), ("GET", "os-services"), ("GET", "os-hosts"), ("GET", "scheduler-stats/get_pools"),
     ("PUT", "os-quota-class-sets/default"), ("GET", "capabilities/c1"), ("POST", f"types/{UNKNOWN}/extra_specs")],
)  # fmt: skip
def test_what_administrators_do_is_theirs(alice, method, path):
    assert alice.request(method, f"{V3}/{path}", json={}).status == 403


def test_a_default_limit_is_everybodys_that_has_none_of_its_own(alice):
    path = f"{V3}/os-quota-class-sets/default"
    alice.put(f"{V3}/os-quota-sets/{BOB.project}", {"quota_set": {"volumes": 5}}, token="admin")
    assert alice.get(path, token="admin").json["quota_class_set"]["volumes"] == 10
    assert alice.put(path, {"quota_class_set": {"volumes": 0}}, token="admin").json["quota_class_set"]["volumes"] == 0
    volume(alice, status=413)
    limits = [
        alice.get(f"{V3}/os-quota-sets/{one}", token="admin").json["quota_set"]["volumes"]
        for one in (ALICE.project, BOB.project)
    ]
    assert limits == [0, 5]
    assert alice.delete(f"{V3}/os-quota-sets/{BOB.project}", token="admin").status == 200
    assert alice.get(f"{V3}/os-quota-sets/{BOB.project}", token="admin").json["quota_set"]["volumes"] == 0


@pytest.mark.parametrize("limit", ["many", -2, 2**31, "-2", 1.5, True, "9" * 5000])
def test_a_limit_that_is_none_is_refused(alice, limit):
    path = f"{V3}/os-quota-sets/{ALICE.project}"
    assert alice.put(path, {"quota_set": {"volumes": limit}}, token="admin").status == 400
    assert alice.put(path, {"quota_set": {"colours": 1}}, token="admin").status == 400


def test_the_largest_volume_is_a_limit_too(alice):
    path = f"{V3}/os-quota-sets/{ALICE.project}"
    assert alice.put(path, {"quota_set": {"per_volume_gigabytes": "1"}}, token="admin").status == 200
    volume(alice, status=413)


def test_clusters_are_hosts_with_a_pool(alice):
    admin = {"token": "admin"}
    services = alice.get(f"{V3}/os-services?binary=cinder-volume", **admin).json["services"]
    assert [(one["host"], one["state"], one["status"]) for one in services] == [("c1@ganeti", "up", "enabled")]
    assert [one["host_name"] for one in alice.get(f"{V3}/os-hosts", **admin).json["hosts"]] == ["synnefo", "c1@ganeti"]
    assert alice.get(f"{V3}/os-hosts/c1@ganeti", **admin).json["host"][0]["resource"]["volume_count"] == "0"
    assert alice.get(f"{V3}/scheduler-stats/get_pools", **admin).json == {"pools": [{"name": "c1@ganeti#c1"}]}
    (pool,) = alice.get(f"{V3}/scheduler-stats/get_pools?detail=True", **admin).json["pools"]
    assert pool["capabilities"]["volume_backend_name"] == "c1"
    assert alice.get(f"{V3}/capabilities/c1@ganeti", **admin).json["volume_backend_name"] == "c1"
    assert alice.get(f"{V3}/capabilities/none", **admin).status == 404


def test_a_service_is_disabled_with_a_reason_and_enabled(alice):
    about = {"host": "c1@ganeti", "binary": "cinder-volume"}
    path, admin = f"{V3}/os-services", {"token": "admin"}
    told = alice.put(f"{path}/disable-log-reason", {**about, "disabled_reason": "new disks"}, **admin).json
    assert told == {
        **about,
        "service": "cinder-volume",
        "status": "disabled",
        "disabled": True,
        "disabled_reason": "new disks",
    }
    (one,) = alice.get(f"{path}?host=c1@ganeti", **admin).json["services"]
    assert (one["status"], one["disabled_reason"]) == ("disabled", "new disks")
    assert alice.put(f"{path}/enable", about, **admin).json["status"] == "enabled"


@pytest.mark.parametrize(
    ("what", "body", "status"),
    [
        ("enable", {"host": "none", "binary": "cinder-volume"}, 404),
        ("disable", {"host": "c1@ganeti", "binary": "none"}, 404),
        ("disable-log-reason", {"host": "c1@ganeti", "binary": "cinder-volume", "disabled_reason": None}, 400),
        ("freeze", {"host": "none"}, 400),
        ("freeze", {"host": "c1"}, 501),
        ("set-log", {}, 501),
    ],
)
def test_a_service_is_not_changed_so(alice, what, body, status):
    assert alice.put(f"{V3}/os-services/{what}", body, token="admin").status == status
