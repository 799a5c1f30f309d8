"""The address server on real taps with real clients: busybox's DHCP client, and the kernel's own IPv6."""

import os
import shutil
import signal
import socket
import subprocess

import pytest

from snf_node import wire
from snf_node.leases import routers, serving
from snf_node.leases.told import SERVER_LINK_LOCAL
from snf_node.tests import frames, test_answers
from snf_node.tests.namespaces import GUEST, LAUNCHER, OTHER, Guest, bridged, routed

pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(not shutil.which("busybox"), reason="needs busybox, for its DHCP client"),
]
SCRIPT = """#!/bin/sh
[ "$1" = bound ] && echo "$ip/$mask $router $dns $domain $hostname $mtu $serverid $lease"
exit 0
"""


@pytest.fixture
def guest(node):
    made = Guest(node, "tap0")
    yield made
    made.close()


def leased(guest, tmp_path, *words):
    """What the DHCP client of a guest is given; empty when nothing."""
    script = tmp_path / "script"
    script.write_text(SCRIPT)
    script.chmod(0o755)
    guest.run("ip", "link", "set", "eth0", "up", check=True)
    client = ["busybox", "udhcpc", "-i", "eth0", "-n", "-q", "-f", "-t", "20", "-T", "1", "-s", str(script), *words]
    return guest.run(*client).stdout.strip()


@pytest.mark.parametrize("order", ["before", "after"])
def test_a_guest_of_a_bridge_is_given_its_lease_by_a_real_client(node, guest, tmp_path, request, order):
    """Whether the binding was there when the server started or came later."""
    node.ip("link set br0 mtu 1400")
    if order == "before":
        node.brought_up(bridged())
    request.getfixturevalue("server")
    if order == "after":
        node.brought_up(bridged())
    assert leased(guest, tmp_path) == "192.0.2.5/24 192.0.2.1 192.0.2.53 example.org snf-7 1400 192.0.2.1 604800"


def test_a_routed_guest_is_given_its_lease_by_a_real_client_and_reaches_its_gateway(node, guest, server, tmp_path):
    """Its gateway's ARP is answered by the node, which has no such address."""
    node.cable("up0", master="")
    node.ip("addr add 198.51.100.2/24 dev up0", "route add 198.51.100.0/24 dev up0 table 155")
    node.ip("route add default via 198.51.100.1 dev up0 table 155")
    node.brought_up(routed())
    assert leased(guest, tmp_path).startswith("198.51.100.5/24 198.51.100.1 192.0.2.53 ")
    guest.run("ip", "addr", "add", "198.51.100.5/24", "dev", "eth0", check=True)
    assert guest.run("arping", "-c", "1", "-w", "10", "-I", "eth0", "198.51.100.1").returncode == 0


def test_a_guest_that_wants_another_address_is_told_no_and_takes_its_own(node, guest, server, tmp_path):
    node.brought_up(bridged())
    assert leased(guest, tmp_path, "-r", "192.0.2.77").startswith("192.0.2.5/24 ")


def test_the_kernel_of_a_guest_makes_its_address_of_what_it_is_told(node, guest, server):
    node.ip("addr add 2001:db8::1/64 dev br0 nodad", version=6)
    node.brought_up(bridged())
    guest.run("ip", "link", "set", "eth0", "up", check=True)
    assert any("2001:db8::a800:1ff:fe00:5/64" in guest.run("ip", "-6", "addr").stdout for _ in range(500))
    assert any("default via" in guest.run("ip", "-6", "route").stdout for _ in range(500))
    assert guest.run("busybox", "ping6", "-c", "1", "-w", "10", "2001:db8::1").returncode == 0


def dhcp_question(mac=GUEST, *, hardware=None):
    payload = test_answers.dhcp(1, mac=hardware or mac).payload
    return frames.udp(payload, source=mac, ip="0.0.0.0", other="255.255.255.255", sport=68, dport=67)


