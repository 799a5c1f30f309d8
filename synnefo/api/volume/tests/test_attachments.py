"""Attachments over Cinder's addresses: a volume is reserved, and given free; nobody connects to one."""

import pytest

from logic.compute.models import Server
from logic.testing.worlds import ALICE, IMAGE, running
from logic.volume.commands import NewVolume, attach_volume, create_volume
from logic.volume.models import Volume

V3 = "/volume/v3"
NODE = "dddddddd-0000-4000-8000-00000000000d"  # of a server that is none of ours
UNKNOWN = "cccccccc-0000-4000-8000-00000000000c"
CONNECTOR = {"host": "h", "ip": "192.0.2.1", "initiator": "iqn.1993-08.org.debian:01:1"}


def at(minor=71):
    return {"OpenStack-API-Version": f"volume 3.{minor}"}


def reserve(api, volume, minor=71, **said):
    wanted = {"volume_uuid": volume, "instance_uuid": NODE, **said}
    return api.post(f"{V3}/attachments", {"attachment": wanted}, headers=at(minor))


def attachments(api, path="attachments", **about):
    return api.get(f"{V3}/{path}", headers=at(), **about).json["attachments"]


def status(api, volume):
    return api.get(f"{V3}/volumes/{volume}", headers=at()).json["volume"]["status"]


def do(api, volume, name, token=None, **said):
    return api.post(f"{V3}/volumes/{volume}/action", {name: said}, headers=at(), token=token)


@pytest.fixture
def volume(alice):
    return create_volume(ALICE, NewVolume(size=2))


@pytest.fixture
def reserved(alice, volume):
    """The id of its attachment."""
    return reserve(alice, volume).json["attachment"]["id"]


def test_a_volume_is_reserved_for_whom_nobody_here_knows_and_given_free(alice, volume):
    reply = reserve(alice, volume, connector=None)
    made = reply.json["attachment"]
    id = made.pop("id")
    assert (reply.status, id == volume) == (200, False)
    assert made == {
        "status": "reserved",
        "instance": NODE,
        "volume_id": volume,
        "attached_at": None,
        "detached_at": None,
        "attach_mode": "rw",
        "connection_info": {},
    }
    assert alice.get(f"{V3}/attachments/{id}", headers=at()).json["attachment"] == {"id": id, **made}
    assert (status(alice, volume), alice.get(f"{V3}/volumes/{volume}").json["volume"]["attachments"]) == (
        "reserved",
        [],
    )
    gone = alice.delete(f"{V3}/attachments/{id}", headers=at())
    assert (gone.status, gone.json, status(alice, volume)) == (200, {"attachments": []}, "available")
    assert [way(f"{V3}/attachments/{id}", headers=at()).status for way in (alice.get, alice.delete)] == [404, 404]


def test_the_next_reservation_is_not_ended_by_who_had_the_last(alice, volume, reserved):
    alice.delete(f"{V3}/attachments/{reserved}", headers=at())
    second = reserve(alice, volume).json["attachment"]["id"]
    assert alice.delete(f"{V3}/attachments/{reserved}", headers=at()).status == 404
    assert [one["id"] for one in attachments(alice)] == [second]


@pytest.mark.parametrize("instance", [NODE, UNKNOWN])
def test_a_volume_is_reserved_once(alice, volume, reserved, instance):
    reply = reserve(alice, volume, instance_uuid=instance)
    assert (reply.status, "current status is: reserved" in reply.json["badRequest"]["message"]) == (400, True)
    assert len(attachments(alice)) == 1


def test_what_a_server_has_is_not_reserved(alice, used):
    assert reserve(alice, used[0]).status == 400


def test_a_reserved_volume_comes_to_no_server(alice, volume, reserved):
    server = running()
    path = f"/compute/v2.1/servers/{server.pk}/os-volume_attachments"
    reply = alice.post(path, {"volumeAttachment": {"volumeId": volume}})
    assert (reply.status, f"Delete its attachment {reserved} first" in reply.json["badRequest"]["message"]) == (
        400,
        True,
    )
    assert do(alice, volume, "os-attach", instance_uuid=server.pk).status == 400


