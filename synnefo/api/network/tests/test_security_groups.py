"""Security groups, their rules and ports' part in them, as a client of Neutron's sees them."""

import pytest

from logic.network import enforcing
from logic.network.models import Network, Port, SecurityGroup
from logic.network.security import defaults
from logic.testing.worlds import ALICE, BOB, create
from synnefo.api.testing import HOST

V2 = "/network/v2.0"
GROUPS, RULES = f"{V2}/security-groups", f"{V2}/security-group-rules"
UNKNOWN = "12345678-0000-4000-8000-000000000000"


@pytest.fixture(autouse=True)
def enforced(settings):
    settings.SECURITY_GROUPS = True


def made(client, token="alice", **body):
    reply = client.post(GROUPS, {"security_group": {"name": "web", **body}}, token=token)
    assert reply.status == 201, reply.body
    return reply.json["security_group"]


def rule(group, **body):
    return {"security_group_rule": {"security_group_id": group, "direction": "ingress", **body}}


def refused(reply):
    return reply.status, reply.json["NeutronError"]["type"]


def test_a_group_is_told_as_neutron_writes_it(alice):
    group = made(alice, description="pages")
    rules = group.pop("security_group_rules")
    assert (
        group
        | {
            "name": "web",
            "description": "pages",
            "tenant_id": ALICE.project,
            "project_id": ALICE.project,
            "stateful": True,
            "tags": [],
            "revision_number": 1,
        }
        == group
    )
    assert group["created_at"].endswith("Z")
    assert {(one["direction"], one["ethertype"], one["remote_ip_prefix"]) for one in rules} == {
        ("egress", "IPv4", None),
        ("egress", "IPv6", None),
    }
    assert alice.get(f"{GROUPS}/{group['id']}").json["security_group"]["security_group_rules"] == rules


def test_a_rule_is_told_as_neutron_writes_it(alice):
    group = made(alice)["id"]
    wanted = {"protocol": "TCP", "port_range_min": "22", "port_range_max": 22, "ethertype": "ipv4"}
    reply = alice.post(RULES, rule(group, **wanted, remote_ip_prefix="192.0.2.7/24", description="in"))
    shown = reply.json["security_group_rule"]
    assert reply.status == 201
    assert (
        shown
        | {
            "security_group_id": group,
            "direction": "ingress",
            "ethertype": "IPv4",
            "protocol": "tcp",
            "port_range_min": 22,
            "port_range_max": 22,
            "remote_ip_prefix": "192.0.2.7/24",
            "normalized_cidr": "192.0.2.0/24",
            "remote_group_id": None,
            "description": "in",
            "project_id": ALICE.project,
            "tenant_id": ALICE.project,
        }
        == shown
    )
    assert alice.get(f"{RULES}/{shown['id']}").json == {"security_group_rule": shown}
    assert alice.get(f"{GROUPS}/{group}").json["security_group"]["revision_number"] == 2


def test_several_are_made_by_one_request_all_or_none(alice):
    reply = alice.post(GROUPS, {"security_groups": [{"name": "a"}, {"name": "b"}]})
    assert [one["name"] for one in reply.json["security_groups"]] == ["a", "b"]
    id = reply.json["security_groups"][0]["id"]
    pair = [rule(id, protocol=one)["security_group_rule"] for one in ("icmp", "vrrp")]
    reply = alice.post(RULES, {"security_group_rules": pair})
    assert [one["protocol"] for one in reply.json["security_group_rules"]] == ["icmp", "vrrp"]
    pair = [rule(id, protocol=one)["security_group_rule"] for one in ("tcp", "tcp")]
    assert refused(alice.post(RULES, {"security_group_rules": pair})) == (409, "DuplicateSecurityGroupRuleInPost")
    assert len(alice.get(f"{RULES}?security_group_id={id}").json["security_group_rules"]) == 4


def test_a_group_is_renamed_and_described(alice):
    id = made(alice)["id"]
    reply = alice.put(f"{GROUPS}/{id}", {"security_group": {"name": "pages", "description": "x"}})
    assert reply.status == 200
    shown = reply.json["security_group"]
    assert (shown["name"], shown["description"], shown["revision_number"]) == ("pages", "x", 2)


def test_groups_and_rules_go(alice):
    group = made(alice)
    assert alice.delete(f"{RULES}/{group['security_group_rules'][0]['id']}").status == 204
    reply = alice.delete(f"{GROUPS}/{group['id']}")
    assert (reply.status, reply.body) == (204, b"")
    assert alice.get(f"{GROUPS}/{group['id']}").status == 404
    assert alice.get(f"{RULES}?security_group_id={group['id']}").json == {"security_group_rules": []}


