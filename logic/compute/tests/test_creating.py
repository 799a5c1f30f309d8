"""What a request for servers costs, and what is written with them."""

import ipaddress

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from logic.compute import commands
from logic.compute.commands import NewServer
from logic.compute.models import Server
from logic.errors import Conflict, QuotaExceeded
from logic.ledger.models import Command, Journal
from logic.network.commands import NewNic
from logic.network.models import Address, Port, PortGroup, Subnet
from logic.network.security.commands import NewGroup, create_groups
from logic.quota import queries as quota
from logic.testing.worlds import ALICE, BOB, IMAGE, NETWORK, create, furnish

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]
STATEMENTS = 20  # of one request, its transaction's ends apart
UNCOUNTED = ("SAVEPOINT", "KEY SHARE", "LOCK IN SHARE MODE")  # one that holds the networks: SQLite has nothing to hold


@pytest.fixture(autouse=True)
def world(settings):
    settings.QUOTAS = {"servers": 100, "cores": 100, "ram": 100_000, "ports": 100}
    return furnish()


def statements(wanted):
    """How many one request takes; the first of a project makes its rows of usage."""
    create()
    with CaptureQueriesContext(connection) as asked:
        commands.create_servers(ALICE, wanted)
    return len([one for one in asked.captured_queries if not any(word in one["sql"] for word in UNCOUNTED)])


@pytest.mark.parametrize("count", [1, 20])
@pytest.mark.parametrize("nics", [1, 3])
def test_a_request_takes_few_statements_however_many_servers_and_interfaces_it_asks_for(count, nics):
    asked = [NewNic(network=NETWORK)] * nics
    wanted = NewServer(name="x", flavor="1", image=IMAGE, count=count, nics=asked)
    assert statements(wanted) <= STATEMENTS
    assert Server.objects.filter(name__startswith="x").count() == count
    assert Address.objects.count() == Port.objects.count() == 1 + count * nics


def test_security_groups_add_two_statements_however_many_there_are(settings):
    settings.SECURITY_GROUPS = True
    groups = create_groups(ALICE, [NewGroup(name=f"g{n}") for n in range(3)])
    asked = [NewNic(network=NETWORK)] * 3
    wanted = NewServer(name="x", flavor="1", image=IMAGE, count=20, nics=asked, security_groups=[*groups, "default"])
    assert statements(wanted) <= STATEMENTS + 2
    assert PortGroup.objects.count() == 1 + 20 * 3 * 4


def in_use(*places):
    """Addresses of the pool that somebody has, in this order."""
    subnet, port = Subnet.objects.get(), Port.objects.get(device=create(BOB).pk)
    Address.objects.all().delete()
    low = ipaddress.ip_address(subnet.pools[0][0])
    Address.objects.bulk_create([Address(subnet=subnet, port=port, ip=str(low + place)) for place in places])


def test_finding_an_address_takes_no_more_statements_when_many_are_in_use():
    in_use(*range(200))
    assert statements(NewServer(name="x", flavor="1", image=IMAGE)) <= STATEMENTS


def test_the_last_free_address_is_found_wherever_it_is():
    in_use(*[place for place in range(253) if place != 77])
    create()
    assert Address.objects.filter(ip="10.0.0.79").exists()
    with pytest.raises(Conflict):
        create()


def test_an_address_given_back_is_not_the_next_to_be_given_out():
    in_use(0, 1, 2)
    Address.objects.filter(ip="10.0.0.3").delete()
    create()
    assert Address.objects.filter(ip="10.0.0.5").exists()


def test_servers_of_one_request_differ_in_number_address_and_mac_and_have_each_its_command_and_journal():
    ids = commands.create_servers(ALICE, NewServer(name="x", flavor="1", image=IMAGE, count=5))
    rows = Server.objects.in_bulk(ids).values()
    assert len({row.number for row in rows}) == len({row.command for row in rows}) == 5
    assert len(set(Port.objects.filter(device__in=ids).values_list("mac", "addresses__ip"))) == 5
    assert {row.command for row in rows} == set(Command.objects.values_list("pk", flat=True))
    for id in ids:
        assert list(Journal.objects.filter(resource=id).order_by("id").values_list("what", flat=True)) == [
            "made",
            "create",
        ]
    assert quota.usage(ALICE.project) == {"servers": 5, "cores": 5, "ram": 5 * 512, "ports": 5}


def test_a_request_that_quota_refuses_leaves_nothing(settings):
    settings.QUOTAS = {"ports": 2}
    with pytest.raises(QuotaExceeded):
        commands.create_servers(ALICE, NewServer(name="x", flavor="1", image=IMAGE, count=3))
    assert not Server.objects.exists()
    assert not Address.objects.exists()
