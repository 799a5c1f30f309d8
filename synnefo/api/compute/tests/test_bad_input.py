"""What must not pass: each is refused with a sentence in Nova's envelope, and nothing is written."""

import pytest

from logic.compute.models import Flavor, KeyPair, Server
from logic.ledger.models import Command, Journal
from logic.network.models import Address, Port
from logic.quota.models import Delta, Limit
from logic.testing.worlds import ALICE, IMAGE, NETWORK, create, running

LONG = "n" * 1_000_000
UNKNOWN = "cccccccc-0000-4000-8000-00000000000c"
PLAIN = {
    "uuid": IMAGE, "boot_index": 0, "source_type": "image", "destination_type": "local", "delete_on_termination": True,
}  # fmt: skip


def rows() -> list[int]:
    return [table.objects.count() for table in (Server, Command, Journal, Port, Address, Delta, KeyPair, Flavor, Limit)]


def refused(nova, method, path, json, *, status=400, **options):
    before = rows()
    reply = nova.request(method, path, json=json, **options)
    assert reply.status == status, reply.body[:300]
    ((name, fault),) = reply.json.items()
    assert (name, fault["code"]) == ({400: "badRequest", 404: "itemNotFound", 413: "overLimit"}[status], status)
    assert 10 < len(fault["message"]) < 700
    assert rows() == before
    return fault["message"]


SERVER = {"name": "demo", "imageRef": IMAGE, "flavorRef": "1", "networks": [{"uuid": NETWORK}]}
WITHOUT = object()
SERVERS = {
    "no name": {"name": WITHOUT},
    "a number for a name": {"name": 5},
    "an empty name": {"name": ""},
    "a name of spaces": {"name": "   "},
    "a name with a line break": {"name": "a\nb"},
    "a name of 256 characters": {"name": "n" * 256},
    "a name of a megabyte": {"name": LONG},
    "no flavor": {"flavorRef": WITHOUT},
    "an unknown flavor": {"flavorRef": "99"},
    "a flavor of a megabyte": {"flavorRef": LONG},
    "a list for a flavor": {"flavorRef": ["1"]},
    "no image": {"imageRef": WITHOUT},
    "an empty image": {"imageRef": ""},
    "an unknown image": {"imageRef": UNKNOWN},
    "an unknown network": {"networks": [{"uuid": UNKNOWN}]},
    "a network that is no id": {"networks": [{"uuid": "net"}]},
    "a network without an id": {"networks": [{}]},
    "a port": {"networks": [{"port": UNKNOWN}]},
    "a tagged network": {"networks": [{"uuid": NETWORK, "tag": "nic1"}]},
    "an unknown field of a network": {"networks": [{"uuid": NETWORK, "speed": 9}]},
    "a word for networks": {"networks": "some"},
    "an address that is none": {"networks": [{"uuid": NETWORK, "fixed_ip": "10.0.0"}]},
    "an address outside": {"networks": [{"uuid": NETWORK, "fixed_ip": "192.0.2.1"}]},
    "an address of the other kind": {"networks": [{"uuid": NETWORK, "fixed_ip": "fd00::1"}]},
    "an unknown key pair": {"key_name": "nobody"},
    "an unknown zone": {"availability_zone": "mars"},
    "another security group": {"security_groups": [{"name": "web"}]},
    "a security group without a name": {"security_groups": [{}]},
    "metadata that is no text": {"metadata": {"a": 1}},
    "metadata with a long value": {"metadata": {"a": "v" * 256}},
    "metadata with a long key": {"metadata": {"k" * 256: "v"}},
    "metadata with a strange key": {"metadata": {"a/b": "v"}},
    "metadata with an empty key": {"metadata": {"": "v"}},
    "user data that is not base64": {"user_data": "#!/bin/sh"},
    "user data beyond ASCII": {"user_data": "ünicode="},
    "too much user data": {"user_data": "A" * 65536},
    "no servers": {"min_count": 0},
    "a negative count": {"min_count": -1},
    "a count that is none": {"min_count": "many"},
    "a count that is a half": {"min_count": 1.5},
    "more at least than at most": {"min_count": 3, "max_count": 2},
    "ten thousand servers": {"min_count": 10_000},
    "a config drive that this cloud's definition of guests makes none of": {"config_drive": True},
    "a config drive that is no flag": {"config_drive": "perhaps"},
    "a manual disk": {"OS-DCF:diskConfig": "MANUAL"},
    "a disk that is neither": {"OS-DCF:diskConfig": "BOTH"},
    "a password of two lines": {"adminPass": "a\nb"},
    "an access address": {"accessIPv4": "192.0.2.256"},
    "files": {"personality": [{"path": "/etc/motd", "contents": "aGk="}]},
    "a boot volume": {"imageRef": "", "block_device_mapping_v2": [{"uuid": UNKNOWN, "source_type": "volume", "boot_index": 0}]},
    "a second device": {"block_device_mapping_v2": [PLAIN, PLAIN | {"boot_index": 1}]},
    "a device of another image": {"block_device_mapping_v2": [PLAIN | {"uuid": UNKNOWN}]},
    "a device that stays": {"block_device_mapping_v2": [PLAIN | {"delete_on_termination": False}]},
    "a volume beside it": {"block_device_mapping_v2": [PLAIN, PLAIN | {"source_type": "volume", "destination_type": "volume"}]},
    "swap": {"block_device_mapping_v2": [PLAIN, {"source_type": "blank", "destination_type": "local", "guest_format": "swap"}]},
    "a tagged device": {"block_device_mapping_v2": [PLAIN | {"tag": "root"}]},
    "a device that is no word": {"block_device_mapping_v2": [PLAIN | {"source_type": ["image"]}]},
    "a flag that is none": {"block_device_mapping_v2": [PLAIN | {"delete_on_termination": 5}]},
    "a sized device": {"block_device_mapping_v2": [PLAIN | {"volume_size": 10}]},
    "an old device": {"block_device_mapping": [{"volume_id": UNKNOWN}]},
    "an unknown field": {"colour": "blue"},
    "another cloud's field": {"os:scheduler_hints": {"group": UNKNOWN}},
}  # fmt: skip


