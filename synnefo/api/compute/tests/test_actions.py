"""Actions: those of the road, those this cloud refuses, and those that never were."""

import pytest

from logic.compute.models import Flavor, Server
from logic.ledger.models import Command
from logic.quota.models import Limit
from logic.testing.worlds import ALICE, IMAGE, accepted, create, job, running, seen, take, tell
from synnefo.api.compute.views.actions import ABSENT


def act(nova, id, **action):
    return nova.post(f"/servers/{id}/action", action)


@pytest.mark.parametrize(
    ("action", "verb"),
    [
        ({"os-stop": None}, "stop"),
        ({"os-stop": {}}, "stop"),
        ({"reboot": {"type": "SOFT"}}, "reboot"),
        ({"reboot": {"type": "hard"}}, "reboot-hard"),
        ({"forceDelete": None}, "delete-force"),
    ],
)
def test_an_action_is_accepted_and_its_command_recorded(alice, action, verb):
    id = running().pk
    reply = act(alice, id, **action)
    assert (reply.status, reply.body) == (202, b"")
    assert Command.objects.filter(resource=id).latest("created_at").verb == verb


def test_a_stopped_server_starts(alice):
    id = running().pk
    Server.objects.filter(pk=id).update(observed="stopped")
    assert act(alice, id, **{"os-start": None}).status == 202
    assert alice.get(f"/servers/{id}").json["server"]["OS-EXT-STS:task_state"] == "powering-on"


@pytest.mark.parametrize(
    ("observed", "action", "words"),
    [
        ("running", {"os-start": None}, "It is running already."),
        ("stopped", {"os-stop": None}, "Start it first."),
        ("stopped", {"reboot": {"type": "SOFT"}}, "Start it first."),
    ],
)
def test_a_wrong_state_is_a_conflict_that_says_what_to_do(alice, observed, action, words):
    id = running().pk
    Server.objects.filter(pk=id).update(observed=observed)
    reply = act(alice, id, **action)
    assert (reply.status, reply.json["conflictingRequest"]["code"]) == (409, 409)
    assert reply.json["conflictingRequest"]["message"].endswith(words)
    assert Command.objects.filter(resource=id).count() == 1


def test_a_hard_reboot_that_is_refused_is_called_that(alice):
    id = create().pk
    message = act(alice, id, reboot={"type": "HARD"}).json["conflictingRequest"]["message"]
    assert message.startswith(f"Cannot hard reboot server {id} while it is building.")


def test_a_rebuild_answers_with_the_server_as_it_is_now(alice):
    id = running().pk
    reply = act(alice, id, rebuild={"imageRef": IMAGE, "name": "anew", "metadata": {"a": "b"}})
    server = reply.json["server"]
    assert (reply.status, reply.headers["location"]) == (202, server["links"][0]["href"])
    assert [server[key] for key in ("id", "name", "status", "metadata")] == [id, "anew", "REBUILD", {"a": "b"}]
    assert "OS-EXT-STS:task_state" not in server
    assert alice.get(f"/servers/{id}").json["server"]["OS-EXT-STS:task_state"] == "rebuilding"
    assert [one["id"] for one in alice.get("/servers?status=REBUILD").json["servers"]] == [id]
    assert alice.get(f"/servers/{id}/os-instance-actions").json["instanceActions"][0]["action"] == "rebuild"
    again = act(alice, id, rebuild={"imageRef": IMAGE})
    assert again.status == 409
    assert again.json["conflictingRequest"]["message"].startswith(f"Cannot rebuild server {id} while it is rebuilding.")


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {"imageRef": ""},
        {"imageRef": "0" * 36},
        {"imageRef": IMAGE, "adminPass": "secret"},
        {"imageRef": IMAGE, "accessIPv4": "fd00::9"},
        {"imageRef": IMAGE, "OS-DCF:diskConfig": "MANUAL"},
        {"imageRef": IMAGE, "preserve_ephemeral": True},
        {"imageRef": IMAGE, "personality": [{"path": "/a", "contents": ""}]},
        {"imageRef": IMAGE, "description": "of a later version"},
        {"imageRef": IMAGE, "name": " x"},
        {"imageRef": IMAGE, "metadata": {"%": "x"}},
        {"imageRef": IMAGE, "flavorRef": "1"},
    ],
)
def test_a_rebuild_that_could_not_be_as_asked_is_a_bad_request_and_does_nothing(alice, value):
    id = running().pk
    reply = act(alice, id, rebuild=value)
    assert (reply.status, list(reply.json)) == (400, ["badRequest"])
    assert Command.objects.filter(resource=id).count() == 1


