"""Routers, between kernels: guests behind one reach each other and the outside, are reached by their floating addresses, and
find another node in its place when the one that carried it is silent; two never answer for one address."""

import hashlib
import json
import signal
import socket
import subprocess

import pytest

from snf_node.errors import Failed, Refused
from snf_node.routers import planning, wanted
from snf_node.routers.following import asking
from snf_node.tests.namespaces import LAUNCHER, Node, inside
from snf_node.tests.test_floating import Machine
from snf_node.tests.test_wanted import KEY, Api, serving_on
from snf_node.wanted.asking import Apis
from synnefo.testing.processes import until

servers = pytest.mark.servers
ID = "77aa0000-0000-4000-8000-000000000001"
FAR, OWN, FLOATING = "203.0.113.1", "203.0.113.10", "203.0.113.11"
FIRST, SECOND = "10.7.0.5", "10.8.0.5"
BRIDGES = ("br1", "br2", "br-ext")


def leg(number, link, address, **changed):
    port = f"3f0c000{number}-0000-4000-8000-000000000001"
    about = {"port": port, "link": link, "mac": f"fa:16:3e:00:00:0{number}", "prefix": "", "mtu": 1500}
    return {**about, "addresses": [address], "outside": False, **changed}


def router(**changed):
    legs = [
        leg(1, "br0", "10.7.0.1/24"),
        leg(2, "br1", "10.8.0.1/24"),
        leg(3, "155", f"{OWN}/24", outside=True),
    ]
    outside = {"gateways": [FAR], "snat": OWN, "floating": [[FLOATING, FIRST]], "routes": []}
    return {"version": 1, "epoch": 1, "legs": legs, **outside, **changed}


class Carrying(Api):
    """Answers as ours does: ``wanted`` by id is what the node has."""

    lease = 1.6

    def answered(self, headers, body):
        self.keys.append(headers["Authorization"])
        self.questions.append(json.loads(body))
        if self.answer:
            return self.answer
        known = self.questions[-1]["routers"]
        texts = {id: json.dumps(one) for id, one in self.wanted.items()}
        told = {id: None if known.get(id) == digest(text) else text for id, text in texts.items()}
        return 200, json.dumps({"lease": self.lease, "routers": told})

    def knows(self):
        """The node has set up what is wanted, and nothing else."""
        asked = self.questions[-1]["routers"] if self.questions else None
        return asked == {id: digest(json.dumps(one)) for id, one in self.wanted.items()}


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


class Agent:
    """``snf-routers`` on a node; its namespaces are its own, as they are on another machine."""

    def __init__(self, node, url, key):
        words = [str(LAUNCHER.parent / "snf-routers"), "--apis", url, "--key-file", str(key), "--plain", "yes"]
        alone = ["sh", "-c", 'mount -t tmpfs none /run/netns && exec "$@"', "sh"]
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", node.name, *alone, *words, "--links", "155=br-ext", "--node", "n1"],
            env=node.environment({}), stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def stop(self):
        """What it has said."""
        self.process.terminate()
        said = self.process.communicate(timeout=20)[1]
        assert self.process.returncode == 0
        return said

    def close(self):
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def carrying(tmp_path):
    """``carrying(node, api)``: the agent, and an API that it reaches; closed at the end."""
    (tmp_path / "node-key").write_text(KEY)
    made = []

    def start(node, api):
        serving = serving_on(node, api)
        agent = Agent(node, f"http://127.0.0.1:{serving.__enter__()}", tmp_path / "node-key")
        made.append((agent, serving))
        return agent

    yield start
    for agent, serving in made:
        agent.close()
        serving.__exit__(None, None, None)


@pytest.fixture
def machines(node):
    """``machines(name, bridge, address, gateway)``: behind a bridge of the node, closed at the end."""
    made = []

    def make(name, bridge, address, gateway):
        device = f"to-{name}"
        made.append(Machine(node, name, device))
        node.ip(f"link set {device} master {bridge} up")
        made[-1].addressed(f"aa:00:01:00:00:{len(made):02x}", address, gateway)
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def bridged(node):
    node.ip(*(line for one in BRIDGES for line in (f"link add {one} type bridge", f"link set {one} up")))
    return node


@pytest.fixture
def far(bridged, machines):
    return machines("far", "br-ext", FAR, "")


def carried(api):
    until(api.knows, within=20.0, what="the router")


