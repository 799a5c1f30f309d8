"""Servers as clients make, list, show, change and delete them."""

import base64

import pytest

from logic.compute.models import Server
from logic.image.models import Image
from logic.ledger.models import Command
from logic.messages import codec
from logic.network.models import Network, Port
from logic.quota.models import Limit
from logic.testing.worlds import ALICE, IMAGE, NETWORK, create, running
from synnefo.api.testing import HOST

pytestmark = pytest.mark.both_databases

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKLqgOLAUtN9mDUyRJuzLVCCZ5mEgpKqAjqu6wAWx0W5 alice"


def body(**fields) -> dict:
    return {"server": {"name": "demo", "imageRef": IMAGE, "flavorRef": "1", **fields}}


@pytest.mark.parametrize("path", ["/compute", "/compute/"])
def test_the_versions_are_told_to_anybody_with_the_host_that_was_used(api, path):
    reply = api.get(path)
    old, version = reply.json["versions"]
    assert (old["id"], old["links"][0]["href"]) == ("v2.0", f"http://{HOST}/compute/v2/")
    assert (reply.status, version["id"], version["status"]) == (200, "v2.1", "CURRENT")
    assert (version["min_version"], version["version"]) == ("2.1", "2.100")
    assert version["links"] == [{"rel": "self", "href": f"http://{HOST}/compute/v2.1/"}]


def test_old_clients_find_all_of_it_at_the_old_address(api, alice):
    assert api.get("/compute/v2/").json["version"]["id"] == "v2.0"
    create()
    listed = alice.api.get(f"/compute/v2/{ALICE.project}/servers").json["servers"]
    assert listed == alice.get("/servers").json["servers"]
    assert alice.api.get(f"/compute/v2/{'b' * 32}/servers").status == 400


@pytest.mark.parametrize("path", ["/compute/v2.1", "/compute/v2.1/"])
def test_the_version_document_names_its_media_types(api, path):
    reply = api.get(path)
    assert reply.status == 200
    assert reply.json["version"]["media-types"][0]["base"] == "application/json"


def test_a_server_is_made_from_a_name_an_image_and_a_flavor(alice):
    reply = alice.post("/servers", body())
    made = reply.json["server"]
    assert reply.status == 202
    assert set(made) == {"id", "links", "OS-DCF:diskConfig", "security_groups", "adminPass"}
    assert reply.headers["location"] == made["links"][0]["href"] == f"http://{HOST}/compute/v2.1/servers/{made['id']}"
    shown = alice.get(f"/servers/{made['id']}").json["server"]
    assert (shown["status"], shown["OS-EXT-STS:task_state"], shown["tenant_id"]) == ("BUILD", "spawning", ALICE.project)
    assert shown["addresses"]["net"][0]["addr"] == "10.0.0.2"


def test_what_the_client_of_today_sends_is_taken(alice):
    """With a device that says again what imageRef says, as openstack server create does."""
    alice.post("/os-keypairs", {"keypair": {"name": "k", "public_key": KEY}})
    device = {
        "uuid": IMAGE, "boot_index": 0, "source_type": "image", "destination_type": "local",
        "delete_on_termination": True,
    }  # fmt: skip
    wanted = body(
        block_device_mapping_v2=[device], networks=[{"uuid": NETWORK}], key_name="k", min_count=1, max_count=1,
        security_groups=[{"name": "default"}], metadata={"a": "b"}, availability_zone="c1",
        user_data=base64.b64encode(b"#!/bin/sh").decode(), config_drive=False, description="mine",
    )  # fmt: skip
    reply = alice(96).post("/servers", wanted)
    assert reply.status == 202
    command = codec.decode_command(bytes(Command.objects.get().payload))
    assert command.os_params["auth_keys"] == KEY
    assert base64.b64decode(command.os_params["cloud_userdata"]) == b"#!/bin/sh"
    shown = alice(96).get(f"/servers/{reply.json['server']['id']}").json["server"]
    assert [shown[key] for key in ("key_name", "metadata", "description")] == ["k", {"a": "b"}, "mine"]


def test_the_device_that_is_booted_from_may_name_the_image_alone(alice):
    root = {"uuid": IMAGE, "source_type": "image", "destination_type": "local", "boot_index": "0", "volume_size": 0}
    reply = alice.post("/servers", body(imageRef="", block_device_mapping_v2=[root]))
    assert alice.get(f"/servers/{reply.json['server']['id']}").json["server"]["image"]["id"] == IMAGE


