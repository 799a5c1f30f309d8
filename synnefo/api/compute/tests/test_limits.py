"""Limits that administrators set: of one project, of everybody; and flavors opened to projects."""

import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from logic.compute import commands
from logic.compute.models import Flavor
from logic.errors import QuotaExceeded
from logic.identity.testing import sign_in
from logic.quota.commands import set_user_limits
from logic.quota.models import Limit, UserLimit
from logic.testing.worlds import ALICE, BOB, IMAGE, create, running

CAROL = msgspec.structs.replace(ALICE, user="carol", user_name="carol")
SET, CLASS = f"/os-quota-sets/{ALICE.project}", "/os-quota-class-sets/default"


def test_every_quota_of_novas_is_kept_as_it_is_set(admin):
    wanted = {
        name: number + 20 for number, name in enumerate(admin.get(SET).json["quota_set"]) if name != "id"
    }  # also those of what is not here
    assert admin.put(SET, {"quota_set": {"force": True, **wanted}}).json["quota_set"].items() >= wanted.items() - {
        ("security_groups", wanted["security_groups"]),
        ("security_group_rules", wanted["security_group_rules"]),
    }


def test_a_projects_own_limits_of_keys_and_items_hold(admin, alice):
    admin.put(SET, {"quota_set": {"key_pairs": 0, "metadata_items": 1}})
    assert alice.post("/os-keypairs", {"keypair": {"name": "k"}}).status == 403
    items = {"metadata": {"a": "1", "b": "2"}}
    assert alice.post(f"/servers/{create().pk}/metadata", items).status == 403


HERS = f"{SET}?user_id=alice"


@pytest.fixture(autouse=True)
def colleague(cloud):
    sign_in(CAROL)


def test_nothing_is_given_to_nobody_but_all_is_taken_back(admin):
    wanted, nobodys = {"quota_set": {"cores": 1, "force": True}}, f"/os-quota-sets/{BOB.project}"
    assert [admin.put(path, wanted).status for path in (f"{SET}?user_id=bob", nobodys)] == [400, 400]
    assert (Limit.objects.count(), UserLimit.objects.count()) == (0, 0)
    assert [admin.get(nobodys).status, admin.get(f"{nobodys}/detail").status] == [400, 400]
    assert admin.get(f"{SET}?user_id=bob").json == admin.get(SET).json
    assert [admin.delete(path).status for path in (f"{SET}?user_id=bob", nobodys)] == [202, 202]


def test_who_may_not_look_users_up_does_not_learn_which_there_are(cloud):
    may = msgspec.structs.replace(ALICE, granted="admin")  # by a rule of the site's
    for user in ("carol", "bob"):
        set_user_limits(may, ALICE.project, user, {"cores": 1})
    assert UserLimit.objects.count() == 2


def test_a_user_may_have_what_his_project_may_or_less(alice, admin):
    assert alice.get(HERS).json == alice.get(SET).json
    assert alice.put(HERS, {"quota_set": {"cores": 1}}).status == 403
    assert admin.put(HERS, {"quota_set": {"cores": 1}}).json["quota_set"]["cores"] == 1
    create()
    assert alice.get(f"{SET}/detail?user_id=alice").json["quota_set"]["cores"] == {
        "limit": 1, "in_use": 1, "reserved": 0,
    }  # fmt: skip
    assert alice.get(f"{SET}?user_id=carol").json["quota_set"]["cores"] != 1
    assert admin.delete(HERS).status == 202
    assert alice.get(HERS).json == alice.get(SET).json


def test_a_project_is_reset_with_its_users_and_without_what_other_services_count(alice, admin):
    admin.put(SET, {"quota_set": {"cores": 9}})
    admin.put(HERS, {"quota_set": {"cores": 5}})
    Limit.objects.create(project=ALICE.project, resource="gigabytes", amount=7)
    assert admin.delete(SET).status == 202
    assert alice.get(HERS).json["quota_set"]["cores"] not in {5, 9}
    assert [one.resource for one in Limit.objects.all()] == ["gigabytes"]


@pytest.mark.parametrize("limit", [{"instances": 1}, {"cores": 1}, {"ram": 512}])
def test_a_users_limit_holds_for_his_servers_and_for_no_colleagues(alice, admin, limit):
    admin.put(HERS, {"quota_set": limit})
    create()
    with pytest.raises(QuotaExceeded):
        create()
    create(CAROL)


def test_a_users_limit_holds_when_his_server_is_resized_by_whomever(admin):
    admin.put(HERS, {"quota_set": {"cores": 1}})
    Flavor.objects.create(id="2", name="two", vcpus=2, ram=512, disk=Flavor.objects.get(pk="1").disk)
    id = running().pk
    with pytest.raises(QuotaExceeded):
        commands.resize_server(CAROL, id, "2")
    admin.put(HERS, {"quota_set": {"cores": 2}})
    commands.resize_server(CAROL, id, "2")
    with pytest.raises(QuotaExceeded):
        create()


def test_as_many_are_made_as_a_users_limit_has_room_for(admin):
    admin.put(HERS, {"quota_set": {"instances": 2}})
    wanted = commands.NewServer(name="n", flavor="1", image=IMAGE, count=5, at_least=1)
    assert len(commands.create_servers(ALICE, wanted)) == 2