ACTIONS = {
    "os-extend": {"new_size": 5},
    "os-reserve": {},
    "os-begin_detaching": {},
    "os-update_readonly_flag": {"readonly": True},
    "os-retype": {"new_type": "__DEFAULT__"},
    "os-reimage": {"image_id": IMAGE},
    "os-volume_upload_image": {"image_name": "x", "force": True},
}


@pytest.mark.parametrize("name", ACTIONS)
def test_a_reserved_volume_stays_as_it_is(alice, volume, reserved, name):
    assert do(alice, volume, name, **ACTIONS[name]).status == 400
    assert status(alice, volume) == "reserved"


COPIES = {
    "snapshots": {"snapshot": {"volume_id": "{}", "force": True}},
    "backups": {"backup": {"volume_id": "{}"}},
    "volume-transfers": {"transfer": {"volume_id": "{}"}},
    "volumes": {"volume": {"source_volid": "{}"}},
}


@pytest.mark.parametrize("path", COPIES)
def test_nothing_is_made_of_a_reserved_volume(alice, volume, reserved, path):
    ((name, said),) = COPIES[path].items()
    body = {name: said | {key: volume for key, value in said.items() if value == "{}"}}
    minor = 64 if path == "snapshots" else 71
    assert alice.post(f"{V3}/{path}", body, headers=at(minor)).status == 400


def test_nor_is_it_deleted_unless_by_force(alice, volume, reserved):
    assert alice.delete(f"{V3}/volumes/{volume}").status == 400
    assert do(alice, volume, "os-unreserve").status == 202  # of a reservation by os-reserve
    assert status(alice, volume) == "reserved"
    assert do(alice, volume, "os-force_delete", token="admin").status == 202
    assert alice.get(f"{V3}/attachments/{reserved}", headers=at()).status == 404


def test_a_reserved_volume_begins_with_another_image_if_that_is_said(alice, volume, reserved):
    assert do(alice, volume, "os-reimage", image_id=IMAGE, reimage_reserved=True).status == 202
    assert status(alice, volume) == "reserved"


def test_an_administrator_who_says_that_it_is_available_ends_the_reservation(alice, volume, reserved):
    assert do(alice, volume, "os-reset_status", token="admin", status="available").status == 202
    assert do(alice, volume, "os-reset_status", token="admin", status="reserved").status == 202
    assert attachments(alice) == []


def test_a_reservation_is_ended_by_the_action_too(alice, volume, reserved):
    assert do(alice, volume, "os-detach", attachment_id=UNKNOWN).status == 404
    assert do(alice, volume, "os-detach", attachment_id=reserved).status == 202
    assert (status(alice, volume), attachments(alice)) == ("available", [])


def test_nobody_connects_and_nothing_is_left_of_who_tried(alice, volume):
    assert reserve(alice, volume, connector=CONNECTOR).status == 501
    assert (status(alice, volume), attachments(alice)) == ("available", [])
    id = reserve(alice, volume, connector={}).json["attachment"]["id"]
    path = f"{V3}/attachments/{id}"
    said = [{"attachment": {"connector": CONNECTOR}}, {"attachment": {"connector": {}}}, {"attachment": {}}]
    assert [alice.put(path, body, headers=at()).status for body in said] == [501, 400, 400]
    assert alice.post(f"{path}/action", {"os-complete": id}, headers=at()).status == 400
    assert alice.get(path, headers=at()).json["attachment"]["status"] == "reserved"


def test_what_a_server_has_is_complete_and_is_ended_by_nova(alice, used):
    path = f"{V3}/attachments/{used[0]}"
    assert alice.post(f"{path}/action", {"os-complete": used[0]}, headers=at()).status == 204
    assert alice.put(path, {"attachment": {"connector": CONNECTOR}}, headers=at()).status == 501
    reply = alice.delete(path, headers=at(), token="admin")
    assert (reply.status, "Compute API" in reply.json["conflictingRequest"]["message"]) == (409, True)
    assert alice.get(path, headers=at()).json["attachment"]["status"] == "attached"


