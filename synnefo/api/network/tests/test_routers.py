"""Routers as a client of Neutron's sees them."""

import pytest

from logic.network.models import Address, Network, Port, Router, Subnet, Tag
from logic.quota import queries as quota
from logic.testing.worlds import ALICE, BOB, running

V2 = "/network/v2.0"
ROUTERS = f"{V2}/routers"


@pytest.fixture(autouse=True)
def cloud(alice, settings):
    settings.ROUTERS = "simulated"
    settings.SECURITY_GROUPS = True
    return alice


@pytest.fixture
def public():
    network = Network.objects.create(name="public", external=True)
    subnet(network, "203.0.113.0/24", pools=[["203.0.113.10", "203.0.113.200"]])
    return network


def subnet(network, cidr, project=ALICE.project, **columns):
    start = cidr.rpartition("/")[0].removesuffix("0")
    given = {"gateway": f"{start}1", "pools": [[f"{start}2", f"{start}9"]], "ip_version": 6 if ":" in cidr else 4}
    return Subnet.objects.create(network=network, cidr=cidr, project=project, **{**given, **columns})


def private(cidr="10.7.0.0/24", project=ALICE.project, **columns):
    return subnet(Network.objects.create(name="inside", project=project, **columns), cidr, project)


def port_on(subnet, ip, **columns):
    mac = f"fa:16:3e:00:00:{Port.objects.count():02x}"
    made = Port.objects.create(**{"network": subnet.network, "project": ALICE.project, "mac": mac, **columns})
    Address.objects.create(subnet=subnet, port=made, ip=ip)
    return made


@pytest.fixture
def make(alice):
    def making(token="alice", **fields):
        reply = alice.post(ROUTERS, {"router": fields}, token=token)
        assert reply.status == 201, reply.json
        return reply.json["router"]

    return making


@pytest.fixture
def change(alice):
    def changing(router, token="alice", **fields):
        return alice.put(f"{ROUTERS}/{router['id']}", {"router": fields}, token=token)

    return changing


@pytest.fixture
def joined(alice):
    """``joined(router, subnet_id=…)``: the reply."""

    def joining(to, action="add_router_interface", token="alice", **fields):
        return alice.put(f"{ROUTERS}/{to['id']}/{action}", fields, token=token)

    return joining


def fault(reply):
    return reply.status, reply.json["NeutronError"]["type"]


def ports(alice, query, token="alice"):
    return alice.get(f"{V2}/ports?{query}", token=token).json["ports"]


def test_one_that_was_made_is_as_neutron_writes_it(alice, make):
    made = make(name="r")
    expected = {
        "name": "r", "project_id": ALICE.project, "tenant_id": ALICE.project, "status": "ACTIVE", "admin_state_up": True,
        "external_gateway_info": None, "routes": [], "description": "", "tags": [], "revision_number": 1,
    }  # fmt: skip
    assert made | expected == made
    assert alice.get(f"{ROUTERS}/{made['id']}").json == {"router": made}
    assert alice.get(f"{ROUTERS}?name=r&status=ACTIVE&admin_state_up=true").json == {"routers": [made]}
    assert alice.get(f"{ROUTERS}?status=DOWN").json == {"routers": []}


def test_one_has_tags_and_changes_only_as_the_revision_that_is_meant(alice, make, change):
    made = make(name="r")
    alice.put(f"{ROUTERS}/{made['id']}/tags", {"tags": ["red"]})
    assert [one["tags"] for one in alice.get(f"{ROUTERS}?tags=red").json["routers"]] == [["red"]]
    path, body = f"{ROUTERS}/{made['id']}", {"router": {"name": "s"}}
    assert alice.put(path, body, headers={"If-Match": "revision_number=7"}).status == 412
    assert alice.put(path, body, headers={"If-Match": "revision_number=1"}).json["router"]["revision_number"] == 2
    assert alice.delete(path, headers={"If-Match": "revision_number=1"}).status == 412
    assert alice.delete(path).status == 204
    assert not Tag.objects.exists()