def test_a_users_limits_of_groups_keys_and_items_hold(alice, admin):
    group = {"server_group": {"name": "g", "policies": ["anti-affinity"]}}
    admin.put(HERS, {"quota_set": {"server_groups": 1, "key_pairs": 0, "metadata_items": 0, "server_group_members": 0}})
    assert [alice.post("/os-server-groups", group).status for _ in range(2)] == [200, 403]
    assert alice.post("/os-keypairs", {"keypair": {"name": "k"}}).status == 403
    assert alice.post(f"/servers/{create().pk}/metadata", {"metadata": {"a": "1"}}).status == 403
    id = alice.get("/os-server-groups").json["server_groups"][0]["id"]
    wanted = {"name": "n", "flavorRef": "1", "imageRef": IMAGE}
    assert alice.post("/servers", {"server": wanted, "os:scheduler_hints": {"group": id}}).status == 403


def test_users_are_given_no_more_than_the_project_has_unless_forced(admin):
    admin.put(SET, {"quota_set": {"cores": 10}})

    def give(who, cores, **force):
        return admin.put(f"{SET}?user_id={who}", {"quota_set": {"cores": cores, **force}}).status

    assert [give("alice", 11), give("alice", -1), give("alice", 6), give("carol", 5), give("carol", 4)] == [
        400, 400, 200, 400, 200,
    ]  # fmt: skip
    assert [give("alice", 7), give("alice", 5), give("carol", 9, force=True)] == [400, 200, 200]
    assert admin.put(SET, {"quota_set": {"cores": 13}}).status == 400
    assert admin.put(SET, {"quota_set": {"cores": 14}}).status == 200
    assert admin.put(SET, {"quota_set": {"cores": 1, "force": True}}).status == 200


def test_a_user_is_given_no_less_than_he_has_and_nothing_that_only_projects_have(admin):
    create()
    assert admin.put(HERS, {"quota_set": {"instances": 0}}).status == 400
    assert admin.put(HERS, {"quota_set": {"instances": 0, "force": True}}).status == 200
    assert admin.put(HERS, {"quota_set": {"floating_ips": 1}}).status == 400


def test_limits_of_users_cost_no_more_questions_with_more_servers(admin):
    admin.put(HERS, {"quota_set": {"instances": 50}})

    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            create()
        return len(found)

    create()
    first = asked()
    for _ in range(5):
        create()
    assert asked() == first


def test_what_everybody_may_have_is_set_and_a_projects_own_limit_is_stronger(admin, alice):
    admin.put(SET, {"quota_set": {"cores": 7}})
    changed = admin.put(CLASS, {"quota_class_set": {"cores": 5, "instances": 3}}).json["quota_class_set"]
    assert (changed["cores"], changed["instances"], "id" in changed) == (5, 3, False)
    shown = alice.get(SET).json["quota_set"]
    assert (shown["cores"], shown["instances"]) == (7, 3)
    assert alice.get(f"{SET}/defaults").json["quota_set"]["cores"] == 5


@pytest.mark.parametrize("body", [{"cakes": 1}, {"cores": "lots"}, {"server_groups": 1}])
def test_what_is_no_limit_of_everybodys_is_refused(admin, body):
    assert admin.put(CLASS, {"quota_class_set": body}).status == 400


def test_there_is_one_class_and_it_is_for_administrators(admin, alice):
    assert [admin.get("/os-quota-class-sets/gold").status, alice.get(CLASS).status] == [404, 403]


@pytest.fixture
def private(cloud) -> str:
    Flavor.objects.create(id="p", name="private", vcpus=1, ram=512, disk=1, is_public=False)
    return "/flavors/p"


def give(admin, path, project=ALICE.project, action="addTenantAccess"):
    return admin.post(f"{path}/action", {action: {"tenant": project}})


def test_a_private_flavor_is_seen_by_whom_it_is_opened_to(admin, alice, bob, private):
    assert give(admin, private).json == {"flavor_access": [{"flavor_id": "p", "tenant_id": ALICE.project}]}
    assert [alice.get(private).status, bob.get(private).status] == [200, 404]
    assert [[one["id"] for one in who.get("/flavors").json["flavors"]] for who in (alice, bob)] == [["1", "p"], ["1"]]
    assert give(admin, private, action="removeTenantAccess").json == {"flavor_access": []}
    assert alice.get(private).status == 404


def test_a_flavor_is_opened_and_closed_once(admin, private):
    assert [give(admin, private).status for _ in range(2)] == [200, 409]
    assert give(admin, private, BOB.project, "removeTenantAccess").status == 404
    assert [give(admin, "/flavors/1").status, give(admin, "/flavors/none").status] == [409, 404]


def test_opening_is_for_administrators(alice, private):
    assert give(alice, private).status == 403


@pytest.mark.parametrize("body", [{}, {"addTenantAccess": None}, {"addTenantAccess": {"tenant": ""}}, {"open": {}}])
def test_an_action_that_is_none_is_refused(admin, private, body):
    assert admin.post(f"{private}/action", body).status == 400