def test_lists_have_the_default_group_and_are_narrowed_sorted_and_paged(alice):
    id = made(alice)["id"]
    made(alice, token="bob")
    assert {one["name"] for one in alice.get(GROUPS).json["security_groups"]} == {"default", "web"}
    assert [one["id"] for one in alice.get(f"{GROUPS}?name=web&fields=id").json["security_groups"]] == [id]
    reply = alice.get(f"{GROUPS}?limit=1&sort_key=name&sort_dir=desc")
    assert [one["name"] for one in reply.json["security_groups"]] == ["web"]
    more = reply.json["security_groups_links"][0]["href"].removeprefix(f"http://{HOST}")
    assert [one["name"] for one in alice.get(more).json["security_groups"]] == ["default"]
    for query, count in (
        (f"security_group_id={id}", 2),
        ("direction=ingress", 2),
        ("ethertype=IPv6", 3),
        (f"remote_group_id={defaults.id_of(ALICE.project)}", 2),
        (f"project_id={BOB.project}", 0),
        ("protocol=tcp", 0),
    ):
        assert len(alice.get(f"{RULES}?{query}").json["security_group_rules"]) == count, query


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"direction": "in"}, (400, "BadRequest")),
        ({"ethertype": "IPv5"}, (400, "BadRequest")),
        ({"protocol": "nothing"}, (400, "SecurityGroupRuleInvalidProtocol")),
        ({"protocol": 300}, (400, "SecurityGroupRuleInvalidProtocol")),
        ({"protocol": "icmpv6"}, (400, "SecurityGroupEthertypeConflictWithProtocol")),
        ({"port_range_min": 1, "port_range_max": 2}, (400, "SecurityGroupProtocolRequiredWithPorts")),
        ({"protocol": "tcp", "port_range_min": 2, "port_range_max": 1}, (400, "SecurityGroupInvalidPortRange")),
        ({"protocol": "tcp", "port_range_min": "x"}, (400, "SecurityGroupInvalidPortValue")),
        ({"protocol": "tcp", "port_range_min": 99999}, (400, "SecurityGroupInvalidPortValue")),
        ({"protocol": "tcp", "port_range_min": 10**30}, (400, "SecurityGroupInvalidPortValue")),
        ({"protocol": "gre", "port_range_min": 1, "port_range_max": 1}, (400, "SecurityGroupInvalidProtocolForPort")),
        ({"protocol": "icmp", "port_range_min": 999}, (400, "SecurityGroupInvalidIcmpValue")),
        ({"protocol": "icmp", "port_range_max": 1}, (400, "SecurityGroupMissingIcmpType")),
        ({"remote_ip_prefix": "::/0"}, (400, "SecurityGroupRuleParameterConflict")),
        ({"remote_ip_prefix": "mars"}, (400, "BadRequest")),
        (
            {"remote_ip_prefix": "10.0.0.0/8", "remote_group_id": UNKNOWN},
            (400, "SecurityGroupRemoteGroupAndRemoteIpPrefix"),
        ),
        ({"remote_group_id": UNKNOWN}, (404, "SecurityGroupNotFound")),
        ({"security_group_id": UNKNOWN}, (404, "SecurityGroupNotFound")),
        ({"tenant_id": BOB.project}, (404, "SecurityGroupNotFound")),
        ({"direction": "egress", "ethertype": "IPv6"}, (409, "SecurityGroupRuleExists")),
        ({"colour": "red"}, (400, "BadRequest")),
        ({"remote_address_group_id": UNKNOWN}, (404, "AddressGroupNotFound")),
    ],
)
def test_a_rule_is_refused_as_neutron_refuses_it_and_none_is_made(alice, body, refusal):
    group = made(alice)
    wanted = rule(group["id"])
    wanted["security_group_rule"] |= body
    assert refused(alice.post(RULES, wanted)) == refusal
    assert alice.get(f"{GROUPS}/{group['id']}").json["security_group"] == group


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"security_group": {"name": "default"}}, (409, "SecurityGroupDefaultAlreadyExists")),
        ({"security_group": {"name": "x" * 256}}, (400, "BadRequest")),
        ({"security_group": {"stateful": False}}, (400, "BadRequest")),
        ({"security_group": {"project_id": BOB.project}}, (403, "PolicyNotAuthorized")),
        ({"security_groups": []}, (400, "BadRequest")),
        ({"security_groups": [{"name": "a"}] * 101}, (400, "BadRequest")),
        ({}, (400, "BadRequest")),
    ],
)
def test_a_group_is_refused_and_none_is_made(alice, body, refusal):
    assert refused(alice.post(GROUPS, body)) == refusal
    assert not SecurityGroup.objects.exists()