def test_several_are_made_at_once_and_counted(alice, settings):
    settings.QUOTAS = {"routers": 2}
    body = {"routers": [{"name": "a"}, {"name": "b"}]}
    assert [one["name"] for one in alice.post(ROUTERS, body).json["routers"]] == ["a", "b"]
    assert fault(alice.post(ROUTERS, {"router": {}})) == (409, "OverQuota")
    assert alice.get(f"{V2}/quotas/{ALICE.project}/details").json["quota"]["router"] == {
        "limit": 2, "used": 2, "reserved": 0,
    }  # fmt: skip


def test_one_that_is_deleted_is_gone_with_its_gateway_and_its_quota(alice, make, public):
    made = make(external_gateway_info={"network_id": public.pk})
    assert alice.delete(f"{ROUTERS}/{made['id']}").status == 204
    assert fault(alice.get(f"{ROUTERS}/{made['id']}")) == (404, "RouterNotFound")
    assert not ports(alice, f"device_id={made['id']}", token="admin")
    assert not Address.objects.exists()
    assert quota.quotas(ALICE.project)["routers"].used == 0


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_another_tenants_is_as_unknown_as_none(alice, make, method):
    made = make()
    body = () if method != "put" else ({"router": {"name": "x"}},)
    reply, unknown = (getattr(alice, method)(f"{ROUTERS}/{id}", *body, token="bob") for id in (made["id"], "nowhere"))
    assert fault(reply) == fault(unknown) == (404, "RouterNotFound")


def test_without_nodes_that_carry_them_there_are_none(alice, settings):
    settings.ROUTERS = "none"
    assert fault(alice.post(ROUTERS, {"router": {}}))[0] == 501
    assert alice.get(ROUTERS).json == {"routers": []}
    assert "router" not in {one["alias"] for one in alice.get(f"{V2}/extensions").json["extensions"]}


def test_readers_make_none(alice):
    assert alice.post(ROUTERS, {"router": {}}, token="reader").status == 403


def test_a_subnet_is_joined_by_a_port_with_its_gateways_address(alice, make, joined):
    made, inside = make(), private()
    reply = joined(made, subnet_id=inside.pk)
    about = {"id": made["id"], "network_id": inside.network_id, "subnet_id": inside.pk, "subnet_ids": [inside.pk]}
    assert (reply.status, reply.json | about) == (200, reply.json)
    (port,) = ports(alice, f"device_id={made['id']}&device_owner=network:router_interface")
    assert (port["id"], port["status"]) == (reply.json["port_id"], "ACTIVE")
    assert port["fixed_ips"] == [{"subnet_id": inside.pk, "ip_address": "10.7.0.1"}]
    assert quota.quotas(ALICE.project)["ports"].used == 1


def test_the_gateways_address_of_everybodys_network_is_nobodys_to_take_but_an_admins(alice, make, joined):
    made, everybodys = make(), private("10.8.0.0/24", project="", shared=True)
    assert fault(joined(made, subnet_id=everybodys.pk)) == (400, "BadRequest")
    assert not ports(alice, "", token="admin")
    assert joined(made, subnet_id=everybodys.pk, token="admin").status == 200


@pytest.mark.parametrize("by", ["subnet_id", "port_id", "both"])
def test_an_interface_is_left_with_its_port(alice, make, joined, by):
    made, inside = make(), private()
    added = joined(made, subnet_id=inside.pk).json
    named = {name: added[name] for name in ("subnet_id", "port_id") if by in (name, "both")}
    reply = joined(made, "remove_router_interface", **named)
    assert (reply.status, reply.json) == (200, added)
    assert not ports(alice, f"device_id={made['id']}")
    assert quota.quotas(ALICE.project)["ports"].used == 0
    assert joined(made, subnet_id=inside.pk).status == 200  # its address is free


def test_a_port_that_is_there_becomes_the_routers(alice, make, joined):
    made, inside = make(), private()
    port = port_on(inside, "10.7.0.5")
    assert joined(made, port_id=port.pk).json["subnet_id"] == inside.pk
    (shown,) = ports(alice, f"device_id={made['id']}")
    assert (shown["id"], shown["device_owner"], shown["status"]) == (port.pk, "network:router_interface", "ACTIVE")
    assert fault(joined(make(), port_id=port.pk)) == (409, "PortInUse")


