"""Requests about one network at the same moment: each sees what the other has done, whichever was first."""

import pytest
from django.db import connection

from logic.errors import BadRequest, Conflict, NotFound
from logic.network import commands, refusals
from logic.network.commands import delete_network, places
from logic.network.models import Network, Port, Subnet
from logic.network.networks.commands import NewNetwork, create_networks
from logic.network.ports.commands import NewPort, create_ports
from logic.network.subnets.commands import NewSubnet, SubnetChange, create_subnets, delete_subnet, update_subnet
from logic.testing.worlds import ALICE, furnish
from logic.tests.meeting import during

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.every_database]


@pytest.fixture(autouse=True)
def world(settings):
    settings.QUOTAS = {}
    furnish()
    if connection.vendor == "sqlite":
        pytest.skip("one transaction at a time")


@pytest.fixture
def network():
    (made,) = create_networks(ALICE, [NewNetwork(name="tenants")])
    create_subnets(ALICE, [NewSubnet(network=made, cidr="10.9.0.0/24", pools=[["10.9.0.10", "10.9.0.20"]])])
    return made


def port(network):
    return lambda: create_ports(ALICE, [NewPort(network=network)])


def test_a_network_on_which_somebody_just_makes_a_port_is_not_deleted(network):
    assert isinstance(during(port(network), lambda: delete_network(ALICE, network)), refusals.NetworkInUse)
    assert Network.objects.get(pk=network).deleted_at is None


def test_no_port_is_made_on_a_network_that_somebody_just_deletes(network):
    assert isinstance(during(lambda: delete_network(ALICE, network), port(network)), NotFound)
    assert not Port.objects.filter(network=network).exists()


def test_no_server_goes_to_a_network_that_somebody_just_deletes(network):
    asked = lambda: places(ALICE, [commands.NewNic(network=network)])  # noqa: E731
    assert isinstance(during(lambda: delete_network(ALICE, network), asked), BadRequest)


def test_a_server_sees_the_pools_that_somebody_just_changes(network):
    subnet = Subnet.objects.get(network=network).pk
    change = lambda: update_subnet(ALICE, subnet, SubnetChange(pools=[["10.9.0.30", "10.9.0.31"]]))  # noqa: E731
    (place,) = during(change, lambda: places(ALICE, [commands.NewNic(network=network)]))
    assert place.subnets[0].pools == [["10.9.0.30", "10.9.0.31"]]


def test_a_subnet_of_which_somebody_just_takes_an_address_is_not_deleted(network):
    subnet = Subnet.objects.get(network=network).pk
    assert isinstance(during(port(network), lambda: delete_subnet(ALICE, subnet)), Conflict)
