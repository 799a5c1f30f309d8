"""Server groups and hints: which cluster a server comes to, and what is refused since none can be it."""

import pytest

from logic.compute.models import Server
from logic.quota.commands import set_limits
from logic.testing.worlds import ADMIN, ALICE, IMAGE, NETWORK, cluster, create


@pytest.fixture
def nova(alice):
    cluster("c2")
    return alice(71)


def made(nova, policy: str, **rules) -> str:
    body = {"name": "g", "policy": policy, **({"rules": rules} if rules else {})}
    return nova.post("/os-server-groups", {"server_group": body}).json["server_group"]["id"]


def ask(nova, hints=None, **fields):
    server = {"name": "demo", "imageRef": IMAGE, "flavorRef": "1", "networks": [{"uuid": NETWORK}], **fields}
    return nova.post("/servers", {"server": server, "os:scheduler_hints": hints or {}})


def home(reply) -> str:
    return Server.objects.get(pk=reply.json["server"]["id"]).backend.name


def homes(nova, group: str, count: int) -> list[str]:
    return [home(ask(nova, {"group": group})) for _ in range(count)]


def test_a_group_is_made_shown_listed_and_forgotten(nova, bob):
    id = made(nova, "affinity")
    shown = nova.get(f"/os-server-groups/{id}").json["server_group"]
    assert (shown["policy"], shown["rules"], shown["members"]) == ("affinity", {}, [])
    assert nova.get("/os-server-groups").json["server_groups"] == [shown]
    assert [bob.get(f"/os-server-groups/{id}").status, bob.delete(f"/os-server-groups/{id}").status] == [404, 404]
    assert [nova.delete(f"/os-server-groups/{id}").status for _ in range(2)] == [204, 404]


def test_a_server_and_its_group_know_each_other_until_either_goes(nova):
    id = made(nova, "soft-affinity")
    server = ask(nova, {"group": id}).json["server"]["id"]
    assert nova.get(f"/servers/{server}").json["server"]["server_groups"] == [id]
    assert nova.get(f"/os-server-groups/{id}").json["server_group"]["members"] == [server]
    nova.delete(f"/os-server-groups/{id}")
    assert nova.get(f"/servers/{server}").json["server"]["server_groups"] == []


@pytest.mark.parametrize(
    ("policy", "count", "clusters"),
    [("affinity", 3, 1), ("soft-affinity", 3, 1), ("anti-affinity", 2, 2), ("soft-anti-affinity", 4, 2)],
)
def test_a_policy_chooses_the_clusters(nova, policy, count, clusters):
    assert len(set(homes(nova, made(nova, policy), count))) == clusters


def test_a_group_apart_has_no_place_for_one_more_than_there_are_clusters(nova):
    id = made(nova, "anti-affinity")
    homes(nova, id, 2)
    assert ask(nova, {"group": id}).status == 503
    assert ask(nova, {"group": made(nova, "anti-affinity")}, min_count=2, max_count=2).status == 400


def test_a_rule_lets_several_be_on_one_cluster(nova):
    id = made(nova, "anti-affinity", max_server_per_host=2)
    assert sorted(homes(nova, id, 4)) == ["c1", "c1", "c2", "c2"]
    assert ask(nova, {"group": id}).status == 503


def test_a_server_is_beside_another_or_apart_from_it(nova):
    first = create()
    beside, apart = (ask(nova, {key: first.pk}) for key in ("same_host", "different_host"))
    assert (home(beside), home(apart) != first.backend.name) == (first.backend.name, True)


@pytest.mark.parametrize(
    "hints",
    [{"group": "0" * 32}, {"group": "x"}, {"same_host": "0" * 32}, {"query": "[]"}, {"different_host": [1]}],
)
def test_a_hint_that_cannot_be_followed_is_refused(nova, hints):
    assert ask(nova, hints).status == 400
    assert Server.objects.count() == 0


@pytest.mark.parametrize(
    "body",
    [
        {"name": "", "policy": "affinity"},
        {"name": " g", "policy": "affinity"},
        {"name": "g" * 256, "policy": "affinity"},
        {"name": 1, "policy": "affinity"},
        {"name": "g", "policy": "storage-affinity"},
        {"name": "g"},
        {"name": "g", "policy": "affinity", "rules": {"max_server_per_host": 2}},
        {"name": "g", "policy": "anti-affinity", "rules": {"max_server_per_host": 0}},
    ],
)
def test_what_is_no_group_is_refused(nova, body):
    assert nova.post("/os-server-groups", {"server_group": body}).status == 400


def test_groups_and_their_members_are_counted(nova):
    set_limits(ADMIN, ALICE.project, {"server_groups": 1, "server_group_members": 1})
    id = made(nova, "soft-affinity")
    body = {"server_group": {"name": "g", "policy": "affinity"}}
    assert nova.post("/os-server-groups", body).status == 403
    assert [ask(nova, {"group": id}).status for _ in range(2)] == [202, 403]
    nova.delete(f"/os-server-groups/{id}")
    assert nova.post("/os-server-groups", body).status == 200
