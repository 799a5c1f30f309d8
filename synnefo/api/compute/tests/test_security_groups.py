"""Security groups of servers as Nova tells of them: at creation, in views, by actions."""

import pytest

from logic.compute.models import Server
from logic.network.models import Port, PortGroup
from logic.network.security import commands
from logic.network.security.commands import NewGroup
from logic.network.security.rules import NewRule
from logic.testing.worlds import ALICE, BOB, IMAGE, NETWORK, create, running

SERVER = {"name": "demo", "imageRef": IMAGE, "flavorRef": "1", "networks": [{"uuid": NETWORK}]}


@pytest.fixture(autouse=True)
def enforced(settings):
    settings.SECURITY_GROUPS = True


def made(name="web", caller=ALICE):
    (id,) = commands.create_groups(caller, [NewGroup(name=name)])
    return id


def asked(client, *groups):
    return client.post("/servers", {"server": {**SERVER, "security_groups": [{"name": one} for one in groups]}})


def names(client, id):
    return [one["name"] for one in client.get(f"/servers/{id}").json["server"].get("security_groups", [])]


def test_a_server_is_in_the_groups_asked_for_and_the_answer_names_them_as_they_were_asked_for(alice):
    web = made()
    made("db")
    reply = asked(alice, web, "db", "db")
    assert reply.status == 202
    assert reply.json["server"]["security_groups"] == [{"name": web}, {"name": "db"}]
    assert names(alice, reply.json["server"]["id"]) == ["db", "web"]
    (listed,) = alice.get("/servers/detail").json["servers"]
    assert listed["security_groups"] == [{"name": "db"}, {"name": "web"}]


def test_a_server_is_in_the_default_group_unasked(alice):
    reply = alice.post("/servers", {"server": SERVER})
    assert reply.json["server"]["security_groups"] == [{"name": "default"}]
    assert names(alice, reply.json["server"]["id"]) == ["default"]


@pytest.mark.parametrize("which", ["nowhere", "theirs", "their id"])
def test_an_unknown_group_is_a_bad_request_in_novas_words(alice, which):
    theirs = made("theirs", BOB)
    word = theirs if which == "their id" else which
    reply = asked(alice, word)
    assert reply.status == 400
    sentence = f"Unable to find security_group with name or id '{word}'"
    assert reply.json["badRequest"]["message"].startswith(sentence)
    assert not Server.objects.exists()


def test_a_name_that_several_have_is_a_conflict(alice):
    made(), made()
    assert asked(alice, "web").status == 409


def test_groups_are_added_and_removed_by_actions(alice):
    id, web = running().pk, made()
    for word in ("web", web):
        reply = alice.post(f"/servers/{id}/action", {"addSecurityGroup": {"name": word}})
        assert (reply.status, reply.body) == (202, b"")
    assert names(alice, id) == ["default", "web"]
    assert alice.post(f"/servers/{id}/action", {"removeSecurityGroup": {"name": "web"}}).status == 202
    assert names(alice, id) == ["default"]
    assert alice.post(f"/servers/{id}/action", {"removeSecurityGroup": {"name": "web"}}).status == 404


@pytest.mark.parametrize("action", ["addSecurityGroup", "removeSecurityGroup"])
@pytest.mark.parametrize(
    ("value", "status"),
    [
        ({"name": "nowhere"}, 404),
        ({"name": "theirs"}, 404),
        ({}, 400),
        (None, 400),
        ("web", 400),
        ({"name": ""}, 400),
        ({"name": 5}, 400),
        ({"name": "x" * 300}, 400),
        ({"name": "web", "more": 1}, 400),
    ],
)
def test_what_an_action_cannot_mean_changes_nothing(alice, action, value, status):
    made("theirs", BOB)
    id = create().pk
    assert alice.post(f"/servers/{id}/action", {action: value}).status == status
    assert names(alice, id) == ["default"]


@pytest.mark.parametrize("action", ["addSecurityGroup", "removeSecurityGroup"])
def test_another_tenants_server_is_as_unknown_as_any(alice, action):
    theirs = create(BOB).pk
    for id in (theirs, "12345678-0000-4000-8000-000000000000"):
        assert alice.post(f"/servers/{id}/action", {action: {"name": "default"}}).status == 404
    assert PortGroup.objects.filter(port__device=theirs).count() == 1


def test_a_group_is_not_added_to_a_server_whose_ports_are_open(alice):
    id = create().pk
    PortGroup.objects.all().delete()
    Port.objects.update(port_security=False)
    assert alice.post(f"/servers/{id}/action", {"addSecurityGroup": {"name": "default"}}).status == 400
    assert names(alice, id) == []


def test_a_servers_groups_are_listed_with_their_rules_for_what_comes_in(alice):
    web = made()
    rules = [
        NewRule(group=web, direction="ingress", protocol="tcp", port_min=22, port_max=23, remote_prefix="10.0.0.0/8"),
        NewRule(group=web, direction="ingress", protocol="icmp", remote_group=web),
        NewRule(group=web, direction="ingress", ethertype="IPv6"),
    ]
    commands.create_rules(ALICE, rules)
    id = asked(alice, web).json["server"]["id"]
    (group,) = alice.get(f"/servers/{id}/os-security-groups").json["security_groups"]
    assert (group["id"], group["name"], group["tenant_id"]) == (web, "web", ALICE.project)
    told = [
        (one["ip_protocol"], one["from_port"], one["to_port"], one["ip_range"], one["group"]) for one in group["rules"]
    ]
    assert told == [
        ("tcp", 22, 23, {"cidr": "10.0.0.0/8"}, {}),
        ("icmp", -1, -1, {}, {"tenant_id": ALICE.project, "name": "web"}),
        (None, None, None, {"cidr": "::/0"}, {}),
    ]


def test_old_quota_sets_tell_of_groups(alice, settings):
    settings.QUOTAS = {**settings.QUOTAS, "security_groups": 3, "security_group_rules": 5}
    quota = alice.get(f"/os-quota-sets/{ALICE.project}").json["quota_set"]
    assert (quota["security_groups"], quota["security_group_rules"]) == (3, 5)
    settings.SECURITY_GROUPS = False
    quota = alice.get(f"/os-quota-sets/{ALICE.project}").json["quota_set"]
    assert (quota["security_groups"], quota["security_group_rules"]) == (0, 0)
