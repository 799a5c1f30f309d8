"""What jobs do to instances: create, start, stop, reboot, remove; and what happens to them without a job."""

import msgspec
import pytest

from ganeti.simulator.settings import NodeSpec
from ganeti.simulator.tests.lab import SETTINGS, Lab


def code(result):
    """The code of an OpPrereqError."""
    status, (kind, (_, found)) = result
    assert (status, kind) == ("error", "OpPrereqError")
    return found


def test_a_created_instance_runs_with_what_was_asked(lab):
    lab.created(tags=["synnefo:server:x"], hypervisor="kvm")
    found = lab.instance()
    assert (found["status"], found["admin_state"], found["oper_ram"]) == ("running", "up", 512)
    assert (found["nic.names"], found["nic.ips"], found["nic.networks.names"]) == (["eth0"], ["10.200.0.2"], ["net1"])
    assert found["nic.macs"][0].startswith("aa:00:01:")
    assert (found["disk.sizes"], found["disk.names"]) == ([1024], ["root"])
    assert (found["tags"], found["network_port"]) == (["synnefo:server:x"], 11000)


def test_created_without_start_it_is_down(lab):
    lab.created(start=False)
    assert lab.status() == "ADMIN_down"


def test_it_is_there_before_its_job_has_ended(lab):
    job = lab.create()
    while lab.send("GET", "/2/instances/web1").status == 404:
        lab.step()
    assert lab.job(job)["status"] == "running"
    assert lab.status() == "ADMIN_down"


def test_the_job_tells_what_is_being_done(lab):
    lab.created()
    lines = [entry[3] for entry in lab.job(1)["oplog"][0]]
    for line in ("* creating instance disks...", "adding instance web1 to cluster config", "* starting instance..."):
        assert line in lines


def test_the_job_file_keeps_pool_where_the_instance_has_an_address(lab):
    lab.created()
    assert lab.job(1)["ops"][0]["nics"] == [{"network": "net1", "ip": "pool", "name": "eth0"}]


def test_a_name_is_given_once(one):
    assert code(one.result(one.create("web1"))) == "already_exists"


def test_of_two_creations_of_one_name_one_succeeds(lab):
    jobs = [lab.create("web1"), lab.create("web1")]
    lab.settle()
    assert {lab.job(job)["status"] for job in jobs} == {"success", "error"}
    assert len(lab.ask("GET", "/2/instances")) == 1


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"name_check": True}, "resolver_error"),
        ({"ip_check": True}, "wrong_input"),
        ({"disk_template": "drbd"}, "wrong_input"),
        ({"hypervisor": "xen-pvm"}, "wrong_input"),
        ({"os_type": None}, "wrong_input"),
        ({"disk_template": "diskless"}, "wrong_input"),
        ({"disks": [{}]}, "wrong_input"),
        ({"opportunistic_locking": True}, "wrong_input"),
        ({"pnode": "node9"}, "unknown_entity"),
        ({"nics": [{"network": "net9"}]}, "unknown_entity"),
        ({"nics": [{"network": "net1", "mode": "bridged"}]}, "wrong_input"),
        ({"nics": [{"ip": "pool"}]}, "wrong_input"),
        ({"nics": [{"mac": "nonsense"}]}, "wrong_input"),
        ({"nics": [{"network": "net1", "ip": "192.0.2.1"}]}, "resource_not_unique"),
        ({"nics": [{"network": "net1", "ip": "10.200.0.1"}]}, "resource_not_unique"),
        ({"beparams": {"maxmem": 10**6}}, "insufficient_resources"),
        ({"disks": [{"size": 10**8}]}, "insufficient_resources"),
    ],
)
def test_what_cannot_be_made_is_refused_by_the_job(lab, parts, why):
    assert code(lab.result(lab.create(**parts))) == why
    assert lab.ask("GET", "/2/instances") == []


def test_with_an_allocator_opportunistic_locking_makes_no_difference(lab):
    lab.created(opportunistic_locking=True, iallocator="hail")


def test_what_is_not_said_comes_from_the_cluster(lab):
    lab.created(beparams={}, disks=[])
    found = lab.instance()
    assert (found["disk_template"], found["beparams"]["memory"], found["beparams"]["vcpus"]) == ("file", 128, 1)


def test_a_mac_is_given_once(lab):
    lab.created("web1", nics=[{"mac": "aa:00:00:12:34:56"}])
    assert code(lab.result(lab.create("web2", nics=[{"mac": "AA:00:00:12:34:56"}]))) == "resource_not_unique"


def test_an_address_of_a_pool_is_given_once_and_comes_back(lab):
    names = [f"web{number}" for number in range(12)]
    for name in names:
        lab.created(name)
    addresses = {lab.instance(name)["nic.ips"][0] for name in names}
    assert len(addresses) == 12
    lab.result(lab.order("DELETE", "/2/instances/web3"))
    lab.created("again")
    assert lab.instance("again")["nic.ips"][0] in addresses


