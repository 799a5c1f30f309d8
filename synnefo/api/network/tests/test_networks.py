"""Neutron's part as a client sees it: networks, subnets, ports, and the small things clients ask on their way."""

import pytest

from logic.network.models import Network, Port, Subnet
from logic.testing.worlds import ALICE, BOB, NETWORK, create, running, seen, tell
from synnefo.api.testing import HOST

V2 = "/network/v2.0"


def ids(reply) -> list[str]:
    (items,) = (items for name, items in reply.json.items() if not name.endswith("_links"))
    return [one["id"] for one in items]


@pytest.mark.parametrize("path", ["/network", "/network/"])
def test_the_version_is_told_to_anybody_with_the_host_that_was_used(api, path):
    reply = api.get(path)
    assert reply.status == 200
    (version,) = reply.json["versions"]
    assert (version["id"], version["status"]) == ("v2.0", "CURRENT")
    assert version["links"] == [{"rel": "self", "href": f"http://{HOST}/network/v2.0/"}]


def test_the_collections_that_are_listed_are_there(alice):
    found = alice.get(V2, token="").json["resources"]
    assert {"network", "subnet", "port"} <= {one["name"] for one in found}
    for one in found:
        path = one["links"][0]["href"].removeprefix(f"http://{HOST}")
        assert one["collection"] in alice.get(path).json


def test_networks_need_a_token(api):
    assert api.get(f"{V2}/networks").status == 401


def test_a_network_has_neutrons_fields(alice):
    shown = alice.get(f"{V2}/networks/{NETWORK}").json["network"]
    assert shown["subnets"] == [Subnet.objects.get().pk]
    assert (
        shown
        | {
            "name": "net",
            "status": "ACTIVE",
            "shared": True,
            "router:external": False,
            "admin_state_up": True,
            "mtu": 1500,
            "tenant_id": "",
            "project_id": "",
        }
        == shown
    )
    assert shown["created_at"].endswith("Z")


def test_a_subnet_has_neutrons_fields(alice):
    (shown,) = alice.get(f"{V2}/subnets").json["subnets"]
    assert shown["allocation_pools"] == [{"start": "10.0.0.2", "end": "10.0.0.254"}]
    assert (shown["cidr"], shown["gateway_ip"], shown["ip_version"]) == ("10.0.0.0/24", "10.0.0.1", 4)
    assert (shown["dns_nameservers"], shown["host_routes"], shown["network_id"]) == ([], [], NETWORK)
    assert alice.get(f"{V2}/subnets/{shown['id']}").json == {"subnet": shown}


def test_a_port_tells_whose_it_is_and_what_address_it_has(alice):
    server = running()
    tell(seen(server))
    (shown,) = alice.get(f"{V2}/ports").json["ports"]
    assert (shown["device_id"], shown["device_owner"]) == (server.pk, "compute:c1")
    assert (shown["status"], shown["tenant_id"]) == ("ACTIVE", ALICE.project)
    assert shown["fixed_ips"] == [{"subnet_id": Subnet.objects.get().pk, "ip_address": "10.0.0.2"}]
    assert alice.get(f"{V2}/ports/{shown['id']}").json == {"port": shown}


def test_only_administrators_see_the_cluster_of_a_port(alice):
    running()
    assert "binding:host_id" not in alice.get(f"{V2}/ports").json["ports"][0]
    assert alice.get(f"{V2}/ports", token="admin").json["ports"][0]["binding:host_id"] == "c1"


@pytest.mark.parametrize("kind", ["network", "subnet", "port", "security-group"])
def test_a_name_where_an_id_belongs_is_not_found(alice, kind):
    reply = alice.get(f"{V2}/{kind}s/net")
    assert reply.status == 404
    error = reply.json["NeutronError"]
    assert error["type"] == f"{kind.title().replace('-', '')}NotFound"
    assert "net" in error["message"]
    assert error["detail"] == ""


def test_another_tenants_network_and_port_are_as_unknown_as_any(alice):
    theirs = Network.objects.create(name="theirs", project=BOB.project)
    port = Port.objects.get(device=create(BOB).pk)
    assert alice.get(f"{V2}/networks/{theirs.pk}").status == 404
    assert alice.get(f"{V2}/ports/{port.pk}").status == 404
    assert ids(alice.get(f"{V2}/networks?name=theirs")) == []
    assert ids(alice.get(f"{V2}/ports?tenant_id={BOB.project}")) == []
    assert ids(alice.get(f"{V2}/ports?tenant_id={BOB.project}", token="admin")) == [port.pk]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name=net", {"net"}),
        ("name=net&name=other", {"net", "other"}),
        ("name=ne", set()),
        (f"id={NETWORK}", {"net"}),
        (f"id={NETWORK}&id=nowhere", {"net"}),
        ("shared=True", {"net"}),
        ("shared=false", {"other"}),
        ("router:external=True", {"other"}),
        ("is_default=1", {"net"}),
        ("admin_state_up=true", {"net", "other"}),
        ("status=ACTIVE", {"net", "other"}),
        ("status=DOWN", set()),
        ("mtu=9000", {"other"}),
        (f"project_id={ALICE.project}", {"other"}),
        (f"project_id={ALICE.project}&tenant_id=nobody", set()),
        (f"id={NETWORK}&status=DOWN", set()),
        ("no_such_filter=1", {"net", "other"}),
    ],
)
def test_networks_are_narrowed_by(alice, query, found):
    Network.objects.create(name="other", project=ALICE.project, external=True, mtu=9000)
    assert {one["name"] for one in alice.get(f"{V2}/networks?{query}").json["networks"]} == found


