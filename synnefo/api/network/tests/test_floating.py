"""Floating addresses as a client of Neutron's sees them."""

import pytest

from logic.network.models import Network, Port, Subnet
from logic.testing.worlds import ALICE, NETWORK, running

V2 = "/network/v2.0"
FLOATING = f"{V2}/floatingips"


@pytest.fixture
def public(alice, settings):
    """An external network of the same routing table as that of servers."""
    settings.SECURITY_GROUPS = True
    Network.objects.filter(pk=NETWORK).update(mode="routed", link="155")
    made = Network.objects.create(name="public", external=True, shared=True, mode="routed", link="155")
    Subnet.objects.create(
        network=made, cidr="203.0.113.0/24", gateway="203.0.113.1", pools=[["203.0.113.10", "203.0.113.20"]]
    )
    return made.pk


@pytest.fixture
def port(public):
    return Port.objects.get(device=running().pk)


@pytest.fixture
def create(alice, public):
    def making(**fields):
        return alice.post(FLOATING, {"floatingip": {"floating_network_id": public, **fields}})

    return making


def test_one_that_was_made_is_as_neutron_writes_it(alice, public, create):
    reply = create(description="web")
    made = reply.json["floatingip"]
    assert reply.status == 201
    assert made["floating_ip_address"].startswith("203.0.113.")
    expected = {
        "floating_network_id": public, "project_id": ALICE.project, "tenant_id": ALICE.project, "port_id": None,
        "router_id": None, "fixed_ip_address": None, "status": "DOWN", "description": "web", "tags": [], "revision_number": 1,
    }  # fmt: skip
    assert made | expected == made
    assert alice.get(f"{FLOATING}/{made['id']}").json == {"floatingip": made}
    assert alice.get(FLOATING).json == {"floatingips": [made]}


def test_one_goes_on_a_port_and_off_again(alice, create, port):
    made = create().json["floatingip"]
    on = alice.put(f"{FLOATING}/{made['id']}", {"floatingip": {"port_id": port.pk}}).json["floatingip"]
    assert (on["port_id"], on["status"], on["fixed_ip_address"]) == (port.pk, "ACTIVE", port.addresses.get().ip)
    off = alice.put(f"{FLOATING}/{made['id']}", {"floatingip": {"port_id": None}}).json["floatingip"]
    assert (off["port_id"], off["status"], off["fixed_ip_address"]) == (None, "DOWN", None)
    assert off["revision_number"] == made["revision_number"] + 2


def test_a_change_that_names_no_port_leaves_it_where_it_is(alice, create, port):
    made = create(port_id=port.pk).json["floatingip"]
    changed = alice.put(f"{FLOATING}/{made['id']}", {"floatingip": {"description": "mail"}}).json["floatingip"]
    assert (changed["port_id"], changed["description"]) == (port.pk, "mail")


def test_nova_shows_it_behind_the_address_that_it_stands_for(alice, create, port):
    made = create(port_id=port.pk).json["floatingip"]
    for path in (f"/compute/v2.1/servers/{port.device}", "/compute/v2.1/servers/detail"):
        reply = alice.get(path).json
        shown = reply["server"] if "server" in reply else reply["servers"][0]
        (told,) = shown["addresses"].values()
        assert [(one["addr"], one["OS-EXT-IPS:type"], one["OS-EXT-IPS-MAC:mac_addr"]) for one in told] == [
            (port.addresses.get().ip, "fixed", port.mac),
            (made["floating_ip_address"], "floating", port.mac),
        ]
    alice.put(f"{FLOATING}/{made['id']}", {"floatingip": {"port_id": None}})
    (told,) = alice.get(f"/compute/v2.1/servers/{port.device}/ips").json["addresses"].values()
    assert len(told) == 1


def test_one_that_was_deleted_is_unknown(alice, create):
    path = f"{FLOATING}/{create().json['floatingip']['id']}"
    assert alice.delete(path).status == 204
    reply = alice.get(path)
    assert (reply.status, reply.json["NeutronError"]["type"]) == (404, "FloatingIpNotFound")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=ACTIVE", [0]),
        ("status=DOWN", [1]),
        ("port_id={port}", [0]),
        ("floating_ip_address={ip}", [1]),
        ("floating_network_id={public}", [0, 1]),
        ("floating_network_id=nowhere", []),
        ("router_id=nowhere", []),
        ("description=first", [0]),
        ("sort_key=created_at&sort_dir=desc", [1, 0]),
        ("limit=1", [0]),
    ],
)
def test_a_list_is_narrowed_and_sorted(alice, create, port, public, query, found):
    made = [create(port_id=port.pk, description="first").json["floatingip"], create().json["floatingip"]]
    asked = query.format(port=port.pk, ip=made[1]["floating_ip_address"], public=public)
    listed = alice.get(f"{FLOATING}?{asked}").json["floatingips"]
    assert [one["id"] for one in listed] == [made[place]["id"] for place in found]


def test_a_second_for_the_same_address_is_neutrons_conflict(create, port):
    create(port_id=port.pk)
    reply = create(port_id=port.pk)
    assert (reply.status, reply.json["NeutronError"]["type"]) == (409, "FloatingIPPortAlreadyAssociated")


def test_a_port_that_is_not_reachable_is_neutrons_404(create, port):
    Network.objects.filter(pk=NETWORK).update(mode="bridged")
    reply = create(port_id=port.pk)
    assert (reply.status, reply.json["NeutronError"]["type"]) == (404, "ExternalGatewayForFloatingIPNotFound")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (None, 400),
        ({}, 400),
        ({"floatingip": {}}, 400),
        ({"floatingip": {"floating_network_id": 7}}, 400),
        ({"floatingip": {"floating_network_id": "nowhere"}}, 404),
        ({"floatingip": {"floating_network_id": NETWORK}}, 400),
        ({"floatingip": {"floating_network_id": NETWORK, "qos_policy_id": "x"}}, 400),
        ({"floatingip": {"floating_network_id": NETWORK}, "more": 1}, 400),
    ],
)
def test_a_body_that_makes_none_is_refused(alice, public, body, status):
    assert alice.post(FLOATING, body).status == status
    assert alice.get(FLOATING).json == {"floatingips": []}


def test_a_fixed_address_without_its_port_is_refused(alice, create, port):
    path = f"{FLOATING}/{create().json['floatingip']['id']}"
    assert alice.put(path, {"floatingip": {"fixed_ip_address": port.addresses.get().ip}}).status == 400


def test_another_s_is_answered_as_an_unknown_one(alice, create, port):
    path = f"{FLOATING}/{create(port_id=port.pk).json['floatingip']['id']}"
    for ask in ("get", "delete"):
        theirs, none = (getattr(alice, ask)(one, token="bob") for one in (path, f"{FLOATING}/none"))
        assert (theirs.status, none.status) == (404, 404)
    assert alice.put(path, {"floatingip": {"port_id": None}}, token="bob").status == 404
    assert alice.get(FLOATING, token="bob").json == {"floatingips": []}
    assert [one["port_id"] for one in alice.get(FLOATING, token="admin").json["floatingips"]] == [port.pk]


def test_the_quota_tells_of_them(alice, create):
    create()
    found = alice.get(f"{V2}/quotas/{ALICE.project}/details").json["quota"]["floatingip"]
    assert found == {"limit": 50, "used": 1, "reserved": 0}


def test_where_nodes_do_not_ask_there_are_none_and_none_is_made(alice, public, create, settings):
    settings.SECURITY_GROUPS = False
    assert create().status == 501
    assert alice.get(FLOATING).json == {"floatingips": []}