@pytest.fixture
def large():
    return Flavor.objects.create(id="2", name="m1.large", vcpus=2, ram=1024, disk=2).pk


def test_a_resize_waits_until_it_is_confirmed_or_reverted(alice, large):
    # Given a server that is resized
    server = running()
    path = f"/servers/{server.pk}"
    reply = act(alice, server.pk, resize={"flavorRef": large, "OS-DCF:diskConfig": "AUTO"})
    assert (reply.status, reply.body) == (202, b"")
    words = ("status", "OS-EXT-STS:task_state", "OS-EXT-STS:vm_state")

    def shown():
        told = alice.get(path).json["server"]
        return [told[word] for word in words], told["flavor"]["id"]

    assert shown() == (["RESIZE", "resize_finish", "active"], "1")
    # When that is done it waits
    taken = take()
    tell(accepted(taken, 7), job(server, "reboot", 7, "success", taken.command.id))
    assert shown() == (["VERIFY_RESIZE", None, "resized"], large)
    assert [one["id"] for one in alice.get("/servers?status=VERIFY_RESIZE").json["servers"]] == [server.pk]
    assert (
        act(alice, server.pk, **{"os-stop": None})
        .json["conflictingRequest"]["message"]
        .endswith("while it is resized and not yet confirmed. Confirm or revert its resize first.")
    )
    # And on its way back it says so
    assert act(alice, server.pk, revertResize=None).status == 202
    assert shown() == (["REVERT_RESIZE", "resize_reverting", "resized"], large)
    told = alice.get(f"{path}/os-instance-actions").json["instanceActions"]
    assert [one["action"] for one in told] == ["revertResize", "resize", "create"]


def test_a_confirmed_resize_answers_as_novas_and_is_over(alice, large):
    server = running()
    act(alice, server.pk, resize={"flavorRef": large})
    taken = take()
    tell(accepted(taken, 7), job(server, "reboot", 7, "success", taken.command.id))
    assert (act(alice, server.pk, confirmResize=None).status, act(alice, server.pk, confirmResize=None).status) == (
        204,
        409,
    )
    assert act(alice, server.pk, revertResize=None).status == 409
    assert alice.get(f"/servers/{server.pk}").json["server"]["status"] == "ACTIVE"
    told = alice.get(f"/servers/{server.pk}/os-instance-actions").json["instanceActions"]
    assert [(one["action"], one["user_id"]) for one in told[:2]] == [
        ("confirmResize", ALICE.user),
        ("resize", ALICE.user),
    ]


@pytest.mark.parametrize(
    "action",
    [
        {"resize": None},
        {"resize": {}},
        {"resize": {"flavorRef": ""}},
        {"resize": {"flavorRef": None}},
        {"resize": {"flavorRef": "9" * 36}},
        {"resize": {"flavorRef": "1"}},
        {"resize": {"flavorRef": "2", "OS-DCF:diskConfig": "MANUAL"}},
        {"resize": {"flavorRef": "2", "OS-DCF:diskConfig": "SOMETIMES"}},
        {"resize": {"flavorRef": "2", "adminPass": "secret"}},
        {"confirmResize": {"now": True}},
        {"revertResize": 1},
    ],
)
def test_a_resize_that_could_not_be_as_asked_is_a_bad_request_and_does_nothing(alice, large, action):
    id = running().pk
    reply = act(alice, id, **action)
    assert (reply.status, list(reply.json)) == (400, ["badRequest"])
    assert Command.objects.filter(resource=id).count() == 1


def test_a_resize_beyond_the_quota_is_forbidden(alice, large):
    Limit.objects.create(project=ALICE.project, resource="cores", amount=1)
    reply = act(alice, running().pk, resize={"flavorRef": large})
    assert (reply.status, list(reply.json)) == (403, ["forbidden"])
    assert "Quota exceeded for cores" in reply.json["forbidden"]["message"]


