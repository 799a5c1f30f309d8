"""Pausing over Nova's API: a server stands still until it is to go on, and is as its node says that it is."""

import pytest

from logic.compute.models import Server
from logic.ledger.models import Command
from logic.messages.commands import DeleteServer, MoveServer, PauseServer, RebootServer, StopServer
from logic.testing.worlds import accepted, job, running, seen, take, tell
from synnefo.api.compute.tests.test_actions import act
from synnefo.api.compute.tests.test_lifecycle import actions, done, shown

TOLD, RESTART = "OP_INSTANCE_SET_PARAMS", "OP_INSTANCE_REBOOT"


@pytest.fixture(autouse=True)
def nodes(settings):
    settings.NODES_PAUSE = True


def paused():
    server = running()
    tell(seen(server, "paused"))
    return server


def test_a_server_is_paused_and_goes_on(alice):
    server = running()
    assert act(alice, server.pk, pause=None).status == 202
    assert shown(alice, server) == ["ACTIVE", "pausing", "active", 1]
    command = done(server, 7, TOLD)
    assert (type(command), command.paused) == (PauseServer, True)
    assert shown(alice, server) == ["PAUSED", None, "paused", 3]
    assert act(alice, server.pk, unpause={}).status == 202
    assert shown(alice, server) == ["PAUSED", "unpausing", "paused", 3]
    assert not done(server, 8, TOLD).paused
    assert shown(alice, server) == ["ACTIVE", None, "active", 1]
    assert actions(alice, server)[:2] == ["unpause", "pause"]


def test_the_tag_alone_pauses_nobody(alice):
    server = running()
    act(alice, server.pk, pause=None)
    taken = take()
    tell(accepted(taken, 7), job(server, "stop", 6, "success", opcode="OP_TAGS_SET"))
    assert shown(alice, server)[:2] == ["ACTIVE", "pausing"]


@pytest.mark.parametrize(("verb", "before"), [("pause", "running"), ("unpause", "paused")])
def test_what_its_node_could_not_do_leaves_it_as_it_was_and_says_why(alice, verb, before):
    server = running() if before == "running" else paused()
    status = shown(alice, server)
    act(alice, server.pk, **{verb: None})
    done(server, 7, TOLD, "error", error="snf-pause-hook: QEMU does not answer")
    assert shown(alice, server) == status
    events = alice.get(f"/servers/{server.pk}/os-instance-actions").json["instanceActions"][0]
    assert events["message"] == "Error"


@pytest.mark.parametrize(
    ("after", "status"), [("running", "ACTIVE"), ("paused", "PAUSED"), ("stopped", "SHUTOFF"), ("crashed", "SHUTOFF")]
)
def test_it_is_as_it_was_seen(alice, after, status):
    """An operator wakes one; Ganeti's watcher starts one anew."""
    server = paused()
    tell(seen(server, after))
    assert shown(alice, server)[0] == status


def test_one_whose_node_does_not_say_is_as_it_said_last(alice):
    server, other = paused(), running(first_job=9)
    tell(seen(server, "running", vague=True), seen(other, "running", vague=True))
    assert [shown(alice, one)[0] for one in (server, other)] == ["PAUSED", "ACTIVE"]


def test_one_whose_nodes_pause_nobody_after_all_runs(alice):
    """A hook that is not there lets the job succeed: the look that follows finds out."""
    server = running()
    act(alice, server.pk, pause=None)
    done(server, 7, TOLD)
    assert Server.objects.get(pk=server.pk).look_at is not None
    tell(seen(server, "running"))
    assert shown(alice, server)[0] == "ACTIVE"


@pytest.mark.parametrize(
    "action",
    [
        {"pause": None},
        {"os-stop": None},
        {"os-start": None},
        {"reboot": {"type": "SOFT"}},
        {"resize": {"flavorRef": "2"}},
        {"rebuild": {"imageRef": "aaaaaaaa-0000-4000-8000-000000000001"}},
        {"confirmResize": None},
        {"unshelve": None},
    ],
)
def test_a_paused_server_is_unpaused_first(alice, action):
    server = paused()
    assert act(alice, server.pk, **action).status == 409
    assert Command.objects.filter(resource=server.pk).count() == 1


