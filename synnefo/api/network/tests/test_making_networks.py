"""Networks, subnets, pools of them and tags, as tenants and operators make them over Neutron's API."""

import pytest

from logic.errors import Conflict
from logic.network import connecting
from logic.network.models import BackendNetwork, Network, Port, Subnet
from logic.testing.worlds import ALICE, BOB, NETWORK, cluster, create

V2 = "/network/v2.0"
USUAL = {"cidr": "10.9.0.0/24"}


def made(client, kind="network", token="alice", **body):
    reply = client.post(f"{V2}/{kind}s", {kind: body}, token=token)
    assert reply.status == 201, reply.body
    return reply.json[kind]


def refused(reply):
    return reply.status, reply.json["NeutronError"]["type"]


def subnet(client, network, cidr="10.9.0.0/24", **body):
    return made(client, "subnet", network_id=network["id"], ip_version=4, cidr=cidr, **body)


def ask(client, network, **body):
    return client.post(f"{V2}/subnets", {"subnet": {"network_id": network["id"], "ip_version": 4, **body}})


def test_a_zone_that_there_is_not_is_no_hint(alice):
    told = alice.post(f"{V2}/networks", {"network": {"availability_zone_hints": ["nope"]}})
    assert refused(told) == (404, "AvailabilityZoneNotFound")
    there = [cluster("another").name]
    assert made(alice, availability_zone_hints=there)["availability_zone_hints"] == there


def test_a_tenants_network_has_macs_that_no_other_has(alice):
    one, other = made(alice, name="one", description="mine"), made(alice, name="two")
    rows = {row.name: row for row in Network.objects.exclude(pk=NETWORK)}
    assert {row.flavor for row in rows.values()} == {"MAC_FILTERED"}
    assert {row.link for row in rows.values()} == {"prv0"}
    assert rows["one"].mac_prefix != rows["two"].mac_prefix
    assert all(row.mac_prefix.startswith("aa:") for row in rows.values())
    assert (one["status"], one["revision_number"], one["project_id"], one["tags"]) == ("ACTIVE", 1, ALICE.project, [])
    assert "provider:network_type" not in other
    told = alice.get(f"{V2}/networks/{one['id']}", token="admin").json["network"]
    assert (told["provider:network_type"], told["provider:physical_network"]) == ("mac-filtered", "prv0")


def test_several_are_made_together_or_none(alice, settings):
    settings.QUOTAS = {"networks": 2}
    before = Network.objects.count()
    reply = alice.post(f"{V2}/networks", {"networks": [{"name": name} for name in "abc"]})
    assert refused(reply) == (409, "OverQuota")
    assert Network.objects.count() == before
    reply = alice.post(f"{V2}/networks", {"networks": [{"name": name} for name in "ab"]})
    assert [one["name"] for one in reply.json["networks"]] == ["a", "b"]


def test_bridges_of_their_own_run_out(alice, settings):
    settings.TENANT_NETWORK_FLAVOR, settings.TENANT_NETWORK_LINKS = "PHYSICAL_VLAN", ["prv1", "prv2"]
    assert {Network.objects.get(pk=made(alice)["id"]).link for _ in "ab"} == {"prv1", "prv2"}
    assert refused(alice.post(f"{V2}/networks", {"network": {}})) == (503, "NoNetworkAvailable")
    gone = Network.objects.filter(link="prv1").get()
    assert alice.delete(f"{V2}/networks/{gone.pk}").status == 204
    assert Network.objects.get(pk=made(alice)["id"]).link == "prv1"


def test_what_a_network_had_is_nobodys_as_long_as_it_is_on_a_cluster(alice, settings):
    settings.TENANT_NETWORK_FLAVOR, settings.TENANT_NETWORK_LINKS = "PHYSICAL_VLAN", ["prv1"]
    id = made(alice)["id"]
    BackendNetwork.objects.create(network_id=id, backend=cluster("c2"), observed="connected")
    assert alice.delete(f"{V2}/networks/{id}").status == 204
    assert refused(alice.post(f"{V2}/networks", {"network": {}})) == (503, "NoNetworkAvailable")
    BackendNetwork.objects.update(observed="none", command="", verb="")
    made(alice)


