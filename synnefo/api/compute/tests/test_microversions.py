"""Each change of a microversion, seen from both sides: the version before it and its own."""

from collections.abc import Callable

import pytest

from logic.compute.commands import NewServer, create_servers
from logic.compute.models import Server
from logic.testing.worlds import ADMIN, ALICE, IMAGE, create, running
from logic.volume.commands import NewVolume, create_volume
from synnefo.api.compute.tests import moving_proofs
from synnefo.api.compute.tests.conftest import Nova
from synnefo.api.compute.tests.proofs import (
    aggregate_uuid,
    body,
    class_groups,
    group_owner,
    group_policy,
    hints,
    image_properties,
    image_told,
    no_hosts,
    rebuilt_volume,
    rescued_volume,
    shares,
    soft_policies,
    specs_checked,
    spice_direct,
    unshelved_to_host,
    unshelved_to_zone,
    usage_pages,
)
from synnefo.api.compute.versions import CHANGES, ELSEWHERE, MAXIMUM, MINIMUM

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKLqgOLAUtN9mDUyRJuzLVCCZ5mEgpKqAjqu6wAWx0W5 alice"
Proof = Callable[[Nova, Nova, Nova, Nova], None]


def test_every_version_is_accounted_for_once():
    assert MINIMUM == (2, 1)
    assert not CHANGES.keys() & ELSEWHERE.keys()
    assert CHANGES.keys() | ELSEWHERE.keys() == set(range(2, MAXIMUM[1] + 1))


def test_every_change_is_proved():
    assert PROOFS.keys() == CHANGES.keys()


@pytest.mark.parametrize("minor", sorted(CHANGES), ids=lambda minor: f"2.{minor}")
def test_the_change_begins_with_its_version(minor, alice, admin):
    PROOFS[minor](alice(minor - 1), alice(minor), admin(minor - 1), admin(minor))


def key_pair_type(before, after, *_):
    wanted = {"keypair": {"name": "k", "public_key": KEY}}
    assert [before.post("/os-keypairs", wanted).status, before.delete("/os-keypairs/k").status] == [200, 202]
    made = after.post("/os-keypairs", {"keypair": {**wanted["keypair"], "type": "ssh"}})
    assert [made.status, made.json["keypair"]["type"], after.delete("/os-keypairs/k").status] == [201, "ssh", 204]
    assert before.post("/os-keypairs", {"keypair": {**wanted["keypair"], "type": "ssh"}}).status == 400


def admin_attributes(_, after, admin_before, admin_after):
    id = create().pk
    key = "OS-EXT-SRV-ATTR:reservation_id"
    assert key not in admin_before.get(f"/servers/{id}").json["server"]
    assert admin_after.get(f"/servers/{id}").json["server"][key].startswith("r-")
    assert key not in after.get(f"/servers/{id}").json["server"]


def ip6_filter(before, after, *_):
    create()
    assert len(before.get("/servers?ip6=fd00").json["servers"]) == 1
    assert after.get("/servers?ip6=fd00").json["servers"] == []


def remote_consoles(before, after, *_):
    id = create().pk  # which is being built: its console is known, and cannot be had yet
    vnc = {"remote_console": {"protocol": "vnc", "type": "novnc"}}
    assert [one.post(f"/servers/{id}/remote-consoles", vnc).status for one in (before, after)] == [404, 409]
    vnc = {"os-getVNCConsole": {"type": "novnc"}}
    assert [one.post(f"/servers/{id}/action", vnc).status for one in (before, after)] == [409, 400]


def key_pair_user(before, after, admin_before, admin_after):
    wanted = {"keypair": {"name": "k", "public_key": KEY, "user_id": ALICE.user}}
    assert [one.post("/os-keypairs", wanted).status for one in (admin_before, admin_after)] == [400, 201]
    assert admin_before.get(f"/os-keypairs?user_id={ALICE.user}").json["keypairs"] == []
    assert len(admin_after.get(f"/os-keypairs?user_id={ALICE.user}").json["keypairs"]) == 1
    assert [after.get(f"/os-keypairs?user_id={user}").status for user in (ALICE.user, ADMIN.user)] == [200, 403]
    assert before.get(f"/os-keypairs?user_id={ADMIN.user}").status == 200


