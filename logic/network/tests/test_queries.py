"""Which networks, subnets and ports a caller sees, and how lists are narrowed and paged."""

import pytest

from logic.access import Caller
from logic.compute import commands
from logic.errors import NotFound
from logic.network import queries
from logic.network.commands import NewNic, plug_port
from logic.network.models import Network, Port, Subnet
from logic.testing.worlds import ADMIN, ALICE, BOB, NETWORK, accepted, create, furnish, job, running, take, tell

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]


@pytest.fixture(autouse=True)
def world():
    return furnish()


@pytest.fixture
def theirs() -> Network:
    network = Network.objects.create(name="theirs", project=BOB.project)
    Subnet.objects.create(network=network, project=BOB.project, name="inside", cidr="192.168.0.0/24")
    return network


def test_a_project_sees_shared_networks_and_its_own(theirs):
    assert [one.name for one in queries.networks(ALICE)] == ["net"]
    assert {one.name for one in queries.networks(BOB)} == {"net", "theirs"}
    assert {one.name for one in queries.networks(ADMIN)} == {"net", "theirs"}


def test_subnets_are_seen_with_their_network(theirs):
    assert [one.cidr for one in queries.subnets(ALICE)] == ["10.0.0.0/24"]
    assert {one.cidr for one in queries.subnets(BOB)} == {"10.0.0.0/24", "192.168.0.0/24"}
    with pytest.raises(NotFound):
        queries.subnet(ALICE, theirs.subnets.get().pk)


def test_an_unscoped_token_owns_nothing():
    Network.objects.create(name="operators")
    assert [one.name for one in queries.networks(Caller(user="alice"))] == ["net"]


def test_another_tenants_things_are_as_unknown_as_what_never_was(theirs):
    port = Port.objects.get(device=create(BOB).pk)
    for look, id in ((queries.network, theirs.pk), (queries.port, port.pk), (queries.network, "nowhere")):
        with pytest.raises(NotFound):
            look(ALICE, id)
    assert queries.ports(ALICE) == []


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"name": "net"}, ["net"]),
        ({"name": ["net", "theirs"]}, ["net", "theirs"]),
        ({"name": []}, []),
        ({"shared": [True]}, ["net"]),
        ({"shared": False, "project": BOB.project}, ["theirs"]),
    ],
)
def test_a_list_is_narrowed_by_a_value_or_any_of_a_list(theirs, filters, found):
    assert sorted(one.name for one in queries.networks(ADMIN, **filters)) == found


def test_ports_are_narrowed_by_server_address_subnet_and_cluster():
    server, other = create(), create()
    port = Port.objects.get(device=server.pk)
    ip = port.addresses.get().ip
    assert [one.id for one in queries.ports(ALICE, device=server.pk)] == [port.pk]
    assert [one.id for one in queries.ports(ALICE, ip=[ip])] == [port.pk]
    assert {one.device for one in queries.ports(ALICE, subnet=port.addresses.get().subnet_id)} == {server.pk, other.pk}
    assert len(queries.ports(ALICE, host="c1")) == 2
    assert queries.ports(ALICE, host="elsewhere") == []


def test_a_filter_on_status_finds_exactly_the_ports_that_show_it():
    # Given a port of a running server, one of a server that is being built, and one being plugged
    server = running()
    extra = plug_port(ALICE, server.pk, NewNic(network=NETWORK))
    building = create()
    shown = {one.id: one.status for one in queries.ports(ALICE)}
    assert shown[extra] == "BUILD"
    assert len(shown) == 3
    # Then each word finds the ports that show it
    for word in ("ACTIVE", "BUILD", "DOWN", "ERROR"):
        found = {one.id for one in queries.ports(ALICE, status=[word])}
        assert found == {id for id, status in shown.items() if status == word}
    assert Port.objects.get(device=building.pk).pk in shown


def test_a_port_that_is_gone_is_not_listed():
    server = running()
    commands.delete_server(ALICE, server.pk)
    taken = take()
    tell(accepted(taken, 9), job(server, "delete", 9, "success", taken.command.id))
    assert queries.ports(ADMIN) == []


def test_pages_of_ports_meet_without_gaps_or_repeats():
    for _ in range(5):
        create()
    whole = [one.id for one in queries.ports(ALICE, sort=[("network", "desc")])]
    paged, marker = [], ""
    while page := queries.ports(ALICE, sort=[("network", "desc")], limit=2, marker=marker):
        paged += [one.id for one in page]
        marker = paged[-1]
    assert paged == whole
    assert len(whole) == 5


def test_a_marker_that_cannot_be_seen_is_not_found(theirs):
    with pytest.raises(NotFound):
        queries.networks(ALICE, marker=theirs.pk)