def test_without_bridges_only_operators_make_networks(alice, settings):
    settings.TENANT_NETWORK_LINKS = []
    assert alice.post(f"{V2}/networks", {"network": {}}).status == 400
    body = {"provider:network_type": "flat", "provider:physical_network": "br5"}
    made(alice, token="admin", **body)


@pytest.mark.parametrize(
    ("word", "flavor", "mode"),
    [
        ("flat", "CUSTOM", "bridged"),
        ("vlan", "PHYSICAL_VLAN", "bridged"),
        ("routed", "IP_LESS_ROUTED", "routed"),
        ("mac-filtered", "MAC_FILTERED", "bridged"),
    ],
)
def test_operators_say_where_a_network_is(alice, word, flavor, mode):
    where = {"provider:network_type": word, "provider:physical_network": "155"}
    told = made(alice, token="admin", **where, shared=True, **{"router:external": "True"}, project_id=BOB.project)
    row = Network.objects.get(pk=told["id"])
    assert (row.flavor, row.mode, row.link, row.project, row.external) == (flavor, mode, "155", BOB.project, True)
    assert told | where == told


@pytest.mark.parametrize(
    "body",
    [
        {"shared": True},
        {"router:external": True},
        {"is_default": True},
        {"provider:network_type": "flat", "provider:physical_network": "br5"},
        {"project_id": BOB.project},
    ],
)
def test_tenants_do_not_say_what_operators_say(alice, body):
    assert refused(alice.post(f"{V2}/networks", {"network": body})) == (403, "PolicyNotAuthorized")


@pytest.mark.parametrize(
    "body",
    [
        {"unheard": 1},
        {"id": "x"},
        {"name": 5},
        {"name": "x" * 256},
        {"mtu": 10},
        {"admin_state_up": "perhaps"},
        {"admin_state_up": False},
        {"dns_domain": "x."},
        {"project_id": "a", "tenant_id": "b"},
    ],
)
def test_a_network_that_makes_no_sense_is_refused(alice, body):
    before = Network.objects.count()
    assert alice.post(f"{V2}/networks", {"network": body}).status == 400
    assert Network.objects.count() == before


def test_an_unknown_attribute_is_refused_in_neutrons_words(alice):
    reply = alice.post(f"{V2}/networks", {"network": {"unheard": 1}})
    assert reply.json["NeutronError"]["message"] == "Unrecognized attribute(s) 'unheard'."


def test_a_network_is_changed_if_it_is_still_what_the_caller_means(alice):
    path = f"{V2}/networks/{made(alice)['id']}"
    told = alice.put(path, {"network": {"name": "new"}}).json["network"]
    assert (told["name"], told["revision_number"]) == ("new", 2)
    stale = alice.request("PUT", path, json={"network": {"name": "x"}}, headers={"If-Match": "revision_number=1"})
    assert refused(stale) == (412, "RevisionNumberConstraintFailed")
    same = alice.request("PUT", path, json={"network": {"name": "x"}}, headers={"If-Match": "revision_number=2"})
    assert same.json["network"]["name"] == "x"
    assert alice.put(path, {"network": {"name": "y"}}, token="bob").status == 404
    assert alice.put(path, {"network": {"shared": True}}).status == 403


def test_a_network_in_use_is_not_deleted_and_its_subnets_go_with_it(alice):
    network = made(alice)
    inside = subnet(alice, network)
    port = made(alice, "port", network_id=network["id"])
    assert refused(alice.delete(f"{V2}/networks/{network['id']}")) == (409, "NetworkInUse")
    assert alice.delete(f"{V2}/ports/{port['id']}").status == 204
    assert alice.delete(f"{V2}/networks/{network['id']}").status == 204
    assert alice.get(f"{V2}/subnets/{inside['id']}").status == 404
    used = alice.get(f"{V2}/quotas/{ALICE.project}/details").json["quota"]
    assert {used[name]["used"] for name in ("network", "subnet", "port")} == {0}


