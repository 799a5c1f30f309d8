"""What servers are made of and where: flavors, key pairs, quotas, hosts."""

import pytest
from cryptography.hazmat.primitives import serialization

from logic.compute.models import Flavor, KeyPair, Server
from logic.image.models import Image
from logic.ledger.models import Command
from logic.messages import codec
from logic.placement.models import Backend
from logic.quota.models import Limit
from logic.testing.worlds import ADMIN, ALICE, BOB, IMAGE, cluster, create, running

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKLqgOLAUtN9mDUyRJuzLVCCZ5mEgpKqAjqu6wAWx0W5 alice"


def test_an_admin_offers_a_flavor_and_withdraws_it(alice, admin):
    wanted = {"name": "big", "ram": "2048", "vcpus": 2, "disk": 10, "id": None, "swap": 0}
    made = admin.post("/flavors", {"flavor": wanted}).json["flavor"]
    assert (made["name"], made["ram"], made["os-flavor-access:is_public"], len(made["id"])) == ("big", 2048, True, 36)
    assert alice.get(f"/flavors/{made['id']}").json["flavor"]["vcpus"] == 2
    assert admin.delete(f"/flavors/{made['id']}").status == 202
    assert alice.get(f"/flavors/{made['id']}").status == 404


@pytest.mark.parametrize("change", [{"id": "1"}, {"name": "m1.tiny"}])
def test_a_flavor_of_the_same_id_or_name_is_a_conflict(admin, change):
    reply = admin.post("/flavors", {"flavor": {"name": "f", "ram": 1, "vcpus": 1, "id": "f"} | change})
    assert (reply.status, Flavor.objects.count()) == (409, 1)


def test_a_private_flavor_is_for_admins(alice, admin):
    admin.post(
        "/flavors", {"flavor": {"name": "f", "ram": 1, "vcpus": 1, "id": "f", "os-flavor-access:is_public": "False"}}
    )
    assert alice.get("/flavors/f").status == 404
    assert [len(one.get("/flavors?is_public=None").json["flavors"]) for one in (alice, admin)] == [1, 2]
    assert [one["id"] for one in admin.get("/flavors?is_public=False").json["flavors"]] == ["f"]
    assert admin.get("/flavors/f/os-flavor-access").json == {"flavor_access": []}
    assert admin.get("/flavors/1/os-flavor-access").status == 404


def test_flavors_are_narrowed_sorted_and_paged(alice, admin):
    for name, ram in (("a", 4096), ("b", 1024)):
        admin.post("/flavors", {"flavor": {"name": name, "ram": ram, "vcpus": 1, "id": name, "disk": 5}})
    assert [one["id"] for one in alice.get("/flavors?minRam=1000").json["flavors"]] == ["a", "b"]
    assert [one["id"] for one in alice.get("/flavors?minDisk=5&sort_key=memory_mb").json["flavors"]] == ["b", "a"]
    page = alice.get("/flavors/detail?limit=2").json
    assert [one["id"] for one in page["flavors"]] == ["1", "a"]
    assert [one["id"] for one in alice.get(page["flavors_links"][0]["href"].partition("/v2.1")[2]).json["flavors"]] == [
        "b"
    ]


def test_extra_specs_are_set_shown_and_taken_away(alice, admin):
    path = "/flavors/1/os-extra_specs"
    assert admin.post(path, {"extra_specs": {"a:b": "c", "x": "y"}}).json == {"extra_specs": {"a:b": "c", "x": "y"}}
    assert admin.put(f"{path}/x", {"x": "z"}).json == {"x": "z"}
    assert alice.get(path).json == {"extra_specs": {"a:b": "c", "x": "z"}}
    assert alice.get(f"{path}/x").json == {"x": "z"}
    assert [admin.delete(f"{path}/x").status, admin.delete(f"{path}/x").status, alice.get(f"{path}/x").status] == [
        200,
        404,
        404,
    ]
    assert admin.put(f"{path}/x", {"y": "z"}).status == 400


def test_a_flavor_takes_a_demand_that_no_server_is_made_with(alice, admin):
    path, specs = "/flavors/1/os-extra_specs", {"hw:numa_nodes": "1", "hw:cpu_policy": "shared"}
    assert admin.post(path, {"extra_specs": specs}).json["extra_specs"] == specs
    wanted = {"server": {"name": "n", "imageRef": IMAGE, "flavorRef": "1"}}
    assert alice.post("/servers", wanted).status == 202
    assert admin.put(f"{path}/hw:numa_nodes", {"hw:numa_nodes": "2"}).json == {"hw:numa_nodes": "2"}
    refused = alice.post("/servers", wanted)
    assert refused.status == 400
    assert "No valid host was found. Flavor m1.tiny demands hw:numa_nodes=2" in refused.json["badRequest"]["message"]
    assert Server.objects.count() == 1