@servers
def test_what_a_router_joins_is_joined_and_leads_outside(bridged, machines, far, carrying):
    first = machines("first", "br0", FIRST, "10.7.0.1")
    second = machines("second", "br1", SECOND, "10.8.0.1")
    third = machines("third", "br2", "10.9.0.5", "10.9.0.1")
    api = Carrying()
    api.wanted[ID] = router()
    agent = carrying(bridged, api)
    carried(api)
    assert api.keys[0] == f"Bearer {KEY}"
    assert {"br0", "br1", "br2", "155"} <= set(api.questions[0]["links"])

    at_far, at_first, at_second = far.listening(), first.listening(), second.listening()
    assert second.asks(FAR, at_far) == OWN  # translated
    assert first.asks(FAR, at_far) == FLOATING
    assert far.asks(FLOATING, at_first) == FAR
    assert far.pings(FLOATING)
    assert first.asks(SECOND, at_second) == FIRST  # as it is
    assert second.asks(FLOATING, at_first) == OWN

    far.ip("route add 10.8.0.0/24 via 203.0.113.10")
    with pytest.raises(TimeoutError):
        far.asks(SECOND, at_second, patience=0.3)  # nobody comes in unasked
    with pytest.raises(TimeoutError):
        third.asks(FIRST, at_first, patience=0.3)

    api.wanted[ID] = router(floating=[], snat="", routes=[["172.16.0.0/16", SECOND], ["172.17.0.7/32", FAR]])
    second.ip("addr add 172.16.0.1/32 dev lo")
    carried(api)
    far.ip("route add 10.7.0.0/24 via 203.0.113.10")
    assert first.asks(FAR, at_far) == FIRST
    assert far.asks(SECOND, at_second) == FAR
    assert first.asks("172.16.0.1", at_second) == FIRST

    api.wanted[ID] = router(legs=router()["legs"][:1], gateways=[], snat="", floating=[])
    carried(api)
    assert first.pings("10.7.0.1")
    assert len(legs_of(bridged)) == 1

    six = router(
        legs=[leg(1, "br0", "2001:db8:7::1/64"), leg(2, "br1", "2001:db8:8::1/64")], gateways=[], snat="", floating=[]
    )
    api.wanted[ID] = six
    carried(api)
    second.ip("addr add 2001:db8:8::5/64 dev eth0 nodad")
    until(
        lambda: addressed(first) and shown(second, "route", "show", "default"),
        within=20.0,
        what="the router to tell of itself",
    )
    assert first.pings("2001:db8:8::5")

    api.wanted.clear()
    carried(api)
    assert legs_of(bridged) == []
    assert agent.stop().splitlines() == ["snf-routers: following"]


def addressed(machine):
    """It has made an address of what it was told, which nobody else has."""
    return shown(machine, "addr", "show", "dev", "eth0", "scope", "global", "-tentative")


def shown(machine, *words):
    return subprocess.run(["ip", "-n", machine.name, "-6", *words], capture_output=True, check=True).stdout


def legs_of(node):
    return [link["ifname"] for link in node.shown("link show") if link["ifname"].startswith(wanted.NEAR)]


@pytest.fixture
def beside(bridged, tmp_path):
    """Another node, with the first guests' bridge and the outside."""
    other = Node(tmp_path / "other")
    other.ip("link add br-ext type bridge", "link set br-ext up", "link add br1 type bridge", "link set br1 up")
    for bridge in ("br0", "br-ext"):
        bridged.ip(f"link add x{bridge} type veth peer name x{bridge} netns {other.name}")
        for one in (bridged, other):
            one.ip(f"link set x{bridge} master {bridge} up")
    yield other
    other.close()


@servers
def test_another_node_takes_over_from_one_whose_agent_stands_still(bridged, beside, machines, far, carrying):
    guest = machines("first", "br0", FIRST, "10.7.0.1")
    before, after = Carrying(), Carrying()
    before.wanted[ID] = router()
    agent = carrying(bridged, before)
    carried(before)
    at_far = far.listening()
    assert guest.asks(FAR, at_far) == FLOATING

    agent.process.send_signal(signal.SIGSTOP)
    until(lambda: not answering(bridged), within=20.0, what="the silence of who is not renewed")
    with pytest.raises(TimeoutError):
        guest.asks(FAR, at_far, patience=0.3)
    after.wanted[ID] = router(epoch=2)
    carrying(beside, after)
    carried(after)
    assert legs_of(bridged)
    assert guest.asks(FAR, at_far) == FLOATING  # the neighbours know where it is by now
    assert far.asks(FLOATING, guest.listening()) == FAR

    before.wanted.clear()
    agent.process.send_signal(signal.SIGCONT)
    carried(before)
    until(lambda: not legs_of(bridged), within=20.0, what="what is another's to be gone")
    assert guest.asks(FAR, at_far) == FLOATING