def crash_dump(before, after, *_):
    id = create().pk
    assert [one.post(f"/servers/{id}/action", {"trigger_crash_dump": None}).status for one in (before, after)] == [
        400,
        501,
    ]


def description(before, after, *_):
    id = create().pk
    change = {"server": {"description": "mine"}}
    assert [one.put(f"/servers/{id}", change).status for one in (before, after)] == [400, 200]
    assert after.get(f"/servers/{id}").json["server"]["description"] == "mine"
    assert "description" not in before.get(f"/servers/{id}").json["server"]
    assert [one.post("/servers", body(description="d")).status for one in (before, after)] == [400, 202]


def actions_of_deleted(before, after, *_):
    id = running().pk
    Server.objects.filter(pk=id).update(observed="gone")
    assert [one.get(f"/servers/{id}/os-instance-actions").status for one in (before, after)] == [404, 200]


def tags(before, after, *_):
    id = create().pk
    assert "tags" not in before.get(f"/servers/{id}").json["server"]
    assert after.get(f"/servers/{id}").json["server"]["tags"] == []
    assert [one.get(f"/servers/{id}/tags").status for one in (before, after)] == [404, 200]
    assert [len(one.get("/servers?tags=red").json["servers"]) for one in (before, after)] == [1, 0]


def cpu_info(_, __, before, after):
    assert [one.get("/os-hypervisors/detail").json["hypervisors"][0]["cpu_info"] for one in (before, after)] == [
        "{}",
        {},
    ]


def hypervisor_pages(_, __, before, after):
    assert "hypervisors_links" not in before.get("/os-hypervisors?limit=1").json
    assert after.get("/os-hypervisors?limit=1").json["hypervisors_links"][0]["rel"] == "next"
    assert [one.get("/os-hypervisors?marker=none").status for one in (before, after)] == [200, 404]


def key_pair_pages(before, after, *_):
    for name in ("a", "b"):
        before.post("/os-keypairs", {"keypair": {"name": name, "public_key": KEY}})
    assert len(before.get("/os-keypairs?limit=1").json["keypairs"]) == 2
    page = after.get("/os-keypairs?limit=1").json
    assert [one["keypair"]["name"] for one in page["keypairs"]] == ["a"]
    assert page["keypairs_links"][0]["href"].endswith("/os-keypairs?limit=1&marker=a")


def no_proxies(before, after, *_):
    paths = ("/images", "/images/detail", f"/images/{IMAGE}")
    assert [[one.get(path).status for path in paths] for one in (before, after)] == [[200] * 3, [404] * 3]
    floating = [one.get("/limits").json["limits"]["absolute"].get("maxTotalFloatingIps") for one in (before, after)]
    assert floating == [50, None]
    quotas = [one.get(f"/os-quota-sets/{ALICE.project}").json["quota_set"] for one in (before, after)]
    assert ["security_groups" in one for one in quotas] == [True, False]


def networks_required(before, after, *_):
    bare = {"server": {"name": "demo", "imageRef": IMAGE, "flavorRef": "1"}}
    assert [one.post("/servers", bare).status for one in (before, after)] == [202, 400]
    assert [one.post("/servers", body(networks="none")).status for one in (before, after)] == [400, 202]


def status_checked(before, after, *_):
    assert before.get("/servers?status=silly").json == {"servers": []}
    assert after.get("/servers?status=silly").status == 400


def no_image_metadata(before, after, *_):
    assert ["maxImageMeta" in one.get("/limits").json["limits"]["absolute"] for one in (before, after)] == [True, False]


def no_address_actions(before, after, *_):
    id = create().pk
    assert [one.post(f"/servers/{id}/action", {"addFixedIp": {}}).status for one in (before, after)] == [501, 400]


def flavor_embedded(before, after, *_):
    id = create().pk
    shown = [one.get(f"/servers/{id}").json["server"]["flavor"] for one in (before, after)]
    assert [shown[0]["id"], shown[1]["original_name"], "id" in shown[1]] == ["1", "m1.tiny", False]


def events(before, after, admin_before, _):
    path = f"/servers/{create().pk}/os-instance-actions/{ALICE.request}"
    shown = [one.get(path).json["instanceAction"] for one in (before, after, admin_before)]
    assert ["events" in one for one in shown] == [False, True, True]


