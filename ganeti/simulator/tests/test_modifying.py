"""Changing an instance that is there: interfaces, disks, parameters, tags; and networks."""

import pytest


def modify(lab, **changes):
    """The result of a modification."""
    return lab.result(lab.order("PUT", "/2/instances/web1/modify", changes))


def names(lab):
    return lab.instance()["nic.names"]


def add(name="eth1", **parts):
    return ["add", -1, {"network": "net1", "ip": "pool", "name": name, **parts}]


def test_an_interface_is_added_at_the_end(one):
    status, result = modify(one, nics=[add()])
    nic = one.instance()
    mac, ip, link = nic["nic.macs"][1], nic["nic.ips"][1], nic["nic.links"][1]
    assert status == "success"
    assert result == [["nic.1", f"add:mac={mac},ip={ip},mode=bridged,link={link},network=net1"]]
    assert names(one) == ["eth0", "eth1"]


def test_what_was_generated_is_written_back_into_the_job(one):
    modify(one, nics=[add()])
    ((_, _, written),) = one.job(2)["ops"][0]["nics"]
    assert (written["mac"], written["ip"]) == (one.instance()["nic.macs"][1], one.instance()["nic.ips"][1])


def test_an_interface_may_be_put_in_between(one):
    modify(one, nics=[["add", 0, {"name": "first"}]])
    assert names(one) == ["first", "eth0"]


@pytest.mark.parametrize("by", ["name", "uuid", "index", "last"])
def test_an_interface_is_removed_by_name_uuid_or_index(one, by):
    modify(one, nics=[add("eth1")])
    modify(one, nics=[add("eth2")])
    which = {"name": "eth2", "uuid": one.instance()["nic.uuids"][2], "index": 2, "last": -1}[by]
    assert modify(one, nics=[["remove", which, {}]]) == ("success", [["NIC/2", "remove"]])
    assert names(one) == ["eth0", "eth1"]


def test_an_unknown_name_is_an_unknown_entity(one):
    said = ["Cannot find NIC with identifier eth9", "unknown_entity"]
    assert modify(one, nics=[["remove", "eth9", {}]]) == ("error", ["OpPrereqError", said])


@pytest.mark.parametrize("which", [1, 7, -2])
def test_an_index_that_is_not_there_is_an_error(one, which):
    status, (kind, _) = modify(one, nics=[["remove", which, {}]])
    assert (status, kind) == ("error", "OpExecError")


def test_several_changes_are_all_made_or_none(one):
    assert modify(one, nics=[["remove", "eth0", {}], ["remove", "eth9", {}]])[0] == "error"
    assert names(one) == ["eth0"]


def test_an_interface_is_changed_in_place(one):
    status, result = modify(one, nics=[["modify", 0, {"mac": "aa:00:00:12:34:57"}]])
    assert (status, result[0]) == ("success", ["nic.mac/0", "aa:00:00:12:34:57"])
    assert one.instance()["nic.macs"] == ["aa:00:00:12:34:57"]


def test_the_older_pairs_are_understood(one):
    assert modify(one, nics=[["add", {"name": "eth1"}]])[0] == "success"
    assert modify(one, nics=[[1, {"name": "eth9"}]])[0] == "success"
    assert names(one) == ["eth0", "eth9"]
    assert modify(one, nics=[["remove", {}]])[0] == "success"
    assert names(one) == ["eth0"]


def test_a_running_kvm_guest_gets_its_interface_at_once(one):
    _, result = modify(one, nics=[add()], hotplug=True)
    assert result[1] == ["nic.1", "hotplug:done"]


def test_a_fake_guest_gets_it_with_a_warning(lab):
    lab.created(hypervisor="fake")
    assert modify(lab, nics=[add()], hotplug_if_possible=True)[0] == "success"
    assert lab.job(2)["oplog"][0][0][3].startswith(" - WARNING: Hotplug is not supported")


def test_no_change_is_refused(one):
    assert modify(one) == ("error", ["OpPrereqError", ["No changes submitted", "wrong_input"]])


def test_a_removal_takes_no_settings(one):
    assert modify(one, nics=[["remove", 0, {"name": "eth0"}]])[0] == "error"


def test_backend_parameters_change_and_go_back_to_the_default(one):
    assert modify(one, beparams={"vcpus": 3}) == ("success", [["be/vcpus", 3]])
    assert one.instance()["beparams"]["vcpus"] == 3
    modify(one, beparams={"vcpus": "default"})
    assert one.instance()["beparams"]["vcpus"] == 1


@pytest.mark.parametrize(
    "wanted", [{"maxmem": "much"}, {"vcpus": 0}, {"maxmem": {}}, {"x": 1}, {"auto_balance": 1}, {"minmem": 4096}]
)
def test_backend_parameters_that_make_no_sense_are_refused(one, wanted):
    before = one.instance()
    assert modify(one, beparams=wanted)[0] == "error"
    assert one.instance() == before