def test_what_leads_outside_is_seen_by_all_and_joined_by_nobody(alice):
    outside = made(alice, token="admin", **{"router:external": True})
    assert alice.get(f"{V2}/networks/{outside['id']}").json["network"]["router:external"] is True
    assert alice.post(f"{V2}/ports", {"port": {"network_id": outside["id"]}}).status == 403


def test_a_subnet_is_what_was_asked_for(alice):
    routes = [{"destination": "10.8.0.0/16", "nexthop": "10.9.0.2"}]
    told = subnet(
        alice,
        made(alice),
        gateway_ip=None,
        allocation_pools=[{"start": "10.9.0.10", "end": "10.9.0.20"}],
        dns_nameservers=["9.9.9.9"],
        host_routes=routes,
        enable_dhcp=False,
    )
    assert (told["gateway_ip"], told["enable_dhcp"], told["dns_nameservers"]) == (None, False, ["9.9.9.9"])
    assert (told["allocation_pools"], told["host_routes"]) == ([{"start": "10.9.0.10", "end": "10.9.0.20"}], routes)


def test_the_usual_subnet_has_its_gateway_first_and_gives_out_the_rest(alice):
    told = subnet(alice, made(alice), cidr="10.9.0.0/28")
    assert told["gateway_ip"] == "10.9.0.1"
    assert told["allocation_pools"] == [{"start": "10.9.0.2", "end": "10.9.0.14"}]
    middle = subnet(alice, made(alice), cidr="10.9.0.0/28", gateway_ip="10.9.0.5")
    assert [pool["start"] for pool in middle["allocation_pools"]] == ["10.9.0.1", "10.9.0.6"]


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({"cidr": "10.9.0.1/24"}, (400, "InvalidInput")),
        ({"cidr": "x"}, (400, "InvalidInput")),
        ({"cidr": "127.0.0.0/24"}, (400, "InvalidInput")),
        ({"cidr": "0.0.0.0/24"}, (400, "InvalidInput")),
        ({"cidr": "fd00::/64"}, (400, "InvalidInput")),
        ({"cidr": "10.0.0.0/8"}, (400, "InvalidInput")),
        ({}, (400, "BadRequest")),
        ({"cidr": "10.9.0.0/24", "gateway_ip": "10.8.0.1"}, (400, "InvalidInput")),
        ({"cidr": "10.9.0.0/24", "dns_nameservers": ["x"]}, (400, "InvalidInput")),
        ({"cidr": "10.9.0.0/24", "dns_nameservers": [f"9.9.9.{n}" for n in range(6)]}, (400, "DNSNameServersExhausted")),
        ({"cidr": "10.9.0.0/24", "ipv6_ra_mode": "slaac"}, (400, "InvalidInput")),
        ({"cidr": "10.9.0.0/24", "allocation_pools": [{"start": "10.9.0.9", "end": "10.9.0.2"}]}, (400, "InvalidAllocationPool")),
        ({"allocation_pools": [{"start": "10.9.0.9", "end": "10.9.1.2"}], **USUAL}, (400, "OutOfBoundsAllocationPool")),
        (
            {"cidr": "10.9.0.0/24", "gateway_ip": "10.9.0.3", "allocation_pools": [{"start": "10.9.0.2", "end": "10.9.0.9"}]},
            (409, "GatewayConflictWithAllocationPools"),
        ),
        (
            {
                "cidr": "10.9.0.0/24",
                "allocation_pools": [{"start": "10.9.0.2", "end": "10.9.0.9"}, {"start": "10.9.0.9", "end": "10.9.0.12"}],
            },
            (409, "OverlappingAllocationPools"),
        ),
    ],
)  # fmt: skip
def test_a_subnet_that_makes_no_sense_is_refused(alice, body, answer):
    assert refused(ask(alice, made(alice), **body)) == answer
    assert Subnet.objects.count() == 1