def test_a_routers_ports_are_no_servers(alice, make, joined):
    inside = private()
    port = joined(make(), subnet_id=inside.pk).json["port_id"]
    server = running()
    reply = alice.post(f"/compute/v2.1/servers/{server.pk}/os-interface", {"interfaceAttachment": {"port_id": port}})
    assert reply.status in (400, 409)


def test_what_cannot_be_joined_is_refused(alice, make, joined):
    made, first, second = make(), private(), private()
    theirs, bare = private("10.8.0.0/24", BOB.project), private("10.9.0.0/24")
    routed = private("10.10.0.0/24", mode="routed")
    taken = private("10.11.0.0/24")
    port_on(taken, "10.11.0.1")
    Subnet.objects.filter(pk=bare.pk).update(gateway="")
    assert joined(made, subnet_id=first.pk).status == 200
    assert fault(joined(made, subnet_id=first.pk)) == (400, "BadRequest")
    assert fault(joined(made, subnet_id=second.pk)) == (400, "BadRequest")  # overlaps
    assert fault(joined(made, subnet_id=theirs.pk)) == (404, "SubnetNotFound")
    assert fault(joined(made, subnet_id=bare.pk)) == (400, "BadRequest")
    assert fault(joined(made, subnet_id=routed.pk)) == (400, "BadRequest")
    assert fault(joined(made, subnet_id=taken.pk)) == (409, "IpAddressAlreadyAllocated")
    assert fault(joined(made, port_id="nowhere")) == (404, "PortNotFound")
    assert fault(joined(made, port_id=port_on(theirs, "10.8.0.7", project=BOB.project).pk)) == (404, "PortNotFound")
    assert fault(joined(made)) == (400, "BadRequest")
    assert fault(joined(made, subnet_id=first.pk, port_id="x")) == (400, "BadRequest")
    assert len(ports(alice, f"device_id={made['id']}")) == 1


def test_what_is_not_joined_cannot_be_left(alice, make, joined):
    made, other, inside = make(), make(), private()
    port = joined(other, subnet_id=inside.pk).json["port_id"]
    leave = "remove_router_interface"
    assert fault(joined(made, leave, subnet_id=inside.pk)) == (404, "RouterInterfaceNotFoundForSubnet")
    assert fault(joined(made, leave, port_id=port)) == (404, "RouterInterfaceNotFound")
    assert fault(joined(made, leave, subnet_id="nowhere")) == (404, "SubnetNotFound")
    assert fault(joined(made, leave)) == (400, "BadRequest")
    assert fault(joined(other, leave, port_id=port, subnet_id=private("10.8.0.0/24").pk)) == (409, "Conflict")


def test_one_that_joins_something_stays_and_so_does_what_it_joins(alice, make, joined):
    made, inside = make(), private()
    joined(made, subnet_id=inside.pk)
    assert fault(alice.delete(f"{ROUTERS}/{made['id']}")) == (409, "RouterInUse")
    (port,) = ports(alice, f"device_id={made['id']}")
    assert fault(alice.delete(f"{V2}/ports/{port['id']}")) == (409, "ServicePortInUse")
    assert fault(alice.delete(f"{V2}/subnets/{inside.pk}")) == (409, "SubnetInUse")
    assert fault(alice.delete(f"{V2}/networks/{inside.network_id}")) == (409, "NetworkInUse")


def test_a_gateway_is_a_port_outside_that_tenants_do_not_see(alice, make, change, public):
    made = make()
    set_ = change(made, external_gateway_info={"network_id": public.pk}).json["router"]
    (fixed,) = set_["external_gateway_info"].pop("external_fixed_ips")
    assert set_["external_gateway_info"] == {"network_id": public.pk, "enable_snat": True}
    assert fixed["ip_address"].startswith("203.0.113.")
    query = f"network_id={public.pk}&device_id={made['id']}&device_owner=network:router_gateway"
    (port,) = ports(alice, query, token="admin")
    assert (port["fixed_ips"], port["project_id"]) == ([fixed], "")
    assert not ports(alice, query)


