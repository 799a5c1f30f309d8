"""Volumes of a server: put on, listed, taken off."""

import pytest

from logic.ledger.models import Command
from logic.testing.worlds import ALICE, BOB, accepted, create, running, take, tell
from logic.volume.commands import NewVolume, create_volume
from logic.volume.models import Volume
from logic.volume.tests.test_commands import done, told

VOLUMES = "/servers/{}/os-volume_attachments"


@pytest.fixture
def server(cloud):
    return running()


def volume(caller=ALICE):
    return create_volume(caller, NewVolume(size=1))


def attach(nova, server, id, **more):
    return nova.post(VOLUMES.format(server.pk), {"volumeAttachment": {"volumeId": id, **more}})


def test_a_volume_is_put_on_a_server_listed_and_taken_off(alice, server):
    id = volume()
    reply = attach(alice, server, id, device="/dev/vdb")
    made = {"id": id, "volumeId": id, "serverId": server.pk, "device": "/dev/vdb"}
    assert (reply.status, reply.json) == (200, {"volumeAttachment": made})
    path = VOLUMES.format(server.pk)
    assert alice.get(path).json == {"volumeAttachments": [made]}
    assert alice.get(f"{path}/{id}").json == {"volumeAttachment": made}
    assert alice.delete(f"{path}/{id}").status == 400  # it is still on its way
    taken = take()
    tell(accepted(taken, 9), told(taken))
    reply = alice.delete(f"{path}/{id}")
    assert (reply.status, reply.body) == (202, b"")
    assert Command.objects.filter(resource=id).latest("created_at").verb == "detach"
    taken = take()
    tell(accepted(taken, 10), told(taken, number=10))
    assert alice.get(path).json == {"volumeAttachments": []}
    assert alice.get(f"{path}/{id}").status == 404
    assert alice.delete(f"{path}/{id}").status == 404


def test_a_server_shows_its_volumes(alice, server):
    id = volume()
    assert alice.get(f"/servers/{server.pk}").json["server"]["os-extended-volumes:volumes_attached"] == []
    attach(alice, server, id)
    assert alice.get(f"/servers/{server.pk}").json["server"]["os-extended-volumes:volumes_attached"] == [{"id": id}]
    (listed,) = alice(3).get("/servers/detail").json["servers"]
    assert listed["os-extended-volumes:volumes_attached"] == [{"id": id, "delete_on_termination": False}]


def test_of_two_attachments_the_second_is_refused_as_nova_does(alice, server):
    id, other = volume(), running(first_job=20)
    assert attach(alice, server, id).status == 200
    reply = attach(alice, other, id)
    assert (reply.status, "status must be available" in reply.json["badRequest"]["message"]) == (400, True)
    assert Volume.objects.get().device == server.pk


def test_what_is_somebody_elses_is_unknown(alice, bob, server):
    theirs, mine = volume(BOB), volume()
    assert attach(alice, server, theirs).status == 404
    assert attach(bob, server, theirs).status == 404
    attach(alice, server, mine)
    assert bob.get(VOLUMES.format(server.pk)).status == 404
    assert bob.delete(f"{VOLUMES.format(server.pk)}/{mine}").status == 404


def test_a_server_that_is_building_takes_none(alice, cloud):
    assert attach(alice, create(), volume()).status == 409


@pytest.mark.parametrize("moving", ["attached", "detached"])
def test_a_server_is_deleted_while_a_volume_is_moved_and_the_volume_is_nobodys_any_more(alice, server, moving):
    id = volume()
    attach(alice, server, id)
    if moving == "detached":
        done()
        assert alice.delete(f"{VOLUMES.format(server.pk)}/{id}").status == 202
    assert alice.delete(f"/servers/{server.pk}").status == 204
    assert alice.get(f"/servers/{server.pk}").json["server"]["OS-EXT-STS:task_state"] == "deleting"
    # As to Nova, a volume of a server that goes is not to be asked for twice
    assert alice.delete(f"{VOLUMES.format(server.pk)}/{id}").status == 409
    done(10)
    assert take().command.volumes == (id,)


@pytest.mark.parametrize(
    ("minor", "more"),
    [(79, {"delete_on_termination": "perhaps"}), (49, {"tag": "disk"}), (78, {"delete_on_termination": False})],
)
def test_what_cannot_be_had_is_refused(alice, server, minor, more):
    assert attach(alice(minor), server, volume(), **more).status == 400
    assert not Command.objects.filter(kind="volume").exists()


def test_what_is_no_id_is_refused(alice, server):
    assert attach(alice, server, "data").status == 400


def test_volumes_are_told_as_the_devices_that_follow_in_order(alice, server):
    first, second = volume(), volume()
    told = [attach(alice, server, id).json["volumeAttachment"]["device"] for id in (first, second)]
    assert told == ["/dev/vdb", "/dev/vdc"]


def change(nova, server, attached, **more):
    path = f"{VOLUMES.format(server.pk)}/{attached}"
    return nova.put(path, {"volumeAttachment": {"volumeId": attached, **more}})


def test_what_is_so_already_may_be_said_of_an_attachment(alice, server):
    id = volume()
    attach(alice, server, id)
    same = {"id": id, "serverId": server.pk, "device": "/dev/vdb", "tag": None, "delete_on_termination": False}
    assert change(alice(85), server, id, **same).status == 202


@pytest.mark.parametrize(
    ("minor", "more", "status"),
    [
        (84, {"delete_on_termination": False}, 400),
        (85, {"delete_on_termination": "perhaps"}, 400),
        (85, {"device": "/dev/vdz"}, 400),
        (85, {"serverId": "x"}, 400),
        (85, {"unknown": 1}, 400),
        (85, {"volumeId": "x"}, 400),
        (1, {"volumeId": "cccccccc-0000-4000-8000-000000000001"}, 403),
    ],
)
def test_what_cannot_be_changed_of_an_attachment_is_refused(alice, server, minor, more, status):
    id = volume()
    attach(alice, server, id)
    assert change(alice(minor), server, id, **more).status == status


def test_volumes_are_not_swapped(admin, alice, server):
    id = volume()
    attach(alice, server, id)
    other = {"volumeId": "cccccccc-0000-4000-8000-000000000001"}
    assert change(admin, server, id, **other).status == 501
    assert change(admin, server, "cccccccc-0000-4000-8000-000000000001").status == 404


def test_a_volume_may_go_along_with_its_server_from_the_start_or_later(alice, server):
    ids = [volume(), volume()]
    reply = attach(alice(79), server, ids[0], delete_on_termination=True)
    assert reply.json["volumeAttachment"]["delete_on_termination"] is True
    attach(alice, server, ids[1])
    assert change(alice(85), server, ids[1], delete_on_termination=True).status == 202
    assert change(alice(85), server, ids[0], delete_on_termination=False).status == 202
    shown = alice(3).get(f"/servers/{server.pk}").json["server"]["os-extended-volumes:volumes_attached"]
    assert {one["id"]: one["delete_on_termination"] for one in shown} == {ids[0]: False, ids[1]: True}
