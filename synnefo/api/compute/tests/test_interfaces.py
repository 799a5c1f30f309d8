"""Interfaces of a server: listed, added, removed."""

import pytest

from logic.compute.models import Server
from logic.ledger.models import Command
from logic.network.models import Port
from logic.testing.worlds import NETWORK, accepted, create, job, running, seen, take, tell


def test_a_servers_interfaces_are_listed_and_shown(alice):
    id = create().pk
    port = Port.objects.get()
    (one,) = alice.get(f"/servers/{id}/os-interface").json["interfaceAttachments"]
    assert set(one) == {"port_id", "net_id", "mac_addr", "port_state", "fixed_ips"}
    assert (one["port_id"], one["net_id"], one["mac_addr"]) == (port.pk, NETWORK, port.mac)
    assert alice.get(f"/servers/{id}/os-interface/{port.pk}").json == {"interfaceAttachment": one}
    assert alice.get(f"/servers/{id}/os-interface/none").status == 404


@pytest.mark.parametrize(
    ("wanted", "address"),
    [
        ({"interfaceAttachment": {"net_id": NETWORK}}, "10.0.0.3"),
        ({"interfaceAttachment": {"net_id": NETWORK, "fixed_ips": [{"ip_address": "10.0.0.9"}]}}, "10.0.0.9"),
        ({"interfaceAttachment": {}}, "10.0.0.3"),
        ({}, "10.0.0.3"),
    ],
)
def test_an_interface_is_added_on_the_network_named_or_a_default_one(alice, wanted, address):
    id = running().pk
    reply = alice.post(f"/servers/{id}/os-interface", wanted)
    made = reply.json["interfaceAttachment"]
    assert (reply.status, made["net_id"], made["fixed_ips"][0]["ip_address"]) == (200, NETWORK, address)
    assert Command.objects.get(resource=made["port_id"]).verb == "plug"
    assert alice.get(f"/servers/{id}/os-instance-actions").json["instanceActions"][0]["action"] == "attach_interface"


def test_an_interface_is_removed(alice):
    server = running()
    tell(seen(server))
    port = Port.objects.get().pk
    reply = alice.delete(f"/servers/{server.pk}/os-interface/{port}")
    assert (reply.status, reply.body) == (202, b"")
    assert Command.objects.get(resource=port).verb == "unplug"


def test_what_was_done_to_an_interface_is_told_after_it_is_gone(alice):
    # Given a server whose interface was added, and removed again
    server = running()
    port = alice.post(f"/servers/{server.pk}/os-interface", {}).json["interfaceAttachment"]["port_id"]
    plugging = take()
    tell(accepted(plugging, 2), nic_job(server, 2, plugging.command.id))
    alice.delete(f"/servers/{server.pk}/os-interface/{port}")
    unplugging = take()
    tell(accepted(unplugging, 3), nic_job(server, 3, unplugging.command.id))
    assert Port.objects.get(pk=port).observed == "gone"
    # Then its server's timeline has both
    told = alice.get(f"/servers/{server.pk}/os-instance-actions").json["instanceActions"]
    assert [one["action"] for one in told] == ["detach_interface", "attach_interface", "create"]


def nic_job(server, number, command):
    return job(server, "stop", number, "success", command, opcode="OP_INSTANCE_SET_PARAMS")


def test_a_server_that_is_building_takes_no_interfaces(alice):
    id = create().pk
    assert alice.post(f"/servers/{id}/os-interface", {}).status == 409
    assert Port.objects.count() == 1


def test_the_interface_of_another_server_is_not_found(alice):
    first = running()
    port = Port.objects.get().pk
    second = create(name="other").pk
    assert alice.get(f"/servers/{second}/os-interface/{port}").status == 404
    Server.objects.filter(pk=second).update(observed="running", command="", verb="")
    assert alice.delete(f"/servers/{second}/os-interface/{port}").status == 404
    assert alice.get(f"/servers/{first.pk}/os-interface/{port}").status == 200


def test_every_server_is_in_the_group_default(alice):
    (group,) = alice.get(f"/servers/{create().pk}/os-security-groups").json["security_groups"]
    assert (group["name"], [rule["ip_range"]["cidr"] for rule in group["rules"]]) == ("default", ["0.0.0.0/0", "::/0"])


def test_a_server_has_no_numa_nodes(alice):
    id = create().pk
    assert alice(78).get(f"/servers/{id}/topology").json == {"nodes": [], "pagesize_kb": None}


def test_that_a_network_has_changed_may_be_told_by_administrators_and_changes_nothing(alice, admin):
    known, unknown = ({"name": "network-changed", "server_uuid": id} for id in (create().pk, "0" * 36))

    def told(nova, *events):
        return nova.post("/os-server-external-events", {"events": list(events)})

    reply = told(admin, known, unknown)
    assert (reply.status, [one["code"] for one in reply.json["events"]]) == (207, [200, 404])
    assert [told(admin, known).status, told(admin, unknown).status, told(admin).status] == [200, 404, 400]
    assert told(admin, known | {"name": "power-update"}).status == 400
    assert told(alice, known).status == 403
