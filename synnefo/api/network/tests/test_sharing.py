"""Networks shared with one project: Neutron's RBAC policies."""

import pytest

from logic.quota.queries import used
from logic.testing.worlds import ALICE, BOB
from synnefo.api.network.tests.test_making_networks import made, refused, subnet

V2 = "/network/v2.0"
POLICIES = f"{V2}/rbac-policies"


@pytest.fixture
def network(alice):
    found = made(alice, name="lent")
    subnet(alice, found)
    return found


def share(client, network, target=BOB.project, token="alice", **more):
    body = {"object_type": "network", "object_id": network["id"], "action": "access_as_shared", "target_tenant": target}
    return client.post(POLICIES, {"rbac_policy": {**body, **more}}, token=token)


def names(client, query="", token="bob"):
    return {one["name"] for one in client.get(f"{V2}/networks?{query}", token=token).json["networks"]}


def test_a_project_uses_what_another_shares_with_it_and_no_longer_than_that(alice, network):
    assert "lent" not in names(alice)
    policy = share(alice, network).json["rbac_policy"]
    assert (policy["project_id"], policy["target_tenant"], policy["object_type"]) == (
        ALICE.project,
        BOB.project,
        "network",
    )
    assert "lent" in names(alice, "shared=True")
    assert "lent" not in names(alice, "shared=False")
    assert alice.get(f"{V2}/networks/{network['id']}", token="bob").json["network"]["shared"] is True
    assert alice.get(f"{V2}/networks/{network['id']}").json["network"]["shared"] is False
    assert alice.put(f"{V2}/networks/{network['id']}", {"network": {"name": "x"}}, token="bob").status == 403
    port = made(alice, "port", token="bob", network_id=network["id"])
    path = f"{POLICIES}/{policy['id']}"
    assert refused(alice.delete(path)) == (409, "RbacPolicyInUse")
    assert alice.delete(f"{V2}/ports/{port['id']}", token="bob").status == 204
    assert alice.delete(path).status == 204
    assert "lent" not in names(alice)


def test_who_is_shared_with_neither_sees_nor_changes_the_policy(alice, network):
    path = f"{POLICIES}/{share(alice, network).json['rbac_policy']['id']}"
    assert alice.get(path, token="bob").status == 404
    assert alice.delete(path, token="bob").status == 404
    assert [one["object_id"] for one in alice.get(POLICIES).json["rbac_policies"]] == [network["id"]]
    assert (
        alice.put(path, {"rbac_policy": {"target_tenant": "c" * 32}}).json["rbac_policy"]["target_tenant"] == "c" * 32
    )
    assert "lent" not in names(alice)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"target_tenant": "*"}, 403),
        ({"action": "access_as_external"}, 403),
        ({"object_type": "qos_policy"}, 400),
        ({"action": "access_as_friend"}, 400),
        ({"object_id": "unknown"}, 404),
        ({"target_tenant": ""}, 400),
        ({"unheard": 1}, 400),
    ],
)
def test_a_policy_that_is_not_to_be_is_refused(alice, network, more, status):
    assert share(alice, network, **more).status == status
    assert alice.get(POLICIES).json["rbac_policies"] == []


def test_others_networks_are_not_shared_and_nothing_is_shared_twice(alice, network):
    assert share(alice, network, token="bob").status == 404
    assert share(alice, network).status == 201
    assert refused(share(alice, network)) == (409, "DuplicateRbacPolicy")
    assert share(alice, network, target="*", token="admin").status == 201


def test_policies_are_counted(alice, network, settings):
    settings.QUOTAS = {"rbac_policies": 1}
    assert share(alice, network).status == 201
    assert refused(share(alice, network, target="c" * 32)) == (409, "OverQuota")


def test_a_policy_goes_with_its_network_and_counts_no_more(alice, network):
    share(alice, network)
    assert used(ALICE.project, "rbac_policies") == 1
    assert alice.delete(f"{V2}/networks/{network['id']}").status == 204
    assert used(ALICE.project, "rbac_policies") == 0
