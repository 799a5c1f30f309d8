"""Aggregates of clusters, and clusters as services and hosts: what administrators see and change."""

import datetime

import pytest

from logic import clock
from logic.ledger.models import Presence
from logic.placement.models import Backend
from logic.testing.worlds import cluster, create


@pytest.fixture
def nova(admin):
    cluster("c2")
    return admin(96)


def made(nova, name="a", **fields) -> int:
    return nova.post("/os-aggregates", {"aggregate": {"name": name, **fields}}).json["aggregate"]["id"]


def act(nova, id, action, value):
    return nova.post(f"/os-aggregates/{id}/action", {action: value})


def test_an_aggregate_is_made_changed_and_forgotten(nova):
    id = made(nova, availability_zone=None)
    assert nova.put(f"/os-aggregates/{id}", {"aggregate": {"name": "b"}}).json["aggregate"]["name"] == "b"
    assert [one["name"] for one in nova.get("/os-aggregates").json["aggregates"]] == ["b"]
    assert [nova.delete(f"/os-aggregates/{id}").status for _ in range(2)] == [200, 404]


def test_hosts_come_and_go(nova):
    id = made(nova)
    assert act(nova, id, "add_host", {"host": "c1"}).json["aggregate"]["hosts"] == ["c1"]
    assert act(nova, id, "add_host", {"host": "c1"}).status == 409
    assert nova.delete(f"/os-aggregates/{id}").status == 409
    assert [act(nova, id, "remove_host", {"host": "c1"}).status for _ in range(2)] == [200, 404]
    assert act(nova, id, "add_host", {"host": "c9"}).status == 404


def test_notes_are_added_and_taken_out(nova):
    id = made(nova)
    assert act(nova, id, "set_metadata", {"metadata": {"a": "1", "b": "2"}}).status == 200
    kept = act(nova, id, "set_metadata", {"metadata": {"a": None}}).json["aggregate"]["metadata"]
    assert kept == {"b": "2"}


def test_a_cluster_is_in_no_zone_but_its_own(nova):
    id = made(nova, availability_zone="c1")
    assert [act(nova, id, "add_host", {"host": host}).status for host in ("c2", "c1")] == [409, 200]
    assert nova.post("/os-aggregates", {"aggregate": {"name": "b", "availability_zone": "mars"}}).status == 400


@pytest.mark.parametrize("name", ["", " a", "x" * 256, 1, None])
def test_what_is_no_name_is_refused(nova, name):
    assert nova.post("/os-aggregates", {"aggregate": {"name": name}}).status == 400


def test_two_aggregates_have_two_names(nova):
    made(nova)
    assert nova.post("/os-aggregates", {"aggregate": {"name": "a"}}).status == 409


def test_a_disabled_service_is_a_drained_cluster_and_says_why(nova):
    id = next(one["id"] for one in nova.get("/os-services").json["services"] if one["host"] == "c1")
    wanted = {"status": "disabled", "disabled_reason": "new disks"}
    told = nova.put(f"/os-services/{id}", wanted).json["service"]
    assert (told["status"], told["disabled_reason"], Backend.objects.get(name="c1").drained) == (
        "disabled",
        "new disks",
        True,
    )
    assert nova.put(f"/os-services/{id}", {"status": "enabled"}).json["service"]["disabled_reason"] is None
    assert nova.put(f"/os-services/{id}", {"forced_down": True}).json["service"]["state"] == "down"


@pytest.mark.parametrize(
    "body", [{}, {"status": "on"}, {"disabled_reason": "x"}, {"status": "enabled", "disabled_reason": "x"}]
)
def test_a_service_is_not_changed_to(nova, body):
    id = nova.get("/os-services").json["services"][0]["id"]
    assert nova.put(f"/os-services/{id}", body).status == 400


@pytest.mark.parametrize(
    ("action", "more", "told"),
    [
        ("disable", {}, {"status": "disabled"}),
        ("enable", {}, {"status": "enabled"}),
        ("disable-log-reason", {"disabled_reason": "x"}, {"status": "disabled", "disabled_reason": "x"}),
        ("force-down", {"forced_down": True}, {"forced_down": True}),
    ],
)
def test_below_2_53_a_service_is_changed_by_its_host(nova, action, more, told):
    named = {"host": "c1", "binary": "nova-compute"}
    reply = nova(11).put(f"/os-services/{action}", named | more)
    assert reply.json == {"service": named | told}
    assert nova(11).put(f"/os-services/{action}", named | more | {"host": "c9"}).status == 404


def test_below_2_53_hypervisors_are_searched_and_tell_their_servers(nova):
    create()
    assert [one["hypervisor_hostname"] for one in nova(1).get("/os-hypervisors/c2/search").json["hypervisors"]] == [
        "c2"
    ]
    (one,) = nova(1).get("/os-hypervisors/c1/servers").json["hypervisors"]
    assert [server["name"] for server in one.get("servers", [])] in (["demo"], [])
    assert [nova(1).get(f"/os-hypervisors/{word}").status for word in ("c9/search", "c9/servers")] == [404, 404]
    assert nova.get("/os-hypervisors/c2/search").status == 404


def test_clusters_do_not_say_their_uptime(nova):
    assert [nova(1).get(f"/os-hypervisors/{id}/uptime").status for id in ("c1", "none")] == [501, 404]


def test_hosts_are_shown_and_disabled(nova):
    assert [one["host_name"] for one in nova(1).get("/os-hosts?zone=c2").json["hosts"]] == ["c2"]
    assert nova(1).get("/os-hosts/c1").json["host"][0]["resource"]["project"] == "(total)"
    assert nova(1).put("/os-hosts/c1", {"status": "disable"}).json == {"host": "c1", "status": "disabled"}
    assert nova(1).put("/os-hosts/c1", {"maintenance_mode": "enable"}).status == 501
    assert [nova(1).get(f"/os-hosts/{host}/reboot").status for host in ("c1", "c9")] == [501, 404]


def test_machines_of_dispatchers_are_conductors_in_both_lists(nova):
    now = clock.now()
    for holder, seconds in (("logic1:7:a", -60), ("logic1:8:b", 60), ("logic2:9:c", -60)):
        Presence.objects.create(holder=holder, until=now + datetime.timedelta(seconds=seconds))
    told = nova.get("/os-services?binary=nova-conductor").json["services"]
    assert [(one["host"], one["state"], one["zone"]) for one in told] == [
        ("logic1", "up", "internal"), ("logic2", "down", "internal"),
    ]  # fmt: skip
    assert [one["host_name"] for one in nova(42).get("/os-hosts?zone=internal").json["hosts"]] == ["logic1", "logic2"]
    assert {one["host_name"] for one in nova(42).get("/os-hosts").json["hosts"]} == {"c1", "c2", "logic1", "logic2"}
    assert len({one["id"] for one in nova(52).get("/os-services").json["services"]}) == 4
    assert nova.put(f"/os-services/{told[0]['id']}", {"status": "disabled"}).status == 400
    assert nova(42).get("/os-hosts/logic1").status == 404


@pytest.mark.parametrize(
    "path", ["/os-aggregates", "/os-aggregates/1", "/os-hosts", "/os-services", "/os-hosts/c1/reboot"]
)
def test_none_of_it_is_for_tenants(alice, path):
    assert alice.get(path).status == 403
