"""What each microversion shows of a server, a flavor and a key pair: pure, without a request."""

import datetime

import msgspec
import pytest

from logic.compute.infos import Fault, FlavorInfo, KeyPairInfo, ServerInfo
from logic.ledger.queries import CommandInfo
from logic.network.queries import AddressInfo
from synnefo.api.compute.render import actions, flavors, keypairs, servers
from synnefo.api.compute.render.frame import Frame, host_id

WHEN = datetime.datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=datetime.UTC)
FLAVOR = FlavorInfo(
    id="1", name="m1.tiny", vcpus=1, ram=512, disk=1, is_public=True, disabled=False, description="small",
    extra_specs={"a": "b"},
)  # fmt: skip
SERVER = ServerInfo(
    id="s1", name="demo", description="mine", project="p1", user="u1", status="ACTIVE", task=None, vm_state="active",
    power=1, flavor=FLAVOR, image="i1", key_name="k", metadata={"x": "y"}, availability_zone="c1", pinned_zone="c1",
    addresses=[AddressInfo(network="net", ip="10.0.0.2", version=4, mac="fa:16:3e:00:00:01")],
    user_data="aGk=", reservation="r-1", launch_index=2, host="c1", host_status="UP", instance="snf-7", fault=None,
    created_at=WHEN, updated_at=WHEN, launched_at=WHEN, terminated_at=None,
)  # fmt: skip
PAIR = KeyPairInfo(
    id=3, user="u1", name="k", type="ssh", public_key="ssh-ed25519 AAAA", fingerprint="aa", created_at=WHEN
)
BASE = {
    *("id", "name", "status", "tenant_id", "user_id", "metadata", "hostId", "image", "flavor", "created", "updated"),
    *("addresses", "accessIPv4", "accessIPv6", "OS-DCF:diskConfig", "links", "progress"),
}
FULL = BASE | {
    *("OS-EXT-AZ:availability_zone", "OS-EXT-STS:task_state", "OS-EXT-STS:vm_state", "OS-EXT-STS:power_state"),
    *("OS-SRV-USG:launched_at", "OS-SRV-USG:terminated_at", "config_drive", "key_name"),
    *("os-extended-volumes:volumes_attached", "security_groups"),
}
# Keys that a version added to what tenants see of one server.
TENANT = {
    9: {"locked"}, 19: {"description"}, 26: {"tags"}, 63: {"trusted_image_certificates"}, 71: {"server_groups"},
    73: {"locked_reason"}, 90: {"OS-EXT-SRV-ATTR:hostname"}, 96: {"pinned_availability_zone"},
}  # fmt: skip
_ATTRIBUTES = ("reservation_id", "launch_index", "kernel_id", "ramdisk_id", "root_device_name", "user_data", "hostname")
ADMIN = TENANT | {
    1: {f"OS-EXT-SRV-ATTR:{name}" for name in ("host", "hypervisor_hostname", "instance_name")},
    3: {f"OS-EXT-SRV-ATTR:{name}" for name in _ATTRIBUTES},
    16: {"host_status"},
}


def grown(additions, minor):
    return set().union(*(keys for since, keys in additions.items() if since <= minor))


@pytest.mark.parametrize("minor", range(1, 97))
@pytest.mark.parametrize("admin", [False, True])
def test_a_server_has_exactly_the_keys_of_its_version(minor, admin):
    view = servers.shown(SERVER, Frame(minor=minor, admin=admin))
    assert set(view) == FULL | grown(ADMIN if admin else TENANT, minor)


@pytest.mark.parametrize("minor", range(1, 97))
def test_lists_lack_the_server_groups_only(minor):
    frame = Frame(minor=minor)
    assert set(servers.shown(SERVER, frame)) - set(servers.listed(SERVER, frame)) == (
        {"server_groups"} if minor >= 71 else set()
    )


@pytest.mark.parametrize("minor", range(1, 75))
def test_below_2_75_put_answers_without_the_extensions_keys(minor):
    view = servers.changed(SERVER, Frame(minor=minor, admin=True))
    assert set(view) == BASE | grown({since: keys for since, keys in TENANT.items() if since < 75}, minor)
    assert set(view["addresses"]["net"][0]) == {"version", "addr"}


def test_from_2_75_put_answers_the_full_view():
    frame = Frame(minor=75, admin=True)
    assert servers.changed(SERVER, frame) == servers.shown(SERVER, frame)