@pytest.mark.parametrize("observed", ["running", "stopped", "crashed"])
def test_only_what_is_paused_goes_on(alice, observed):
    server = running()
    tell(seen(server, observed))
    assert act(alice, server.pk, unpause=None).status == 409


@pytest.mark.parametrize("observed", ["stopped", "crashed", "paused"])
def test_only_what_runs_is_paused(alice, observed):
    server = running()
    tell(seen(server, observed))
    reply = act(alice, server.pk, pause=None)
    assert (reply.status, reply.json["conflictingRequest"]["code"]) == (409, 409)


def test_a_hard_reboot_has_it_run(alice):
    server = paused()
    assert act(alice, server.pk, reboot={"type": "HARD"}).status == 202
    assert isinstance(done(server, 7, RESTART), RebootServer)
    assert shown(alice, server)[0] == "ACTIVE"


def test_one_that_is_deleted_is_not_waited_for(alice):
    server = paused()
    assert alice.delete(f"/servers/{server.pk}").status == 204
    command = take().command
    assert (type(command), command.force) == (DeleteServer, True)


def test_one_that_is_shelved_is_not_waited_for(alice):
    server = paused()
    assert act(alice, server.pk, shelve=None).status == 202
    command = done(server, 7, "OP_INSTANCE_SHUTDOWN")
    assert (type(command), command.timeout) == (StopServer, 0)
    assert shown(alice, server)[0] == "SHELVED"


def test_one_that_is_moved_stays_paused(admin):
    server = paused()
    Server.objects.filter(pk=server.pk).update(extra_specs={"disk_template": "sharedfile"})
    server.backend.disk_template = "sharedfile"
    server.backend.nodes = 2
    server.backend.save()
    asked = {"host": None, "block_migration": False, "disk_over_commit": False}
    assert act(admin, server.pk, **{"os-migrateLive": asked}).status == 202
    command = done(server, 7, "OP_INSTANCE_MIGRATE")
    assert (type(command), command.live) == (MoveServer, True)
    assert shown(admin, server)[0] == "PAUSED"


def test_it_is_found_by_its_words(alice):
    server, _ = paused(), running(first_job=9)

    def found(query):
        return [one["id"] for one in alice.get(f"/servers?{query}").json["servers"]]

    assert found("status=PAUSED") == found("status=paused") == [server.pk]
    act(alice, server.pk, unpause=None)
    assert found("status=PAUSED") == [server.pk]


def test_a_cloud_whose_nodes_cannot_says_so(alice, settings):
    settings.NODES_PAUSE = False
    replies = [act(alice, one.pk, **{verb: None}) for one, verb in ((running(), "pause"), (paused(), "unpause"))]
    assert [(reply.status, list(reply.json)) for reply in replies] == [(501, ["notImplemented"])] * 2


@pytest.mark.parametrize("action", [{"pause": 5}, {"pause": {"x": 1}}, {"unpause": "now"}])
def test_bad_input_is_refused(alice, action):
    assert act(alice, running().pk, **action).status == 400


def test_suspending_is_refused_and_nothing_is_suspended_that_could_be_resumed(alice):
    server = running()
    assert [act(alice, server.pk, **{verb: None}).status for verb in ("suspend", "resume")] == [501, 409]


def test_a_locked_server_is_not_paused_by_its_owner(alice):
    server = running()
    act(alice, server.pk, lock=None)
    assert act(alice, server.pk, pause=None).status == 409


def test_one_that_is_paused_changes_no_interfaces(alice):
    """Its guest would not give back what is taken from it."""
    server = paused()
    assert alice.post(f"/servers/{server.pk}/os-interface", {"interfaceAttachment": {}}).status == 409