def solicited():
    return frames.icmp6(133, bytes(4), ip="fe80::a800:1ff:fe00:5", other="ff02::2")


def answers(guest):
    """Whose answer comes next, after a solicitation: that is the last of what is asked."""
    guest.send(solicited())
    found = guest.until(SERVER_LINK_LOCAL.packed + wire.ALL_NODES)
    return [one for one in map(wire.understood, found) if one and one.sport == 67]


def test_only_the_guest_of_a_tap_is_answered_there(node, server):
    """A forged question is not, though it is read before it is filtered; nor does it come out at others."""
    far, guest = node.cable("up0"), node.tap("tap0")
    node.brought_up(bridged())
    guest.until(wire.ALL_NODES)
    guest.send(dhcp_question(OTHER), dhcp_question(OTHER, hardware=GUEST), dhcp_question(GUEST, hardware=OTHER))
    assert answers(guest) == []
    guest.send(dhcp_question())
    assert len(answers(guest)) == 1
    guest.send(frames.arp(b"the end"))
    assert not any(wire.understood(one) and wire.understood(one).dport == 67 for one in far.until(b"the end"))


def test_a_changed_binding_is_leased_at_once_and_a_removed_one_no_more(node, server):
    guest = node.tap("tap0")
    node.brought_up(bridged())
    guest.until(wire.ALL_NODES)
    node.brought_up(bridged(IP="192.0.2.6"))
    guest.until(wire.ALL_NODES)
    guest.send(dhcp_question())
    assert [one.payload[16:20] for one in answers(guest)] == [frames.packed("192.0.2.6")]

    other = node.tap("tap1")
    assert node.up({"INTERFACE": "tap0", "ACTION": "down"}).returncode == 0
    node.ip("link set tap0 up")
    guest.send(dhcp_question(), solicited())
    node.brought_up(
        bridged("tap1", MAC="aa:00:01:00:00:06")
    )  # by the time it is told of its router, the first was not answered
    other.until(wire.ALL_NODES)
    node.ip("addr add 192.0.2.200/24 dev tap0")
    node.run("arping", "-q", "-c", "1", "-w", "1", "-I", "tap0", "192.0.2.5")
    came = guest.until(frames.packed("192.0.2.200"))
    assert not any(one and one.sport == 67 for one in map(wire.understood, came))


def test_a_tap_that_comes_again_with_the_same_name_is_answered(node, server):
    for _ in range(2):
        guest = node.tap("tap0")
        node.brought_up(bridged())
        guest.until(wire.ALL_NODES)
        guest.send(dhcp_question())
        assert len(answers(guest)) == 1
        guest.close()
        node.forget(guest)


def test_a_binding_that_is_none_keeps_nobody_else_from_theirs(node):
    node.places.bindings.mkdir(parents=True)
    (node.places.bindings / "br0").write_text("no binding")
    words = ["ip", "netns", "exec", node.name, str(LAUNCHER.parent / "snf-leases")]
    running = subprocess.Popen(words, env=node.environment({}), stderr=subprocess.PIPE, text=True)
    assert running.stderr.readline() == "br0: nothing is leased: MAC is ''\n"
    guest = node.tap("tap0")
    node.brought_up(bridged())
    assert guest.until(wire.ALL_NODES)
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=20)
    assert running.returncode == 0


def test_a_supervisor_that_starts_anew_ends_no_leases(tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as gone:
        gone.bind(str(tmp_path / "notify"))
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    serving.notify("WATCHDOG=1")


def test_wrong_usage_is_said_and_ends_with_2(tmp_path):
    words = [str(LAUNCHER.parent / "snf-leases"), "--bindings", str(tmp_path), "--nameservers", "nowhere"]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False, env=dict(os.environ))
    assert (ended.returncode, "nowhere" in ended.stderr) == (2, True)
    assert routers.EVERY < routers.LASTS