def test_a_key_pair_is_kept_shown_and_deleted(alice, bob):
    made = alice(2).post("/os-keypairs", {"keypair": {"name": "my_key", "public_key": KEY}})
    assert (made.status, made.json["keypair"]["user_id"]) == (201, ALICE.user)
    assert alice.get("/os-keypairs/my_key").json["keypair"]["public_key"] == KEY
    assert bob.get("/os-keypairs/my_key").status == 404
    assert alice.post("/os-keypairs", {"keypair": {"name": "my_key", "public_key": KEY}}).status == 409
    assert [alice(2).delete("/os-keypairs/my_key").status for _ in range(2)] == [204, 404]


def test_a_made_pair_is_a_pair_and_its_private_half_is_kept_nowhere(alice):
    made = alice.post("/os-keypairs", {"keypair": {"name": "k"}}).json["keypair"]
    private = serialization.load_ssh_private_key(made["private_key"].encode(), None)
    public = private.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    assert made["public_key"].startswith(public.decode())
    row = KeyPair.objects.values().get()
    assert not [value for value in row.values() if "PRIVATE" in str(value)]
    assert "private_key" not in alice.get("/os-keypairs/k").json["keypair"]


def test_key_pairs_have_a_quota(alice, settings):
    settings.QUOTAS = {**settings.QUOTAS, "key_pairs": 1}
    assert alice.post("/os-keypairs", {"keypair": {"name": "a"}}).status == 200
    assert alice.post("/os-keypairs", {"keypair": {"name": "b"}}).status == 403


def test_limits_tell_what_is_used(alice):
    create()
    absolute = alice.get("/limits").json["limits"]["absolute"]
    assert (absolute["totalInstancesUsed"], absolute["totalCoresUsed"], absolute["totalRAMUsed"]) == (1, 1, 512)


def test_quotas_are_set_by_admins_shown_to_the_project_and_reset(alice, admin):
    path = f"/os-quota-sets/{ALICE.project}"
    reply = admin.put(path, {"quota_set": {"instances": 7, "cores": "-1", "key_pairs": 100}})
    assert (reply.status, reply.json["quota_set"]["instances"], reply.json["quota_set"]["cores"]) == (200, 7, -1)
    assert "id" not in reply.json["quota_set"]
    assert alice.get(path).json["quota_set"]["id"] == ALICE.project
    create()
    assert alice.get(f"{path}/detail").json["quota_set"]["instances"] == {"limit": 7, "in_use": 1, "reserved": 0}
    assert alice.get(f"{path}/defaults").json["quota_set"]["instances"] != 7
    assert admin.delete(path).status == 202
    assert not Limit.objects.exists()


def test_the_quotas_of_another_project_are_for_admins(alice, bob, admin):  # bob: so that there is his project
    path = f"/os-quota-sets/{BOB.project}"
    assert [one.get(path).status for one in (alice, admin)] == [403, 200]
    assert [one.get(f"/limits?tenant_id={BOB.project}").status for one in (alice, admin)] == [403, 200]


def test_zones_are_the_clusters(alice, admin):
    cluster("c2", drained=True)
    info = alice.get("/os-availability-zone").json["availabilityZoneInfo"]
    assert [(one["zoneName"], one["zoneState"]["available"], one["hosts"]) for one in info] == [
        ("c1", True, None), ("c2", False, None),
    ]  # fmt: skip
    detail = admin.get("/os-availability-zone/detail").json["availabilityZoneInfo"]
    assert list(detail[0]["hosts"]["c1"]) == ["nova-compute"]


def test_clusters_are_services_and_hypervisors_to_admins(admin):
    running()
    Backend.objects.update(memory_total=4096, memory_free=1024, cores=8, software="3.0.2", offline=True, drained=True)
    (service,) = admin.get("/os-services").json["services"]
    assert (service["status"], service["state"], service["host"]) == ("disabled", "down", "c1")
    assert admin.get("/os-services?host=c9").json == {"services": []}
    (one,) = admin.get("/os-hypervisors/detail").json["hypervisors"]
    known = {"memory_mb_used": 3072, "running_vms": 1, "vcpus_used": 1, "hypervisor_version": 3000002, "state": "down"}
    assert one | known == one
    assert admin.get(f"/os-hypervisors/{one['id']}").json["hypervisor"] == one
    assert admin.get("/os-hypervisors/99").status == 404
    assert admin.get("/os-hypervisors/statistics").json["hypervisor_statistics"]["running_vms"] == 1
    pattern = "/os-hypervisors?hypervisor_hostname_pattern="
    assert [admin(53).get(f"{pattern}{text}").status for text in ("c", "x")] == [200, 404]


def test_extensions_are_told_to_those_who_ask(alice):
    aliases = {one["alias"] for one in alice.get("/extensions").json["extensions"]}
    assert "os-keypairs" in aliases
    assert alice.get("/extensions/os-keypairs").json["extension"]["alias"] == "os-keypairs"
    assert alice.get("/extensions/os-cakes").status == 404