def test_subnets_are_narrowed_by_network_cidr_and_version(alice):
    other = Network.objects.create(name="other", project=ALICE.project)
    six = Subnet.objects.create(network=other, ip_version=6, cidr="fd00::/64", name="six")
    for query in (f"network_id={other.pk}", "ip_version=6", "cidr=fd00::/64", "name=six", "gateway_ip="):
        assert ids(alice.get(f"{V2}/subnets?{query}")) == [six.pk], query


def test_ports_are_narrowed_by_server_owner_status_and_address(alice):
    server, building = running(), create()
    tell(seen(server))
    mine = Port.objects.get(device=server.pk)
    for query in (
        f"device_id={server.pk}",
        f"mac_address={mine.mac.upper()}",
        "status=ACTIVE",
        "fixed_ips=ip_address%3D10.0.0.2",
        f"fixed_ips=subnet_id%3D{Subnet.objects.get().pk}&fixed_ips=ip_address%3D10.0.0.2",
        f"device_owner=compute:c1&device_id={server.pk}",
    ):
        assert ids(alice.get(f"{V2}/ports?{query}")) == [mine.pk], query
    for query in (
        "device_owner=network:dhcp",
        "device_owner=c1",
        "device_owner=",
        "fixed_ips=ip_address%3Dnone",
        "description=x",
        "fixed_ips=ip_address_substr%3D99",
    ):
        assert ids(alice.get(f"{V2}/ports?{query}")) == [], query
    assert len(ids(alice.get(f"{V2}/ports?device_id={server.pk}&device_id={building.pk}"))) == 2


def test_only_the_fields_asked_for_are_told(alice):
    running()
    (port,) = alice.get(f"{V2}/ports?fields=id&fields=status&fields=unheard").json["ports"]
    assert port.keys() == {"id", "status"}
    assert alice.get(f"{V2}/networks/{NETWORK}?fields=name").json == {"network": {"name": "net"}}


def test_pages_lead_to_each_other(alice):
    for _ in range(3):
        create()
    reply, seen = alice.get(f"{V2}/ports?limit=2"), []
    while True:
        seen += ids(reply)
        links = reply.json.get("ports_links")
        if not links:
            break
        assert links[0]["rel"] == "next"
        assert links[0]["href"].startswith(f"http://{HOST}/network/v2.0/ports?")
        reply = alice.get(links[0]["href"].removeprefix(f"http://{HOST}"))
    assert sorted(seen) == sorted(Port.objects.values_list("pk", flat=True))
    assert len(seen) == 3


def test_lists_are_sorted_as_asked(alice):
    for name in "cab":
        Network.objects.create(name=name, project=ALICE.project)
    found = alice.get(f"{V2}/networks?sort_key=name&sort_dir=desc&shared=False").json["networks"]
    assert [one["name"] for one in found] == ["c", "b", "a"]


@pytest.mark.parametrize(
    "query", ["limit=x", "limit=-1", "sort_key=link", "sort_key=name&sort_dir=up", "mtu=x", "shared=?"]
)
def test_a_parameter_that_makes_no_sense_is_refused(alice, query):
    reply = alice.get(f"{V2}/networks?{query}")
    assert reply.status == 400
    assert reply.json["NeutronError"]["type"] == "BadRequest"


def test_a_marker_that_cannot_be_seen_is_not_found(alice):
    theirs = Network.objects.create(name="theirs", project=BOB.project)
    assert alice.get(f"{V2}/networks?marker={theirs.pk}").status == 404


@pytest.mark.parametrize("collection", ["security-groups", "security-group-rules"])
def test_what_nodes_do_not_enforce_cannot_be_made_and_the_answer_says_why(alice, collection):
    reply = alice.post(f"{V2}/{collection}", {}, token="admin")
    assert reply.status == 501
    assert len(reply.json["NeutronError"]["message"]) > 20


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_shared_network_is_not_changed_by_others_than_its_project(alice, method):
    before = Network.objects.values().get()
    assert alice.request(method, f"{V2}/networks/{NETWORK}", json={"network": {"name": "x"}}).status == 403
    assert Network.objects.values().get() == before
    assert alice.request(method, f"{V2}/networks/nowhere", json={}).status == 404


@pytest.mark.parametrize("collection", ["security-groups", "security-group-rules", "routers", "agents"])
def test_what_there_is_none_of_is_an_empty_list(alice, collection):
    assert alice.get(f"{V2}/{collection}?name=default&fields=id").json == {collection.replace("-", "_"): []}


