"""Rules for single fields: as shipped they are what the commands allow, and a site says otherwise of each by Neutron's name."""

from unittest.mock import ANY

import msgspec
import pytest

from logic.network import fields
from logic.network.floating.commands import NewFloating
from logic.network.models import Network, Subnet
from logic.network.networks.commands import NetworkChange, NewNetwork
from logic.network.ports.commands import NewPort, PortChange
from logic.network.routing.commands import Change, NewRouter
from logic.network.sharing.commands import NewPolicy
from logic.network.subnets.pools import NewPool, PoolChange
from logic.policy import RULES
from logic.testing.worlds import ALICE, NETWORK, running

V2 = "/network/v2.0"
ASKED = {
    "create_network": NewNetwork,
    "update_network": NetworkChange,
    "create_port": NewPort,
    "update_port": PortChange,
    "create_router": NewRouter,
    "update_router": Change,
    "create_floatingip": NewFloating,
    "create_subnetpool": NewPool,
    "update_subnetpool": PoolChange,
    "create_rbac_policy": NewPolicy,
}
MINE, OUTSIDE = "bbbbbbbb-0000-4000-8000-000000000002", "bbbbbbbb-0000-4000-8000-000000000003"
PAIR = {"ip_address": "10.8.0.9", "mac_address": "02:00:00:00:00:05"}
OUT = {"network_id": OUTSIDE}
# The rule, what is made, and with which body: of what members may as shipped, and of what administrators may.
MEMBERS = [
    ("create_network:port_security_enabled", "network", {"port_security_enabled": False}),
    ("create_port:mac_address", "port", {"mac_address": "02:00:00:00:00:01"}),
    ("create_port:fixed_ips", "port", {"fixed_ips": []}),
    ("create_port:fixed_ips:ip_address", "port", {"fixed_ips": [{"ip_address": "10.8.0.7"}]}),
    ("create_port:fixed_ips:subnet_id", "port", {"fixed_ips": [{"subnet_id": MINE}]}),
    ("create_port:port_security_enabled", "port", {"port_security_enabled": False}),
    ("create_port:allowed_address_pairs", "port", {"allowed_address_pairs": [PAIR]}),
    ("create_port:allowed_address_pairs:ip_address", "port", {"allowed_address_pairs": [PAIR]}),
    ("create_port:allowed_address_pairs:mac_address", "port", {"allowed_address_pairs": [PAIR]}),
    ("create_router:external_gateway_info", "router", {"external_gateway_info": OUT}),
    ("create_router:external_gateway_info:network_id", "router", {"external_gateway_info": OUT}),
]
ADMINS = [
    ("create_network:shared", "network", {"shared": True}),
    ("create_network:router:external", "network", {"router:external": True}),
    ("create_network:is_default", "network", {"is_default": True}),
    ("create_port:device_owner", "port", {"device_owner": "network:dhcp"}),
    ("create_port:binding:host_id", "port", {"binding:host_id": "n1"}),
    (
        "create_router:external_gateway_info:enable_snat",
        "router",
        {"external_gateway_info": {**OUT, "enable_snat": True}},
    ),
    (
        "create_router:external_gateway_info:external_fixed_ips",
        "router",
        {"external_gateway_info": {**OUT, "external_fixed_ips": [{"ip_address": "203.0.113.9"}]}},
    ),
    ("create_floatingip:floating_ip_address", "floatingip", {"floating_ip_address": "203.0.113.8"}),
    ("create_subnetpool:shared", "subnetpool", {"shared": True}),
    ("create_subnetpool:is_default", "subnetpool", {"is_default": True}),
    ("create_rbac_policy:target_tenant", "rbac_policy", {"target_tenant": "*"}),
]
# What a thing is made with besides.
USUAL = {
    "network": {},
    "port": {"network_id": MINE},
    "router": {},
    "floatingip": {"floating_network_id": OUTSIDE},
    "subnetpool": {"prefixes": ["10.64.0.0/16"]},
    "rbac_policy": {"object_type": "network", "object_id": MINE, "action": "access_as_shared"},
}
PATHS = {"rbac_policy": "rbac-policies"}


@pytest.fixture(autouse=True)
def cloud(alice, settings):
    settings.ROUTERS = "simulated"
    settings.SECURITY_GROUPS = True
    mine = Network.objects.create(id=MINE, name="mine", project=ALICE.project)
    outside = Network.objects.create(id=OUTSIDE, name="outside", external=True)
    for network, start in ((mine, "10.8.0."), (outside, "203.0.113.")):
        pools = [[f"{start}2", f"{start}200"]]
        ends = {"cidr": f"{start}0/24", "gateway": f"{start}1", "pools": pools}
        Subnet.objects.create(id=network.pk, network=network, project=network.project, **ends)
    return alice


