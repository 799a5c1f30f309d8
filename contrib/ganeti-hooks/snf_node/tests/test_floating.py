"""Floating addresses, between kernels: a routed guest is reached by one, and known by it outside, and by its own inside."""

import json
import socket
import subprocess

import pytest

from snf_node import floating
from snf_node.errors import Refused
from snf_node.tests.namespaces import PATIENCE, inside, routed

FLOATING, ANOTHER, FAR = "203.0.113.5", "203.0.113.6", "203.0.113.9"
OWN, NEIGHBOUR, GATEWAY = "198.51.100.5", "198.51.100.6", "198.51.100.1"
NEIGHBOURS_MAC = "aa:00:01:00:00:06"

servers = pytest.mark.servers


class Machine:
    """A kernel of its own at the end of a cable."""

    def __init__(self, node, name, device):
        self.name = f"{node.name}-{name}"
        self._open = []
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        node.ip(f"link add {device} type veth peer name eth0 netns {self.name}")
        self.ip("link set lo up")

    def ip(self, *lines):
        subprocess.run(["ip", "-n", self.name, "-batch", "-"], input="\n".join(lines), text=True, check=True)

    def addressed(self, mac, address, gateway):
        self.ip(f"link set eth0 address {mac}", "link set eth0 up", f"addr add {address}/24 dev eth0")
        if gateway:
            self.ip(f"route add default via {gateway}")

    def listening(self, kind=socket.SOCK_STREAM):
        with inside(self.name):
            made = socket.socket(socket.AF_INET, kind)
        self._open.append(made)
        made.settimeout(PATIENCE)
        made.bind(("0.0.0.0", 7000))
        if kind == socket.SOCK_STREAM:
            made.listen()
        return made

    def asks(self, address, server, patience=PATIENCE):
        """Connects, is answered, and whom the server took it for."""
        with inside(self.name):
            client = socket.socket()
        client.settimeout(patience)
        with client:
            client.connect((address, 7000))
            taken, whom = server.accept()
            with taken:
                taken.sendall(b"hello")
                assert client.recv(5) == b"hello"
            return whom[0]

    def pings(self, address):
        words = ["ip", "netns", "exec", self.name, "busybox", "ping", "-c", "1", "-W", "5", address]
        return subprocess.run(words, capture_output=True, check=False).returncode == 0

    def close(self):
        for one in self._open:
            one.close()
        subprocess.run(["ip", "netns", "del", self.name], check=True)


@pytest.fixture
def machine(node):
    """``machine(name, device)``: closed at the end."""
    made = []

    def make(name, device):
        made.append(Machine(node, name, device))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def far(node, machine):
    """A machine of the outside, on the uplink of the node that routes."""
    made = machine("far", "up0")
    made.addressed("aa:00:01:00:00:99", FAR, "")
    made.ip("route add 198.51.100.0/24 dev eth0")
    node.ip("link set up0 up", "route add 203.0.113.0/24 dev up0 table 155", "rule add iif up0 lookup 155")
    node.ip("route add 198.51.100.0/24 dev up0 table 155")
    node.run("sh", "-c", "echo 0 > /proc/sys/net/ipv4/neigh/up0/proxy_delay")
    return made


@pytest.fixture
def guest(node, machine, far):
    made = machine("guest", "tap0")
    made.addressed("aa:00:01:00:00:05", OWN, GATEWAY)
    wanted(node, "snf-nic-1", FLOATING)
    node.brought_up(routed())
    return made


@pytest.fixture
def neighbour(node, machine, far):
    made = machine("neighbour", "tap1")
    made.addressed(NEIGHBOURS_MAC, NEIGHBOUR, GATEWAY)
    node.brought_up(routed("tap1", IP=NEIGHBOUR, MAC=NEIGHBOURS_MAC, INTERFACE_NAME="snf-nic-2"))
    return made


def wanted(node, name, *addresses, fixed=OWN, rules=None):
    node.places.rules.mkdir(parents=True, exist_ok=True)
    floats = [{"address": one, "fixed": fixed} for one in addresses]
    (node.places.rules / f"{name}.json").write_text(json.dumps({"version": 1, "rules": rules, "floating": floats}))


def refreshed(node, tap="tap0"):
    done = node.up({"INTERFACE": tap, "ACTION": "refresh"})
    assert (done.returncode, done.stderr) == (0, "")


@servers
def test_a_guest_is_reached_by_its_floating_address_and_known_by_it_outside(guest, far):
    assert far.asks(FLOATING, guest.listening()) == FAR
    assert guest.asks(FAR, far.listening()) == FLOATING
    assert far.pings(FLOATING)