@pytest.mark.parametrize("case", SERVERS)
def test_a_server_is_not_made_of(alice, case):
    wanted = {key: value for key, value in (SERVER | SERVERS[case]).items() if value is not WITHOUT}
    message = refused(alice(56), "POST", "/servers", {"server": wanted})
    assert message[-1] == "."


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"server": None},
        {"server": []},
        {"server": "x"},
        {"instance": SERVER},
        [],
        "x",
        5,
        {"server": SERVER, "more": 1},
    ],
)
def test_a_body_of_another_shape_makes_nothing(alice, body):
    refused(alice, "POST", "/servers", body)


def test_hints_to_a_scheduler_are_not_ignored(alice):
    refused(alice, "POST", "/servers", {"server": SERVER, "os:scheduler_hints": {"group": UNKNOWN}})


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"{'server': 1}",
        b"\xff\xfe",
        b'{"server": "\\ud800"}',
        b'{"server": {"name": "a\\u0000b"}}',
        b"[" * 5000,
    ],
)
def test_what_is_not_json_makes_nothing(alice, raw):
    refused(alice, "POST", "/servers", None, body=raw)


def test_more_than_a_mebibyte_is_not_even_read(alice):
    refused(alice, "POST", "/servers", {"server": SERVER | {"name": "n" * (1 << 20)}}, status=413)


CHANGES = [
    {"name": ""}, {"name": 1}, {"name": LONG}, {"name": " x"}, {"flavorRef": "2"}, {"accessIPv6": "192.0.2.1"},
    {"OS-DCF:diskConfig": "MANUAL"}, {"description": "d"}, {"status": "ERROR"},
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: str(change)[:30])
def test_a_server_is_not_changed_to(alice, change):
    id = create().pk
    refused(alice, "PUT", f"/servers/{id}", {"server": change})
    assert Server.objects.get(pk=id).name == "demo"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("metadata", {"metadata": {"a": 1}}),
        ("metadata", {"metadata": None}),
        ("metadata", {"meta": {"a": "b"}}),
        ("metadata", {"metadata": {"a": "b"}, "more": {}}),
        ("metadata/a", {"meta": {"b": "c"}}),
        ("metadata/a", {"meta": {"a": "b", "c": "d"}}),
        ("metadata/a", {"meta": {}}),
        ("metadata/a", {"meta": {"a": LONG}}),
    ],
)
def test_metadata_is_not_replaced_by(alice, path, body):
    id = create().pk
    refused(alice, "PUT", f"/servers/{id}/{path}", body)
    assert Server.objects.get(pk=id).metadata == {}


@pytest.mark.parametrize(
    "body",
    [
        {"interfaceAttachment": {"port_id": UNKNOWN}},
        {"interfaceAttachment": {"net_id": UNKNOWN}},
        {"interfaceAttachment": {"net_id": NETWORK, "port_id": UNKNOWN}},
        {"interfaceAttachment": {"net_id": NETWORK, "tag": "t"}},
        {"interfaceAttachment": {"net_id": "net"}},
        {"interfaceAttachment": {"fixed_ips": [{"ip_address": "10.0.0.9"}]}},
        {
            "interfaceAttachment": {
                "net_id": NETWORK,
                "fixed_ips": [{"ip_address": "10.0.0.9"}, {"ip_address": "10.0.0.8"}],
            }
        },
        {"interfaceAttachment": {"net_id": NETWORK, "fixed_ips": [{"ip_address": "nowhere"}]}},
        {"attachment": {}},
    ],
)
def test_an_interface_is_not_made_of(alice, body):
    refused(alice, "POST", f"/servers/{running().pk}/os-interface", body)