def test_ranges_of_one_network_do_not_overlap(alice):
    network = made(alice)
    subnet(alice, network)
    assert refused(ask(alice, network, cidr="10.9.0.128/25")) == (400, "InvalidInput")
    subnet(alice, made(alice))


def test_subnets_of_others_networks_are_not_made(alice):
    shared = {"id": NETWORK}
    assert ask(alice, shared, cidr="10.9.0.0/24").status == 403
    theirs = {"id": Network.objects.create(name="theirs", project=BOB.project).pk}
    assert refused(ask(alice, theirs, cidr="10.9.0.0/24")) == (404, "NetworkNotFound")


@pytest.mark.parametrize("mode", ["slaac", "dhcpv6-stateless"])
def test_guests_make_their_ipv6_addresses_of_their_macs(alice, mode):
    network = made(alice)
    body = {"cidr": "fd00:9::/64", "ip_version": 6, "ipv6_ra_mode": mode, "ipv6_address_mode": mode}
    told = made(alice, "subnet", network_id=network["id"], **body)
    assert (told["ipv6_ra_mode"], told["ipv6_address_mode"]) == (mode, mode)
    port = made(alice, "port", network_id=network["id"])
    halves = [int(one, 16) for one in port["mac_address"].split(":")]
    assert port["fixed_ips"][0]["ip_address"].endswith(
        f"ff:fe{halves[3]:02x}:{halves[4]:02x}{halves[5]:02x}".replace(":0", ":")
    )


