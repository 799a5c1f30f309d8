"""Ports that are there: given to a server, taken back as they were, and never anybody else's meanwhile."""

import pytest

from logic import clock
from logic.compute.commands import NewServer, create_servers
from logic.compute.models import Server
from logic.errors import BadRequest
from logic.ledger.claiming import claim
from logic.messages.commands import CreateServer, PlugPort, UnplugPort
from logic.messages.observations import JobChanged
from logic.network.commands import NewNic, plug_port, unplug_port
from logic.network.models import Address, Network, Port, Subnet
from logic.network.networks import reserving
from logic.network.reactions import device_gone
from logic.network.refusals import PortInUse
from logic.quota import queries as quota
from logic.snapshots import Snapshot, State
from logic.testing.worlds import (
    ALICE,
    BOB,
    IMAGE,
    INCARNATION,
    NETWORK,
    accepted,
    furnish,
    job,
    running,
    seen,
    take,
    tell,
)

pytestmark = pytest.mark.django_db
MAC = "fa:16:3e:00:00:01"


@pytest.fixture
def port(db):
    furnish()
    made = Port.objects.create(network_id=NETWORK, project=ALICE.project, mac=MAC)
    Address.objects.create(subnet=Subnet.objects.get(), port=made, ip="10.0.0.77")
    return made


def wanted(port, **more):
    return NewServer(name="web", flavor="1", image=IMAGE, nics=[NewNic(port=port.pk)], **more)


def told(claimed, number, status, **more):
    about = {"cluster": "c1", "incarnation": INCARNATION, "op": 0, "opcode": "OP_INSTANCE_SET_PARAMS", "instance": ""}
    return JobChanged(**about, job=number, status=status, command=claimed.command.id, **more)


def now(port):
    return Port.objects.get(pk=port.pk)


def test_a_server_is_made_with_a_port_that_is_there(port):
    (id,) = create_servers(ALICE, wanted(port))
    ((claimed),) = claim("worker", limit=10, lease=60)
    assert isinstance(claimed.command, CreateServer)
    assert [(nic.port, nic.mac, nic.ip) for nic in claimed.command.nics] == [(port.pk, MAC, "10.0.0.77")]
    assert (now(port).device, now(port).owned, now(port).backend.name) == (id, False, "c1")
    assert quota.used(ALICE.project, "ports") == 0
    server = Server.objects.get(pk=id)
    tell(accepted(claimed, 1), job(server, "create", 1, "success", claimed.command.id))
    assert now(port).observed == "plugged"


@pytest.mark.parametrize("columns", [{"device": "somebody"}, {"device_owner": "network:dhcp"}, {"observed": "plugged"}])
def test_a_port_that_somebody_has_is_in_use(port, columns):
    Port.objects.update(**columns)
    with pytest.raises(PortInUse):
        create_servers(ALICE, wanted(port))


def test_another_tenants_port_is_as_unknown_as_one_that_never_was(port):
    for caller, nic in ((BOB, NewNic(port=port.pk)), (ALICE, NewNic(port="nothing"))):
        with pytest.raises(BadRequest, match="could not be found"):
            create_servers(caller, NewServer(name="web", flavor="1", image=IMAGE, nics=[nic]))


def test_one_port_is_no_two_servers(port):
    for several in (
        wanted(port, count=2),
        NewServer(name="web", flavor="1", image=IMAGE, nics=[NewNic(port=port.pk)] * 2),
    ):
        with pytest.raises(BadRequest):
            create_servers(ALICE, several)
    assert not Server.objects.exists()


def test_a_port_is_attached_and_released_and_keeps_its_address(port):
    server = running()
    plug_port(ALICE, server.pk, NewNic(port=port.pk))
    plugging = take()
    assert isinstance(plugging.command, PlugPort)
    assert (plugging.command.nic.mac, plugging.command.nic.ip) == (MAC, "10.0.0.77")
    with pytest.raises(PortInUse):
        plug_port(ALICE, server.pk, NewNic(port=port.pk))
    tell(accepted(plugging, 5), told(plugging, 5, "success"))
    assert (now(port).observed, now(port).device) == ("plugged", server.pk)
    unplug_port(ALICE, server.pk, port.pk)
    unplugging = take()
    assert isinstance(unplugging.command, UnplugPort)
    tell(accepted(unplugging, 6), told(unplugging, 6, "success"))
    assert (now(port).observed, now(port).device, now(port).verb) == ("none", "", "")
    assert list(port.addresses.values_list("ip", flat=True)) == ["10.0.0.77"]


def test_a_port_that_could_not_be_attached_is_free_again_as_soon_as_that_is_seen(port):
    server = running()
    plug_port(ALICE, server.pk, NewNic(port=port.pk))
    plugging = take()
    tell(accepted(plugging, 5), told(plugging, 5, "error", error="no room"))
    assert now(port).device == server.pk
    tell(seen(server, nics=()))
    assert (now(port).device, now(port).fault_code, now(port).observed) == ("", "", "none")


def test_a_port_that_was_there_outlives_its_server(port):
    (id,) = create_servers(ALICE, wanted(port))
    claimed, server = take(), Server.objects.get(pk=id)
    tell(accepted(claimed, 1), job(server, "create", 1, "success", claimed.command.id))
    tell(job(server, "delete", 2, "success"))
    tell(seen(server, exists=False))
    tell(seen(server, exists=False))
    assert (now(port).device, now(port).observed) == ("", "none")
    assert port.addresses.exists()


def test_a_port_whose_network_was_deleted_meanwhile_goes_to_no_server(port):
    Network.objects.filter(pk=NETWORK).update(deleted_at=clock.now())
    with pytest.raises(BadRequest, match="was deleted"):
        create_servers(ALICE, wanted(port))


def test_what_a_deleted_network_is_on_the_wire_is_no_others_while_a_port_is_left_of_it(port):
    Network.objects.filter(pk=NETWORK).update(deleted_at=clock.now(), reserved="mac aa:00:00")
    reserving.free()
    assert Network.objects.get(pk=NETWORK).reserved == "mac aa:00:00"
    Port.objects.update(observed="gone")
    reserving.free()
    assert Network.objects.get(pk=NETWORK).reserved is None


def test_one_that_is_being_deleted_is_not_left_when_its_server_goes_first(port):
    snapshot = Snapshot(id="p", state=State(observed="plugged", verb="unplug", command="c"))
    assert device_gone(snapshot, owned=False).snapshot.state.observed == "gone"
    other = Snapshot(id="p", state=State(observed="plugged", verb="release", command="c"))
    assert device_gone(other, owned=False).snapshot.state.observed == "none"