@pytest.mark.parametrize("nothing", [None, {}])
def test_a_gateway_is_taken_away_by_nothing(alice, make, change, public, nothing):
    made = make(external_gateway_info={"network_id": public.pk})
    assert change(made, external_gateway_info=nothing).json["router"]["external_gateway_info"] is None
    assert not ports(alice, f"device_id={made['id']}", token="admin")
    assert not Address.objects.exists()


def test_its_address_outside_stays_when_something_else_changes(make, change, public):
    before = make(external_gateway_info={"network_id": public.pk})
    after = change(before, token="admin", external_gateway_info={"network_id": public.pk, "enable_snat": False}).json[
        "router"
    ]["external_gateway_info"]
    assert after == before["external_gateway_info"] | {"enable_snat": False}
    again = change(before, external_gateway_info={"network_id": public.pk}).json["router"]["external_gateway_info"]
    assert again == after


def test_administrators_choose_translation_and_addresses(make, change, public):
    info = {"network_id": public.pk, "enable_snat": False, "external_fixed_ips": [{"ip_address": "203.0.113.77"}]}
    made = make(token="admin", external_gateway_info=info)["external_gateway_info"]
    assert made["external_fixed_ips"][0]["ip_address"] == "203.0.113.77"
    for name in ("enable_snat", "external_fixed_ips"):
        wanted = {"network_id": public.pk, name: info[name]}
        assert fault(change(make(), external_gateway_info=wanted)) == (403, "PolicyNotAuthorized")


def test_a_gateway_leads_to_an_external_network_alone(make, change, public):
    made, inside = make(), private()
    for network, expected in (
        (inside.network_id, (400, "BadRequest")),
        ("nowhere", (404, "NetworkNotFound")),
        (private(project=BOB.project).network_id, (404, "NetworkNotFound")),
        (Network.objects.create(external=True).pk, (400, "BadRequest")),
    ):
        assert fault(change(made, external_gateway_info={"network_id": network})) == expected
    assert fault(change(made, external_gateway_info={"enable_snat": True})) == (400, "BadRequest")


def test_a_network_outside_is_seen_and_takes_no_server(alice, public):
    assert alice.get(f"{V2}/networks/{public.pk}").json["network"]["router:external"] is True
    server = running()
    reply = alice.post(
        f"/compute/v2.1/servers/{server.pk}/os-interface", {"interfaceAttachment": {"net_id": public.pk}}
    )
    assert reply.status == 400


ROUTE = {"destination": "172.16.0.0/16", "nexthop": "10.7.0.5"}


def test_routes_are_kept_until_they_are_replaced(alice, make, change, joined):
    made, inside = make(), private()
    joined(made, subnet_id=inside.pk)
    assert change(made, routes=[ROUTE]).json["router"]["routes"] == [ROUTE]
    assert fault(joined(made, "remove_router_interface", subnet_id=inside.pk)) == (409, "RouterInterfaceInUseByRoute")
    more = {"destination": "172.17.0.0/16", "nexthop": "10.7.0.6"}
    added = joined(made, "add_extraroutes", router={"routes": [more, ROUTE]}).json["router"]["routes"]
    assert added == [ROUTE, more]
    assert joined(made, "remove_extraroutes", router={"routes": [ROUTE]}).json["router"]["routes"] == [more]
    assert change(made, routes=None).json["router"]["routes"] == []


@pytest.mark.parametrize(
    "routes",
    [
        [ROUTE, ROUTE],
        [ROUTE | {"nexthop": "10.8.0.5"}],
        [ROUTE | {"nexthop": "10.7.0.1"}],
        [ROUTE | {"nexthop": "fe80::1"}],
        [ROUTE | {"destination": "172.16.0.1/16"}],
        [ROUTE | {"destination": "everywhere"}],
        [{"destination": f"172.{n}.0.0/16", "nexthop": "10.7.0.5"} for n in range(31)],
        [{"destination": "172.16.0.0/16"}],
        "ROUTE",
    ],
)
def test_routes_that_lead_nowhere_are_refused(make, change, joined, routes):
    made = make()
    joined(made, subnet_id=private().pk)
    assert change(made, routes=routes).status == 400
    assert Router.objects.get().routes == []