def test_images_are_shown_to_clients_that_know_no_image_service(alice):
    (image,) = alice.get("/images/detail").json["images"]
    assert (image["id"], image["status"], image["progress"]) == (IMAGE, "ACTIVE", 100)
    assert alice.get("/images?name=debian").json["images"][0]["id"] == IMAGE
    assert alice.get("/images?name=other").json["images"] == []
    assert alice.get(f"/images/{IMAGE}").json["image"] == image
    assert alice.get("/images/none").status == 404


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/os-migrations", "migrations")],
)
def test_what_there_is_none_of_is_an_empty_list(admin, path, kind):
    assert admin.get(path).json == {kind: []}


def test_an_admin_keeps_a_key_of_a_tenants(alice, admin):
    wanted = {"keypair": {"name": "k", "public_key": KEY, "user_id": ALICE.user}}
    assert admin(10).post("/os-keypairs", wanted).status == 201
    assert alice.get("/os-keypairs/k").status == 200
    assert admin.get("/os-keypairs/k").status == 404
    other = {"keypair": {"name": "k", "public_key": KEY, "user_id": ADMIN.user}}
    assert alice(10).post("/os-keypairs", other).status == 403


def test_a_flavor_too_small_for_an_image_is_told_with_what_both_have(alice):
    Image.objects.filter(pk=IMAGE).update(min_disk=3)
    wanted = {"server": {"name": "s", "flavorRef": "1", "imageRef": IMAGE}}
    message = alice.post("/servers", wanted).json["badRequest"]["message"]
    assert message == "Flavor's disk is too small: m1.tiny has 1 GiB, the image needs 3 GiB."
    Image.objects.filter(pk=IMAGE).update(min_disk=0, min_ram=1024)
    message = alice.post("/servers", wanted).json["badRequest"]["message"]
    assert message == "Flavor's memory is too small: m1.tiny has 512 MiB, the image needs 1024 MiB."


def test_a_certificate_is_made_and_kept_and_no_server_is_told_it(alice):
    made = alice(2).post("/os-keypairs", {"keypair": {"name": "c", "type": "x509"}}).json["keypair"]
    assert made["public_key"].startswith("-----BEGIN CERTIFICATE")
    assert made["private_key"].startswith("-----BEGIN PRIVATE KEY")
    kept = {"keypair": {"name": "d", "type": "x509", "public_key": made["public_key"]}}
    again = alice(2).post("/os-keypairs", kept).json["keypair"]
    assert (again["type"], again["fingerprint"], len(again["fingerprint"])) == ("x509", made["fingerprint"], 59)
    assert alice(2).post("/os-keypairs", {"keypair": {**kept["keypair"], "name": "e", "type": "ssh"}}).status == 400
    assert alice(2).post("/os-keypairs", {"keypair": {**kept["keypair"], "name": "e", "public_key": "x"}}).status == 400
    server = {"name": "s", "imageRef": IMAGE, "flavorRef": "1", "key_name": "c"}
    assert alice.post("/servers", {"server": server}).status == 400


MORE = {"name": "more", "id": "more", "ram": 512, "vcpus": 1, "disk": 1, "swap": 512, "OS-FLV-EXT-DATA:ephemeral": 2}


@pytest.fixture
def ours(settings):
    settings.GANETI_OS_PROVIDER = "synnefo-image+default"


def test_a_flavor_may_have_disks_beside_the_first_and_so_have_its_servers(alice, admin, ours):
    assert admin.post("/flavors", {"flavor": MORE | {"rxtx_factor": 2}}).status == 200
    shown = alice.get("/flavors/more").json["flavor"]
    assert (shown["swap"], shown["OS-FLV-EXT-DATA:ephemeral"], shown["rxtx_factor"]) == (512, 2, 2.0)
    wanted = {"name": "demo", "imageRef": IMAGE, "flavorRef": "more", "networks": "auto"}
    id = alice(47).post("/servers", {"server": wanted}).json["server"]["id"]
    flavor = alice(47).get(f"/servers/{id}").json["server"]["flavor"]
    assert (flavor["disk"], flavor["swap"], flavor["ephemeral"]) == (1, 512, 2)
    command = codec.decode_command(bytes(Command.objects.get(resource=id).payload))
    assert (command.disks, command.ephemeral, command.swap) == ((1024,), 2048, 512)


def test_what_has_no_disk_has_none_beside_it(admin, ours):
    assert admin.post("/flavors", {"flavor": MORE | {"disk": 0}}).status == 400


def test_no_server_is_made_with_disks_that_nobody_makes_ready_nor_resized_to_others(alice, admin, ours, settings):
    admin.post("/flavors", {"flavor": MORE})
    server = running()
    resized = alice.post(f"/servers/{server.pk}/action", {"resize": {"flavorRef": "more"}})
    assert (resized.status, "stay as they are" in resized.json["badRequest"]["message"]) == (400, True)
    settings.GANETI_OS_PROVIDER = "snf-image+default"
    wanted = {"name": "demo", "imageRef": IMAGE, "flavorRef": "more"}
    assert alice.post("/servers", {"server": wanted}).status == 400
