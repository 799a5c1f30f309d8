"""The ports of a server that is shelved and offloaded, over Neutron's API: its own, down, and on no host."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from logic.compute.models import Server
from logic.network.models import Port
from logic.testing.worlds import running
from synnefo.api.compute.tests.test_lifecycle import done
from synnefo.api.compute.tests.test_offloading import CREATE, MADE, offloaded, returning

V2 = "/network/v2.0/ports"


@pytest.fixture(autouse=True)
def definition(settings, cloud):
    settings.NODES_BRING_DISKS, settings.GANETI_OS_PROVIDER = True, "synnefo-image+default"


def standing(admin, server):
    """Its port as administrators see it: status, host, kind of binding, whose it is; and its state as its server tells it."""
    (port,) = admin.api.get(f"{V2}?device_id={server.pk}").json["ports"]
    (told,) = admin.get(f"/servers/{server.pk}/os-interface").json["interfaceAttachments"]
    words = ("status", "binding:host_id", "binding:vif_type", "device_owner")
    return [*(port[word] for word in words), told["port_state"]]


def test_its_port_is_down_and_on_no_host_then_and_comes_back_with_it(admin, alice):
    server = offloaded()
    assert standing(admin, running(first_job=30)) == ["ACTIVE", "c1", "bridge", "compute:c1", "ACTIVE"]
    assert standing(admin, server) == ["DOWN", "", "unbound", "compute:c1", "DOWN"]
    done(returning(alice, server), MADE + 30, CREATE)
    assert standing(admin, server) == ["ACTIVE", "c1", "bridge", "compute:c1", "ACTIVE"]


@pytest.mark.parametrize(
    ("asked", "away", "there"),
    [
        ("status=ACTIVE", False, True),
        ("status=DOWN", True, False),
        ("status=DOWN&status=ACTIVE", True, True),
        ("binding:host_id=c1", False, True),
        ("binding:host_id=", True, False),
        ("binding:vif_type=bridge", False, True),
        ("binding:vif_type=unbound", True, False),
        ("device_owner=compute:c1", True, True),
    ],
)
def test_lists_are_narrowed_by_how_its_port_is_told(admin, asked, away, there):
    servers = {offloaded().pk: away, running(first_job=30).pk: there}
    found = {port["device_id"] for port in admin.api.get(f"{V2}?{asked}").json["ports"]}
    assert {one: one in found for one in servers} == servers


def test_a_list_with_its_port_takes_no_more_statements(admin, django_assert_num_queries):
    servers = [running(first_job=at) for at in (30, 40)]
    with CaptureQueriesContext(connection) as before:
        admin.api.get(V2)
    Server.objects.filter(pk=servers[0].pk).update(mode="offloaded")
    with django_assert_num_queries(len(before)):
        assert {port["status"] for port in admin.api.get(V2).json["ports"]} == {"ACTIVE", "DOWN"}


def test_what_is_told_of_its_port_may_be_sent_back(admin):
    server = offloaded()
    path = f"{V2}/{Port.objects.get(device=server.pk).pk}"
    assert admin.api.put(path, {"port": {"binding:host_id": ""}}).status == 200
    assert admin.api.put(path, {"port": {"binding:host_id": "c1"}}).status == 409
