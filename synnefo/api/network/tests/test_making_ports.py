"""Ports that tenants make without a server, and what of them is theirs to change."""

import pytest

from logic.network.models import Address, Network, Port, Subnet
from logic.testing.worlds import ALICE, BOB, NETWORK, create, running, take
from synnefo.api.network.tests.test_making_networks import made, refused, subnet

V2 = "/network/v2.0"
PORTS = f"{V2}/ports"


@pytest.fixture(autouse=True)
def enforced(settings):
    settings.SECURITY_GROUPS = True


@pytest.fixture
def network(alice):
    found = made(alice)
    subnet(alice, found)
    return found


def ask(client, network, token="alice", **body):
    return client.post(PORTS, {"port": {"network_id": network["id"], **body}}, token=token)


def ips(port):
    return [one["ip_address"] for one in port["fixed_ips"]]


def test_a_port_without_a_server_is_down_and_has_an_address_and_a_group(alice, network):
    told = made(alice, "port", network_id=network["id"], name="p", description="d")
    assert (told["status"], told["device_id"], told["device_owner"]) == ("DOWN", "", "")
    assert (ips(told), len(told["security_groups"]), told["port_security_enabled"]) == (["10.9.0.2"], 1, True)
    assert (told["description"], told["allowed_address_pairs"], told["extra_dhcp_opts"]) == ("d", [], [])
    assert told["mac_address"].startswith(Network.objects.get(pk=network["id"]).mac_prefix)
    assert alice.get(f"{PORTS}/{told['id']}").json["port"] == told


def test_several_are_made_together_or_none(alice, network, settings):
    settings.QUOTAS = {"ports": 1}
    body = {"ports": [{"network_id": network["id"]}, {"network_id": network["id"]}]}
    assert refused(alice.post(PORTS, body)) == (409, "OverQuota")
    assert not Port.objects.exists()
    assert not Address.objects.exists()
    settings.QUOTAS = {"ports": 2}
    assert len(alice.post(PORTS, body).json["ports"]) == 2


def test_addresses_are_chosen(alice, network):
    id = Subnet.objects.get(network=network["id"]).pk
    assert ips(made(alice, "port", network_id=network["id"], fixed_ips=[{"ip_address": "10.9.0.77"}])) == ["10.9.0.77"]
    assert ips(made(alice, "port", network_id=network["id"], fixed_ips=[{"subnet_id": id}])) == ["10.9.0.78"]
    assert ips(made(alice, "port", network_id=network["id"], fixed_ips=[])) == []
    for wanted, answer in (
        ({"ip_address": "10.9.0.77"}, (409, "IpAddressAlreadyAllocated")),
        ({"ip_address": "10.8.0.77"}, (400, "InvalidIpForNetwork")),
        ({"ip_address": "10.8.0.77", "subnet_id": id}, (400, "InvalidIpForSubnet")),
        ({"ip_address": "10.9.0.255"}, (400, "InvalidIpForSubnet")),
        ({"ip_address": "x"}, (400, "InvalidInput")),
        ({"subnet_id": "unknown"}, (400, "InvalidInput")),
        ({}, (400, "InvalidInput")),
    ):
        assert refused(ask(alice, network, fixed_ips=[wanted])) == answer, wanted


def test_a_range_that_is_given_out_says_so(alice):
    small = made(alice)
    subnet(alice, small, cidr="10.9.0.0/30")
    made(alice, "port", network_id=small["id"])
    assert refused(ask(alice, small)) == (409, "IpAddressGenerationFailure")


@pytest.mark.parametrize("first", [{}, {"ip_address": "10.9.0.2"}])
def test_a_port_has_as_many_addresses_as_were_asked_for_or_is_not_made(alice, first):
    small = made(alice)
    id = subnet(alice, small, cidr="10.9.0.0/30")["id"]
    both = [{"subnet_id": id, **first}, {"subnet_id": id}]
    assert refused(ask(alice, small, fixed_ips=both)) == (409, "IpAddressGenerationFailure")
    assert not Address.objects.exists()
    port = made(alice, "port", network_id=small["id"], fixed_ips=[])
    told = alice.put(f"{PORTS}/{port['id']}", {"port": {"fixed_ips": both}})
    assert refused(told) == (409, "IpAddressGenerationFailure")
    assert not Address.objects.exists()


