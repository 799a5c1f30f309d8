"""Servers that wait for their way back: shelved and rescued ones, over Nova's API."""

import pytest

from ganeti.vocabulary import UNMET
from logic.compute.models import Server
from logic.ledger.models import Command
from logic.messages.commands import RescueServer, StartServer, StopServer
from logic.quota.queries import usage
from logic.testing.worlds import ALICE, accepted, job, running, seen, take, tell
from synnefo.api.compute.tests.test_actions import act

MODIFY, RESTART = "OP_INSTANCE_SET_PARAMS", "OP_INSTANCE_REBOOT"
ISO = "/srv/rescue.iso"


@pytest.fixture(autouse=True)
def rescue_system(settings):
    settings.GANETI_RESCUE_IMAGE = ISO


def stopped():
    server = running()
    tell(seen(server, "stopped"))
    return server


def done(server, number, opcode, status="success", **fields):
    """The command in flight ends with this job; the command."""
    taken = take()
    tell(accepted(taken, number), job(server, "stop", number, status, taken.command.id, opcode=opcode, **fields))
    return taken.command


def shelved():
    from logic.compute import commands

    server = running()
    commands.shelve_server(ALICE, server.pk)
    done(server, 7, "OP_INSTANCE_SHUTDOWN")
    return server


def rescued():
    from logic.compute import commands

    server = running()
    commands.rescue_server(ALICE, server.pk)
    done(server, 7, RESTART)
    return server


def shown(nova, server):
    told = nova.get(f"/servers/{server.pk}").json["server"]
    return [told[word] for word in ("status", "OS-EXT-STS:task_state", "OS-EXT-STS:vm_state", "OS-EXT-STS:power_state")]


def actions(nova, server):
    return [one["action"] for one in nova.get(f"/servers/{server.pk}/os-instance-actions").json["instanceActions"]]


def test_a_shelved_server_is_down_until_it_is_unshelved(alice):
    server = running()
    reply = act(alice, server.pk, shelve=None)
    assert (reply.status, reply.body) == (202, b"")
    assert shown(alice, server) == ["ACTIVE", "shelving", "active", 1]
    assert isinstance(done(server, 7, "OP_INSTANCE_SHUTDOWN"), StopServer)
    assert shown(alice, server) == ["SHELVED", None, "shelved", 4]
    assert usage(ALICE.project)["cores"] == 1, "it keeps its place"
    assert act(alice, server.pk, unshelve=None).status == 202
    assert shown(alice, server) == ["SHELVED", "unshelving", "shelved", 4]
    assert isinstance(done(server, 8, "OP_INSTANCE_STARTUP"), StartServer)
    assert shown(alice, server) == ["ACTIVE", None, "active", 1]
    assert actions(alice, server) == ["unshelve", "shelve", "create"]


def test_one_that_is_down_is_shelved_at_once(alice):
    server = stopped()
    assert act(alice, server.pk, shelve={}).status == 202
    assert (shown(alice, server)[0], Server.objects.get(pk=server.pk).command) == ("SHELVED", "")
    assert actions(alice, server)[0] == "shelve"


def test_one_that_does_not_shut_down_is_not_shelved(alice):
    server = running()
    act(alice, server.pk, shelve=None)
    done(server, 7, "OP_INSTANCE_SHUTDOWN", "error", error="no")
    assert shown(alice, server)[:2] == ["ACTIVE", None]


def test_a_rescued_server_runs_another_system_until_it_is_unrescued(alice, settings):
    settings.ENABLE_INSTANCE_PASSWORD = False
    server = running()
    reply = act(alice, server.pk, rescue={"adminPass": "secret"})
    assert (reply.status, reply.json) == (200, {})
    assert shown(alice, server) == ["ACTIVE", "rescuing", "active", 1]
    ordered = done(server, 7, RESTART)
    assert (type(ordered), ordered.image) == (RescueServer, ISO)
    assert shown(alice, server) == ["RESCUE", None, "rescued", 1]
    assert act(alice, server.pk, unrescue=None).status == 202
    assert shown(alice, server) == ["RESCUE", "unrescuing", "rescued", 1]
    assert done(server, 8, RESTART).image == ""
    assert shown(alice, server) == ["ACTIVE", None, "active", 1]
    assert actions(alice, server) == ["unrescue", "rescue", "create"]


def test_one_that_is_down_is_rescued_too(alice):
    server = stopped()
    act(alice, server.pk, rescue=None)
    done(server, 7, RESTART)
    assert shown(alice, server)[0] == "RESCUE"


@pytest.mark.parametrize(("sent", "length"), [({"adminPass": "secret"}, 6), (None, 12)])
def test_where_servers_have_passwords_the_answer_to_a_rescue_has_one(alice, settings, sent, length):
    settings.ENABLE_INSTANCE_PASSWORD = True
    assert len(act(alice, running().pk, rescue=sent).json["adminPass"]) == length


def test_a_rescue_that_fails_before_the_restart_leaves_the_server_as_it_was(alice):
    server = running()
    act(alice, server.pk, rescue=None)
    done(server, 7, RESTART, "error", error_code=UNMET, error="no such file")
    assert shown(alice, server)[:2] == ["ACTIVE", None]