@servers
def test_a_translated_connection_outlives_its_node_whoever_speaks_first(bridged, beside, machines, far, carrying):
    guest = machines("first", "br0", FIRST, "10.7.0.1")
    before, after = Carrying(), Carrying()
    before.wanted[ID] = router(floating=[])
    agent = carrying(bridged, before)
    carried(before)
    ours, theirs = connected(guest, far)
    ours.send(b"before")
    assert theirs.recv(6) == b"before"

    agent.process.send_signal(signal.SIGSTOP)
    until(lambda: not answering(bridged), within=20.0, what="the silence of who is not renewed")
    after.wanted[ID] = router(floating=[], epoch=2)
    carrying(beside, after)
    carried(after)
    theirs.send(b"first")
    assert far.pings(OWN)  # what came before it has come there
    ours.send(b"then")
    assert theirs.recv(4) == b"then"
    assert ours.recv(5) == b"first"
    ours.close()
    theirs.close()


def connected(guest, far):
    """Both ends of a TCP connection from a guest to the outside."""
    with inside(far.name):
        listening = socket.create_server((FAR, 0))
    with inside(guest.name):
        ours = socket.create_connection(listening.getsockname(), timeout=20)
    theirs, (peer, _) = listening.accept()
    theirs.settimeout(20)
    listening.close()
    assert peer == OWN
    return ours, theirs


def answering(node):
    """May a leg on the node speak?"""
    return "elements" in node.run("nft", "list", "set", *planning.FENCE.split(), "alive").stdout


@servers
def test_one_whose_api_is_gone_is_silent_and_speaks_when_it_is_answered_again(bridged, machines, far, carrying):
    guest = machines("first", "br0", FIRST, "10.7.0.1")
    api = Carrying()
    api.wanted[ID] = router(legs=[leg(1, "br0", "10.7.0.1/24", prefix="aa:00:01", mac="aa:00:01:00:00:99")])
    agent = carrying(bridged, api)
    carried(api)
    assert guest.pings("10.7.0.1")
    stranger = machines("stranger", "br0", "10.7.0.6", "10.7.0.1")
    stranger.ip("link set eth0 address fa:16:3e:00:00:77")
    with pytest.raises(TimeoutError):
        stranger.asks("10.7.0.1", None, patience=0.3)  # of another network on the same bridge
    api.answer = 503, "{}"
    until(lambda: not answering(bridged), within=20.0, what="silence")
    with pytest.raises(TimeoutError):
        guest.asks("10.7.0.1", None, patience=0.3)
    api.answer = None
    until(lambda: answering(bridged), within=20.0, what="it to speak again")
    assert guest.pings("10.7.0.1")
    assert "may be silent soon" in agent.stop()


@pytest.mark.parametrize(
    "changed",
    [
        {"version": 2},
        {"legs": None},
        {"legs": [leg(1, "br0", "10.7.0.1/24")] * 2},
        {"legs": [leg(1, "../br0", "10.7.0.1/24")]},
        {"legs": [leg(1, "br0", "10.7.0.1/24; reboot")]},
        {"legs": [leg(1, "br0", "10.7.0.1/24", mac="x")]},
        {"legs": [leg(1, "br0", "10.7.0.1/24", mtu=1)]},
        {"snat": "everybody"},
        {"floating": [[FLOATING]]},
        {"routes": [["10.0.0.1/8", FAR]]},
    ],
)
def test_what_is_no_router_is_refused(changed):
    with pytest.raises(Refused):
        wanted.understood(json.dumps(router(**changed)))


def test_what_a_newer_api_says_besides_is_passed_over():
    assert wanted.understood(json.dumps(router(more=1))) == wanted.understood(json.dumps(router()))


@pytest.mark.parametrize(
    "changed",
    [
        {"lease": None},
        {"lease": 0},
        {"lease": float("nan")},
        {"lease": 3600},
        {"routers": None},
        {"routers": {"../x": None}},
        {"routers": {ID: 7}},
    ],
)
def test_an_answer_that_is_none_is_told_with_who_gave_it(tmp_path, changed):
    api = Carrying()
    api.answer = 200, json.dumps({"lease": 8.0, "routers": {}, **changed})
    (tmp_path / "key").write_text(KEY)
    with api.serving() as port:
        url = f"http://127.0.0.1:{port}"
        with pytest.raises(Failed, match=f"^{url}: ."):
            asking(Apis([url], tmp_path / "key", plain=True), "n1")([], {})


@pytest.mark.parametrize("words", ["br0", "155=", "=br0", "155=br0;x", "a b=c"])
def test_links_that_are_no_pairs_are_refused(words):
    with pytest.raises(ValueError, match="is no link"):
        wanted.links(words)
