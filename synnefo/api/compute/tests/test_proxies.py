"""What clients of before 2.36 find here of other services' things, and what is said to them."""

import pytest

from logic.network.models import Network, Port, Subnet
from logic.network.security import queries as security
from logic.testing.worlds import ALICE, NETWORK, running

UNKNOWN = "cccccccc-cccc-4ccc-8ccc-cccccccccccc"
WEB = {"security_group": {"name": "web", "description": "what is outside"}}


@pytest.fixture(autouse=True)
def enforced(settings):
    settings.SECURITY_GROUPS = True


@pytest.fixture
def public(cloud):
    """A network that the guests' node leads to by itself, and two addresses of it."""
    Network.objects.filter(pk=NETWORK).update(mode="routed", link="155")
    made = Network.objects.create(name="public", external=True, shared=True, mode="routed", link="155")
    pools = [["203.0.113.10", "203.0.113.20"]]
    Subnet.objects.create(network=made, cidr="203.0.113.0/24", gateway="203.0.113.1", pools=pools)
    return made


@pytest.mark.parametrize(
    "path",
    ["os-volumes", "os-snapshots", "os-floating-ips", "os-floating-ip-pools", "os-security-groups", "os-networks"],
)
def test_from_2_36_their_own_service_is_asked(alice, path):
    assert [alice(minor).get(f"/{path}").status for minor in (35, 36)] == [200, 404]


@pytest.mark.parametrize(
    "path",
    ["os-fping", "os-fping/x", "os-fixed-ips/10.0.0.1/action", "os-cells/detail", "servers/x/os-virtual-interfaces"],
)
def test_what_nova_has_forgotten_is_gone_at_every_version(alice, path):
    assert [alice(minor).get(f"/{path}").status for minor in (1, 100)] == [410, 410]
    assert alice.post(f"/{path}", {"x": {}}).status == 410
    assert alice.get("/os-fpings").status == 404


class TestVolumes:
    def made(self, nova, **fields):
        reply = nova.post("/os-volumes", {"volume": {"size": 1, "display_name": "data", **fields}})
        assert reply.status == 200, reply.json
        return reply.json["volume"]

    def test_one_is_made_shown_and_deleted(self, alice):
        made = self.made(alice, display_description="d", metadata={"a": "b"})
        assert alice.get(f"/os-volumes/{made['id']}").json["volume"] == made
        assert {name: made[name] for name in ("status", "size", "displayName", "displayDescription", "metadata")} == {
            "status": "available", "size": 1, "displayName": "data", "displayDescription": "d", "metadata": {"a": "b"},
        }  # fmt: skip
        assert (made["attachments"], made["snapshotId"], made["availabilityZone"]) == ([{}], None, "nova")
        assert alice.delete(f"/os-volumes/{made['id']}").status == 202
        assert alice.get(f"/os-volumes/{made['id']}").status == 404

    def test_one_that_is_on_a_server_says_so(self, alice):
        made, server = self.made(alice), running()
        alice.post(f"/servers/{server.pk}/os-volume_attachments", {"volumeAttachment": {"volumeId": made["id"]}})
        (attachment,) = alice.get("/os-volumes/detail").json["volumes"][0]["attachments"]
        assert attachment == {"id": made["id"], "volumeId": made["id"], "serverId": server.pk, "device": "/dev/vdb"}

    def test_lists_have_limits_and_offsets(self, alice):
        for _ in range(3):
            self.made(alice)
        ids = [one["id"] for one in alice.get("/os-volumes").json["volumes"]]
        assert [one["id"] for one in alice.get("/os-volumes?limit=1&offset=1").json["volumes"]] == [ids[1]]
        assert alice.get("/os-volumes?offset=x").status == 400

    @pytest.mark.parametrize("size", ["#$%", "", 0, "0", -1, None])
    def test_a_size_that_is_none_makes_nothing(self, alice, size):
        assert alice.post("/os-volumes", {"volume": {"size": size}}).status == 400

    def test_no_id_is_no_volume(self, alice):
        assert [alice.get("/os-volumes/").status, alice.delete("/os-volumes/").status] == [404, 404]

    def test_a_snapshot_is_made_shown_and_deleted(self, alice):
        volume = self.made(alice)["id"]
        wanted = {"snapshot": {"volume_id": volume, "display_name": "then", "force": "False"}}
        made = alice.post("/os-snapshots", wanted).json["snapshot"]
        assert (made["volumeId"], made["displayName"], made["size"]) == (volume, "then", 1)
        assert alice.get("/os-snapshots").json["snapshots"] == [made]
        assert alice.delete(f"/os-snapshots/{made['id']}").status == 202
        assert alice.get("/os-snapshots/detail").json["snapshots"] == []


