"""changePassword over Nova's API: the password goes to the node that has the guest's agent set it, once, and to nobody else."""

import pytest

from logic import secretkeys
from logic.compute import telling
from logic.compute.models import Server
from logic.errors import Conflict, NotFound
from logic.ledger.models import Command, Journal
from logic.messages import codec
from logic.messages.commands import SetPassword
from logic.testing.worlds import accepted, job, running, seen, take, tell
from synnefo.api.compute.tests.test_actions import act
from synnefo.api.compute.tests.test_lifecycle import actions, done, shown

TOLD = "OP_INSTANCE_SET_PARAMS"
WORD = "correct horse"
AGENT = {"hw_qemu_guest_agent": "yes"}


@pytest.fixture(autouse=True)
def nodes(settings):
    settings.NODES_SET_PASSWORDS = True


def guest(**properties):
    server = running()
    Server.objects.filter(pk=server.pk).update(image_properties=AGENT | properties)
    return server


def change(nova, server, value=None):
    return act(nova, server.pk, changePassword={"adminPass": WORD} if value is None else value)


def kept():
    return bytes(Command.objects.latest("created_at").payload)


def test_the_node_is_told_once_and_then_the_cloud_has_it_no_more(alice):
    server = guest()
    reply = change(alice, server)
    assert (reply.status, reply.body) == (202, b"")
    assert shown(alice, server) == ["ACTIVE", "updating_password", "active", 1]
    command = codec.decode_command(kept())
    assert (type(command), command.user) == (SetPassword, "root")
    assert (WORD.encode() in kept(), secretkeys.current().decrypt(command.password)) == (False, WORD)
    assert telling.secrets(server.backend_id, command.id) == {"user": "root", "password": WORD}
    assert codec.decode_command(kept()).password == ""
    with pytest.raises(Conflict):
        telling.secrets(server.backend_id, command.id)
    done(server, 7, TOLD)
    assert shown(alice, server) == ["ACTIVE", None, "active", 1]
    assert actions(alice, server)[0] == "changePassword"
    with pytest.raises(NotFound):
        telling.secrets(server.backend_id, command.id)
    assert not [line for line in Journal.objects.all() if WORD in f"{line.text} {line.changes}"]


def message(nova, server):
    return nova.get(f"/servers/{server.pk}/os-instance-actions").json["instanceActions"][0]["message"]


def test_what_its_node_could_not_do_leaves_it_running_and_is_told(alice):
    server = guest()
    change(alice, server)
    done(server, 7, TOLD, "error", error="snf-password-hook: no agent answers in the guest")
    assert (shown(alice, server)[0], message(alice, server)) == ("ACTIVE", "Error")


def test_a_job_that_succeeds_though_nobody_asked_for_the_password_has_set_none(alice):
    """Its node has no hook."""
    server = guest()
    change(alice, server)
    done(server, 7, TOLD)
    assert (shown(alice, server)[0], message(alice, server)) == ("ACTIVE", "Error")
    assert "snf-password-hook" in Command.objects.latest("created_at").error


def test_that_it_was_told_outlives_what_is_heard_meanwhile(alice):
    server = guest()
    change(alice, server)
    taken = take()
    tell(accepted(taken, 7), job(server, "stop", 6, "success", opcode="OP_TAGS_SET"))
    telling.secrets(server.backend_id, taken.command.id)
    tell(job(server, "stop", 7, "running", taken.command.id, opcode=TOLD))
    tell(job(server, "stop", 7, "success", taken.command.id, opcode=TOLD))
    assert message(alice, server) is None


@pytest.mark.parametrize(
    ("properties", "user"),
    [
        ({}, "root"),
        ({"os_type": "linux"}, "root"),
        ({"os_type": "windows"}, "Administrator"),
        ({"os_type": "windows", "os_admin_user": "ann"}, "ann"),
    ],
)
def test_the_image_says_whose_it_is(alice, properties, user):
    change(alice, guest(**properties))
    assert codec.decode_command(kept()).user == user


@pytest.mark.parametrize("properties", [None, {}, {"hw_qemu_guest_agent": "no"}, {"hw_qemu_guest_agent": ""}])
def test_an_image_that_says_of_no_agent_has_none(alice, properties):
    server = guest()
    Server.objects.filter(pk=server.pk).update(image_properties=properties)
    reply = change(alice, server)
    assert (reply.status, "QEMU guest agent is not enabled" in reply.body.decode()) == (409, True)


@pytest.mark.parametrize("observed", ["stopped", "crashed", "paused"])
def test_only_in_what_runs_one_is_set(alice, observed):
    server = guest()
    tell(seen(server, observed))
    assert change(alice, server).status == 409


def test_a_locked_server_is_set_none_by_its_owner(alice):
    server = guest()
    act(alice, server.pk, lock=None)
    assert change(alice, server).status == 409


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"adminPass": None},
        {"adminPass": 5},
        {"adminPass": ""},
        {"adminPass": "a\nb"},
        "x",
        {"adminPass": "x", "y": 1},
    ],
)
def test_what_is_no_password_is_refused(alice, value):
    assert change(alice, guest(), value).status == 400
    assert Command.objects.count() == 1


def test_a_cloud_whose_nodes_cannot_says_so(alice, settings):
    settings.NODES_SET_PASSWORDS = False
    reply = change(alice, guest())
    assert (reply.status, list(reply.json)) == (501, ["notImplemented"])


def test_one_that_is_deleted_meanwhile_is_not_waited_for(alice):
    server = guest()
    change(alice, server)
    assert alice.delete(f"/servers/{server.pk}").status == 204


def test_it_is_found_by_its_words(alice):
    server = guest()
    change(alice, server)
    found = [
        alice.get(f"/servers?{query}").json["servers"] for query in ("status=ACTIVE", "task_state=updating_password")
    ]
    assert [[one["id"] for one in rows] for rows in found] == [[server.pk]] * 2
