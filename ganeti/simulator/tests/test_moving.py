"""An instance that goes to another node. What is said of each was told by a real 3.0.2 of three nodes."""

import msgspec
import pytest

from ganeti.simulator.settings import NodeSpec
from ganeti.simulator.tests.lab import SETTINGS, Lab

PLACES = (NodeSpec(name="node1"), NodeSpec(name="node2"), NodeSpec(name="node3", memory=256))
PLEASE = "Can't migrate, please use failover: "
NOWHERE = "Can't compute nodes using iallocator 'hail': Request failed: Can't find any good node: "


def lab_with(*nodes):
    return Lab(msgspec.structs.replace(SETTINGS, nodes=nodes, disk_templates=("sharedfile", "file", "diskless")))


@pytest.fixture
def lab():
    made = lab_with(*PLACES)
    made.created()
    return made


def moved(lab, how, **given):
    """How it ends."""
    return lab.result(lab.order("PUT", f"/2/instances/web1/{how}", given))


def refusal(text, code="wrong_state"):
    return ("error", ["OpPrereqError", [text, code]])


def place(lab):
    found = lab.instance()
    return found["pnode"], found["status"]


def said(lab):
    (log,) = lab.job(2)["oplog"]
    return [message for *_, message in log]


def test_a_guest_that_is_migrated_runs_on_all_the_time(lab):
    job = lab.order("PUT", "/2/instances/web1/migrate", {"mode": "live"})
    while lab.job(job)["status"] != "success":
        assert lab.status() == "running"
        assert lab.step()
    assert place(lab) == ("node2", "running")
    assert said(lab)[0] == " - INFO: Selected nodes for instance web1 via iallocator hail: node2"
    assert said(lab)[-2:] == ["* opening instance disks on node node2 in exclusive mode", "* done"]


def test_one_that_fails_over_is_stopped_and_started_on_the_other_node(lab):
    job, seen = lab.order("PUT", "/2/instances/web1/failover", {}), []
    while lab.job(job)["status"] != "success":
        assert lab.step()
        seen.append(place(lab))
    assert ("node1", "ERROR_down") in seen
    assert seen[-1] == ("node2", "running")


def test_one_that_is_down_fails_over_and_stays_so(lab):
    lab.result(lab.order("PUT", "/2/instances/web1/shutdown", {}))
    assert moved(lab, "migrate") == refusal(f"{PLEASE}Instance web1 is not running")
    assert moved(lab, "failover") == ("success", None)
    assert place(lab) == ("node2", "ADMIN_down")


def test_one_that_has_died_fails_over_and_runs_again(lab):
    lab.simulator.crash_guest("web1")
    assert moved(lab, "migrate") == refusal(f"{PLEASE}Instance web1 is not running")
    assert moved(lab, "failover") == ("success", None)
    assert place(lab) == ("node2", "running")


def test_a_node_may_be_named_but_not_its_own(lab):
    assert moved(lab, "migrate", target_node="node1") == refusal("Cannot migrate instance web1 to its primary (node1)")
    assert moved(lab, "failover", target_node="node3") == ("success", None)
    assert place(lab) == ("node3", "running")


@pytest.mark.parametrize(("how", "what"), [("migrate", "migrations"), ("failover", "failovers")])
def test_disks_that_one_node_has_stay_there(lab, how, what):
    lab.created("web2", disk_template="file", pnode="node1")
    job = lab.order("PUT", f"/2/instances/web2/{how}", {})
    assert lab.result(job) == refusal(f"Instance's disk layout 'file' does not allow {what}")


@pytest.mark.parametrize("how", ["migrate", "failover"])
def test_where_there_is_no_other_node_with_room_it_stays(how):
    lab = lab_with(PLACES[0], PLACES[2])
    lab.created()
    assert moved(lab, how) == refusal(NOWHERE, "insufficient_resources")
    assert place(lab) == ("node1", "running")


def test_what_was_on_a_node_that_is_given_up_runs_on_another_after_a_failover(lab):
    lab.simulator.give_up_node("node1")
    assert (lab.status(), lab.instance()["oper_state"]) == ("ERROR_nodeoffline", None)
    assert [one["offline"] for one in lab.ask("GET", "/2/nodes", bulk="1")] == [True, False, False]
    assert moved(lab, "migrate") == refusal(f"{PLEASE}Node is marked offline")
    assert moved(lab, "failover") == ("success", None)
    assert place(lab) == ("node2", "running")
    lab.simulator.give_up_node("node2")
    assert moved(lab, "failover") == refusal(NOWHERE, "insufficient_resources")


def test_what_makes_no_sense_is_not_taken(lab):
    assert lab.send("PUT", "/2/instances/web1/migrate", {"nonsense": 1}).status == 400