def test_what_is_on_its_way_is_not_complete(alice, volume):
    attach_volume(ALICE, running().pk, volume)
    assert alice.post(f"{V3}/attachments/{volume}/action", {"os-complete": {}}, headers=at()).status == 400


@pytest.mark.parametrize(
    "said",
    [
        {"instance_uuid": "me"},
        {"instance_uuid": ""},
        {"mode": "null"},
        {"connector": "h"},
        {"volume_uuid": None},
        {"b": 1},
    ],
    ids=str,
)
def test_what_is_no_reservation(alice, volume, said):
    assert (reserve(alice, volume, **said).status, status(alice, volume)) == (400, "available")


def test_an_unknown_volume_is_not_reserved(alice):
    assert [reserve(alice, UNKNOWN, connector=said).status for said in (None, CONNECTOR)] == [404, 404]


def test_nobody_need_say_for_whom(alice, volume):
    assert reserve(alice, volume, instance_uuid=None).json["attachment"]["instance"] is None


def test_a_mode_comes_with_its_version_and_a_volume_may_be_read_only(alice, volume):
    assert reserve(alice, volume, minor=53, mode="ro").status == 400
    do(alice, volume, "os-update_readonly_flag", readonly=True)
    assert reserve(alice, volume, mode="rw").status == 400
    made = reserve(alice, volume, minor=53, mode=None).json["attachment"]
    assert made["attach_mode"] == "ro"
    alice.delete(f"{V3}/attachments/{made['id']}", headers=at())
    assert reserve(alice, volume, mode="ro").json["attachment"]["attach_mode"] == "ro"


def test_writing_attachments_comes_with_its_version(alice, volume, reserved):
    path = f"{V3}/attachments/{reserved}"
    assert alice.post(f"{path}/action", {"os-complete": {}}, headers=at(43)).status == 404
    assert [way(path, headers=at(26)).status for way in (alice.get, alice.delete)] == [404, 404]
    assert reserve(alice, volume, minor=26).status == 404
    assert alice.post(f"{path}/action", {"os-guess": {}}, headers=at()).status == 400


def test_reserved_and_attached_ones_are_one_list(alice, used, volume, reserved):
    server, other = used[1].pk, create_volume(ALICE, NewVolume(size=1))
    third = reserve(alice, other, instance_uuid=UNKNOWN).json["attachment"]["id"]
    ids = sorted([used[0], reserved, third])
    first = alice.get(f"{V3}/attachments?sort=id:asc&limit=2", headers=at()).json
    assert [one["id"] for one in first["attachments"]] == ids[:2]
    assert [one["id"] for one in attachments(alice, f"attachments/detail?sort=id:asc&marker={ids[1]}")] == ids[2:]
    narrowed = {
        f"instance_id={NODE}": [reserved],
        f"instance_id={server}": [used[0]],
        f"id={third}": [third],
        "status=reserved": [third, reserved],
        "status=attached": [used[0]],
        f"volume_id={other}": [third],
    }
    for query, wanted in narrowed.items():
        assert sorted(one["id"] for one in attachments(alice, f"attachments?{query}")) == sorted(wanted), query
    assert attachments(alice, "attachments?all_tenants=1", token="bob") == []


def test_it_outlives_the_server_that_it_was_reserved_for(alice, volume):
    """And goes along with none, whatever was said before."""
    server = running()
    Volume.objects.filter(pk=volume).update(device=server.pk, goes_along=True, unmade=True)
    id = reserve(alice, volume, instance_uuid=server.pk).json["attachment"]["id"]
    row = Volume.objects.get(pk=volume)
    assert (row.goes_along, row.unmade) == (False, False)
    Server.objects.filter(pk=server.pk).update(observed="gone")
    assert alice.get(f"{V3}/attachments/{id}", headers=at()).json["attachment"]["instance"] == server.pk