def make(client, name, body):
    return client.post(f"{V2}/{PATHS.get(name, f'{name}s')}", {name: {**USUAL[name], **body}})


@pytest.mark.parametrize(("rule", "name", "body"), MEMBERS, ids=[one[0] for one in MEMBERS])
def test_a_site_takes_a_field_away(alice, site, rule, name, body):
    with site(f'"{rule}": "role:netop"'):
        refused = make(alice, name, body)
        assert (refused.status, refused.json["NeutronError"]["type"]) == (403, "PolicyNotAuthorized")
        assert rule in refused.json["NeutronError"]["message"]
        if name != "router":
            assert make(alice, name, {}).status == 201
    assert make(alice, name, body).status == 201


@pytest.mark.parametrize(("rule", "name", "body"), ADMINS, ids=[one[0] for one in ADMINS])
def test_a_site_gives_a_field_that_is_administrators(alice, site, rule, name, body):
    assert make(alice, name, body).status == 403
    with site(f'"{rule}": "role:member"'):
        assert make(alice, name, body).status == 201


def test_where_a_network_is_takes_a_rule_for_each_part(alice, site):
    body = {"provider:network_type": "flat", "provider:physical_network": "br0"}
    assert make(alice, "network", body).status == 403
    with site('"create_network:provider:network_type": "role:member"'):
        assert "provider:physical_network" in make(alice, "network", body).json["NeutronError"]["message"]
    told = '"create_network:provider:network_type": "@"\n"create_network:provider:physical_network": "@"'
    with site(told):
        assert make(alice, "network", body).status == 201


def test_macs_of_a_network_of_another_project_are_its_owners(alice, site):
    mac = {"network_id": NETWORK, "mac_address": "02:00:00:00:00:01"}
    assert make(alice, "port", mac).status == 403
    with site('"identity:list_users": "role:boss"'):
        assert make(alice, "port", mac).status == 403
        assert make(alice, "port", {"mac_address": "02:00:00:00:00:02"}).status == 201
    with site('"create_port:mac_address": "rule:network_owner or role:member"'):
        assert make(alice, "port", mac).status == 201


def test_who_shares_a_network_says_whether_anybody_there_goes_unfiltered(alice, site):
    open_one = {"network_id": NETWORK, "port_security_enabled": False}
    assert make(alice, "port", open_one).status == 403
    path = f"{V2}/ports/{make(alice, 'port', {'network_id': NETWORK}).json['port']['id']}"
    assert alice.put(path, {"port": {"security_groups": [], "port_security_enabled": False}}).status == 403
    assert alice.put(path, {"port": {"port_security_enabled": True}}).json["port"]["port_security_enabled"]
    assert make(alice, "port", {"port_security_enabled": False}).status == 201  # on her own
    with site('"update_port:port_security_enabled": "rule:network_owner or role:member"'):
        changed = alice.put(path, {"port": {"security_groups": [], "port_security_enabled": False}})
        assert changed.json["port"]["port_security_enabled"] is False
        assert alice.put(path, {"port": {"port_security_enabled": True}}).status == 200


def test_a_change_asks_for_what_it_changes(alice, site):
    id = make(alice, "port", {}).json["port"]["id"]
    path, mac = f"{V2}/ports/{id}", {"port": {"mac_address": "02:00:00:00:00:07"}}
    with site('"update_port:mac_address": "role:netop"\n"update_network:shared": "role:member"'):
        assert alice.put(path, mac).status == 403
        assert alice.put(path, {"port": {"name": "x"}}).status == 200
        assert alice.put(f"{V2}/networks/{MINE}", {"network": {"shared": True}}).json["network"]["shared"]
    assert alice.put(path, mac).status == 200
    assert alice.put(f"{V2}/networks/{MINE}", {"network": {"shared": True, "name": "y"}}).status == 200  # as it is
    assert alice.put(f"{V2}/networks/{MINE}", {"network": {"shared": False}}).status == 403


def as_it_is(body):
    """What a client may send of what it was told."""
    told = ("mac_address", "fixed_ips", "device_owner", "device_id", "port_security_enabled", "allowed_address_pairs")
    return {name: body[name] for name in told}