@pytest.fixture
def behind(make, joined, public):
    """A router with a gateway, a subnet behind it, and a port there."""
    made, inside = make(external_gateway_info={"network_id": public.pk}), private()
    joined(made, subnet_id=inside.pk)
    return made, inside, port_on(inside, "10.7.0.5")


@pytest.fixture
def floating(alice, public):
    def making(**fields):
        return alice.post(f"{V2}/floatingips", {"floatingip": {"floating_network_id": public.pk, **fields}})

    return making


def test_a_floating_address_goes_through_the_router_before_its_port(alice, floating, behind):
    router, _, port = behind
    made = floating(port_id=port.pk).json["floatingip"]
    assert (made["router_id"], made["status"], made["fixed_ip_address"]) == (router["id"], "ACTIVE", "10.7.0.5")
    assert alice.get(f"{V2}/floatingips?router_id={router['id']}").json["floatingips"] == [made]
    path = f"{V2}/floatingips/{made['id']}"
    off = alice.put(path, {"floatingip": {"port_id": None}}).json["floatingip"]
    assert (off["router_id"], off["status"]) == (None, "DOWN")
    assert alice.get(f"{V2}/floatingips?router_id={router['id']}").json["floatingips"] == []


def test_one_whose_port_no_router_leads_to_is_refused(floating, make, joined):
    inside = private()
    joined(make(), subnet_id=inside.pk)  # without a gateway
    reply = floating(port_id=port_on(inside, "10.7.0.5").pk)
    assert fault(reply) == (404, "ExternalGatewayForFloatingIPNotFound")


def test_what_a_floating_address_goes_through_stays(alice, floating, behind, change, joined):
    router, inside, port = behind
    made = floating(port_id=port.pk).json["floatingip"]
    refused = (409, "RouterExternalGatewayInUseByFloatingIp")
    assert fault(change(router, external_gateway_info=None)) == refused
    leaving = joined(router, "remove_router_interface", subnet_id=inside.pk)
    assert fault(leaving) == (409, "RouterInterfaceInUseByFloatingIP")
    assert alice.delete(f"{V2}/floatingips/{made['id']}").status == 204
    assert change(router, external_gateway_info=None).status == 200


def test_one_that_moves_to_another_port_goes_through_that_ones_router(alice, floating, behind, make, joined, public):
    made = floating(port_id=behind[2].pk).json["floatingip"]
    other, inside = make(external_gateway_info={"network_id": public.pk}), private("10.8.0.0/24")
    joined(other, subnet_id=inside.pk)
    port = port_on(inside, "10.8.0.5")
    moved = alice.put(f"{V2}/floatingips/{made['id']}", {"floatingip": {"port_id": port.pk}}).json["floatingip"]
    assert (moved["router_id"], moved["fixed_ip_address"]) == (other["id"], "10.8.0.5")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"router": None},
        {"router": []},
        {"router": {"name": 7}},
        {"router": {"name": "x" * 256}},
        {"router": {"admin_state_up": "perhaps"}},
        {"router": {"distributed": True}},
        {"router": {"external_gateway_info": "public"}},
        {"router": {}, "routers": []},
    ],
)
def test_what_makes_no_sense_is_refused(alice, body):
    assert alice.post(ROUTERS, body).status == 400
    assert not Router.objects.exists()


def test_another_projects_is_for_administrators_to_make(alice, make):
    assert make(token="admin", project_id=BOB.project)["project_id"] == BOB.project
    assert fault(alice.post(ROUTERS, {"router": {"project_id": BOB.project}})) == (403, "PolicyNotAuthorized")


def test_nothing_filters_a_routers_own_port(alice, make, joined):
    port = joined(make(), subnet_id=private().pk).json["port_id"]
    for change in ({"port_security_enabled": True}, {"security_groups": []}):
        assert alice.put(f"/network/v2.0/ports/{port}", {"port": change}).status == 400