def test_one_whose_rescue_system_did_not_start_is_unrescued_and_nothing_else(alice):
    server = running()
    act(alice, server.pk, rescue=None)
    done(server, 7, RESTART, "error", error="qemu died")
    told = alice.get(f"/servers/{server.pk}").json["server"]
    assert (told["status"], "unrescue it. qemu died" in told["fault"]["message"]) == ("ERROR", True)
    for action in ({"rebuild": {"imageRef": server.image}}, {"reboot": {"type": "HARD"}}, {"rescue": None}):
        assert act(alice, server.pk, **action).status == 409
    assert act(alice, server.pk, unrescue=None).status == 202
    done(server, 8, RESTART)
    assert shown(alice, server)[0] == "ACTIVE"


def test_a_rescued_one_that_was_away_is_rescued_when_it_is_there_again(alice):
    server = rescued()
    for _ in range(2):
        tell(seen(server, exists=False))
    assert shown(alice, server)[0] == "ERROR"
    tell(seen(server))
    assert shown(alice, server) == ["RESCUE", None, "rescued", 1]
    assert act(alice, server.pk, unrescue=None).status == 202


def test_one_that_could_not_be_removed_is_still_unrescued(alice):
    server = rescued()
    assert alice.delete(f"/servers/{server.pk}").status == 204
    Command.objects.filter(resource=server.pk, verb="delete").update(attempts=9)
    done(server, 8, "OP_INSTANCE_REMOVE", "error", error="busy")
    assert shown(alice, server)[0] == "ERROR"
    assert act(alice, server.pk, unrescue=None).status == 202
    done(server, 9, RESTART)
    assert shown(alice, server)[0] == "ACTIVE"


def test_an_administrators_word_takes_the_rescue_system_from_nobody(alice, admin):
    server = running()
    act(alice, server.pk, rescue=None)
    done(server, 7, RESTART, "error", error="qemu died")
    assert act(admin, server.pk, **{"os-resetState": {"state": "active"}}).status == 202
    assert shown(alice, server)[0] == "RESCUE"
    assert act(alice, server.pk, unrescue=None).status == 202


def test_one_whose_own_system_did_not_start_again_is_rebooted_hard(alice):
    server = rescued()
    act(alice, server.pk, unrescue=None)
    done(server, 8, RESTART, "error", error="qemu died")
    assert shown(alice, server)[0] == "ERROR"
    assert act(alice, server.pk, unrescue=None).status == 409
    assert act(alice, server.pk, reboot={"type": "HARD"}).status == 202
    done(server, 9, RESTART)
    assert shown(alice, server)[0] == "ACTIVE"


OTHERS = [
    {"os-start": None},
    {"os-stop": None},
    {"reboot": {"type": "HARD"}},
    {"shelve": None},
    {"rescue": None},
    {"rebuild": {"imageRef": "aaaaaaaa-0000-4000-8000-000000000001"}},
]


@pytest.mark.parametrize("waiting", [shelved, rescued])
def test_nothing_else_is_done_to_it_meanwhile_but_to_delete_it(alice, waiting):
    server = waiting()
    for other in OTHERS:
        assert act(alice, server.pk, **other).status == 409, other
    assert alice.post(f"/servers/{server.pk}/os-interface", {}).status == 409
    status = shown(alice, server)[0]
    assert [one["id"] for one in alice.get(f"/servers?status={status}").json["servers"]] == [server.pk]
    assert alice.delete(f"/servers/{server.pk}").status == 204
    assert shown(alice, server)[:2] == [status, "deleting"]


def test_volumes_are_put_on_a_shelved_server_as_in_nova_and_on_no_rescued_one(alice):
    from logic.volume.commands import NewVolume, create_volume

    server, path = shelved(), "/servers/{}/os-volume_attachments"
    wanted = {"volumeAttachment": {"volumeId": create_volume(ALICE, NewVolume(size=1))}}
    assert alice.post(path.format(server.pk), wanted).status == 200
    Server.objects.filter(pk=server.pk).update(mode="rescued")
    wanted = {"volumeAttachment": {"volumeId": create_volume(ALICE, NewVolume(size=1))}}
    assert alice.post(path.format(server.pk), wanted).status == 409


@pytest.mark.parametrize("back", ["unshelve", "unrescue"])
def test_there_is_no_way_back_from_where_one_is_not(alice, back):
    assert act(alice, running().pk, **{back: None}).status == 409


@pytest.mark.parametrize(
    "action",
    [
        {"shelve": {"x": 1}},
        {"unshelve": {"availability_zone": "c1"}},
        {"unrescue": {"x": 1}},
        {"rescue": {"rescue_image_ref": "aaaaaaaa-0000-4000-8000-000000000001"}},
        {"rescue": {"adminPass": ""}},
        {"rescue": {"x": 1}},
        {"rescue": 5},
    ],
)
def test_bad_input_is_refused(alice, action):
    server = running()
    assert act(alice, server.pk, **action).status == 400
    assert Command.objects.filter(resource=server.pk).count() == 1


def test_a_cloud_without_a_rescue_system_says_so(alice, settings):
    settings.GANETI_RESCUE_IMAGE = ""
    reply = act(alice, running().pk, rescue=None)
    assert (reply.status, list(reply.json)) == (501, ["notImplemented"])