@pytest.mark.parametrize("name", sorted(name for name, absent in ABSENT.items() if not absent.removed))
def test_what_nova_can_do_and_we_cannot_is_refused_in_those_words(admin, name):
    id = create().pk
    reply = act(admin(ABSENT[name].since), id, **{name: None})
    assert (reply.status, list(reply.json)) == (501, ["notImplemented"])
    assert name in reply.json["notImplemented"]["message"]
    assert Command.objects.filter(resource=id).count() == 1


@pytest.mark.parametrize("name", sorted(name for name, absent in ABSENT.items() if absent.admin))
def test_actions_of_admins_are_forbidden_to_tenants_even_if_refused_anyway(alice, name):
    assert act(alice, create().pk, **{name: None}).status == 403


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"os-start": None, "os-stop": None},
        {"explode": None},
        {"os-stop": 5},
        {"os-start": {"now": True}},
        {"forceDelete": [1]},
        {"reboot": None},
        {"reboot": {}},
        {"reboot": {"type": "GENTLE"}},
        {"reboot": {"type": "SOFT", "when": "now"}},
        {"reboot": {"type": 1}},
        [],
        "os-stop",
        None,
    ],
)
def test_what_is_no_action_is_a_bad_request_and_does_nothing(alice, body):
    id = running().pk
    reply = alice.post(f"/servers/{id}/action", body)
    assert (reply.status, reply.json["badRequest"]["code"]) == (400, 400)
    assert Command.objects.filter(resource=id).count() == 1


@pytest.mark.parametrize("action", [{"os-stop": None}, {"pause": None}, {"reboot": {"type": "HARD"}}])
def test_another_tenants_server_is_as_unknown_as_one_that_never_was(alice, bob, action):
    id = running().pk
    other, none = act(bob, id, **action), act(bob, "0" * 36, **action)
    assert other.status == none.status == 404
    assert other.body == none.body.replace(b"0" * 36, id.encode())


def test_a_deleted_servers_actions_are_not_found(alice):
    id = running().pk
    Server.objects.filter(pk=id).update(observed="gone")
    assert act(alice, id, **{"os-start": None}).status == 404


def test_deleting_twice_is_no_conflict(alice):
    id = running().pk
    assert [alice.delete(f"/servers/{id}").status for _ in range(2)] == [204, 204]


def test_the_timeline_tells_what_was_asked_and_what_became_of_it(alice, admin):
    id = running().pk
    stopped = act(alice, id, **{"os-stop": None}).headers["x-openstack-request-id"]
    found = alice.get(f"/servers/{id}/os-instance-actions").json["instanceActions"]
    assert [(one["action"], one["message"]) for one in found] == [("stop", None), ("create", None)]
    assert found[0]["request_id"] == stopped
    shown = admin(84).get(f"/servers/{id}/os-instance-actions/{stopped}").json["instanceAction"]
    assert (shown["events"][0]["event"], shown["events"][0]["finish_time"]) == ("synnefo_stop", None)
    assert alice.get(f"/servers/{id}/os-instance-actions/req-none").status == 404


def test_what_happened_to_a_server_unasked_is_in_the_timeline_with_its_cause(alice):
    # Given a server that is stopped by hand, started by Ganeti's watcher, and whose guest then shuts itself down
    server = running()
    tell(job(server, "stop", 8, "success", origin="gnt:client:gnt-instance"))
    tell(job(server, "start", 9, "success", origin="gnt:watcher"))
    tell(seen(server, "stopped", why="shutdown"))
    # Then each is told as Nova tells what it finds: a stop or a start that no user has asked for
    path = f"/servers/{server.pk}/os-instance-actions"
    found = alice(84).get(path).json["instanceActions"]
    assert [(one["action"], one["message"], one["user_id"]) for one in found] == [
        ("stop", "guest shut itself down", None),
        ("start", "OP_INSTANCE_STARTUP outside Synnefo (gnt:watcher)", None),
        ("stop", "OP_INSTANCE_SHUTDOWN outside Synnefo (gnt:client:gnt-instance)", None),
        ("create", None, ALICE.user),
    ]
    assert alice.get(f"/servers/{server.pk}").json["server"]["status"] == "SHUTOFF"
    # And each can be shown, and pages begin after it
    shown = alice(84).get(f"{path}/{found[0]['request_id']}").json["instanceAction"]
    assert (shown["message"], shown["events"][0]["result"]) == ("guest shut itself down", "Success")
    rest = alice(84).get(f"{path}?marker={found[0]['request_id']}").json["instanceActions"]
    assert rest == found[1:]