class TestFloatingAddresses:
    def made(self, nova, pool="public"):
        reply = nova.post("/os-floating-ips", {"pool": pool})
        assert reply.status == 200, reply.json
        return reply.json["floating_ip"]

    def test_one_is_taken_from_a_pool_and_given_back(self, alice, public):
        made = self.made(alice)
        assert made == {"id": made["id"], "ip": made["ip"], "pool": "public", "fixed_ip": None, "instance_id": None}
        assert alice.get("/os-floating-ips").json["floating_ips"] == [made]
        assert alice.get(f"/os-floating-ips/{made['id']}").json["floating_ip"] == made
        assert alice.delete(f"/os-floating-ips/{made['id']}").status == 202
        assert alice.get("/os-floating-ips").json["floating_ips"] == []

    def test_who_names_no_pool_gets_one_of_whichever_there_is(self, alice, public):
        assert alice.get("/os-floating-ip-pools").json["floating_ip_pools"] == [{"name": "public"}]
        assert alice.post("/os-floating-ips").json["floating_ip"]["pool"] == "public"
        assert self.made(alice, None)["pool"] == "public"
        assert alice.post("/os-floating-ips", {"pool": "nowhere"}).status == 404

    def test_a_server_is_given_one_which_stands_for_it_until_it_is_taken_away(self, alice, public):
        server, made = running(), self.made(alice)
        where, said = f"/servers/{server.pk}/action", {"address": made["ip"]}
        reply = alice.post(where, {"addFloatingIp": said})
        assert reply.status == 202, reply.json
        own = Port.objects.get(device=server.pk).addresses.values_list("ip", flat=True).first()
        shown = alice.get(f"/os-floating-ips/{made['id']}").json["floating_ip"]
        assert (shown["instance_id"], shown["fixed_ip"]) == (server.pk, own)
        assert alice.post(where, {"addFloatingIp": {"address": self.made(alice)["ip"]}}).status == 400
        assert [alice.post(where, {"removeFloatingIp": said}).status for _ in range(2)] == [202, 409]
        assert alice.get(f"/os-floating-ips/{made['id']}").json["floating_ip"]["instance_id"] is None

    @pytest.mark.parametrize(
        ("said", "status"),
        [({"address": "203.0.113.99"}, 404), ({"address": ""}, 400), ({}, 400), (None, 400)],
    )
    def test_what_is_no_address_of_ones_own_is_refused(self, alice, public, said, status):
        for name in ("addFloatingIp", "removeFloatingIp"):
            assert alice.post(f"/servers/{running().pk}/action", {name: said}).status == status

    def test_an_address_that_the_server_does_not_have_cannot_be_stood_for(self, alice, public):
        said = {"address": self.made(alice)["ip"], "fixed_address": "10.9.9.9"}
        assert alice.post(f"/servers/{running().pk}/action", {"addFloatingIp": said}).status == 400

    def test_the_actions_end_with_2_43(self, alice, public):
        said, server = {"addFloatingIp": {"address": "203.0.113.99"}}, running().pk
        assert [alice(minor).post(f"/servers/{server}/action", said).status for minor in (43, 44)] == [404, 400]


