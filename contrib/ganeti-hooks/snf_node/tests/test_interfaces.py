"""What an ifup leaves on a node, on real taps: what is right, once; nothing of what failed; nothing of taps that are gone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from snf_node import routing, state, wire
from snf_node.deciding import Surroundings, decide
from snf_node.errors import Refused
from snf_node.nic import parse
from snf_node.tests import frames
from snf_node.tests.namespaces import GUEST, LAUNCHER, OTHER, bridged, routed
from snf_node.written import written

servers = pytest.mark.servers
UPLINK_ROUTES = (
    "route add 198.51.100.0/24 dev up0 table 155",
    "route add default via 198.51.100.1 dev up0 table 155 onlink",
)


@pytest.fixture
def outside(node):
    """A node that routes: table 155 leads to a cable."""
    far = node.cable("up0", master="")
    node.ip("addr add 198.51.100.2/24 dev up0", *UPLINK_ROUTES)
    node.ip("route add 2001:db8:5::/64 dev up0 table 155", version=6)
    node.ip("route add default via 2001:db8:5::1 dev up0 table 155", version=6)
    return far


@servers
def test_a_bridged_tap_is_up_on_its_bridge_with_its_mtu(node):
    node.tap("tap0")
    node.ip("link set br0 mtu 1400")
    node.brought_up(bridged())
    (link,) = node.shown("link show dev tap0")
    assert (link["master"], link["mtu"], "UP" in link["flags"]) == ("br0", 1400, True)


@servers
def test_the_binding_of_a_bridged_tap(node):
    node.tap("tap0")
    node.ip("link set br0 mtu 1400")
    node.brought_up(bridged())
    assert (node.places.bindings / "tap0").read_text() == (
        "INDEV=br0\nIP=192.0.2.5\nMAC=aa:00:01:00:00:05\nHOSTNAME=snf-7\n"
        'TAGS="synnefo:server:1"\nGATEWAY=192.0.2.1\nSUBNET=192.0.2.0/24\n'
        "GATEWAY6=2001:db8::1\nSUBNET6=2001:db8::/64\nEUI64=2001:db8::a800:1ff:fe00:5\nMTU=1400\n"
    )


@servers
def test_a_binding_without_mtu_has_no_such_line_and_one_without_ipv6_is_empty_there(node):
    node.tap("tap0")
    node.brought_up(bridged(NETWORK_SUBNET6="", NETWORK_GATEWAY6=""))
    text = (node.places.bindings / "tap0").read_text()
    assert "MTU" not in text
    assert "SUBNET6=\nEUI64=\n" in text


@servers
def test_a_binding_is_not_renamed_into_its_place(node):
    """Who waits for the end of a write has to see it: the file stays the same one."""
    node.tap("tap0")
    node.brought_up(bridged())
    with (node.places.bindings / "tap0").open() as first:  # an inode that is open is nobody else's
        node.brought_up(bridged())
        assert os.fstat(first.fileno()).st_ino == (node.places.bindings / "tap0").stat().st_ino
    assert [path.name for path in node.places.bindings.iterdir()] == ["tap0"]


@servers
def test_the_addresses_of_a_bridge_serve_an_interface_that_is_on_no_network(node):
    node.tap("tap0")
    node.ip("addr add 192.0.2.1/24 dev br0")
    node.ip("addr add 2001:db8::1/64 dev br0 nodad", version=6)
    bare = {name: value for name, value in bridged().items() if "NETWORK" not in name}
    node.brought_up(bare)
    text = (node.places.bindings / "tap0").read_text()
    assert "GATEWAY=192.0.2.1\nSUBNET=192.0.2.0/24\nGATEWAY6=2001:db8::1\nSUBNET6=2001:db8::/64\n" in text


@servers
def test_what_is_written_of_a_bridge_serves_where_the_node_has_no_address(node):
    node.tap("tap0")
    node.places.networks.parent.mkdir(parents=True)
    node.places.networks.write_text(
        "# ours\nbr1 192.0.2.0/26\nbr0 192.0.2.0/25 192.0.2.126 # left\n\nbr0 2001:db8:1::/64\n"
    )
    node.brought_up({name: value for name, value in bridged().items() if "NETWORK" not in name})
    text = (node.places.bindings / "tap0").read_text()
    assert "GATEWAY=192.0.2.126\nSUBNET=192.0.2.0/25\nGATEWAY6=\nSUBNET6=2001:db8:1::/64\n" in text


@pytest.mark.parametrize(
    "line",
    [
        "br0",
        "br0 192.0.2.1/24",
        "br0 192.0.2.0/24 gateway",
        "br0 192.0.2.0/24 2001:db8::1",
        "br0 192.0.2.0/24 192.0.2.1 192.0.2.2",
    ],
)
def test_a_line_about_a_network_that_is_wrong_is_named(tmp_path, line):
    (tmp_path / "networks").write_text(f"br0 192.0.2.0/24\n{line}\n")
    with pytest.raises(Refused, match="line 2"):
        written(tmp_path / "networks")


@servers
def test_a_routed_tap_carries_its_guests_addresses(node, outside):
    node.tap("tap0")
    node.brought_up(routed())
    (link,) = node.shown("link show dev tap0")
    assert (link["address"], "master" in link) == (routing.TAP_MAC, False)
    eui = "2001:db8:5:0:a800:1ff:fe00:5"
    assert [(one["iif"], one["table"]) for one in node.shown("rule show") if "iif" in one] == [("tap0", "155")]
    assert [(one["iif"], one["table"]) for one in node.shown("rule show", 6) if "iif" in one] == [("tap0", "155")]
    assert [one["dev"] for one in node.shown("route show table 155 exact 198.51.100.5")] == ["tap0"]
    assert [one["dev"] for one in node.shown(f"route show table 155 exact {eui}", 6)] == ["tap0"]
    proxies = {(one["dst"], one["dev"]) for version in (4, 6) for one in node.shown("neigh show proxy", version)}
    assert proxies == {("198.51.100.5", "up0"), ("2001:db8:5::1", "tap0"), (eui, "up0")}
    assert "INDEV=tap0\nIP=198.51.100.5\n" in (node.places.bindings / "tap0").read_text()


@servers
def test_a_routing_table_without_a_default_route_has_no_gateway(node):
    node.cable("up0", master="")
    node.ip(UPLINK_ROUTES[0])
    node.tap("tap0")
    node.brought_up(routed())
    assert "GATEWAY=\nSUBNET=198.51.100.0/24\n" in (node.places.bindings / "tap0").read_text()


@servers
def test_a_routed_address_makes_itself_known_outside(node, outside):
    node.tap("tap0")
    node.brought_up(routed())
    own = frames.packed("198.51.100.5")
    assert any(own in frame and frame[12:14] == b"\x08\x06" for frame in outside.until(own))
    assert outside.until(frames.packed("2001:db8:5:0:a800:1ff:fe00:5") + b"\x02\x01")


@servers
def test_a_routed_guest_speaks_with_the_outside_both_ways(node, outside):
    """The node answers for the guest outside and for the gateway inside, and hands on what each sends."""
    guest = node.tap("tap0")
    node.ip("rule add iif up0 lookup 155", "neigh replace 198.51.100.1 lladdr aa:00:01:00:00:06 dev up0 nud permanent")
    node.ip("neigh replace 198.51.100.9 lladdr aa:00:01:00:00:06 dev up0 nud permanent")
    node.brought_up(routed())
    (uplink,) = node.shown("link show dev up0")

    guest.send(frames.udp(b"out", ip="198.51.100.5", other="203.0.113.9", to=wire.packed_mac(routing.TAP_MAC)))
    assert outside.until(b"out")[-1][:6] == OTHER
    node.ip("neigh replace 198.51.100.5 lladdr aa:00:01:00:00:05 dev tap0 nud permanent")
    outside.send(
        frames.udp(b"in", source=OTHER, ip="203.0.113.9", other="198.51.100.5", to=wire.packed_mac(uplink["address"]))
    )
    assert guest.until(b"in")[-1][:12] == GUEST + wire.packed_mac(routing.TAP_MAC)


@servers
@pytest.mark.parametrize("nic", [bridged(), routed()], ids=["bridged", "routed"])
def test_a_second_ifup_of_the_same_tap_changes_nothing(node, outside, nic):
    node.tap("tap0")
    node.brought_up(nic)
    before = node.all()
    node.brought_up(nic)
    assert node.all() == before


@servers
def test_a_tap_that_comes_again_as_another_kind_has_nothing_of_the_first(node, outside):
    node.tap("tap0")
    node.brought_up(routed())
    node.brought_up(bridged())
    assert [one for one in node.shown("rule show") if "iif" in one] == []
    assert node.left()["proxies"] == [[], []]
    assert node.shown("route show table all exact 198.51.100.5") == []
    node.brought_up(routed())
    assert "master" not in node.shown("link show dev tap0")[0]


@servers
def test_what_is_not_ours_is_not_taken_down(node):
    node.cable("eth7")
    before = node.all()
    assert node.up({"INTERFACE": "eth7", "ACTION": "down"}).returncode == 0
    assert node.all() == before


@servers
@pytest.mark.parametrize("nic", [bridged(), routed()], ids=["bridged", "routed"])
@pytest.mark.parametrize("there", [True, False], ids=["living", "gone"])
def test_down_takes_everything_of_the_tap_away(node, outside, nic, there):
    before = node.left()
    guest = node.tap("tap0")
    node.brought_up(nic)
    if not there:
        guest.close()
        node.forget(guest)

    done = node.up({"INTERFACE": "tap0", "ACTION": "down"})

    assert (done.returncode, done.stderr) == (0, "")
    assert node.left() == before
    assert "tap0" not in node.nft()
    assert not there or "master" not in node.shown("link show dev tap0")[0]


@servers
def test_what_dead_taps_left_is_swept_by_the_next(node, outside):
    guest = node.tap("tap5")
    node.brought_up(routed("tap5", IP="198.51.100.6", MAC="aa:00:01:00:00:06"))
    guest.close()
    node.forget(guest)
    node.ip("rule add iif tap9 lookup 155")  # as Ganeti's own set-up leaves it
    (node.places.bindings / "tap8").write_text("IP=192.0.2.8\n")
    node.tap("tap0")

    node.brought_up(routed())

    assert {one["iif"] for version in (4, 6) for one in node.shown("rule show", version) if "iif" in one} == {"tap0"}
    proxies = {one["dst"] for version in (4, 6) for one in node.shown("neigh show proxy", version)}
    assert proxies == {"198.51.100.5", "2001:db8:5::1", "2001:db8:5:0:a800:1ff:fe00:5"}
    assert [path.name for path in node.places.bindings.iterdir()] == ["tap0"]
    assert [path.name for path in node.places.taps.glob("tap*")] == ["tap0"]
    assert not {"tap5", "tap8", "tap9"} & {word.split("-")[-1] for word in node.nft().split()}


@servers
def test_rules_and_routes_of_an_earlier_tap_of_that_name_or_address_are_cleared_first(node, outside):
    node.tap("tap0")
    node.tap("tap1")
    node.ip(
        "link set tap1 up",
        "rule add iif tap0 lookup 77",
        "rule add iif tap0 lookup 155",
        "rule add iif tap0 lookup 155 pref 9",
    )
    node.ip("route add 198.51.100.5 dev tap1 table 155", "route add 198.51.100.5 dev tap1 table 77")

    node.brought_up(routed())

    assert [one["table"] for one in node.shown("rule show") if one.get("iif") == "tap0"] == ["155"]
    assert [one["dev"] for one in node.shown("route show table all exact 198.51.100.5")] == ["tap0"]


@servers
@pytest.mark.parametrize("program", ["ip", "nft"])
def test_a_failure_says_why_in_one_sentence_and_leaves_nothing(node, outside, program):
    node.tap("tap0")
    before = node.left()
    nic = routed(LINK="nosuchtable") if program == "ip" else bridged(BRIDGE="br9")

    done = node.up(nic)

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("kvm-vif-bridge: 'tap0': ")
    assert node.left() == before
    assert "tap0" not in node.nft()


@servers
@pytest.mark.parametrize(
    "changed",
    [{"MAC": ""}, {"INSTANCE": "snf-7\nMAC=aa:00:01:00:00:09"}, {"INTERFACE": "tap7"}, {"ACTION": "sideways"}],
    ids=["no mac", "a second line", "no such tap", "no such action"],
)
def test_what_is_refused_has_touched_nothing(node, changed):
    node.tap("tap0")
    before = node.all()
    done = node.up(bridged(**changed))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert node.all() == before


@servers
def test_two_at_once_do_not_tread_on_each_other(node, outside):
    nics = [routed("tap0"), routed("tap1", IP="198.51.100.6", MAC="aa:00:01:00:00:06"), bridged("tap2")]
    for nic in nics:
        node.tap(nic["INTERFACE"])
    running = [node.started(nic) for nic in [*nics, *nics]]
    assert [one.wait(60) for one in running] == [0] * 6
    together = node.all()
    for nic in nics:
        node.brought_up(nic)
    assert node.all() == together
    assert {path.name for path in node.places.bindings.iterdir()} == {"tap0", "tap1", "tap2"}


@servers
def test_who_comes_second_waits_for_the_first(node):
    node.tap("tap0")
    with state.locked(node.places.taps):
        before = node.all()
        second = node.started(bridged())
        inode = f":{(node.places.taps / '.lock').stat().st_ino} "
        while not any("->" in line and inode in line for line in Path("/proc/locks").read_text().splitlines()):
            assert second.poll() is None
        assert node.all() == before
    assert second.wait(60) == 0
    assert (node.places.bindings / "tap0").exists()


def test_an_access_port_is_told_its_vlan():
    """This text alone: a kernel without VLANs cannot do it."""
    plan = decide(parse(bridged(VLAN=".10")), Surroundings())
    assert [" ".join(words) for words in routing.vlans(plan)] == [
        "bridge vlan del vid 1 dev tap0",
        "bridge vlan add vid 10 pvid untagged dev tap0",
    ]


def test_it_needs_nothing_but_the_standard_library_of_debian():
    python = "/usr/bin/python3"
    if not os.access(python, os.X_OK):
        pytest.skip("needs Debian's python3")
    code = f"import sys; sys.path.insert(0, {str(LAUNCHER.parent)!r}); import snf_node.ifup; print(sorted(sys.modules))"
    loaded = subprocess.run([python, "-IS", "-c", code], capture_output=True, text=True, check=True).stdout
    assert "snf_node.ifup" in loaded
    assert not any(name in loaded for name in ("site-packages", "msgspec", "logic", "asyncio", "dataclasses"))
    assert sys.version_info >= (3, 11)