def tags_at_creation(before, after, *_):
    assert [one.post("/servers", body(tags=[])).status for one in (before, after)] == [400, 202]
    id = after.post("/servers", body(tags=["red"])).json["server"]["id"]
    assert after.get(f"/servers/{id}").json["server"]["tags"] == ["red"]


def uuids(_, __, before, after):
    for path, kind in (("/os-services", "services"), ("/os-hypervisors", "hypervisors")):
        numbered, named = (one.get(path).json[kind][0]["id"] for one in (before, after))
        assert isinstance(numbered, int)
        assert len(named) == 36
    create()
    assert "servers" not in before.get("/os-hypervisors?with_servers=true").json["hypervisors"][0]
    assert len(after.get("/os-hypervisors?with_servers=true").json["hypervisors"][0]["servers"]) == 1


def flavor_description(_, __, before, after):
    change = {"flavor": {"description": "small"}}
    assert [one.put("/flavors/1", change).status for one in (before, after)] == [404, 200]
    assert after.get("/flavors/1").json["flavor"]["description"] == "small"
    assert "description" not in before.get("/flavors/1").json["flavor"]
    new = {"flavor": {"name": "f", "ram": 1, "vcpus": 1, "description": "d"}}
    assert [one.post("/flavors", new).status for one in (before, after)] == [400, 200]


def no_personality(before, after, *_):
    assert [one.post("/servers", body(personality=[])).status for one in (before, after)] == [202, 400]
    absolute = [one.get("/limits").json["limits"]["absolute"] for one in (before, after)]
    assert ["maxPersonality" in one for one in absolute] == [True, False]
    quotas = [one.get(f"/os-quota-sets/{ALICE.project}").json["quota_set"] for one in (before, after)]
    assert ["injected_files" in one for one in quotas] == [True, False]


def action_pages(before, after, *_):
    path = f"/servers/{running().pk}/os-instance-actions"
    assert "updated_at" not in before.get(path).json["instanceActions"][0]
    page = after.get(f"{path}?limit=1").json
    assert [page["instanceActions"][0]["action"], page["links"][0]["rel"]] == ["create", "next"]
    assert after.get(f"{path}?marker={ALICE.request}").json == {"instanceActions": []}
    later = f"{path}?changes-since=2999-01-01T00:00:00Z"
    assert [len(one.get(later).json["instanceActions"]) for one in (before, after)] == [1, 0]


def flavor_specs(before, after, *_):
    assert ["extra_specs" in one.get("/flavors/1").json["flavor"] for one in (before, after)] == [False, True]


def event_hosts(before, after, admin_before, admin_after):
    path = f"/servers/{create().pk}/os-instance-actions/{ALICE.request}"
    shown = [one.get(path).json["instanceAction"]["events"][0] for one in (before, after, admin_before, admin_after)]
    assert ["hostId" in one for one in shown] == [False, True, False, True]
    assert ["host" in one for one in shown] == [False, False, False, True]


def certificates(before, after, *_):
    assert [one.post("/servers", body(trusted_image_certificates=None)).status for one in (before, after)] == [400, 202]
    assert after.post("/servers", body(trusted_image_certificates=["c"])).status == 400


def changes_before(before, after, *_):
    id = create().pk
    early = "changes-before=2001-01-01T00:00:00Z"
    assert [len(one.get(f"/servers?{early}").json["servers"]) for one in (before, after)] == [1, 0]
    path = f"/servers/{id}/os-instance-actions?{early}"
    assert [len(one.get(path).json["instanceActions"]) for one in (before, after)] == [1, 0]


def interface_tag(before, after, *_):
    path = f"/servers/{create().pk}/os-interface"
    assert ["tag" in one.get(path).json["interfaceAttachments"][0] for one in (before, after)] == [False, True]


def attachments(before, after):
    server, volume = running().pk, create_volume(ALICE, NewVolume(size=1))
    path = f"/servers/{server}/os-volume_attachments"
    assert before.post(path, {"volumeAttachment": {"volumeId": volume}}).status == 200
    return [one.get(path).json["volumeAttachments"][0] for one in (before, after)]


