"""Servers that go to another node of their cluster, over Nova's API; and what becomes of it, as operators see it."""

import pytest

from ganeti.vocabulary import OP_FAILOVER, OP_MIGRATE
from logic.compute.models import Migration
from logic.ledger.models import Command
from logic.messages.commands import MoveServer
from logic.placement.models import Backend
from logic.reconcile import retention
from logic.testing.worlds import ALICE, accepted, create, job, running, seen, take, tell
from synnefo.api.compute.tests.test_actions import act
from synnefo.api.compute.tests.test_lifecycle import actions, done, shown, stopped

LIVE = {"host": None, "block_migration": "auto"}
OLD_LIVE = {"host": None, "block_migration": False, "disk_over_commit": False}
EVACUATE = {"host": "c1"}


@pytest.fixture(autouse=True)
def mirrored(cloud):
    """Its disks are on two nodes each."""
    Backend.objects.update(disk_template="drbd", nodes=3)


def given_up():
    """A server of which nobody hears any more."""
    server = running()
    tell(seen(server, "crashed", why="node"))
    return server


def listed(admin, query=""):
    return admin(80).get(f"/os-migrations{query}").json["migrations"]


def word(admin, server):
    """What became of its newest migration."""
    return listed(admin, f"?instance_uuid={server.pk}")[0]["status"]


def test_a_live_migration_leaves_the_server_as_it_was(admin, alice):
    server = running()
    assert act(admin(25), server.pk, **{"os-migrateLive": LIVE}).status == 202
    assert shown(alice, server) == ["MIGRATING", "migrating", "active", 1]
    sent = done(server, 7, OP_MIGRATE)
    assert isinstance(sent, MoveServer)
    assert sent.live
    assert shown(alice, server) == ["ACTIVE", None, "active", 1]
    assert actions(alice, server)[0] == "live-migration"
    assert word(admin, server) == "completed"


def test_one_that_fails_leaves_it_running_and_says_why(admin, alice):
    server = running()
    act(admin, server.pk, **{"os-migrateLive": OLD_LIVE})
    done(server, 7, OP_MIGRATE, "error", error="Can't find any good node", error_code="insufficient_resources")
    assert shown(alice, server) == ["ACTIVE", None, "active", 1]
    (told, *_) = alice.get(f"/servers/{server.pk}/os-instance-actions").json["instanceActions"]
    assert (told["action"], told["message"]) == ("live-migration", "Error")
    assert word(admin, server) == "error"


def test_a_cold_migration_waits_to_be_confirmed(admin, alice):
    server = running()
    assert act(admin, server.pk, migrate=None).status == 202
    assert shown(alice, server) == ["RESIZE", "resize_migrating", "active", 1]
    assert not done(server, 7, OP_FAILOVER).live
    assert shown(alice, server) == ["VERIFY_RESIZE", None, "resized", 1]
    assert word(admin, server) == "finished"
    assert act(alice, server.pk, confirmResize=None).status == 204
    assert shown(alice, server) == ["ACTIVE", None, "active", 1]
    assert word(admin, server) == "confirmed"


def test_one_that_is_down_is_moved_and_stays_so(admin, alice):
    server = stopped()
    act(admin, server.pk, migrate=None)
    done(server, 7, OP_FAILOVER)
    assert shown(alice, server) == ["VERIFY_RESIZE", None, "resized", 4]
    act(alice, server.pk, confirmResize=None)
    assert shown(alice, server)[0] == "SHUTOFF"


def test_a_cold_migration_is_reverted_by_another_move(admin, alice):
    server = running()
    act(admin, server.pk, migrate=None)
    done(server, 7, OP_FAILOVER)
    assert act(alice, server.pk, revertResize=None).status == 202
    assert shown(alice, server) == ["REVERT_RESIZE", "resize_reverting", "resized", 1]
    assert isinstance(done(server, 8, OP_FAILOVER), MoveServer)
    assert shown(alice, server) == ["ACTIVE", None, "active", 1]
    assert word(admin, server) == "reverted"
    assert actions(alice, server)[:2] == ["revertResize", "migrate"]


def test_a_cold_migration_that_fails_is_nothing_to_confirm(admin, alice):
    server = running()
    act(admin, server.pk, migrate=None)
    done(server, 7, OP_FAILOVER, "error", error="no", error_code="wrong_state")
    assert shown(alice, server)[0] == "ACTIVE"
    assert act(alice, server.pk, confirmResize=None).status == 409


def test_what_was_on_a_node_that_was_given_up_is_evacuated(admin, alice):
    server = given_up()
    reply = act(admin(14), server.pk, evacuate=EVACUATE)
    assert (reply.status, reply.json) == (200, {})
    assert shown(alice, server)[:2] == ["REBUILD", "rebuilding"]
    sent = done(server, 7, OP_FAILOVER)
    assert isinstance(sent, MoveServer)
    assert (sent.lost, sent.start) == (True, True)
    assert shown(alice, server)[0] == "ACTIVE"
    assert actions(alice, server)[0] == "evacuate"
    assert word(admin, server) == "done"