def test_the_default_group_is_neither_deleted_nor_renamed(alice):
    id = alice.get(f"{GROUPS}?name=default").json["security_groups"][0]["id"]
    assert refused(alice.delete(f"{GROUPS}/{id}")) == (409, "SecurityGroupCannotRemoveDefault")
    body = {"security_group": {"name": "other"}}
    assert refused(alice.put(f"{GROUPS}/{id}", body)) == (409, "SecurityGroupCannotUpdateDefault")


def test_rules_are_not_changed(alice):
    id = made(alice)["security_group_rules"][0]["id"]
    assert alice.put(f"{RULES}/{id}", {"security_group_rule": {"description": "x"}}).status == 405


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_another_tenants_group_is_as_unknown_as_any_and_an_admins_affair(alice, method):
    theirs = made(alice, token="bob")
    for id in (theirs["id"], UNKNOWN, "web"):
        reply = alice.request(method, f"{GROUPS}/{id}", json={"security_group": {"name": "mine"}})
        assert refused(reply) == (404, "SecurityGroupNotFound")
    for id in (theirs["security_group_rules"][0]["id"], UNKNOWN):
        if method != "PUT":
            assert refused(alice.request(method, f"{RULES}/{id}")) == (404, "SecurityGroupRuleNotFound")
    assert alice.get(f"{GROUPS}/{theirs['id']}", token="admin").json["security_group"] == theirs


def test_a_group_in_use_is_not_deleted(alice):
    group, port = made(alice)["id"], Port.objects.get(device=create().pk).pk
    body = {"port": {"security_groups": [group]}}
    assert alice.put(f"{V2}/ports/{port}", body).json["port"]["security_groups"] == [group]
    reply = alice.delete(f"{GROUPS}/{group}")
    assert refused(reply) == (409, "SecurityGroupInUse")
    assert port in reply.json["NeutronError"]["message"]


def test_a_port_tells_its_groups_and_is_found_by_them(alice):
    port = Port.objects.get(device=create().pk).pk
    default = defaults.id_of(ALICE.project)
    shown = alice.get(f"{V2}/ports/{port}").json["port"]
    assert (shown["security_groups"], shown["port_security_enabled"]) == ([default], True)
    assert [one["id"] for one in alice.get(f"{V2}/ports?security_groups={default}").json["ports"]] == [port]
    assert alice.get(f"{V2}/ports?security_groups={UNKNOWN}").json == {"ports": []}


@pytest.mark.parametrize(
    ("body", "status", "what"),
    [
        ({"name": "front"}, 200, ""),
        ({"security_groups": []}, 200, ""),
        ({"security_groups": None}, 200, ""),
        ({"security_groups": [], "port_security_enabled": False}, 200, ""),
        ({"port_security_enabled": False}, 409, "PortSecurityPortHasSecurityGroup"),
        ({"security_groups": [UNKNOWN]}, 404, "SecurityGroupNotFound"),
        ({"security_groups": ["default"]}, 404, "SecurityGroupNotFound"),
        ({"security_groups": "default"}, 400, "BadRequest"),
        ({"port_security_enabled": "perhaps"}, 400, "BadRequest"),
        ({"name": 5}, 400, "BadRequest"),
        ({"name": "x" * 256}, 400, "BadRequest"),
        ({"name": "x", "fixed_ips": []}, 409, "PortBound"),
    ],
)
def test_of_a_servers_port_its_name_groups_and_security_are_changed(alice, body, status, what):
    path = f"{V2}/ports/{Port.objects.get(device=create().pk).pk}"
    Network.objects.update(project=ALICE.project)  # whose it is may have its ports go unfiltered
    before = alice.get(path).json["port"]
    reply = alice.put(path, {"port": body})
    assert reply.status == status, reply.body
    after = alice.get(path).json["port"]
    if what:
        assert reply.json["NeutronError"]["type"] == what
        assert after == before
    else:
        assert reply.json["port"] == after
        wanted = {**before, **body, "updated_at": after["updated_at"], "revision_number": 2}
        assert after == wanted | {"security_groups": wanted["security_groups"] or []}