@pytest.mark.parametrize("path", ["trunks", "nothing"])
def test_what_is_not_here_is_not_found_in_neutrons_words(alice, path):
    reply = alice.get(f"{V2}/{path}")
    assert reply.status == 404
    assert "message" in reply.json["NeutronError"]


def test_the_extensions_name_what_is_there_and_no_more(alice):
    aliases = {one["alias"] for one in alice.get(f"{V2}/extensions").json["extensions"]}
    assert {"external-net", "quotas", "availability_zone"} <= aliases
    assert not {"router", "security-group", "port-security"} & aliases
    assert alice.get(f"{V2}/extensions/net-mtu").json["extension"]["alias"] == "net-mtu"
    assert alice.get(f"{V2}/extensions/Availability%20Zone").json["NeutronError"]["type"] == "ExtensionNotFound"


def test_every_cluster_is_a_zone(alice):
    assert alice.get(f"{V2}/availability_zones").json == {
        "availability_zones": [{"name": "c1", "resource": "network", "state": "available"}]
    }


def test_quotas_tell_limits_and_that_the_rest_cannot_be_made(alice, settings):
    settings.QUOTAS = {"ports": 7, "networks": 3}
    quota = alice.get(f"{V2}/quotas/{ALICE.project}").json["quota"]
    assert (quota["port"], quota["network"], quota["subnet"], quota["router"]) == (7, 3, -1, 0)
    assert alice.get(f"{V2}/quotas/{ALICE.project}/default").json["quota"] == quota


@pytest.mark.parametrize("path", ["details", "details.json"])
def test_the_details_of_a_quota_tell_what_is_used(alice, path):
    running()
    assert alice.post(f"{V2}/networks", {"network": {}}).status == 201
    quota = alice.get(f"{V2}/quotas/{ALICE.project}/{path}").json["quota"]
    assert (quota["port"]["used"], quota["network"]["used"], quota["port"]["reserved"]) == (1, 1, 0)


def test_administrators_change_quotas_and_take_that_back(alice):
    path, sent = f"{V2}/quotas/{ALICE.project}", {"quota": {"network": "1", "port": -1}}
    assert alice.put(path, sent).status == 403
    assert alice.put(path, sent, token="admin").json["quota"]["network"] == 1
    assert alice.post(f"{V2}/networks", {"network": {}}).status == 201
    refused = alice.post(f"{V2}/networks", {"network": {}})
    assert (refused.status, refused.json["NeutronError"]["type"]) == (409, "OverQuota")
    (told,) = alice.get(f"{V2}/quotas", token="admin").json["quotas"]
    assert (told["project_id"], told["port"]) == (ALICE.project, -1)
    assert alice.delete(path, token="admin").status == 204
    assert alice.post(f"{V2}/networks", {"network": {}}).status == 201
    assert alice.get(f"{V2}/quotas", token="admin").json["quotas"] == []


@pytest.mark.parametrize("sent", [{"networks": 1}, {"network": "x"}, {"network": -2}, {"network": 1.5}])
def test_a_quota_that_makes_no_sense_is_refused(alice, sent):
    assert alice.put(f"{V2}/quotas/{ALICE.project}", {"quota": sent}, token="admin").status == 400


def test_a_limit_below_what_is_used_is_refused_where_the_client_wants_that_checked(alice):
    path = f"{V2}/quotas/{ALICE.project}"
    for _ in range(2):
        assert alice.post(f"{V2}/networks", {"network": {}}).status == 201

    def put(**quota):
        return alice.put(path, {"quota": quota}, token="admin")

    assert put(network=7, check_limit=True).json["quota"]["network"] == 7
    refused = put(port=3, network=1, check_limit=True)
    assert (refused.status, refused.json["NeutronError"]["message"]) == (
        400,
        "Quota limit 1 for networks must be greater than or equal to already used 2.",
    )
    assert alice.get(path).json["quota"]["port"] != 3
    assert put(network=2, check_limit=True).status == put(network=-1, check_limit=True).status == 200
    assert put(network=1, force=True).json["quota"]["network"] == 1
    assert put(network=0).json["quota"]["network"] == 0
    assert put(network=0, check_limit="?").status == put(network=0, force="?").status == 400


def test_another_projects_quota_is_for_administrators(alice):
    assert alice.get(f"{V2}/quotas/{BOB.project}").status == 403
    assert alice.get(f"{V2}/quotas/{BOB.project}", token="admin").status == 200


@pytest.mark.parametrize("path", ["trunks", "trunks/x", "trunks/x/add_subports"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_what_neutron_has_and_this_cloud_has_not_is_said_so(alice, method, path):
    reply = alice.request(method, f"{V2}/{path}", json={})
    assert (reply.status, alice.request(method, f"{V2}/{path}", token="").status) == (404, 401)
    assert reply.json["NeutronError"]["message"].startswith("This cloud has no ")