def test_from_2_95_on_what_is_evacuated_stays_down(admin, alice):
    server = given_up()
    act(admin(95), server.pk, evacuate={})
    assert not done(server, 7, OP_FAILOVER).start
    assert shown(alice, server)[0] == "SHUTOFF"
    assert actions(alice, server)[0] == "evacuate"


@pytest.mark.parametrize("make", [running, stopped])
def test_one_that_is_where_it_serves_its_owner_is_not_evacuated(admin, make):
    reply = act(admin(14), make().pk, evacuate=EVACUATE)
    assert reply.status == 400
    assert "is not offline in Ganeti" in reply.json["badRequest"]["message"]
    assert not Migration.objects.exists()


def test_nothing_is_migrated_live_where_the_service_is_forced_down(admin):
    server = running()
    Backend.objects.update(offline=True)
    reply = act(admin(25), server.pk, **{"os-migrateLive": LIVE})
    assert (reply.status, "forced down" in reply.json["badRequest"]["message"]) == (400, True)
    assert not Migration.objects.exists()


MOVES = [("migrate", None, 1), ("os-migrateLive", OLD_LIVE, 1), ("evacuate", EVACUATE, 14)]


@pytest.mark.parametrize(("name", "value", "minor"), MOVES)
def test_who_may_move_servers_and_which(admin, alice, bob, name, value, minor):
    id = given_up().pk
    assert [act(one(minor), id, **{name: value}).status for one in (alice, bob)] == [403, 404]
    building = create().pk
    assert act(admin(minor), building, **{name: value}).status == 409


@pytest.mark.parametrize(
    ("columns", "why"),
    [({"nodes": 1}, "no other node"), ({"disk_template": "plain"}, "on one node"), ({"disk_template": "file"}, "file")],
)
@pytest.mark.parametrize(("name", "value", "minor"), MOVES[:2])
def test_what_has_nowhere_to_go_is_refused_at_once(admin, name, value, minor, columns, why):
    server = running()
    Backend.objects.update(**columns)
    before = Command.objects.count()
    reply = act(admin(minor), server.pk, **{name: value})
    assert reply.status == 400
    assert reply.json["badRequest"]["message"].startswith("No valid host was found.")
    assert why in reply.json["badRequest"]["message"]
    assert (Command.objects.count(), Migration.objects.count()) == (before, 0)


def test_the_last_node_that_can_be_used_is_enough_for_what_was_on_another(admin):
    id = given_up().pk
    Backend.objects.update(nodes=1)
    assert act(admin(14), id, evacuate={}).status == 200


@pytest.mark.parametrize("template", ["sharedfile", "rbd"])
def test_disks_that_another_node_has_or_reaches_may_be_moved(admin, template):
    Backend.objects.update(disk_template=template, nodes=2)
    assert act(admin, running().pk, migrate=None).status == 202


@pytest.mark.parametrize(("name", "value", "minor"), [
    ("migrate", {"host": "c2"}, 56), ("os-migrateLive", {**LIVE, "host": "c2"}, 25), ("evacuate", {"host": "c2"}, 14),
])  # fmt: skip
def test_a_server_moves_on_its_own_cluster(admin, name, value, minor):
    id = given_up().pk if name == "evacuate" else running().pk
    assert act(admin(minor), id, **{name: value}).status == 400
    assert act(admin(minor), id, **{name: {**value, "host": "c1"}}).status in {200, 202}


@pytest.mark.parametrize(("name", "value", "minor"), [
    ("migrate", {"host": None}, 55), ("migrate", {"host": "c1", "x": 1}, 56), ("migrate", {"host": ""}, 56),
    ("os-migrateLive", None, 25), ("os-migrateLive", {"host": None}, 25), ("os-migrateLive", OLD_LIVE, 25),
    ("os-migrateLive", LIVE, 24), ("os-migrateLive", {**OLD_LIVE, "block_migration": True}, 24),
    ("os-migrateLive", {**OLD_LIVE, "disk_over_commit": True}, 24), ("os-migrateLive", {**LIVE, "force": True}, 29),
    ("os-migrateLive", {**LIVE, "force": True}, 68), ("os-migrateLive", {**LIVE, "block_migration": "so"}, 25),
    ("evacuate", EVACUATE, 13), ("evacuate", {"onSharedStorage": False}, 13), ("evacuate", {"onSharedStorage": True}, 14),
    ("evacuate", {"adminPass": "secret"}, 14), ("evacuate", {"force": True}, 28), ("evacuate", {"force": True}, 68),
    ("evacuate", None, 14), ("evacuate", {"force": "so"}, 29), ("evacuate", {"host": 1}, 14),
])  # fmt: skip
def test_what_cannot_be_had_is_refused_by_name(admin, name, value, minor):
    id = given_up().pk if name == "evacuate" else running().pk
    reply = act(admin(minor), id, **{name: value})
    assert reply.status == 400, reply.json
    assert not Migration.objects.exists()