def test_ports_that_are_there_have_the_address_that_a_new_range_means_and_it_does_not_hold_the_range(alice):
    network = made(alice)
    path = f"{V2}/ports/{made(alice, 'port', network_id=network['id'])['id']}"
    body = {"cidr": "fd00:9::/64", "ip_version": 6, "ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
    six = made(alice, "subnet", network_id=network["id"], **body)
    assert [one["subnet_id"] for one in alice.get(path).json["port"]["fixed_ips"]] == [six["id"]]
    assert alice.delete(f"{V2}/subnets/{six['id']}").status == 204
    assert alice.get(path).json["port"]["fixed_ips"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"ipv6_ra_mode": "dhcpv6-stateful", "ipv6_address_mode": "dhcpv6-stateful"},
        {"ipv6_ra_mode": "slaac"},
        {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "dhcpv6-stateless"},
        {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac", "cidr": "fd00::/65"},
        {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac", "enable_dhcp": False},
        {},
    ],
)
def test_ipv6_that_nodes_do_not_do_is_refused(alice, body):
    assert ask(alice, made(alice), **{"ip_version": 6, "cidr": "fd00::/64", **body}).status == 400


def test_a_subnet_is_changed_and_one_in_use_is_not_deleted(alice):
    network = made(alice)
    path = f"{V2}/subnets/{subnet(alice, network)['id']}"
    told = alice.put(path, {"subnet": {"name": "new", "dns_nameservers": ["1.1.1.1"], "gateway_ip": None}}).json[
        "subnet"
    ]
    assert (told["name"], told["dns_nameservers"], told["gateway_ip"]) == ("new", ["1.1.1.1"], None)
    assert refused(alice.put(path, {"subnet": {"gateway_ip": "10.9.0.7"}})) == (
        409,
        "GatewayConflictWithAllocationPools",
    )
    assert alice.put(path, {"subnet": {"cidr": "10.9.0.0/25"}}).status == 400
    port = made(alice, "port", network_id=network["id"])
    assert refused(alice.delete(path)) == (409, "SubnetInUse")
    alice.delete(f"{V2}/ports/{port['id']}")
    assert alice.delete(path).status == 204


def test_a_network_on_clusters_is_made_anew_with_its_new_subnet_unless_servers_are_on_it(alice):
    network = made(alice)
    place = BackendNetwork.objects.create(network_id=network["id"], backend=cluster("c2"), observed="connected")
    subnet(alice, network)
    place.refresh_from_db()
    assert place.verb == "disconnect"
    with pytest.raises(Conflict, match="being changed"):
        connecting.reach(ALICE, place.backend, [place.network])
    BackendNetwork.objects.update(verb="", command="", observed="connected")
    Port.objects.create(
        network_id=network["id"], project=ALICE.project, mac="02:00:00:00:00:01", device="x", backend=place.backend
    )
    body = {"cidr": "fd00::/64", "ip_version": 6, "ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
    assert refused(ask(alice, network, **body)) == (409, "SubnetInUse")


def test_ranges_are_taken_from_a_pool_without_overlapping(alice):
    pool = made(
        alice,
        "subnetpool",
        name="p",
        prefixes=["10.5.0.0/23"],
        default_prefixlen=24,
        min_prefixlen=24,
        max_prefixlen=26,
    )
    assert (pool["ip_version"], pool["default_prefixlen"], pool["default_quota"]) == (4, 24, None)
    network = made(alice)
    one = made(alice, "subnet", network_id=network["id"], ip_version=4, subnetpool_id=pool["id"], prefixlen=26)
    assert (one["cidr"], one["subnetpool_id"]) == ("10.5.0.0/26", pool["id"])
    other = made(alice, "subnet", network_id=made(alice)["id"], ip_version=4, subnetpool_id=pool["id"])
    assert other["cidr"] == "10.5.1.0/24"
    body = {"subnetpool_id": pool["id"]}
    assert refused(ask(alice, made(alice), **body)) == (409, "SubnetAllocationError")
    assert ask(alice, made(alice), **body, prefixlen=20).status == 400
    assert refused(ask(alice, made(alice), **body, cidr="10.5.0.32/27")) == (409, "SubnetAllocationError")
    assert refused(alice.delete(f"{V2}/subnetpools/{pool['id']}")) == (409, "SubnetPoolInUse")
    assert alice.delete(f"{V2}/networks/{network['id']}").status == 204
    made(alice, "subnet", network_id=made(alice)["id"], ip_version=4, subnetpool_id=pool["id"], cidr="10.5.0.0/26")


def test_a_project_takes_no_more_from_a_pool_than_its_quota(alice):
    pool = made(alice, "subnetpool", name="p", prefixes=["10.5.0.0/16"], default_prefixlen=24, default_quota=300)
    made(alice, "subnet", network_id=made(alice)["id"], ip_version=4, subnetpool_id=pool["id"])
    assert refused(ask(alice, made(alice), subnetpool_id=pool["id"])) == (409, "SubnetPoolQuotaExceeded")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"prefixes": []}, 400),
        ({"prefixes": ["x"]}, 400),
        ({"prefixes": ["10.0.0.0/8", "fd00::/48"]}, 400),
        ({"prefixes": ["10.0.0.0/8"], "min_prefixlen": 25, "max_prefixlen": 24}, 400),
        ({"prefixes": ["10.0.0.0/8"], "default_prefixlen": 40}, 400),
        ({"prefixes": ["10.0.0.0/8"], "shared": True}, 403),
        ({"prefixes": ["10.0.0.0/8"], "is_default": True}, 403),
    ],
)
def test_a_pool_that_makes_no_sense_is_refused(alice, body, status):
    assert alice.post(f"{V2}/subnetpools", {"subnetpool": {"name": "p", **body}}).status == status