def test_no_address_is_asked_for_twice(alice, network):
    assert refused(ask(alice, network, fixed_ips=[{"ip_address": "10.9.0.7"}] * 2)) == (400, "InvalidInput")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"device_owner": "network:dhcp"}, 403),
        ({"binding:host_id": "n1"}, 403),
        ({"project_id": BOB.project}, 403),
        ({"device_id": "x"}, 400),
        ({"binding:vnic_type": "direct"}, 400),
        ({"binding:profile": {"a": 1}}, 400),
        ({"unheard": 1}, 400),
        ({"mac_address": "01:00:00:00:00:01"}, 400),
        ({"mac_address": "fa:16:3e:00:00:01"}, 400),
        ({"security_groups": ["unknown"]}, 404),
        ({"port_security_enabled": False, "allowed_address_pairs": [{"ip_address": "10.9.0.9"}]}, 409),
        ({"allowed_address_pairs": [{"ip_address": "10.9.0.9"}] * 2}, 400),
        ({"allowed_address_pairs": [{"ip_address": "x"}]}, 400),
        ({"allowed_address_pairs": [{"ip_address": f"10.9.0.{last}"} for last in range(11)]}, 400),
        ({"allowed_address_pairs": [{"ip_address": "10.9.0.9", "mac_address": "02:00:00:00:00:01"}]}, 400),
        ({"extra_dhcp_opts": [{"opt_name": "no-such", "opt_value": "x"}]}, 400),
        ({"extra_dhcp_opts": [{"opt_name": "mtu", "opt_value": "many"}]}, 400),
        ({"extra_dhcp_opts": [{"opt_name": "mtu", "opt_value": "9", "ip_version": 6}]}, 400),
        ({"name": "x" * 256}, 400),
    ],
)
def test_a_port_that_is_not_to_be_is_refused(alice, network, body, status):
    assert ask(alice, network, **body).status == status
    assert not Port.objects.exists()


def test_nobody_makes_ports_on_a_network_that_is_not_there_for_them(alice, network):
    assert refused(ask(alice, network, token="bob")) == (404, "NetworkNotFound")
    assert ask(alice, {"id": NETWORK}, mac_address="02:00:00:00:00:01").status == 403


def test_operators_choose_macs_and_hosts(alice):
    body = {"mac_address": "02-00-00-00-00-0A", "binding:host_id": "n1", "project_id": BOB.project}
    told = made(alice, "port", token="admin", network_id=NETWORK, **body)
    assert (told["mac_address"], told["binding:host_id"], told["project_id"]) == (
        "02:00:00:00:00:0a",
        "n1",
        BOB.project,
    )
    assert refused(ask(alice, {"id": NETWORK}, token="admin", **body)) == (409, "MacAddressInUse")


def test_the_mac_of_a_deleted_port_may_be_chosen_again(alice, network):
    port = made(alice, "port", network_id=network["id"])
    alice.delete(f"{PORTS}/{port['id']}")
    again = made(alice, "port", network_id=network["id"], mac_address=port["mac_address"])
    assert again["mac_address"] == port["mac_address"]


def test_a_port_is_changed(alice, network):
    path = f"{PORTS}/{made(alice, 'port', network_id=network['id'])['id']}"
    body = {
        "name": "new",
        "admin_state_up": False,
        "fixed_ips": [{"ip_address": "10.9.0.50"}],
        "security_groups": [],
        "allowed_address_pairs": [{"ip_address": "10.9.0.0/25"}],
        "extra_dhcp_opts": [{"opt_name": "bootfile-name", "opt_value": "pxelinux.0"}],
    }
    told = alice.put(path, {"port": body}).json["port"]
    assert (told["name"], told["admin_state_up"], ips(told), told["security_groups"]) == (
        "new",
        False,
        ["10.9.0.50"],
        [],
    )
    assert told["allowed_address_pairs"] == [{"ip_address": "10.9.0.0/25", "mac_address": told["mac_address"]}]
    assert told["extra_dhcp_opts"] == [{"opt_name": "bootfile-name", "opt_value": "pxelinux.0", "ip_version": 4}]
    assert told["revision_number"] == 2
    more = {
        "extra_dhcp_opts": [{"opt_name": "bootfile-name", "opt_value": None}, {"opt_name": "mtu", "opt_value": "1400"}]
    }
    told = alice.put(path, {"port": more}).json["port"]
    assert [one["opt_name"] for one in told["extra_dhcp_opts"]] == ["mtu"]
    assert refused(alice.put(path, {"port": {"port_security_enabled": False}})) == (
        409,
        "AddressPairAndPortSecurityRequired",
    )
    assert alice.put(path, {"port": {"name": "x"}}, token="bob").status == 404


