"""A network of a flavor is made on a cluster when the first server of it goes there, once, and removed when it is to go."""

import pytest

from logic.compute.commands import NewServer, create_servers
from logic.errors import Conflict, NotFound
from logic.ledger.claiming import claim
from logic.messages.commands import ConnectNetwork, CreateServer, DisconnectNetwork
from logic.messages.observations import JobChanged, NetworkSeen, Refused
from logic.network import connecting, queries
from logic.network.commands import NewNic, delete_network, plug_port
from logic.network.models import BackendNetwork, Network, Port, Subnet
from logic.reconcile import networks
from logic.testing.worlds import (
    ADMIN,
    ALICE,
    BOB,
    IMAGE,
    INCARNATION,
    NETWORK,
    accepted,
    cluster,
    create,
    furnish,
    outcome,
    running,
    tell,
)

pytestmark = pytest.mark.every_database
NAME = f"snf-net-{NETWORK}"


@pytest.fixture
def c1(db):
    """A cluster, and a default network that is made on clusters."""
    made = furnish()
    Network.objects.update(flavor="CUSTOM", link="br7")
    return made


def taken():
    return claim("worker", limit=10, lease=60)


def commands(claims):
    return {type(one.command): one for one in claims}


def place():
    return BackendNetwork.objects.get()


def job(claimed, status, number=9, **more):
    told = {"cluster": "c1", "incarnation": INCARNATION, "op": 0, "opcode": "OP_NETWORK_CONNECT", "instance": ""}
    return JobChanged(**told, job=number, status=status, command=claimed.command.id, **more)


def look(connected, **more):
    told = {"cluster": "c1", "incarnation": INCARNATION, "network": place().pk, "version": place().version, **more}
    return NetworkSeen(**told, connected=connected)


def connected():
    """A server was asked for, and its network is on the cluster."""
    create()
    found = commands(taken())[ConnectNetwork]
    tell(accepted(found, 9), job(found, "success"))


def test_the_first_server_brings_its_network_and_the_second_finds_it(c1):
    create()
    found = commands(taken())
    spec = found[ConnectNetwork].command.network
    assert (spec.name, spec.cidr, spec.gateway) == (NAME, "10.0.0.0/24", "10.0.0.1")
    assert (spec.mode, spec.link, spec.tags) == ("bridged", "br7", ("nfdhcpd",))
    assert [nic.network for nic in found[CreateServer].command.nics] == [NAME]
    tell(accepted(found[ConnectNetwork], 9), job(found[ConnectNetwork], "success"))
    assert (place().observed, place().command) == ("connected", "")
    create()
    assert [type(one.command) for one in taken()] == [CreateServer]


def test_while_it_is_on_its_way_nobody_asks_for_it_again(c1):
    create()
    create()
    assert sorted(type(one.command).__name__ for one in taken()) == ["ConnectNetwork", "CreateServer", "CreateServer"]


def test_several_servers_of_one_request_bring_it_once(c1):
    create_servers(ALICE, NewServer(name="web", flavor="1", image=IMAGE, count=3))
    assert [type(one.command) for one in taken()].count(ConnectNetwork) == 1


def test_a_network_without_a_flavor_is_made_nowhere(c1):
    Network.objects.update(flavor="")
    create()
    (made,) = taken()
    (nic,) = made.command.nics
    assert (nic.network, nic.mode, nic.link) == ("", "bridged", "br7")
    assert not BackendNetwork.objects.exists()


def test_a_port_that_is_plugged_brings_its_network_too(c1):
    Network.objects.update(flavor="")
    server = running()
    other = Network.objects.create(name="other", project=ALICE.project, flavor="MAC_FILTERED", mac_prefix="aa:00:07")
    plug_port(ALICE, server.pk, NewNic(network=other.pk))
    spec = commands(taken())[ConnectNetwork].command.network
    assert (spec.cidr, spec.mac_prefix, spec.tags) == (connecting.NOWHERE, "aa:00:07", ("private-filtered",))
    assert Port.objects.get(network=other).mac.startswith("aa:00:07:")


@pytest.mark.parametrize(
    ("flavor", "tags"),
    [("IP_LESS_ROUTED", ("ip-less-routed", "nfdhcpd")), ("PHYSICAL_VLAN", ("physical-vlan", "nfdhcpd"))],
)
def test_nodes_are_told_by_tags_what_it_is(c1, flavor, tags):
    Network.objects.update(flavor=flavor)
    Subnet.objects.create(network_id=NETWORK, ip_version=6, cidr="fd00:5::/64", gateway="fd00:5::1")
    create()
    spec = commands(taken())[ConnectNetwork].command.network
    assert spec.tags == tags
    assert (spec.cidr6, spec.gateway6) == ("fd00:5::/64", "fd00:5::1")


def test_one_that_could_not_be_made_is_asked_for_by_the_next_server(c1):
    create()
    found = commands(taken())[ConnectNetwork]
    tell(accepted(found, 9), job(found, "error", error="no such link", error_code="wrong_input"))
    assert (place().observed, place().fault, place().command) == ("none", "no such link", "")
    create()
    assert ConnectNetwork in commands(taken())


def test_a_refusal_is_its_fault_and_no_end(c1):
    create()
    found = commands(taken())[ConnectNetwork]
    epoch = found.command.sending.epoch
    tell(Refused(cluster="c1", command=found.command.id, epoch=epoch, code="bad-request", reason="what?"))
    assert (place().fault, place().command) == ("what?", "")


