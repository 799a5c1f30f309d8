"""``fixtures/``: what a new cloud starts with."""

import ipaddress
from pathlib import Path

import pytest
from django.core.management import call_command

from logic.compute import commands, queries
from logic.compute.commands import NewServer
from logic.compute.models import Flavor
from logic.image.models import Image
from logic.network.models import Network, Port, Subnet
from logic.testing.worlds import ALICE, cluster

pytestmark = pytest.mark.django_db
FIXTURES = sorted((Path(__file__).resolve().parents[3] / "fixtures").glob("*.json"))


def load():
    call_command("loaddata", *FIXTURES, verbosity=0)


def test_loading_twice_is_loading_once():
    load()
    first = [list(model.objects.order_by("pk").values()) for model in (Flavor, Image, Network, Subnet)]
    assert all(first)
    load()
    assert [list(model.objects.order_by("pk").values()) for model in (Flavor, Image, Network, Subnet)] == first


def test_every_image_fits_on_a_flavor_and_a_server_can_be_made_of_it():
    load()
    cluster()
    for image in Image.objects.all():
        flavors = Flavor.objects.filter(disk__gte=image.min_disk, ram__gte=image.min_ram)
        (id,) = commands.create_servers(ALICE, NewServer(name=image.name, flavor=flavors[0].pk, image=image.pk))
        assert queries.server(ALICE, id).addresses, image.name


def test_servers_go_to_the_one_default_network_which_all_projects_see():
    load()
    network = Network.objects.get(is_default=True)
    assert network.shared
    cluster()
    commands.create_servers(ALICE, NewServer(name="x", flavor="5", image=Image.objects.all()[0].pk))
    assert Port.objects.get().network == network


def test_pools_lie_within_their_subnet_and_leave_the_gateway_out():
    load()
    for subnet in Subnet.objects.all():
        whole, gateway = ipaddress.ip_network(subnet.cidr), ipaddress.ip_address(subnet.gateway)
        assert gateway in whole
        for first, last in subnet.pools:
            low, high = ipaddress.ip_address(first), ipaddress.ip_address(last)
            assert low in whole
            assert high in whole
            assert not low <= gateway <= high


def test_nothing_is_claimed_of_an_images_data_that_is_not_known():
    load()
    for image in Image.objects.all():
        assert (image.size is None) == (image.checksum == "") == (image.hash_value == "")
        assert image.backend_name