def attachment_flag(before, after, *_):
    shown = attachments(before, after)
    assert ["delete_on_termination" in one for one in shown] == [False, True]


def volume_type(before, after, *_):
    device = {"source_type": "image", "destination_type": "volume", "uuid": IMAGE, "boot_index": 0, "volume_size": 1}
    wanted = body(imageRef="", networks="auto", block_device_mapping_v2=[device | {"volume_type": "default"}])
    assert [one.post("/servers", wanted).status for one in (before, after)] == [400, 202]


def attachment_changed(before, after, *_):
    server, volume = running().pk, create_volume(ALICE, NewVolume(size=1))
    path = f"/servers/{server}/os-volume_attachments"
    before.post(path, {"volumeAttachment": {"volumeId": volume}})
    wanted = {"volumeAttachment": {"volumeId": volume, "delete_on_termination": True}}
    assert [one.put(f"{path}/{volume}", wanted).status for one in (before, after)] == [400, 202]
    assert after.get(f"{path}/{volume}").json["volumeAttachment"]["delete_on_termination"] is True


def attachment_ids(before, after, *_):
    shown = attachments(before, after)
    assert ["id" in one for one in shown] == [True, False]
    assert ["attachment_id" in one for one in shown] == [False, True]


def locked_filter(before, after, *_):
    create()
    assert [len(one.get("/servers?locked=true").json["servers"]) for one in (before, after)] == [1, 0]


def host_wanted(_, after, admin_before, admin_after):
    assert [one.post("/servers", body(host="c1")).status for one in (admin_before, admin_after)] == [400, 202]
    assert [admin_after.post("/servers", body(host="c9")).status, after.post("/servers", body(host="c1")).status] == [
        400,
        403,
    ]


def strict(before, after, admin_before, admin_after):
    id = create().pk
    assert [one.get("/servers?silly=1").status for one in (before, after)] == [200, 400]
    assert [one.get("/flavors/1").json["flavor"]["swap"] for one in (before, after)] == ["", 0]
    changed = [one.put(f"/servers/{id}", {"server": {"name": "new"}}).json["server"] for one in (before, after)]
    assert ["key_name" in one for one in changed] == [False, True]
    path = "/os-hypervisors?with_servers=true"
    Server.objects.all().delete()
    assert ["servers" in one.get(path).json["hypervisors"][0] for one in (admin_before, admin_after)] == [False, True]


def topology(before, after, *_):
    path = f"/servers/{create().pk}/topology"
    assert [one.get(path).status for one in (before, after)] == [404, 200]


def filters_for_all(before, after, *_):
    create()
    assert [len(one.get("/servers?user_id=nobody").json["servers"]) for one in (before, after)] == [1, 0]


def event_details(before, after, *_):
    path = f"/servers/{create().pk}/os-instance-actions/{ALICE.request}"
    shown = [one.get(path).json["instanceAction"]["events"][0] for one in (before, after)]
    assert ["details" in one for one in shown] == [False, True]


def hypervisor_diet(_, __, before, after):
    shown = [one.get("/os-hypervisors/detail").json["hypervisors"][0] for one in (before, after)]
    assert [("vcpus" in one, "uptime" in one) for one in shown] == [(True, False), (False, True)]
    statistics = [one.get("/os-hypervisors/statistics").status for one in (before, after)]
    assert statistics == [200, 404]


def hostname(before, after, *_):
    id = create().pk
    key = "OS-EXT-SRV-ATTR:hostname"
    assert [one.get(f"/servers/{id}").json["server"].get(key) for one in (before, after)] == [None, "demo"]
    change = {"server": {"hostname": "www"}}
    assert [one.put(f"/servers/{id}", change).status for one in (before, after)] == [400, 200]
    assert after.get(f"/servers/{id}").json["server"][key] == "www"
    assert [one.post("/servers", body(hostname="www")).status for one in (before, after)] == [400, 202]


def domain_name(before, after, *_):
    id, change = create().pk, {"server": {"hostname": "www.example.org"}}
    assert [one.put(f"/servers/{id}", change).status for one in (before, after)] == [400, 200]