def test_another_tenants_port_is_as_unknown_as_any(alice):
    port = Port.objects.get(device=create(BOB).pk).pk
    for id in (port, UNKNOWN):
        assert refused(alice.put(f"{V2}/ports/{id}", {"port": {"security_groups": []}})) == (404, "PortNotFound")
    theirs = made(alice, token="bob")["id"]
    mine = Port.objects.get(device=create().pk).pk
    for token in ("alice", "admin"):
        reply = alice.put(f"{V2}/ports/{mine}", {"port": {"security_groups": [theirs]}}, token=token)
        assert refused(reply) == (404, "SecurityGroupNotFound")


def test_the_extensions_say_that_they_are_here(alice):
    aliases = {one["alias"] for one in alice.get(f"{V2}/extensions").json["extensions"]}
    assert {"security-group", "port-security", "stateful-security-group"} <= aliases
    assert alice.get(f"{V2}/extensions/security-group").status == 200


def test_quotas_tell_limits_and_use_and_refuse_what_is_beyond(alice, settings):
    settings.QUOTAS = {"ports": 7, "security_groups": 2, "security_group_rules": 9}
    quota = alice.get(f"{V2}/quotas/{ALICE.project}").json["quota"]
    assert (quota["port"], quota["security_group"], quota["security_group_rule"], quota["router"]) == (7, 2, 9, 0)
    alice.get(GROUPS)
    made(alice)
    used = alice.get(f"{V2}/quotas/{ALICE.project}/details").json["quota"]
    assert (used["security_group"]["used"], used["security_group_rule"]["used"]) == (2, 6)
    assert refused(alice.post(GROUPS, {"security_group": {"name": "more"}})) == (409, "OverQuota")


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_in_a_cloud_without_them_none_is_known_and_ports_are_open(alice, method, settings):
    group, port = made(alice)["id"], Port.objects.get(device=create().pk).pk
    settings.SECURITY_GROUPS = False
    assert alice.request(method, f"{GROUPS}/{group}", json={}).status == 404
    assert alice.put(f"{V2}/ports/{port}", {"port": {"security_groups": [group]}}).status == 501
    shown = alice.get(f"{V2}/ports/{port}").json["port"]
    assert (shown["security_groups"], shown["port_security_enabled"]) == ([], False)


def test_a_rule_is_about_the_prefixes_of_an_address_group_as_they_are_now(alice):
    groups = f"{V2}/address-groups"
    body = {"address_group": {"name": "offices", "addresses": ["192.0.2.7", "2001:db8::/64"]}}
    told = alice.post(groups, body).json["address_group"]
    assert (told["addresses"], told["revision_number"]) == (["192.0.2.7/32", "2001:db8::/64"], 1)
    path, group = f"{groups}/{told['id']}", made(alice)["id"]
    sent = rule(group, protocol="tcp", port_range_min=22, port_range_max=22, remote_address_group_id=told["id"])
    kept = alice.post(RULES, sent).json["security_group_rule"]
    assert (kept["remote_address_group_id"], kept["remote_ip_prefix"]) == (told["id"], None)
    port = Port.objects.get(device=create().pk)
    Port.objects.filter(pk=port.pk).update(port_security=True)
    alice.put(f"{V2}/ports/{port.pk}", {"port": {"security_groups": [group]}})

    def remotes():
        rules = enforcing.firewalls(str(port.backend_id), [port.pk])[port.pk]
        return [one.remote for one in rules if one.direction == "ingress"]

    assert remotes() == [("192.0.2.7/32",)]
    added = alice.put(f"{path}/add_addresses", {"addresses": ["198.51.100.0/24"]}).json["address_group"]
    assert added["addresses"] == ["192.0.2.7/32", "2001:db8::/64", "198.51.100.0/24"]
    assert remotes() == [("192.0.2.7/32", "198.51.100.0/24")]
    assert refused(alice.put(f"{path}/add_addresses", {"addresses": ["192.0.2.7"]})) == (400, "AddressesAlreadyExist")
    assert alice.put(f"{path}/remove_addresses", {"addresses": ["192.0.2.7/32", "198.51.100.0/24"]}).status == 200
    assert remotes() == [()]
    assert alice.put(f"{path}/remove_addresses", {"addresses": ["192.0.2.7/32"]}).status == 404
    assert refused(alice.delete(path)) == (409, "AddressGroupInUse")
    assert alice.get(path, token="bob").status == 404
    assert alice.post(RULES, rule(group, remote_address_group_id=UNKNOWN)).status == 404
    assert (
        alice.post(RULES, rule(group, remote_address_group_id=told["id"], remote_ip_prefix="10.0.0.0/8")).status == 400
    )
    assert alice.delete(f"{RULES}/{kept['id']}").status == 204
    assert alice.delete(path).status == 204
    assert alice.post(groups, {"address_group": {"addresses": ["x"]}}).status == 400