def test_values_are_novas():
    view = servers.shown(SERVER, Frame(minor=1, admin=True, base="https://cloud.example/compute"))
    expected = {
        "created": "2026-01-02T03:04:05Z",
        "OS-SRV-USG:launched_at": "2026-01-02T03:04:05.000678",
        "OS-SRV-USG:terminated_at": None,
        "hostId": host_id("p1", "c1"),
        "OS-EXT-SRV-ATTR:host": "c1",
        "OS-EXT-SRV-ATTR:instance_name": "snf-7",
        "security_groups": [{"name": "default"}],
        "image": {"id": "i1", "links": [{"rel": "bookmark", "href": "https://cloud.example/compute/images/i1"}]},
        "links": [
            {"rel": "self", "href": "https://cloud.example/compute/v2.1/servers/s1"},
            {"rel": "bookmark", "href": "https://cloud.example/compute/servers/s1"},
        ],
        "addresses": {
            "net": [
                {
                    "version": 4,
                    "addr": "10.0.0.2",
                    "OS-EXT-IPS:type": "fixed",
                    "OS-EXT-IPS-MAC:mac_addr": "fa:16:3e:00:00:01",
                }
            ]
        },
    }
    assert view | expected == view


def test_the_host_id_hides_the_host_and_tells_projects_apart():
    assert "c1" not in host_id("p1", "c1")
    assert host_id("p1", "c1") != host_id("p2", "c1")
    assert host_id("p1", "") == ""


def test_the_flavor_is_a_link_before_2_47_and_embedded_from_then_on():
    assert set(servers.shown(SERVER, Frame(minor=46))["flavor"]) == {"id", "links"}
    embedded = servers.shown(SERVER, Frame(minor=47))["flavor"]
    assert embedded == {
        "vcpus": 1, "ram": 512, "disk": 1, "ephemeral": 0, "swap": 0, "original_name": "m1.tiny",
        "extra_specs": {"a": "b"},
    }  # fmt: skip


@pytest.mark.parametrize(("status", "there"), [("ERROR", True), ("ACTIVE", False), ("BUILD", False)])
def test_a_fault_is_told_of_servers_in_error_only(status, there):
    fault = Fault(message="No space left.", code="disk", at=WHEN)
    view = servers.shown(msgspec.structs.replace(SERVER, status=status, fault=fault), Frame(minor=1))
    assert ("fault" in view) == there
    if there:
        assert view["fault"] == {"code": 500, "created": "2026-01-02T03:04:05Z", "message": "No space left."}
        assert "progress" not in view


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("Could not start it on node n1.example.org: no KVM", "Could not start it on node …: no KVM"),
        ("Error checking node 'node2': Connection to 10.1.2.3:1811 refused", "Error checking node '…': Connection to … refused"),
        ("qemu: /srv/ganeti/file-storage/x/disk0: No such file", "qemu: …: No such file"),
        ("Reboot it hard. Disk 0 is 3.5 GiB.", "Reboot it hard. Disk 0 is 3.5 GiB."),
        ("Not enough memory on the node group", "Not enough memory on the node group"),
    ],
)  # fmt: skip
def test_a_tenant_hears_why_and_not_of_which_machine(said, heard):
    """OSSA-2019-003."""
    broken = msgspec.structs.replace(SERVER, status="ERROR", fault=Fault(message=said, code="x", at=WHEN))
    for admin, words in ((False, heard), (True, said)):
        assert servers.shown(broken, Frame(minor=96, admin=admin))["fault"]["message"] == words
    command = CommandInfo(
        id="c", kind="server", resource="s1", backend="c1", verb="start", status="settled", outcome="error", code="x", error=said,
        job=1, rank=0, attempts=1, again=False, holder="", request="r", user="u", created_at=WHEN, due_at=WHEN,
        lease_until=None, settled_at=WHEN,
    )  # fmt: skip
    (event,) = actions.action_with_events(command, SERVER, Frame(minor=96))["events"]
    assert event["details"] == heard


def test_a_server_without_an_image_has_an_empty_string():
    assert servers.shown(msgspec.structs.replace(SERVER, image=""), Frame(minor=1))["image"] == ""


@pytest.mark.parametrize("minor", range(1, 97))
def test_a_flavor_has_exactly_the_keys_of_its_version(minor):
    brief, full = flavors.brief(FLAVOR, Frame(minor=minor)), flavors.full(FLAVOR, Frame(minor=minor))
    assert set(brief) == {"id", "name", "links"} | ({"description"} if minor >= 55 else set())
    assert set(full) - set(brief) == {
        *("ram", "disk", "vcpus", "swap", "rxtx_factor", "OS-FLV-EXT-DATA:ephemeral"),
        *("OS-FLV-DISABLED:disabled", "os-flavor-access:is_public"),
    } | ({"extra_specs"} if minor >= 61 else set())
    assert full["swap"] == (0 if minor >= 75 else "")


def test_the_private_key_is_in_no_view_but_that_of_its_making():
    assert keypairs.created(PAIR, Frame(minor=1), "secret")["private_key"] == "secret"
    assert "private_key" not in keypairs.created(PAIR, Frame(minor=1))
    assert "private_key" not in keypairs.shown(PAIR, Frame(minor=1))


@pytest.mark.parametrize("minor", [1, 2, 96])
def test_key_pairs_have_a_type_from_2_2_on(minor):
    frame = Frame(minor=minor)
    for view in (keypairs.listed(PAIR, frame)["keypair"], keypairs.shown(PAIR, frame), keypairs.created(PAIR, frame)):
        assert ("type" in view) == (minor >= 2)