def test_a_guest_is_told_its_name_and_what_its_image_must_be(alice):
    Image.objects.filter(pk=IMAGE).update(
        hash_algo="sha512",
        hash_value="ab" * 64,
        properties={"osfamily": "linux", "root_partition": "1", "os_type": "linux"},
    )
    id = alice.post("/servers", body(name="My Server")).json["server"]["id"]
    params = codec.decode_command(bytes(Command.objects.get().payload)).os_params
    assert (params["hostname"], params["instance_id"]) == ("my-server", id)
    assert params["img_checksum"] == f"sha512:{'ab' * 64}"
    assert params["img_properties"] == '{"OSFAMILY": "linux", "ROOT_PARTITION": "1"}'


def test_what_the_nodes_could_not_bring_to_the_guest_is_refused(alice, settings):
    settings.GANETI_OS_PROVIDER = "image+default"
    reply = alice.post("/servers", body(user_data=base64.b64encode(b"#!/bin/sh").decode()))
    assert reply.status == 400
    assert reply.json["badRequest"]["message"] == "User data cannot be brought to servers of this cloud."
    assert not Command.objects.exists()


def test_several_servers_are_numbered_and_share_a_reservation(alice, admin):
    reply = alice.post("/servers", body(min_count="2", max_count=2, return_reservation_id=True))
    reservation = reply.json["reservation_id"]
    found = admin(3).get(f"/servers/detail?all_tenants=1&reservation_id={reservation}").json["servers"]
    assert {(one["name"], one["OS-EXT-SRV-ATTR:launch_index"]) for one in found} == {("demo-1", 0), ("demo-2", 1)}


def test_as_many_are_made_as_quota_allows_between_min_and_max(alice):
    Limit.objects.create(project=ALICE.project, resource="servers", amount=3)
    assert alice.post("/servers", body(min_count=1, max_count=5)).status == 202
    assert sorted(Server.objects.values_list("name", flat=True)) == ["demo-1", "demo-2", "demo-3"]
    assert alice.post("/servers", body(min_count=1, max_count=5)).status == 403
    assert Server.objects.count() == 3


def test_a_long_name_keeps_its_number(alice):
    alice.post("/servers", body(name="n" * 255, min_count=2))
    assert {name[-2:] for name in Server.objects.values_list("name", flat=True)} == {"-1", "-2"}
    assert {len(name) for name in Server.objects.values_list("name", flat=True)} == {255}


def test_without_networks_there_are_no_ports(alice):
    assert alice(37).post("/servers", body(networks="none")).status == 202
    assert not Port.objects.exists()
    assert alice(37).post("/servers", body(networks="auto")).status == 202
    assert Port.objects.count() == 1


def test_auto_is_refused_where_there_is_no_default_network(alice):
    Network.objects.update(is_default=False)
    reply = alice(37).post("/servers", body(networks="auto"))
    assert (reply.status, Server.objects.count()) == (400, 0)


def test_a_fixed_address_is_given(alice):
    reply = alice.post("/servers", body(networks=[{"uuid": NETWORK, "fixed_ip": "10.0.0.77"}]))
    id = reply.json["server"]["id"]
    assert alice.get(f"/servers/{id}/ips").json == {"addresses": {"net": [{"version": 4, "addr": "10.0.0.77"}]}}
    assert alice.get(f"/servers/{id}/ips/net").json == {"net": [{"version": 4, "addr": "10.0.0.77"}]}
    assert alice.get(f"/servers/{id}/ips/other").status == 404


def test_too_many_servers_are_forbidden_and_none_is_made(alice):
    Limit.objects.create(project=ALICE.project, resource="servers", amount=1)
    reply = alice.post("/servers", body(min_count=2))
    assert (reply.status, list(reply.json)) == (403, ["forbidden"])
    assert not Server.objects.exists()
    assert not Port.objects.exists()


def test_pages_follow_their_links_to_the_last_server(alice):
    names = [create(name=f"s{number}").name for number in range(5)]
    found, path = [], "/servers?limit=2&sort_key=display_name&sort_dir=asc"
    while path:
        page = alice.get(path).json
        found += [one["name"] for one in page["servers"]]
        path = page["servers_links"][0]["href"].partition("/v2.1")[2] if "servers_links" in page else ""
    assert found == names


def test_a_server_is_renamed_and_described(alice):
    id = create().pk
    reply = alice(19).put(f"/servers/{id}", {"server": {"name": "new", "description": "text"}})
    assert (reply.status, reply.json["server"]["name"], reply.json["server"]["description"]) == (200, "new", "text")
    assert alice(19).put(f"/servers/{id}", {"server": {"description": None}}).json["server"]["description"] is None
    assert alice.get(f"/servers/{id}").json["server"]["name"] == "new"