@servers
def test_neighbours_know_each_other_by_their_own_addresses_and_reach_each_other_by_both(guest, neighbour):
    inner, outer = guest.listening(), neighbour.listening()
    assert neighbour.asks(OWN, inner) == NEIGHBOUR
    assert guest.asks(NEIGHBOUR, outer) == OWN
    assert neighbour.asks(FLOATING, inner) == NEIGHBOUR
    assert neighbour.pings(FLOATING)
    assert neighbour.asks(OWN, inner) == NEIGHBOUR


@servers
def test_datagrams_are_answered_from_the_address_that_was_asked(guest, far, neighbour):
    server = guest.listening(socket.SOCK_DGRAM)
    for asker in (far, neighbour):
        with inside(asker.name):
            client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with client:
            client.settimeout(PATIENCE)
            client.sendto(b"question", (FLOATING, 7000))
            server.sendto(b"answer", server.recvfrom(20)[1])
            assert client.recvfrom(20) == (b"answer", (FLOATING, 7000))


@servers
def test_rules_of_groups_hold_for_a_floating_address_too(node, guest, far):
    server = guest.listening()
    wanted(node, "snf-nic-1", FLOATING, rules=[])
    refreshed(node)
    with pytest.raises(TimeoutError):
        far.asks(FLOATING, server, patience=1.0)

    seven = {
        "direction": "ingress",
        "ethertype": "IPv4",
        "protocol": "tcp",
        "port_range_min": 7000,
        "port_range_max": 7000,
    }
    wanted(node, "snf-nic-1", FLOATING, rules=[seven])
    refreshed(node)
    assert far.asks(FLOATING, server) == FAR


@servers
def test_an_address_that_was_taken_away_is_nobody_s_and_one_that_was_given_serves_at_once(node, guest, far):
    before = node.all()
    server = guest.listening()
    wanted(node, "snf-nic-1", ANOTHER)
    refreshed(node)
    assert far.asks(ANOTHER, server) == FAR
    assert not far.pings(FLOATING)
    assert node.shown(f"route show table all exact {FLOATING}") == []
    assert FLOATING not in str(node.shown("neigh show proxy"))

    wanted(node, "snf-nic-1", FLOATING)
    refreshed(node)
    assert node.all() == before


@servers
@pytest.mark.parametrize("first", ["tap0", "tap1"])
def test_an_address_goes_to_another_guest_of_the_node_in_whichever_order_they_hear_of_it(
    node, guest, neighbour, far, first
):
    wanted(node, "snf-nic-1")
    wanted(node, "snf-nic-2", FLOATING, fixed=NEIGHBOUR)
    for tap in (first, "tap1" if first == "tap0" else "tap0"):
        refreshed(node, tap)
    assert far.asks(FLOATING, neighbour.listening()) == FAR
    assert guest.asks(FAR, far.listening()) == OWN
    assert node.up({"INTERFACE": "tap0", "ACTION": "down"}).returncode == 0
    assert far.pings(FLOATING)


@servers
def test_nothing_of_it_is_left_of_a_tap_that_goes(node, far, machine):
    before = node.left()
    machine("guest", "tap0")
    wanted(node, "snf-nic-1", FLOATING)
    node.brought_up(routed())
    assert node.up({"INTERFACE": "tap0", "ACTION": "down"}).returncode == 0
    assert node.left() == before
    assert "tap0" not in node.nft()


@servers
def test_one_that_stands_for_another_address_or_for_a_bridged_guest_is_not_set(node, far, machine):
    machine("guest", "tap0")
    wanted(node, "snf-nic-1", FLOATING, fixed=NEIGHBOUR)
    node.brought_up(routed())
    assert FLOATING not in node.nft()
    assert node.shown(f"route show table all exact {FLOATING}") == []


@pytest.mark.parametrize(
    "given",
    [
        {},
        [{"address": FLOATING}],
        [{"address": FLOATING, "fixed": OWN, "more": 1}],
        [{"address": FLOATING, "fixed": "2001:db8::5"}],
        [{"address": "drop", "fixed": OWN}],
        [{"address": FLOATING, "fixed": OWN}, {"address": FLOATING, "fixed": NEIGHBOUR}],
        [{"address": f"203.0.113.{number}", "fixed": OWN} for number in range(floating.MOST + 1)],
    ],
)
def test_what_is_no_floating_address_is_refused(given):
    with pytest.raises(Refused):
        floating.parsed(given)