def no_generated_keys(before, after, *_):
    assert [one.post("/os-keypairs", {"keypair": {"name": "k"}}).status for one in (before, after)] == [201, 400]
    dotted = {"keypair": {"name": "me@example.org", "public_key": KEY}}
    assert [one.post("/os-keypairs", dotted).status for one in (before, after)] == [400, 201]


def rebuilt(api, **fields):
    id = create().pk
    Server.objects.filter(pk=id).update(observed="running", command="", verb="")
    return api.post(f"/servers/{id}/action", {"rebuild": {"imageRef": IMAGE, **fields}})


def rebuild_key(before, after, *_):
    assert [rebuilt(api, key_name=None).status for api in (before, after)] == [400, 202]
    assert ["key_name" in rebuilt(api).json["server"] for api in (before, after)] == [False, True]


def rebuild_user_data(before, after, *_):
    assert [rebuilt(api, user_data=None).status for api in (before, after)] == [400, 202]
    assert ["user_data" in rebuilt(api).json["server"] for api in (before, after)] == [False, True]


def pinned_zone(before, after, *_):
    id, other = (
        create_servers(ALICE, NewServer(name="z", flavor="1", image=IMAGE, availability_zone=zone))[0]
        for zone in ("c1", "")
    )
    key = "pinned_availability_zone"
    assert [after.get(f"/servers/{one}").json["server"][key] for one in (id, other)] == ["c1", None]
    assert key not in before.get(f"/servers/{id}").json["server"]


def field(key: str, value=None) -> Proof:
    """A key of a server that came with its version, for tenants."""

    def proof(before, after, *_):
        id = create().pk
        shown = [one.get(f"/servers/{id}").json["server"] for one in (before, after)]
        assert [key in one for one in shown] == [False, True]
        assert shown[1][key] == value

    return proof


def field_of_admins(path: str, kind: str, key: str, value) -> Proof:
    def proof(_, __, before, after):
        create()
        shown = [one.get(path).json[kind][0] for one in (before, after)]
        assert [key in one for one in shown] == [False, True]
        assert shown[1][key] == value

    return proof


def both(first: Proof, second: Proof) -> Proof:
    def proof(*clients):
        first(*clients)
        Server.objects.all().delete()
        second(*clients)

    return proof


PROOFS: dict[int, Proof] = {
    **moving_proofs.PROOFS,
    2: key_pair_type,
    3: admin_attributes,
    5: ip6_filter,
    6: remote_consoles,
    9: field("locked", value=False),
    10: key_pair_user,
    11: field_of_admins("/os-services", "services", "forced_down", value=False),
    13: group_owner,
    15: soft_policies,
    16: field_of_admins("/servers/detail?all_tenants=1", "servers", "host_status", "UP"),
    17: crash_dump,
    19: description,
    21: actions_of_deleted,
    26: tags,
    28: cpu_info,
    33: hypervisor_pages,
    35: key_pair_pages,
    36: no_proxies,
    37: networks_required,
    38: status_checked,
    39: no_image_metadata,
    40: usage_pages,
    41: aggregate_uuid,
    43: no_hosts,
    44: no_address_actions,
    45: image_told,
    47: flavor_embedded,
    50: class_groups,
    51: events,
    52: tags_at_creation,
    53: uuids,
    54: rebuild_key,
    55: flavor_description,
    57: both(no_personality, rebuild_user_data),
    58: action_pages,
    61: flavor_specs,
    62: event_hosts,
    63: both(field("trusted_image_certificates"), certificates),
    64: group_policy,
    66: changes_before,
    67: volume_type,
    70: interface_tag,
    71: field("server_groups", []),
    73: both(field("locked_reason"), locked_filter),
    74: host_wanted,
    75: strict,
    77: unshelved_to_zone,
    78: topology,
    79: attachment_flag,
    83: filters_for_all,
    84: event_details,
    85: attachment_changed,
    86: specs_checked,
    87: rescued_volume,
    88: hypervisor_diet,
    89: attachment_ids,
    90: hostname,
    91: unshelved_to_host,
    92: no_generated_keys,
    93: rebuilt_volume,
    94: domain_name,
    96: pinned_zone,
    97: shares,
    98: image_properties,
    99: spice_direct,
    100: hints,
}
