"""What nodes hear of ports beside rules, which is what the API has accepted of them."""

import pytest

from logic.network import enforcing, telling
from logic.network.models import Address, Network, Port, Subnet
from logic.network.subnets.ranges import STATIC
from logic.testing.worlds import ALICE, NETWORK, running

pytestmark = pytest.mark.django_db


@pytest.fixture
def port(db, settings):
    from logic.testing.worlds import furnish

    settings.SECURITY_GROUPS = True
    backend = furnish()
    return Port.objects.get(device=running().pk), backend


def test_of_a_usual_port_there_is_nothing_to_tell(port):
    assert telling.told([port[0].pk]) == {port[0].pk: {}}


def test_addresses_that_its_cluster_does_not_know_and_pairs_are_told_with_their_macs(port):
    own, _ = port
    Network.objects.update(flavor="MAC_FILTERED")
    second = Subnet.objects.create(network_id=NETWORK, cidr="10.7.0.0/24")
    six = Subnet.objects.create(network_id=NETWORK, cidr="fd00::/64", ip_version=6, ipv6_mode=STATIC)
    made = Subnet.objects.create(network_id=NETWORK, cidr="fd01::/64", ip_version=6, ipv6_mode="slaac")
    for subnet, ip in ((second, "10.7.0.9"), (six, "fd00::9"), (made, "fd01::1")):
        Address.objects.create(subnet=subnet, port=own, ip=ip)
    Port.objects.update(pairs=[["10.7.1.0/24", "aa:00:00:00:00:01"]])
    assert [(one["address"], one["mac"]) for one in telling.told([own.pk])[own.pk]["addresses"]] == [
        ("10.7.0.9/32", own.mac),
        ("fd00::9/128", own.mac),
        ("10.7.1.0/24", "aa:00:00:00:00:01"),
    ]


def test_what_guests_are_told_with_their_address_is_told_to_nodes(port):
    own, _ = port
    route = {"destination": "10.8.0.0/16", "nexthop": "10.0.0.2"}
    Subnet.objects.update(dns_nameservers=["9.9.9.9"], host_routes=[route])
    Network.objects.update(mtu=1400)
    Port.objects.update(dhcp_options=[["bootfile-name", "a", 4], ["server-ip-address", "10.0.0.7", 4]])
    assert telling.told([own.pk])[own.pk]["leases"] == {
        "nameservers": ["9.9.9.9"],
        "routes": [route],
        "mtu": 1400,
        "options": [[67, "61"], [0, "0a000007"]],
    }
    Subnet.objects.update(enable_dhcp=False)
    assert "nameservers" not in telling.told([own.pk])[own.pk]["leases"]


@pytest.mark.parametrize("model", [Network, Port])
def test_nothing_goes_through_what_is_down(port, model):
    own, backend = port
    model.objects.update(admin_state_up=False)
    assert enforcing.firewalls(str(backend.pk), [own.pk]) == {own.pk: ()}
    assert ALICE.project == own.project


def test_a_thousand_ports_take_as_many_statements_as_one(port, django_assert_num_queries):
    with django_assert_num_queries(3):
        telling.told([port[0].pk])