def test_memory_is_the_older_word_for_both_bounds(one):
    modify(one, beparams={"memory": 1024})
    assert (one.instance()["beparams"]["minmem"], one.instance()["beparams"]["maxmem"]) == (1024, 1024)


def test_a_disk_that_is_neither_read_only_nor_read_write_is_refused(one):
    assert modify(one, disks=[["add", -1, {"size": 64, "mode": "w"}]])[0] == "error"
    assert modify(one, disks=[["add", -1, {"size": 64, "mode": None}]])[0] == "success"


def test_disks_are_added_and_removed(one):
    assert modify(one, disks=[["add", -1, {"size": 64, "name": "data"}]])[0] == "success"
    assert one.instance()["disk.sizes"] == [1024, 64]
    assert modify(one, disks=[["remove", "data", {}]])[0] == "success"
    assert one.instance()["disk.sizes"] == [1024]


def test_a_change_raises_the_serial_number(one):
    before = one.instance()["serial_no"]
    modify(one, beparams={"vcpus": 2})
    assert one.instance()["serial_no"] == before + 1


def test_tags_are_set_and_deleted(one):
    one.result(one.ask("PUT", "/2/instances/web1/tags", tag="env:test"))
    one.result(one.ask("PUT", "/2/instances/web1/tags", tag="a"))
    assert one.ask("GET", "/2/instances/web1/tags") == one.instance()["tags"] == ["a", "env:test"]
    one.result(one.ask("DELETE", "/2/instances/web1/tags", tag="a"))
    assert one.instance()["tags"] == ["env:test"]
    assert one.job(2)["summary"] == ["TAGS_SET"]


def test_a_tag_that_is_not_there_cannot_be_deleted(one):
    assert one.result(one.ask("DELETE", "/2/instances/web1/tags", tag="a"))[0] == "error"


@pytest.mark.parametrize("tag", ["", "a b", "x" * 129, "über"])
def test_a_tag_has_ganetis_letters(one, tag):
    assert one.result(one.ask("PUT", "/2/instances/web1/tags", tag=tag))[1][0] == "TagError"


def test_the_cluster_has_tags_too(lab):
    lab.result(lab.ask("PUT", "/2/tags", tag="lab"))
    assert lab.ask("GET", "/2/tags") == lab.ask("GET", "/2/info")["tags"] == ["lab"]


def test_a_network_tells_its_addresses(one):
    found = one.ask("GET", "/2/networks/net1")
    assert found["map"] == "XXX............X"
    assert (found["free_count"], found["reserved_count"]) == (12, 4)
    assert found["external_reservations"] == "10.200.0.0, 10.200.0.1, 10.200.0.15"
    assert found["group_list"] == [["default", "bridged", "br0", ""]]
    assert found["inst_list"] == ["web1"]


def test_a_network_is_made_connected_used_disconnected_and_removed(lab):
    new = {"network_name": "net2", "network": "10.9.0.0/24", "gateway": "10.9.0.1", "add_reserved_ips": ["10.9.0.2"]}
    assert lab.result(lab.order("POST", "/2/networks", new))[0] == "success"
    assert lab.result(lab.create("early", nics=[{"network": "net2", "ip": "pool"}]))[0] == "error"
    link = {"group_name": "default", "network_mode": "bridged", "network_link": "br7"}
    assert lab.result(lab.order("PUT", "/2/networks/net2/connect", link))[0] == "success"
    lab.created(nics=[{"network": "net2", "ip": "pool"}])
    assert (lab.instance()["nic.ips"], lab.instance()["nic.links"]) == (["10.9.0.3"], ["br7"])
    assert lab.result(lab.order("PUT", "/2/networks/net2/disconnect", {"group_name": "default"}))[0] == "error"
    lab.result(lab.order("DELETE", "/2/instances/web1"))
    assert lab.result(lab.order("DELETE", "/2/networks/net2"))[0] == "error"
    assert lab.result(lab.order("PUT", "/2/networks/net2/disconnect", {"group_name": "default"}))[0] == "success"
    assert lab.result(lab.order("DELETE", "/2/networks/net2"))[0] == "success"
    assert lab.send("GET", "/2/networks/net2").status == 404


@pytest.mark.parametrize(
    "parts",
    [
        {"network": "10.9.0.0/99"},
        {"network": "10.0.0.0/8"},
        {"network": "10.9.0.0/31"},
        {"gateway": "10.8.0.1"},
        {"gateway": "fd00::1"},
        {"add_reserved_ips": ["10.8.0.1"]},
        {"mac_prefix": "zz:00:00"},
    ],
)
def test_a_network_that_makes_no_sense_is_refused(lab, parts):
    order = lab.order("POST", "/2/networks", {"network_name": "bad", "network": "10.9.0.0/24", **parts})
    assert lab.result(order)[0] == "error"
    assert [one["name"] for one in lab.ask("GET", "/2/networks")] == ["net1"]
