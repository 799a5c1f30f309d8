"""Lists by what is shown: an attribute narrows the list, or is refused. None that the caller does not see can be guessed."""

from urllib.parse import urlencode

import pytest

from logic.network import fields
from logic.network.models import Network, Subnet
from logic.testing.worlds import ALICE, BOB, running
from synnefo.api.network.resources import RESOURCES

V2 = "/network/v2.0"
OUTSIDE = "bbbbbbbb-0000-4000-8000-000000000003"
NO_FILTERS = {
    "network": {"availability_zone_hints", "availability_zones", "subnets", "created_at", "updated_at"},
    "subnet": {"dns_nameservers", "host_routes", "allocation_pools", "service_types", "created_at", "updated_at"},
    "port": {"allowed_address_pairs", "extra_dhcp_opts", "binding:profile", "binding:vif_details", "created_at",
             "updated_at"},
    "subnetpool": {"prefixes", "created_at", "updated_at"},
    "security_group": {"security_group_rules", "created_at", "updated_at"},
    "security_group_rule": {"normalized_cidr", "created_at", "updated_at"},
    "floatingip": {"port_details", "created_at", "updated_at"},
    "router": {"external_gateway_info", "routes", "availability_zone_hints", "availability_zones", "created_at",
               "updated_at"},
    "address_group": {"addresses", "created_at", "updated_at"},
    "network_ip_availability": {"total_ips", "used_ips", "subnet_ip_availability"},
}  # fmt: skip
HIDDEN = [(kind.removeprefix("get_"), name) for kind, names in fields.HIDDEN.items() for name in sorted(names)]


@pytest.fixture
def one(alice, settings):
    """One of each kind, as it is shown to administrators."""
    settings.ROUTERS = "simulated"
    settings.SECURITY_GROUPS = True
    outside = Network.objects.create(id=OUTSIDE, name="outside", external=True)
    pools = [["203.0.113.2", "203.0.113.200"]]
    Subnet.objects.create(id=OUTSIDE, network=outside, cidr="203.0.113.0/24", gateway="203.0.113.1", pools=pools)
    found = {}

    def make(kind, path="", **sent):
        body = {kind: {"project_id": ALICE.project, **sent}}
        reply = alice.post(f"{V2}/{path or kind + 's'}", body, token="admin")
        assert reply.status == 201, reply.json
        found[kind] = reply.json[kind]
        return found[kind]["id"]

    where = {"provider:network_type": "mac-filtered", "provider:physical_network": "br0"}
    network = make("network", name="n", **where)
    pool = make("subnetpool", name="p", prefixes=["10.64.0.0/16"], default_prefixlen=24, default_quota=9999)
    make("subnet", network_id=network, subnetpool_id=pool, ip_version=4)
    make("port", network_id=network, **{"binding:host_id": "n1"})
    group = make("security_group", "security-groups", name="g")
    rule = {"protocol": "tcp", "port_range_min": 1, "port_range_max": 2, "remote_ip_prefix": "10.0.0.0/8"}
    make("security_group_rule", "security-group-rules", security_group_id=group, direction="ingress", **rule)
    make("floatingip", floating_network_id=OUTSIDE)
    make("router", name="r")
    make("address_group", "address-groups", name="a", addresses=["10.0.0.0/8"])
    shared = {"object_type": "network", "object_id": network, "target_tenant": BOB.project}
    make("rbac_policy", "rbac-policies", action="access_as_shared", **shared)
    found["security_group"] = alice.get(f"{V2}/security-groups/{group}", token="admin").json["security_group"]
    path = f"{V2}/network-ip-availabilities/{network}"
    found["network_ip_availability"] = alice.get(path, token="admin").json["network_ip_availability"]
    return found


def values(name, value):
    """What it has, and what it has not."""
    if name == "fixed_ips":
        return f"ip_address={value[0]['ip_address']}", "ip_address=192.0.2.77"
    if isinstance(value, bool):
        return str(value), str(not value)
    if isinstance(value, int):
        return str(value), str(value + 9)
    return (value[0] if value else None) if isinstance(value, list) else value, "6" if value is None else "another"


def asked(api, path, token="admin", **params):
    return api.get(f"{V2}/{path}?{urlencode(params)}", token=token)


def listed(api, resource, name, value, token="admin"):
    return asked(api, resource.path, token=token, **{name: value})


def test_what_is_shown_narrows_or_is_refused(alice, one):
    for resource in RESOURCES:
        if resource.name not in one:
            continue
        shown, key = one[resource.name], "id" if "id" in one[resource.name] else "network_id"
        assert shown.keys() == resource.shown
        refused = set()
        for name, value in shown.items():
            mine, other = values(name, value)
            found = listed(alice, resource, name, other)
            if found.status == 400:
                refused.add(name)
                assert "invalid attribute for filtering" in found.json["NeutronError"]["message"]
                continue
            assert shown[key] not in [body[key] for body in found.json[resource.plural]], (resource.name, name)
            if mine is not None:
                found = listed(alice, resource, name, mine).json[resource.plural]
                assert shown[key] in [body[key] for body in found], (resource.name, name)
        assert refused == NO_FILTERS.get(resource.name, set())


@pytest.mark.parametrize(("kind", "name"), HIDDEN)
def test_what_is_not_seen_cannot_be_guessed(alice, one, site, kind, name):
    (resource,) = (found for found in RESOURCES if found.name == kind)
    mine = one[kind][name]
    told = {listed(alice, resource, name, value, token="alice").body for value in (mine, "another", 1)}
    (refused,) = told
    assert f"'{name}' is invalid attribute for filtering" in refused.decode()
    if name not in NO_FILTERS[kind]:
        with site(f'"get_{kind}:{name}": "role:member"'):
            found = listed(alice, resource, name, mine, token="alice").json[resource.plural]
            assert one[kind]["id"] in [body["id"] for body in found]


def test_ports_are_found_where_they_are_told_to_be(alice):
    server = running()

    def found(**wanted):
        ports = asked(alice, "ports", **wanted).json["ports"]
        return [port["device_id"] for port in ports]

    (port,) = alice.get(f"{V2}/ports", token="admin").json["ports"]
    assert (
        found(**{"binding:host_id": port["binding:host_id"]}) == found(**{"binding:vif_type": "bridge"}) == [server.pk]
    )
    assert found(**{"binding:host_id": ""}) == found(**{"binding:vif_type": "unbound"}) == []
    assert (found(port_security_enabled="true"), found(port_security_enabled="false")) == ([], [server.pk])


@pytest.mark.parametrize(
    ("columns", "word"), [({}, "flat"), ({"mode": "routed"}, "routed"), ({"flavor": "PHYSICAL_VLAN"}, "vlan")]
)
def test_networks_are_found_by_the_type_they_are_told_to_have(alice, columns, word):
    id = Network.objects.create(name="n", **columns).pk
    for kind in ("flat", "routed", "vlan", "mac-filtered", "vxlan"):
        found = asked(alice, "networks", **{"provider:network_type": kind}).json["networks"]
        assert (id in [network["id"] for network in found]) == (kind == word)


def test_pools_are_found_by_their_version_of_ip(alice):
    made = [
        alice.post(f"{V2}/subnetpools", {"subnetpool": {"name": "p", "prefixes": [prefix]}}).json["subnetpool"]["id"]
        for prefix in ("10.0.0.0/8", "2001:db8::/32")
    ]
    for id, version in zip(made, (4, 6), strict=True):
        (found,) = asked(alice, "subnetpools", ip_version=version).json["subnetpools"]
        assert found["id"] == id