def test_a_job_that_is_lost_is_sent_again(c1):
    create()
    found = commands(taken())[ConnectNetwork]
    tell(accepted(found, 9), job(found, "lost"))
    again = commands(taken())[ConnectNetwork].command
    assert (again.id, again.sending.again) == (found.command.id, True)


def test_one_that_vanished_is_believed_on_the_second_look_and_connected_again_where_it_is_needed(c1):
    connected()
    tell(look(connected=False))
    assert (place().observed, place().missing) == ("connected", 1)
    tell(look(connected=False))
    assert place().observed == "none"
    assert networks.mended("c1") == 1
    assert ConnectNetwork in commands(taken())


def test_one_that_nobody_needs_there_is_not_brought_back(c1):
    connected()
    Port.objects.update(observed="gone")
    tell(look(connected=False))
    tell(look(connected=False))
    assert networks.mended("c1") == 0


def test_a_look_that_was_asked_before_it_changed_says_nothing(c1):
    connected()
    tell(look(connected=False, version=place().version - 1))
    assert (place().observed, place().missing) == ("connected", 0)


def test_what_another_incarnation_says_is_not_believed(c1):
    connected()
    tell(look(connected=False, incarnation="other"))
    assert place().missing == 0


def test_what_is_being_connected_is_not_taken_for_lost(c1):
    create()
    tell(look(connected=False), look(connected=False))
    assert place().verb == "connect"


def test_a_job_that_nobody_told_of_is_asked_about_when_its_time_has_come(c1):
    create()
    found = commands(taken())[ConnectNetwork]
    tell(accepted(found, 9))
    BackendNetwork.objects.update(look_at="2000-01-01T00:00:00Z")
    assert set(networks.due("c1")) == {networks.ALL}
    (target,) = networks.targets("c1")
    assert (target.network, target.name, target.jobs) == (place().pk, NAME, {9: found.command.id})


def test_nothing_is_due_where_there_is_nothing(c1):
    assert networks.due("c1") == {}
    assert networks.targets("c1") == []


def deleted():
    """Its last port went, and then the network."""
    Port.objects.update(observed="gone")
    delete_network(ADMIN, NETWORK)
    return commands(taken())[DisconnectNetwork]


def test_a_network_with_ports_is_not_deleted(c1):
    connected()
    with pytest.raises(Conflict, match="one or more ports in use"):
        delete_network(ADMIN, NETWORK)
    assert Network.objects.get().deleted_at is None


def test_one_that_was_deleted_is_removed_from_clusters_and_seen_by_nobody(c1):
    connected()
    found = deleted()
    assert found.command.name == NAME
    tell(accepted(found, 10), job(found, "success", number=10))
    assert (place().observed, place().command) == ("none", "")
    assert not queries.networks(ADMIN)
    assert not queries.subnets(ADMIN)
    assert queries.places() == []
    assert networks.mended("c1") == 0
    with pytest.raises(NotFound):
        delete_network(ADMIN, NETWORK)


def test_only_its_own_project_and_administrators_delete_a_network(c1):
    other = Network.objects.create(name="bobs", project=BOB.project, shared=True)
    with pytest.raises(NotFound):
        delete_network(ALICE, other.pk)
    assert delete_network(BOB, other.pk) == 0


def test_one_that_could_not_be_removed_is_removed_later(c1):
    connected()
    found = deleted()
    tell(accepted(found, 10), job(found, "error", number=10, error="an instance is on it", error_code="wrong_state"))
    (line,) = queries.places()
    assert (line.state, line.fault) == ("connected", "an instance is on it")
    assert networks.mended("c1") == 1
    assert DisconnectNetwork in commands(taken())


def test_one_that_was_deleted_while_it_was_made_goes_with_what_was_made_of_it(c1):
    create()
    made = commands(taken())[ConnectNetwork]
    tell(accepted(made, 9), job(made, "error", error="no such group"))
    found = deleted()
    tell(accepted(found, 10), job(found, "success", number=10))
    assert place().fault == ""
    assert networks.mended("c1") == 0


def test_an_end_that_is_told_late_settles_its_command_and_brings_nothing_back(c1):
    create()
    made = commands(taken())[ConnectNetwork]
    tell(accepted(made, 9))
    removal = deleted()
    assert removal.command.sending.after == (9,)
    tell(accepted(removal, 10), job(removal, "success", number=10))
    tell(job(made, "success"))
    assert (place().observed, place().fence_job, place().command) == ("none", 10, "")
    assert outcome(made.command.id) == "success"


def test_removing_one_that_is_not_there_has_succeeded(c1):
    connected()
    found = deleted()
    tell(accepted(found, 10), job(found, "error", number=10, error_code="unknown_entity", error="not found"))
    assert place().observed == "none"
    assert place().fault == ""


def test_each_cluster_has_its_own(c1):
    connected()
    connecting.reach(ALICE, cluster("c2"), Network.objects.all())
    assert BackendNetwork.objects.count() == 2


@pytest.mark.parametrize(
    ("flavor", "ranges", "is_unfit"),
    [
        ("CUSTOM", ["10.0.0.0/24"], False),
        ("CUSTOM", ["10.0.0.0/24", "fd00::/64"], False),
        ("CUSTOM", ["10.0.0.0/15"], True),
        ("CUSTOM", ["10.0.0.0/31"], True),
        ("CUSTOM", ["10.0.0.0/24", "10.1.0.0/24"], True),
        ("", ["10.0.0.0/8", "10.1.0.0/24"], False),
    ],
)
def test_what_ganeti_cannot_keep_is_no_network_on_clusters(flavor, ranges, is_unfit):
    assert bool(connecting.unfit(flavor, ranges)) is is_unfit