def test_when_a_pool_is_empty_the_job_fails(lab):
    for number in range(13):
        lab.created(f"web{number}")
    assert code(lab.result(lab.create("late"))) == "insufficient_resources"


def test_the_node_with_most_room_is_chosen():
    lab = Lab(msgspec.structs.replace(SETTINGS, nodes=(NodeSpec(name="node1", memory=600), NodeSpec(name="node2"))))
    assert lab.result(lab.create("web1"))[1] == ["node2"]
    assert lab.result(lab.create("web2", pnode="node1"))[1] == ["node1"]
    assert code(lab.result(lab.create("web3", pnode="node1"))) == "insufficient_resources"


def test_the_port_of_a_removed_instance_is_given_again(lab):
    lab.created("web1")
    lab.created("web2")
    lab.result(lab.order("DELETE", "/2/instances/web1"))
    lab.created("web3")
    assert lab.instance("web3")["network_port"] == 11000


def test_starting_what_runs_is_a_success(one):
    assert one.result(one.order("PUT", "/2/instances/web1/startup", {})) == ("success", None)
    assert one.status() == "running"


def test_stopping_and_starting(one):
    one.result(one.order("PUT", "/2/instances/web1/shutdown", {"timeout": 5}))
    assert (one.status(), one.instance()["oper_ram"]) == ("ADMIN_down", None)
    one.result(one.order("PUT", "/2/instances/web1/startup", {}))
    assert one.status() == "running"


def test_while_it_stops_the_guest_still_runs_against_the_wish(one):
    job = one.order("PUT", "/2/instances/web1/shutdown", {})
    seen = []
    while one.step():
        seen.append(one.status())
    assert "ERROR_up" in seen
    assert one.job(job)["status"] == "success"


@pytest.mark.parametrize("kind", ["hard", "soft"])
def test_a_reboot_leaves_it_running(one, kind):
    assert one.result(one.order("POST", "/2/instances/web1/reboot", {}, type=kind)) == ("success", None)
    assert one.status() == "running"


def test_a_reboot_starts_what_is_down(one):
    one.result(one.order("PUT", "/2/instances/web1/shutdown", {}))
    one.result(one.order("POST", "/2/instances/web1/reboot", {}, type="hard"))
    assert one.status() == "running"


def test_an_unknown_kind_of_reboot_cannot_be_parsed(one):
    assert one.send("POST", "/2/instances/web1/reboot", {}, type="warm").status == 502


@pytest.mark.parametrize("running", [True, False])
def test_a_removed_instance_is_gone(one, running):
    if not running:
        one.result(one.order("PUT", "/2/instances/web1/shutdown", {}))
    assert one.result(one.order("DELETE", "/2/instances/web1", {"shutdown_timeout": 0})) == ("success", None)
    assert one.send("GET", "/2/instances/web1").status == 404


def test_what_is_asked_of_a_removed_instance_fails(one):
    removal = one.order("DELETE", "/2/instances/web1")
    one.until(removal, "running")
    start = one.order("PUT", "/2/instances/web1/startup", {})
    assert code(one.result(start)) == "unknown_entity"
    assert one.job(removal)["status"] == "success"


def test_an_instance_made_again_under_its_name_has_another_uuid(one):
    before = one.instance()["uuid"]
    one.result(one.order("DELETE", "/2/instances/web1"))
    one.created("web1")
    assert one.instance()["uuid"] != before


def test_a_crashed_guest_is_an_error_and_no_job_tells(one):
    jobs = one.ask("GET", "/2/jobs")
    one.simulator.crash_guest("web1")
    assert (one.status(), one.instance()["oper_state"]) == ("ERROR_down", False)
    assert one.ask("GET", "/2/jobs") == jobs


@pytest.mark.parametrize(("knows", "status"), [(True, "USER_down"), (False, "ERROR_down")])
def test_a_guest_that_powers_itself_off_is_told_apart_where_the_cluster_can(knows, status):
    lab = Lab(msgspec.structs.replace(SETTINGS, user_shutdown=knows))
    lab.created()
    lab.simulator.power_off_guest("web1")
    assert lab.status() == status
    lab.result(lab.order("PUT", "/2/instances/web1/startup", {}))
    assert lab.status() == "running"


def test_an_instance_may_vanish_or_appear_without_a_job(one):
    one.simulator.remove_behind_back("web1")
    one.simulator.add_foreign_instance("alien", tags=["owner:eve"])
    assert [each["id"] for each in one.ask("GET", "/2/instances")] == ["alien"]
    assert one.instance("alien")["tags"] == ["owner:eve"]
    assert len(one.ask("GET", "/2/jobs")) == 1


def test_a_cluster_made_anew_is_another_one_and_empty(one):
    before = one.simulator.uuid
    one.simulator.reinit()
    assert one.simulator.uuid != before
    assert (one.ask("GET", "/2/instances"), one.ask("GET", "/2/jobs"), one.files.live) == ([], [], {})
    assert one.create("web1") == 1
    assert one.result(1)[0] == "success"