def test_a_resize_is_a_migration_too(admin, alice):
    from logic.compute.models import Flavor

    Flavor.objects.create(id="2", name="m1.small", vcpus=2, ram=1024, disk=1)
    server = running()
    act(alice, server.pk, resize={"flavorRef": "2"})
    assert word(admin, server) == "pre-migrating"
    done(server, 7, "OP_INSTANCE_REBOOT")
    (told,) = listed(admin, "?migration_type=resize")
    assert (told["status"], told["user_id"], told["project_id"]) == ("finished", ALICE.user, ALICE.project)
    act(alice, server.pk, revertResize=None)
    assert word(admin, server) == "finished"
    done(server, 8, "OP_INSTANCE_REBOOT")
    assert word(admin, server) == "reverted"


def test_a_live_migration_under_way_is_seen_and_not_stopped(admin, alice):
    server = running()
    act(admin, server.pk, **{"os-migrateLive": OLD_LIVE})
    taken = take()
    told = job(server, "stop", 7, "running", taken.command.id, opcode=OP_MIGRATE)
    tell(accepted(taken, 7), told)
    path = f"/servers/{server.pk}/migrations"
    (one,) = admin(80).get(path).json["migrations"]
    assert (one["status"], one["server_uuid"], one["source_compute"]) == ("running", server.pk, "c1")
    assert admin(23).get(f"{path}/{one['id']}").json["migration"]["dest_compute"] == "c1"
    (line,) = listed(admin)
    assert line["links"][0]["href"].endswith(f"{path}/{one['id']}")
    assert admin(22).post(f"{path}/{one['id']}/action", {"force_complete": None}).status == 501
    assert admin(22).post(f"{path}/{one['id']}/action", {"hurry": None}).status == 400
    assert admin(24).delete(f"{path}/{one['id']}").status == 501
    assert [alice(24).get(f"{path}{rest}").status for rest in ("", f"/{one['id']}")] == [403, 403]
    tell(job(server, "stop", 7, "success", taken.command.id, opcode=OP_MIGRATE))
    assert admin(23).get(path).json["migrations"] == []
    assert admin(24).delete(f"{path}/{one['id']}").status == 404
    assert "links" not in listed(admin)[0]


@pytest.fixture
def three(admin):
    """Three migrations: live, cold, and one that was never begun."""
    servers = [running(first_job=number) for number in (1, 11, 21)]
    for server, number in zip(servers[:2], (7, 17), strict=True):
        verb = "migrate" if number == 17 else "os-migrateLive"
        act(admin, server.pk, **{verb: None if number == 17 else OLD_LIVE})
        done(server, number, OP_MIGRATE)
    act(admin, servers[2].pk, migrate=None)
    return servers


def test_migrations_are_told_newest_first_page_by_page(admin, three):
    assert [one["instance_uuid"] for one in listed(admin)] == [server.pk for server in reversed(three)]
    page = admin(59).get("/os-migrations?limit=2").json
    assert len(page["migrations"]) == 2
    (link,) = page["migrations_links"]
    rest = admin(59).get("/os-migrations?" + link["href"].partition("?")[2]).json
    assert [one["instance_uuid"] for one in rest["migrations"]] == [three[0].pk]
    assert admin(59).get("/os-migrations?marker=00000000-0000-4000-8000-000000000000").status == 400


@pytest.mark.parametrize(
    ("query", "which"),
    [
        ("status=finished", [1]),
        ("status=pre-migrating", [2]),
        ("migration_type=live-migration", [0]),
        ("host=c1", [2, 1, 0]),
        ("source_compute=c2", []),
        ("user_id=admin", [2, 1, 0]),
        (f"project_id={ALICE.project}", []),
        ("changes-since=2999-01-01T00:00:00", []),
        ("changes-before=2999-01-01T00:00:00", [2, 1, 0]),
        ("hidden=false", [2, 1, 0]),
    ],
)
def test_migrations_are_narrowed(admin, three, query, which):
    assert [one["instance_uuid"] for one in listed(admin, f"?{query}")] == [three[place].pk for place in which]


@pytest.mark.parametrize(
    ("minor", "query"), [(59, "colour=red"), (59, "changes-before=2999-01-01"), (59, "changes-since=x")]
)
def test_a_parameter_that_is_none_is_refused(admin, minor, query):
    assert admin(minor).get(f"/os-migrations?{query}").status == 400


def test_migrations_are_forgotten_with_their_commands(admin, three):
    Command.objects.filter(resource=three[0].pk).update(settled_at="2000-01-01T00:00:00Z")
    retention.prune()
    assert [one["instance_uuid"] for one in listed(admin)] == [server.pk for server in reversed(three[1:])]


def test_the_network_of_a_guest_is_not_reset(admin, alice):
    id = running().pk
    assert [act(one, id, resetNetwork=None).status for one in (admin, alice)] == [410, 403]