def test_a_port_sent_as_it_is_asks_for_nothing(alice, site):
    port = make(alice, "port", {"allowed_address_pairs": [PAIR], "fixed_ips": [{"subnet_id": MINE}] * 2}).json["port"]
    path, mine = f"{V2}/ports/{port['id']}", port["fixed_ips"]
    rules = [rule for rule in RULES if rule.startswith("update_port:")]

    def put(**body):
        return alice.put(path, {"port": body}).status

    with site("\n".join(f'"{rule}": "role:netop"' for rule in rules)):
        for name, value in as_it_is(port).items():
            assert put(**{name: value}) == 200, name
        assert put(**as_it_is(port), name="x") == put(mac_address=port["mac_address"].upper()) == 200
        assert put(fixed_ips=[{"ip_address": one["ip_address"]} for one in mine[::-1]]) == 200
        assert put(fixed_ips=[{"subnet_id": MINE}, {"ip_address": mine[0]["ip_address"]}]) == 200
        for other in ([], mine[:1], [*mine, {"subnet_id": MINE}], [mine[0]] * 2, [mine[0], {"ip_address": "10.8.0.9"}]):
            assert put(fixed_ips=other) == 403
        assert (
            put(mac_address="02:00:00:00:00:09")
            == put(allowed_address_pairs=[{**PAIR, "ip_address": "10.8.0.8"}])
            == 403
        )
        assert put(port_security_enabled=False) == put(device_owner="network:dhcp") == 403
    assert alice.get(path).json["port"]["fixed_ips"] == mine


def test_the_port_of_a_server_on_a_shared_network_may_be_sent_as_it_is(alice):
    running()
    (port,) = alice.get(f"{V2}/ports").json["ports"]
    path = f"{V2}/ports/{port['id']}"
    body = {name: value for name, value in as_it_is(port).items() if name != "allowed_address_pairs"}
    assert alice.put(path, {"port": {**body, "name": "x"}}).json["port"] == {
        **port,
        "name": "x",
        "revision_number": port["revision_number"] + 1,
        "updated_at": ANY,
    }
    assert alice.put(path, {"port": {"mac_address": "02:00:00:00:00:01"}}).status == 403
    assert alice.put(path, {"port": {"device_owner": "compute:elsewhere"}}).status == 409


def test_where_a_port_is_cannot_be_guessed_by_sending_it(alice):
    running()
    (port,) = alice.get(f"{V2}/ports", token="admin").json["ports"]
    path, host = f"{V2}/ports/{port['id']}", port["binding:host_id"]
    assert {alice.put(path, {"port": {"binding:host_id": one}}).status for one in (host, "elsewhere")} == {403}
    assert alice.put(path, {"port": {"binding:host_id": host}}, token="admin").status == 200


def test_a_gateway_sent_as_it_is_asks_for_nothing(alice, site):
    router = make(alice, "router", {"external_gateway_info": OUT}).json["router"]
    path, gateway = f"{V2}/routers/{router['id']}", router["external_gateway_info"]

    def put(**body):
        return alice.put(path, {"router": {"external_gateway_info": {**gateway, **body}}}).status

    with site('"update_router:external_gateway_info": "role:netop"'):
        assert put() == put(external_fixed_ips=None, enable_snat=None) == 200
        assert put(enable_snat=False) == put(external_fixed_ips=[{"ip_address": "203.0.113.99"}]) == 403
        assert alice.put(path, {"router": {"external_gateway_info": None}}).status == 403
    assert put(enable_snat=False) == put(external_fixed_ips=[{"ip_address": "203.0.113.99"}]) == 403
    assert alice.get(path).json["router"]["external_gateway_info"] == gateway


def test_what_is_hidden_is_shown_to_whom_the_site_says(alice, site):
    def seen(path, kind, token="alice"):
        listed = alice.get(f"{V2}/{kind}s", token=token).json[f"{kind}s"]
        shown = alice.get(f"{V2}/{path}", token=token).json[kind]
        assert shown in listed
        return {name for name in shown if name.startswith(("provider:", "binding:"))} - {"binding:vnic_type"}

    network, port = f"networks/{MINE}", f"ports/{make(alice, 'port', {}).json['port']['id']}"
    assert (seen(network, "network"), seen(port, "port")) == (set(), set())
    with site('"get_network:provider:network_type": "role:member"\n"get_port:binding:host_id": "role:boss"'):
        assert seen(network, "network") == {"provider:network_type"}
        assert seen(network, "network", "admin") == set(fields.HIDDEN["get_network"])
        assert seen(port, "port") == set()
        assert seen(port, "port", "admin") == set(fields.HIDDEN["get_port"]) - {"binding:host_id"}
    assert seen(port, "port", "admin") == set(fields.HIDDEN["get_port"])


@pytest.mark.parametrize(("operation", "kind"), ASKED.items())
def test_every_field_with_a_rule_is_one_that_is_asked_for(operation, kind):
    columns = {field.name for field in msgspec.structs.fields(kind)}
    assert {one.column for one in fields.FIELDS[operation]} <= columns | {"provider"}
    assert {f"{operation}:{one.name}" for one in fields.FIELDS[operation]} <= RULES.keys()