def test_a_deleted_server_is_gone_once_its_cluster_says_so(alice):
    id = running().pk
    reply = alice.delete(f"/servers/{id}")
    assert (reply.status, reply.body) == (204, b"")
    assert alice.get(f"/servers/{id}").json["server"]["OS-EXT-STS:task_state"] == "deleting"
    Server.objects.filter(pk=id).update(observed="gone", command="", verb="")
    assert alice.get(f"/servers/{id}").status == 404


def test_metadata_is_merged_replaced_and_changed_by_item(alice):
    path = f"/servers/{create().pk}/metadata"
    assert alice.post(path, {"metadata": {"a": "1", "b": "2"}}).json == {"metadata": {"a": "1", "b": "2"}}
    assert alice.post(path, {"metadata": {"b": "3"}}).json == {"metadata": {"a": "1", "b": "3"}}
    assert alice.put(path, {"metadata": {"c": "4"}}).json == {"metadata": {"c": "4"}}
    assert alice.put(f"{path}/d", {"meta": {"d": "5"}}).json == {"meta": {"d": "5"}}
    assert alice.get(f"{path}/d").json == {"meta": {"d": "5"}}
    assert alice.delete(f"{path}/c").status == 204
    assert alice.get(path).json == {"metadata": {"d": "5"}}
    assert [alice.get(f"{path}/c").status, alice.delete(f"{path}/c").status] == [404, 404]


def test_too_much_metadata_is_over_quota(alice):
    items = {f"k{number}": "v" for number in range(129)}
    assert alice.post(f"/servers/{create().pk}/metadata", {"metadata": items}).status == 403
    assert alice.post("/servers", body(metadata=items)).status == 403


def test_addresses_with_a_project_in_them_are_taken_when_it_is_the_tokens(alice):
    id = create().pk
    assert alice.get(f"/{ALICE.project}/servers/{id}").json == alice.get(f"/servers/{id}").json
    assert alice.get(f"/{'b' * 32}/servers").status == 400


def test_a_trailing_slash_changes_nothing(alice):
    create()
    assert alice.get("/servers/").json == alice.get("/servers").json


@pytest.mark.parametrize("path", ["/nothing", "/servers/x/nothing", "/os-nothing"])
def test_what_is_not_here_is_not_found_in_novas_words(alice, path):
    reply = alice.get(path)
    assert (reply.status, list(reply.json)) == (404, ["itemNotFound"])


def test_access_addresses_are_what_their_user_says_they_are(alice):
    id = create().pk
    sent = {"accessIPv4": "192.0.2.1", "accessIPv6": "2001:DB8::1"}
    assert alice.put(f"/servers/{id}", {"server": sent}).json["server"]["accessIPv6"] == "2001:db8::1"
    assert alice.put(f"/servers/{id}", {"server": {"accessIPv4": ""}}).json["server"]["accessIPv4"] == ""


def test_a_disk_is_left_as_its_image_has_it_where_nobody_makes_it_larger(alice, settings):
    settings.GANETI_OS_PROVIDER = "synnefo-image+default"
    made = alice.post("/servers", body(**{"OS-DCF:diskConfig": "MANUAL"})).json["server"]
    path = f"/servers/{made['id']}"
    assert [made["OS-DCF:diskConfig"], alice.get(path).json["server"]["OS-DCF:diskConfig"]] == ["MANUAL", "MANUAL"]
    assert alice.put(path, {"server": {"OS-DCF:diskConfig": "AUTO"}}).json["server"]["OS-DCF:diskConfig"] == "AUTO"


def test_a_server_with_a_disk_of_metadata_says_so_whether_it_was_asked_for_or_not(alice, settings):
    wanted = {"name": "demo", "imageRef": IMAGE, "flavorRef": "1", "networks": [{"uuid": NETWORK}]}
    plain = alice.post("/servers", {"server": wanted}).json["server"]["id"]
    settings.GANETI_OS_PROVIDER = "synnefo-image+default"
    ids = [
        alice.post("/servers", {"server": wanted | more}).json["server"]["id"] for more in ({}, {"config_drive": True})
    ]
    shown = [alice.get(f"/servers/{id}").json["server"]["config_drive"] for id in (plain, *ids)]
    assert shown == ["", "True", "True"]
    found = alice(83).get("/servers?config_drive=true").json["servers"]
    assert {one["id"] for one in found} == set(ids)