def test_addresses_that_stay_are_kept_and_those_that_go_are_free(alice, network):
    inside = Subnet.objects.get(network=network["id"])
    port = made(alice, "port", network_id=network["id"])
    path = f"{PORTS}/{port['id']}"
    both = {"fixed_ips": [{"subnet_id": inside.pk}, {"subnet_id": inside.pk, "ip_address": "10.9.0.40"}]}
    assert ips(alice.put(path, {"port": both}).json["port"]) == [*ips(port), "10.9.0.40"]
    assert ips(alice.put(path, {"port": {"fixed_ips": [{"ip_address": "10.9.0.40"}]}}).json["port"]) == ["10.9.0.40"]
    assert ips(made(alice, "port", network_id=network["id"], fixed_ips=[{"ip_address": "10.9.0.2"}])) == ["10.9.0.2"]


def test_where_nodes_do_not_ask_a_port_has_one_address_and_nothing_beside(alice, network, settings):
    settings.SECURITY_GROUPS = False
    for body in (
        {"fixed_ips": [{"ip_address": "10.9.0.40"}, {"ip_address": "10.9.0.41"}]},
        {"allowed_address_pairs": [{"ip_address": "10.9.0.9"}]},
        {"extra_dhcp_opts": [{"opt_name": "mtu", "opt_value": "1400"}]},
        {"admin_state_up": False},
    ):
        assert ask(alice, network, **body).status == 400, body
    assert made(alice, "port", network_id=network["id"])["port_security_enabled"] is False


def test_what_a_guests_interface_has_it_keeps(alice):
    port = Port.objects.get(device=running().pk)
    path = f"{PORTS}/{port.pk}"
    assert refused(alice.put(path, {"port": {"fixed_ips": [{"ip_address": "10.0.0.99"}]}})) == (409, "PortBound")
    assert refused(alice.put(path, {"port": {"mac_address": "02:00:00:00:00:09"}}, token="admin")) == (409, "PortBound")
    same = {"fixed_ips": [{"ip_address": "10.0.0.2"}], "name": "new"}
    assert alice.put(path, {"port": same}).json["port"]["name"] == "new"


def test_a_port_that_is_deleted_is_gone_with_its_address_and_its_quota(alice, network):
    port = made(alice, "port", network_id=network["id"])
    assert alice.delete(f"{PORTS}/{port['id']}").status == 204
    assert alice.get(f"{PORTS}/{port['id']}").status == 404
    assert not Address.objects.exists()
    assert alice.get(f"{V2}/quotas/{ALICE.project}/details").json["quota"]["port"]["used"] == 0


def test_a_servers_port_is_taken_off_it_first_and_a_routers_is_not_deleted(alice, network):
    port = Port.objects.get(device=running().pk)
    assert alice.delete(f"{PORTS}/{port.pk}").status == 204
    assert take().command.resource == port.pk
    building = Port.objects.get(device=create().pk)
    assert alice.delete(f"{PORTS}/{building.pk}").status == 409
    theirs = made(alice, "port", network_id=network["id"])["id"]
    Port.objects.filter(pk=theirs).update(device="r", device_owner="network:router_interface")
    assert refused(alice.delete(f"{PORTS}/{theirs}")) == (409, "ServicePortInUse")


def test_another_tenants_port_is_not_deleted_and_its_server_not_told_of(alice):
    server = running()
    port = Port.objects.get(device=server.pk)
    reply = alice.delete(f"{PORTS}/{port.pk}", token="bob")
    assert refused(reply) == (404, "PortNotFound")
    assert server.pk not in reply.body.decode()


def test_ipv6_without_modes_is_out_of_the_pool(alice, network):
    made(alice, "subnet", network_id=network["id"], ip_version=6, cidr="fd00:9::/64")
    port = made(alice, "port", network_id=network["id"])
    assert ips(port) == ["10.9.0.2", "fd00:9::2"]


def test_a_port_that_a_server_has_is_deleted_as_it_was_seen_or_not_at_all(alice):
    path = f"{PORTS}/{Port.objects.get(device=running().pk).pk}"
    assert alice.delete(path, headers={"If-Match": "revision_number=7"}).status == 412
    assert alice.delete(path, headers={"If-Match": "revision_number=1"}).status == 204