@pytest.mark.parametrize(
    "pair",
    [
        {},
        {"name": ""},
        {"name": 5},
        {"name": "a/b"},
        {"name": "a.b"},
        {"name": LONG},
        {"name": "k", "public_key": ""},
        {"name": "k", "public_key": "ssh-rsa nonsense"},
        {"name": "k", "public_key": "A" * 20000},
        {"name": "k", "public_key": 5},
        {"name": "k", "type": "ssh"},
        {"name": "k", "colour": "blue"},
    ],
    ids=lambda pair: str(pair)[:40],
)
def test_a_key_pair_is_not_made_of(alice, pair):
    refused(alice, "POST", "/os-keypairs", {"keypair": pair})


def test_certificates_are_no_key_pairs(alice):
    refused(alice(2), "POST", "/os-keypairs", {"keypair": {"name": "k", "type": "dsa"}})


FLAVOR = {"name": "f", "ram": 64, "vcpus": 1, "disk": 1}
FLAVORS = [
    {"name": ""}, {"name": LONG}, {"ram": 0}, {"ram": "lots"}, {"ram": 2**31}, {"ram": -1}, {"ram": 1.5}, {"ram": None},
    {"vcpus": 0}, {"disk": -1}, {"disk": "9" * 40}, {"id": "a/b"}, {"id": " 5"}, {"id": ""}, {"swap": 512},
    {"OS-FLV-EXT-DATA:ephemeral": 1}, {"rxtx_factor": 0}, {"rxtx_factor": "nan"}, {"rxtx_factor": "fast"},
    {"os-flavor-access:is_public": "perhaps"}, {"description": "d"}, {"colour": "blue"},
]  # fmt: skip


@pytest.mark.parametrize("change", FLAVORS, ids=lambda change: str(change)[:40])
def test_a_flavor_is_not_made_of(admin, change):
    refused(admin, "POST", "/flavors", {"flavor": FLAVOR | change})


@pytest.mark.parametrize(
    "quotas",
    [
        {"cores": "lots"}, {"cores": -2}, {"cores": 1.5}, {"cores": 2**40}, {"cakes": 1}, {"server_groups": -2},
        {"metadata_items": "many"}, {"force": "perhaps"}, {"cores": None},
    ],
    ids=str,
)  # fmt: skip
def test_quotas_are_not_set_to(admin, quotas):
    refused(admin, "PUT", f"/os-quota-sets/{ALICE.project}", {"quota_set": quotas})


def test_quotas_are_not_set_below_what_is_used_unless_forced(admin):
    create()
    path, wanted = f"/os-quota-sets/{ALICE.project}", {"cores": 0, "instances": "7"}
    refused(admin, "PUT", path, {"quota_set": wanted})
    assert admin.put(path, {"quota_set": wanted | {"force": True}}).json["quota_set"]["cores"] == 0
    assert admin.get(path).json["quota_set"]["instances"] == 7


@pytest.mark.parametrize(
    "query",
    [
        "limit=x", "limit=-1", "limit=1.5", "marker=nothing", "sort_key=colour", "sort_key=created_at&sort_dir=up",
        "sort_dir=up",
        "changes-since=yesterday", "changes-since=0001-01-01T00:00:00%2B23:00", "all_tenants=perhaps", "name=(",
        "name=(a%2B)%2B$", f"name={'x' * 300}", "name=a?a?a?a?aaaa", "ip=[",
        "changes-since=2026-01-02T00:00:00Z&changes-before=2026-01-01T00:00:00Z",
    ],
)  # fmt: skip
def test_a_list_is_not_narrowed_by(alice, query):
    refused(alice(66), "GET", f"/servers/detail?{query}", None)


@pytest.mark.parametrize(
    "query", ["memory_mb=much", "os_type=linux", "launched_at=then", "power_state=on", "deleted=perhaps"]
)
def test_an_admins_list_is_not_narrowed_by(admin, query):
    refused(admin, "GET", f"/servers?{query}", None)


@pytest.mark.parametrize("query", ["is_public=perhaps", "minRam=x", "minDisk=-1", "marker=99", "sort_key=colour"])
def test_flavors_are_not_narrowed_by(alice, query):
    refused(alice, "GET", f"/flavors?{query}", None)


def test_an_id_that_was_not_found_is_repeated_but_not_all_of_a_long_one(alice):
    message = alice.get("/servers/zz").json["itemNotFound"]["message"]
    assert message == "No server zz could be found. List the ones you can see and check the spelling."
    assert len(alice.get(f"/servers/{'z' * 5000}").json["itemNotFound"]["message"]) < 300
