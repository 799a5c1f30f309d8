"""Ports that are there, named by who makes a server or adds an interface. What becomes of them is tested in ``logic.network``."""

import pytest

from logic.compute.models import Server
from logic.ledger.models import Command
from logic.network.models import Port
from logic.quota.queries import usage
from logic.testing.worlds import ALICE, BOB, NETWORK, accepted, create, job, running, seen, take, tell
from synnefo.simulation.ports import free_port

SERVER = {"name": "demo", "flavorRef": "1", "imageRef": "aaaaaaaa-0000-4000-8000-000000000001"}


def asked_for(nova, *nics, **more):
    return nova.post("/servers", {"server": {**SERVER, "networks": list(nics), **more}})


def nic_job(server, number, command, status="success"):
    return job(server, "stop", number, status, command, opcode="OP_INSTANCE_SET_PARAMS")


def port_of(row):
    return Port.objects.get(pk=row.pk)


def test_a_server_is_made_with_a_port_that_is_there_beside_a_new_one(alice):
    port = free_port(ALICE, NETWORK)
    reply = asked_for(alice, {"uuid": NETWORK}, {"port": port.pk})
    assert reply.status == 202
    order = take().command
    assert [(nic.port == port.pk, nic.ip) for nic in order.nics] == [(False, "10.0.0.3"), (True, "10.0.0.2")]
    assert (port_of(port).device, port_of(port).owned) == (reply.json["server"]["id"], False)
    assert usage(ALICE.project)["ports"] == 2


def test_it_is_attached_and_detached_and_stays(alice):
    server = running()
    tell(seen(server))
    port = free_port(ALICE, NETWORK)
    reply = alice.post(f"/servers/{server.pk}/os-interface", {"interfaceAttachment": {"port_id": port.pk}})
    assert (reply.status, reply.json["interfaceAttachment"]["port_id"]) == (200, port.pk)
    claiming = take()
    tell(accepted(claiming, 2), nic_job(server, 2, claiming.command.id))
    assert alice.delete(f"/servers/{server.pk}/os-interface/{port.pk}").status == 202
    releasing = take()
    tell(accepted(releasing, 3), nic_job(server, 3, releasing.command.id))
    assert (port_of(port).device, port_of(port).observed, usage(ALICE.project)["ports"]) == ("", "none", 2)


@pytest.mark.parametrize("whose", [BOB, None])
def test_a_port_that_is_not_ones_own_is_unknown(alice, whose):
    port = free_port(whose, NETWORK).pk if whose else "cccccccc-0000-4000-8000-000000000001"
    reply = asked_for(alice, {"port": port})
    assert (reply.status, "could not be found" in reply.json["badRequest"]["message"]) == (400, True)
    assert not Command.objects.exists()


def test_a_port_in_use_is_refused(alice):
    create()
    port = Port.objects.get().pk
    assert asked_for(alice, {"port": port}).status == 409


@pytest.mark.parametrize(
    ("nic", "more"),
    [({"fixed_ip": "10.0.0.9"}, {}), ({}, {"max_count": 2})],  # an address of another, and two servers
)
def test_a_port_is_one_servers_and_has_its_own_address(alice, nic, more):
    port = free_port(ALICE, NETWORK).pk
    assert asked_for(alice, {"port": port, **nic}, **more).status == 400
    assert asked_for(alice, {"port": port}, {"port": port}).status == 400
    assert not Server.objects.exists()