def test_the_default_pool_serves_those_who_name_none_and_pools_only_grow(alice):
    body = {"name": "p", "prefixes": ["10.5.0.0/16"], "default_prefixlen": 24, "shared": True, "is_default": True}
    pool = made(alice, "subnetpool", token="admin", **body)
    told = made(alice, "subnet", network_id=made(alice)["id"], ip_version=4, use_default_subnetpool=True)
    assert told["subnetpool_id"] == pool["id"]
    path = f"{V2}/subnetpools/{pool['id']}"
    assert alice.put(path, {"subnetpool": {"name": "x"}}).status == 403
    grown = alice.put(path, {"subnetpool": {"prefixes": ["10.4.0.0/15"], "name": "q"}}, token="admin").json[
        "subnetpool"
    ]
    assert (grown["prefixes"], grown["name"]) == (["10.4.0.0/15"], "q")
    shrunk = alice.put(path, {"subnetpool": {"prefixes": ["10.5.0.0/17"]}}, token="admin")
    assert refused(shrunk) == (400, "IllegalSubnetPoolPrefixUpdate")


def test_tags_are_put_on_taken_off_and_looked_for(alice):
    id = made(alice, name="tagged")["id"]
    path = f"{V2}/networks/{id}/tags"
    made(alice, name="plain")
    assert alice.put(path, {"tags": ["red", "blue"]}).json == {"tags": ["blue", "red"]}
    assert alice.request("PUT", f"{path}/green").status == 201
    assert alice.get(f"{path}/green").status == 204
    assert alice.get(f"{V2}/networks/{id}").json["network"]["tags"] == ["blue", "green", "red"]
    for query, names in (
        ("tags=red,blue", {"tagged"}),
        ("tags=red,pink", set()),
        ("tags-any=red,pink", {"tagged"}),
        ("not-tags=red,blue", {"net", "plain"}),
        ("not-tags-any=red", {"net", "plain"}),
    ):
        assert {one["name"] for one in alice.get(f"{V2}/networks?{query}").json["networks"]} == names, query
    assert alice.delete(f"{path}/green").status == 204
    assert refused(alice.delete(f"{path}/green")) == (404, "TagNotFound")
    assert alice.delete(path).status == 204
    assert alice.get(path).json == {"tags": []}
    assert alice.put(path, {"tags": ["x" * 256]}).status == 400
    assert alice.put(path, {"tags": ["x"]}, token="bob").status == 404
    assert alice.put(f"{V2}/networks/{NETWORK}/tags", {"tags": ["x"]}).status == 403


def test_operators_see_how_many_addresses_are_left(alice):
    network = made(alice)
    subnet(alice, network, cidr="10.9.0.0/28")
    made(alice, "port", network_id=network["id"])
    path = f"{V2}/network-ip-availabilities"
    (told,) = alice.get(f"{path}?network_id={network['id']}", token="admin").json["network_ip_availabilities"]
    assert (told["total_ips"], told["used_ips"], told["network_name"]) == (13, 1, "")
    assert told["subnet_ip_availability"][0]["used_ips"] == 1
    one = alice.get(f"{path}/{network['id']}", token="admin").json["network_ip_availability"]
    assert one == told
    assert alice.get(path).json == {"network_ip_availabilities": []}
    assert alice.get(f"{path}/{network['id']}").status == 404


def test_pages_lead_back_too(alice):
    ids = [made(alice, name=name)["id"] for name in "abc"]
    query = f"{V2}/networks?limit=2&sort_key=name&shared=false"
    back = alice.get(f"{query}&page_reverse=True&marker={ids[2]}").json
    assert [one["name"] for one in back["networks"]] == ["a", "b"]
    assert back["networks_links"][0]["rel"] == "previous"


def test_a_server_on_a_tenants_network_has_its_macs(alice):
    network = made(alice)
    subnet(alice, network)
    Network.objects.filter(pk=NETWORK).update(is_default=False)
    Network.objects.filter(pk=network["id"]).update(is_default=True)
    port = Port.objects.get(device=create().pk)
    assert port.mac.startswith(Network.objects.get(pk=network["id"]).mac_prefix)
    assert BackendNetwork.objects.get().verb == "connect"