class TestSecurityGroups:
    def made(self, nova):
        reply = nova.post("/os-security-groups", WEB)
        assert reply.status == 200, reply.json
        return reply.json["security_group"]

    def rule(self, nova, group, **fields):
        wanted = {"parent_group_id": group, "ip_protocol": "tcp", "from_port": 22, "to_port": 22, **fields}
        return nova.post("/os-security-group-rules", {"security_group_rule": wanted})

    def test_one_is_made_described_and_deleted(self, alice):
        made = self.made(alice)
        assert made == {"id": made["id"], "tenant_id": ALICE.project, "rules": [], **WEB["security_group"]}
        renamed = {"security_group": {"name": "www", "description": "new"}}
        assert alice.put(f"/os-security-groups/{made['id']}", renamed).json["security_group"]["name"] == "www"
        assert {one["name"] for one in alice.get("/os-security-groups").json["security_groups"]} == {"default", "www"}
        assert alice.delete(f"/os-security-groups/{made['id']}").status == 202
        assert alice.get(f"/os-security-groups/{made['id']}").status == 404

    def test_a_rule_is_for_what_comes_in(self, alice):
        group = self.made(alice)["id"]
        rule = self.rule(alice, group, cidr="10.0.0.0/8").json["security_group_rule"]
        assert (rule["ip_protocol"], rule["from_port"], rule["to_port"]) == ("tcp", 22, 22)
        assert (rule["ip_range"], rule["group"], rule["parent_group_id"]) == ({"cidr": "10.0.0.0/8"}, {}, group)
        assert alice.get(f"/os-security-groups/{group}").json["security_group"]["rules"] == [rule]
        assert alice.delete(f"/os-security-group-rules/{rule['id']}").status == 202
        assert [alice.delete(f"/os-security-group-rules/{id}").status for id in (rule["id"], UNKNOWN)] == [404, 404]

    def test_a_rule_may_be_about_a_group_and_minus_one_is_any(self, alice):
        group = self.made(alice)["id"]
        about = self.rule(alice, group, group_id=group).json["security_group_rule"]
        assert (about["ip_range"], about["group"]) == ({}, {"tenant_id": ALICE.project, "name": "web"})
        pings = self.rule(alice, group, ip_protocol="icmp", from_port=-1, to_port=-1).json["security_group_rule"]
        assert (pings["from_port"], pings["to_port"], pings["ip_range"]) == (-1, -1, {"cidr": "0.0.0.0/0"})
        assert len(security.group(ALICE, group).rules) == 4  # two let everything out

    @pytest.mark.parametrize(
        "fields",
        [
            {"parent_group_id": "web"},
            {"ip_protocol": "perhaps"},
            {"from_port": 30},
            {"from_port": 65536},
            {"to_port": -2},
            {"cidr": "10.0.0.0/99"},
            {"ip_protocol": None},
            {"to_port": None},
        ],
    )
    def test_a_rule_that_is_none_is_a_bad_request(self, alice, fields):
        assert self.rule(alice, self.made(alice)["id"], **fields).status == 400

    def test_a_rule_that_is_there_already_is_a_bad_request_and_one_of_no_group_not_found(self, alice):
        group = self.made(alice)["id"]
        assert [self.rule(alice, group).status for _ in range(2)] == [200, 400]
        assert self.rule(alice, UNKNOWN).status == 404

    def test_the_default_group_stays_and_what_has_no_name_is_none(self, alice, admin):
        (default,) = alice.get("/os-security-groups").json["security_groups"]
        assert alice.delete(f"/os-security-groups/{default['id']}").status == 400
        assert alice.delete("/os-security-groups/").status == 404
        assert alice.put("/os-security-groups/web", WEB).status == 400
        for name in ("", "  ", "n" * 256):
            assert alice.post("/os-security-groups", {"security_group": {"name": name}}).status == 400
        found = admin.get("/os-security-groups?all_tenants=1").json["security_groups"]
        assert default["id"] in {one["id"] for one in found}
