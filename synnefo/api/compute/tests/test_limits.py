"""Limits that administrators set: of one project, of everybody; and flavors opened to projects."""

import pytest

from logic.compute.models import Flavor
from logic.testing.worlds import ALICE, BOB, create

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


def test_a_user_may_have_what_his_project_may(alice, admin):
    assert alice.get(f"{SET}?user_id=alice").json == alice.get(SET).json
    assert admin.put(f"{SET}?user_id=alice", {"quota_set": {"cores": 1}}).status == 400


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