def test_that_somebody_removed_it_by_hand_is_the_last_that_is_told_of_a_server(alice):
    server = running()
    tell(job(server, "delete", 8, "success", origin="gnt:client:gnt-instance"))
    found = alice(84).get(f"/servers/{server.pk}/os-instance-actions").json["instanceActions"]
    assert [(one["action"], one["message"], one["user_id"]) for one in found[:1]] == [
        ("delete", "OP_INSTANCE_REMOVE outside Synnefo (gnt:client:gnt-instance)", None),
    ]


def test_whose_doing_it_was_is_told_when_a_look_has_found_it_before_its_job_told_of_its_end(alice):
    # Given a server that a look finds stopped while the job that does it is still at work
    server = running()
    tell(seen(server, "stopped"))
    path = f"/servers/{server.pk}/os-instance-actions"

    def told():
        return [one["message"] for one in alice(84).get(path).json["instanceActions"]][:-1]

    assert told() == ["found stopped: changed outside Synnefo"]
    # When another job of somebody else's ends, then that is not taken for the reason
    tell(job(server, "stop", 7, "success", opcode="OP_INSTANCE_SET_PARAMS", origin="gnt:client:gnt-instance"))
    assert told() == ["found stopped: changed outside Synnefo"]
    # But when the job itself tells, it is one event, with who it was
    tell(job(server, "stop", 8, "success", origin="gnt:client:gnt-instance"))
    assert told() == ["OP_INSTANCE_SHUTDOWN outside Synnefo (gnt:client:gnt-instance)"]
    # And what a guest did itself stays that
    tell(job(server, "start", 9, "success", origin="gnt:watcher"))
    tell(seen(server, "stopped", why="shutdown"), job(server, "stop", 10, "success", origin="gnt:watcher"))
    assert told()[0] == "guest shut itself down"


def test_a_failed_command_is_an_error_in_the_timeline(alice, admin):
    id = running().pk
    Command.objects.filter(resource=id).update(outcome="error", error="disk full")
    path = f"/servers/{id}/os-instance-actions"
    assert alice.get(path).json["instanceActions"][0]["message"] == "Error"
    request = alice.get(path).json["instanceActions"][0]["request_id"]
    (event,) = admin(84).get(f"{path}/{request}").json["instanceAction"]["events"]
    assert (event["result"], event["traceback"], event["details"]) == ("Error", "disk full", "disk full")
    (event,) = alice(84).get(f"{path}/{request}").json["instanceAction"]["events"]
    assert "traceback" not in event


def test_what_was_done_without_a_request_is_in_the_timeline_too_and_found_by_its_own_id(alice):
    # Given a server whose creation came over no API, as the samples of the embedded cloud
    id = running().pk
    Command.objects.filter(resource=id).update(request="")
    # Then the whole first page has it, in every version, and it can be shown
    for version in (1, 58):
        (one,) = alice(version).get(f"/servers/{id}/os-instance-actions").json["instanceActions"]
    assert one["request_id"]
    shown = alice.get(f"/servers/{id}/os-instance-actions/{one['request_id']}").json["instanceAction"]
    assert shown["action"] == "create"


def test_a_page_of_the_timeline_begins_after_its_marker(alice):
    id = running().pk
    Server.objects.filter(pk=id).update(observed="running")
    act(alice, id, **{"os-stop": None})
    path = f"/servers/{id}/os-instance-actions"
    first, second = alice(58).get(path).json["instanceActions"]
    assert alice(58).get(f"{path}?marker={first['request_id']}").json["instanceActions"] == [second]
    assert alice(58).get(f"{path}?marker=req-none").status == 400


def test_what_is_not_deleted_cannot_be_restored(alice, bob):
    id = running().pk
    assert [act(one, id, restore=None).status for one in (alice, bob)] == [409, 404]
