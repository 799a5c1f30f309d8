"""How servers are read: one statement for a page, with everything a view tells of them, on each database."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from logic import clock
from logic.compute import queries
from logic.compute.listing import SORTABLE, ServerFilter
from logic.compute.models import Server
from logic.errors import NotFound
from logic.network.models import Address, Network, Port, Subnet
from logic.placement.models import Backend
from logic.testing.worlds import ADMIN, ALICE, BOB, cluster

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]

MOMENT = datetime.datetime(2026, 1, 2, 3, 4, 5, 60, tzinfo=datetime.UTC)


def make(number: int, **columns) -> Server:
    values = {
        "project": ALICE.project,
        "user": "alice",
        "flavor_id": "1",
        "flavor_name": "f",
        "vcpus": 1,
        "ram": 1,
        "disk": 1,
    }
    return Server.objects.create(**{"number": number, "name": f"server-{number}", **values, **columns})


def plugged(server: Server, *ips: str, network: str = "net", observed: str = "plugged") -> None:
    """A port with these addresses."""
    net, _ = Network.objects.get_or_create(name=network)
    subnet, _ = Subnet.objects.get_or_create(network=net, defaults={"cidr": "10.0.0.0/8"})
    mac = f"fa:16:3e:{server.number:02x}:00:{Port.objects.count():02x}"
    port = Port.objects.create(network=net, project=server.project, device=server.pk, mac=mac, observed=observed)
    for ip in ips:
        Address.objects.create(subnet=subnet, port=port, ip=ip)


def test_a_server_is_told_with_everything_that_was_stored():
    backend = cluster("c1", drained=True)
    made = make(
        7, description="d", image="i", key_name="k", metadata={"a": "ü"}, extra_specs={"x": "y"}, backend=backend,
        availability_zone="c1", pinned_zone="c1", user_data="aGk=", reservation="r-1", launch_index=2, observed="gone",
        mode="failed", fault="No room.", fault_code="room", created_at=MOMENT, updated_at=MOMENT, launched_at=MOMENT,
        terminated_at=MOMENT,
    )  # fmt: skip
    told = queries.server(ALICE, made.pk, gone=True)
    same = (
        "name",
        "description",
        "project",
        "user",
        "image",
        "key_name",
        "metadata",
        "availability_zone",
        "pinned_zone",
    )
    same += ("user_data", "reservation", "launch_index", "created_at", "updated_at", "launched_at", "terminated_at")
    assert {name: getattr(told, name) for name in same} == {name: getattr(made, name) for name in same}
    assert (told.status, told.vm_state, told.task, told.power) == ("DELETED", "deleted", None, 0)
    assert (told.flavor.name, told.flavor.extra_specs, told.instance) == ("f", {"x": "y"}, "snf-7")
    assert (told.host, told.host_status, told.fault) == ("c1", "MAINTENANCE", None)


def test_why_a_server_is_in_error_is_told_with_the_time():
    fault = queries.server(
        ALICE, make(1, mode="failed", fault="No room.", fault_code="room", updated_at=MOMENT).pk
    ).fault
    assert (fault.message, fault.code, fault.at) == ("No room.", "room", MOMENT)


def test_a_server_that_was_never_placed_has_no_host_and_no_addresses():
    told = queries.server(ALICE, make(1).pk)
    assert (told.host, told.host_status, told.addresses, told.launched_at) == ("", "", [], None)


def test_addresses_of_all_its_ports_are_its_own_in_the_order_they_were_given_except_those_of_removed_ports():
    # Given two servers, one with three addresses on two networks and a port that is gone
    first, second = make(1), make(2)
    plugged(first, "10.0.0.9", "10.0.0.3")
    plugged(second, "10.0.0.4")
    plugged(first, "fd00::5", network="other")
    plugged(first, "10.0.0.6", observed="gone")
    # Then each is told once, with its own
    told = {info.name: [(one.network, one.ip) for one in info.addresses] for info in queries.servers(ALICE)}
    assert told == {
        "server-1": [("net", "10.0.0.9"), ("net", "10.0.0.3"), ("other", "fd00::5")],
        "server-2": [("net", "10.0.0.4")],
    }


def test_who_may_see_a_server():
    id = make(1).pk
    assert queries.server(ADMIN, id).id == queries.server(ALICE, id).id == id
    for caller, wanted in ((BOB, id), (ALICE, "nothing"), (ADMIN, "nothing")):
        with pytest.raises(NotFound):
            queries.server(caller, wanted)


def test_a_deleted_server_is_told_only_to_who_asks_for_it():
    id = make(1, observed="gone").pk
    with pytest.raises(NotFound):
        queries.server(ALICE, id)
    assert queries.server(ALICE, id, gone=True).status == "DELETED"


@pytest.mark.parametrize("size", [1, 30])
def test_a_page_takes_one_statement_whatever_is_on_it(size):
    for number in range(1, size + 1):
        plugged(
            make(number, backend=Backend.objects.create(name=f"c{number}", endpoint="https://c")), f"10.0.0.{number}"
        )
    with CaptureQueriesContext(connection) as asked:
        assert len(queries.servers(ALICE)) == size
    assert len(asked) == 1


def test_a_filter_that_nothing_can_match_finds_nothing():
    make(1)
    assert queries.servers(ALICE, ServerFilter(ids=[])) == []


@pytest.mark.parametrize("way", ["asc", "desc"])
@pytest.mark.parametrize("column", sorted(SORTABLE))
def test_page_after_page_gives_each_server_once_in_the_order_of_the_whole(column, way):
    # Given servers that are alike in most columns, and have two addresses each
    for number in range(1, 8):
        later = clock.now() if number % 3 else None
        server = make(
            number, image="same", launched_at=later, terminated_at=later, description="d" if number % 2 else None
        )
        plugged(server, f"10.0.0.{number}", f"10.0.1.{number}")
    order = [(column, way)]
    whole = [info.id for info in queries.servers(ALICE, sort=order)]
    # When they are read two by two
    pages, marker = [], ""
    while page := queries.servers(ALICE, sort=order, limit=2, marker=marker):
        assert all(len(info.addresses) == 2 for info in page)
        pages += [info.id for info in page]
        marker = pages[-1]
    # Then
    assert len(set(whole)) == 7
    assert pages == whole


def test_an_administrator_s_list_of_all_projects_names_each_cluster():
    one, two = (
        Backend.objects.create(name="c1", endpoint="https://c1"),
        Backend.objects.create(name="c2", endpoint="https://c2"),
    )
    make(1, backend=one)
    make(2, backend=two, project=BOB.project)
    found = queries.servers(ADMIN, ServerFilter(all_projects=True, host="c2"))
    assert [(info.name, info.host) for info in found] == [("server-2", "c2")]
