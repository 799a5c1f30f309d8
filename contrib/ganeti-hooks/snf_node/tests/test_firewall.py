"""Profiles and rules, on real taps: what reaches a guest and what leaves it; and what a file of rules may be."""

import json

import pytest

from snf_node import firewall
from snf_node.errors import Refused
from snf_node.tests import frames
from snf_node.tests.namespaces import GUEST, OTHER, bridged

SSH = {"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp", "port_range_min": 22, "port_range_max": 22}
OUT = {"direction": "egress", "ethertype": "IPv4"}
INBOUND = {"source": OTHER, "to": GUEST, "ip": "192.0.2.9", "other": "192.0.2.5"}


def inbound(make, word, **more):
    """A frame to the guest."""
    return make(word, **{**INBOUND, **more})


@pytest.fixture
def guest(node):
    """``reached(…)``: words of the frames that reach the guest. ``left(…)``: of those that leave it."""

    class Guest:
        far, near = node.cable("up0"), node.tap("tap0")

        def reached(self, **given):
            self.far.send(*given.values(), frames.arp(b"the end", source=OTHER))
            return self._came(given, self.near)

        def left(self, **given):
            self.near.send(*given.values(), frames.arp(b"the end"))
            return self._came(given, self.far)

        def _came(self, given, wire):
            came = wire.until(b"the end")
            return {name for name, frame in given.items() if frame in came}

    return Guest()


def asked():
    """Of each kind one frame to the guest."""
    return {
        "ssh": inbound(frames.tcp, b"ssh", dport=22),
        "web": inbound(frames.tcp, b"web", dport=80),
        "answer": inbound(frames.tcp, b"answer", dport=1000, flags=frames.SYN | frames.ACK),
        "datagram": inbound(frames.udp, b"datagram"),
        "ping": inbound(frames.icmp, b"ping"),
        "pong": inbound(frames.icmp, b"pong", kind=0),
        "error": inbound(frames.icmp, b"error", kind=3),
    }


@pytest.mark.servers
@pytest.mark.parametrize(
    ("chain", "reaching"),
    [
        ("unprotected", {"ssh", "web", "answer", "datagram", "ping", "pong", "error"}),
        ("limited", {"ssh", "answer", "ping", "pong", "error"}),
        ("protected", {"answer", "pong", "error"}),
    ],
)
def test_a_profile_lets_in_what_it_says(node, guest, chain, reaching):
    node.brought_up(bridged(TAGS=f"synnefo:network:snf-nic-1:{chain}"))
    assert guest.reached(**asked()) == reaching


@pytest.mark.servers
def test_a_datagram_is_answered_by_whom_it_was_sent_to_alone(node, guest):
    node.brought_up(bridged(TAGS="synnefo:network:snf-nic-1:protected"))
    guest.left(question=frames.udp(b"question", other="192.0.2.9", sport=4000, dport=53))

    answer = inbound(frames.udp, b"answer", sport=53, dport=4000)
    from_another = inbound(frames.udp, b"from another", ip="192.0.2.8", sport=53, dport=4000)
    from_elsewhere = inbound(frames.udp, b"from elsewhere", sport=54, dport=4000)
    assert guest.reached(answer=answer, another=from_another, elsewhere=from_elsewhere) == {"answer"}


@pytest.mark.servers
def test_rules_of_groups_take_the_place_of_the_profile_and_are_read_again_when_told(node, guest):
    rules = node.places.rules / "snf-nic-1.json"
    rules.parent.mkdir(parents=True)
    rules.write_text(json.dumps({"version": 1, "rules": [SSH, OUT]}))
    node.brought_up(bridged())
    assert guest.reached(**asked()) == {"ssh", "answer", "pong", "error"}

    ping = {
        "direction": "ingress",
        "ethertype": "IPv4",
        "protocol": "icmp",
        "port_range_min": 8,
        "remote": ["192.0.2.9/32"],
    }
    rules.write_text(json.dumps({"version": 1, "rules": [ping]}))
    assert node.up({"INTERFACE": "tap0", "ACTION": "refresh"}).returncode == 0
    assert guest.reached(**asked()) == {"answer", "ping", "pong", "error"}
    strange = inbound(frames.icmp, b"strange", ip="192.0.2.8")
    assert guest.reached(strange=strange) == set()
    assert guest.left(anything=frames.udp(b"anything"), pong=frames.icmp(b"pong", kind=0)) == {"pong"}


@pytest.mark.servers
def test_what_was_let_in_may_be_answered_though_nothing_may_go_out(node, guest):
    rules = node.places.rules / "snf-nic-1.json"
    rules.parent.mkdir(parents=True)
    dns = SSH | {"protocol": "udp", "port_range_min": 53, "port_range_max": 53}
    rules.write_text(json.dumps({"version": 1, "rules": [dns]}))
    node.brought_up(bridged())
    guest.reached(question=inbound(frames.udp, b"question", sport=4000, dport=53))

    answer = frames.udp(b"answer", sport=53, dport=4000)
    assert guest.left(answer=answer, other=frames.udp(b"other", sport=53, dport=4001)) == {"answer"}


@pytest.mark.servers
def test_a_file_that_cannot_be_understood_changes_nothing(node, guest):
    node.brought_up(bridged())
    before = node.all()
    node.places.rules.mkdir(parents=True)
    (node.places.rules / "snf-nic-1.json").write_text('{"version": 1, "rules": [{"direction": "sideways"}]}')

    done = node.up({"INTERFACE": "tap0", "ACTION": "refresh"})

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "rule 0 is not as it should be" in done.stderr
    assert node.all() == before


@pytest.mark.servers
def test_who_flushed_all_rules_of_a_node_gets_ours_back(node, guest):
    """As the restart of Debian's nftables.service does."""
    other = node.tap("tap1")
    node.brought_up(bridged())
    node.brought_up(bridged("tap1", MAC="aa:00:01:00:00:06", IP="192.0.2.6"))
    before = node.all()
    node.run("nft", "flush", "ruleset")
    assert node.up({"ACTION": "refresh"}).returncode == 0
    assert node.all() == before
    other.close()
    node.forget(other)
    assert node.up({"ACTION": "refresh"}).returncode == 0


def parsed(**changed):
    return firewall.parsed({"version": 1, "rules": [SSH | changed]}).firewall


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"direction": "both"}, "rule 0"),
        ({"ethertype": "ARP"}, "ethertype"),
        ({"protocol": "tcp; drop"}, "protocol"),
        ({"protocol": "999"}, "protocol"),
        ({"protocol": None}, "ports"),
        ({"protocol": "47"}, "ports"),
        ({"port_range_min": 23}, "ports"),
        ({"port_range_max": 70000}, "ports"),
        ({"port_range_min": "22"}, "ports"),
        ({"port_range_min": True}, "ports"),
        ({"port_range_max": None}, "ports"),
        ({"remote": "192.0.2.0/24"}, "remote"),
        ({"remote": ["192.0.2.0/24 accept"]}, "remote"),
        ({"remote": ["2001:db8::/64"]}, "ethertype"),
        ({"remote": 7}, "remote"),
        ({"more": 1}, "rule 0"),
    ],
)
def test_a_rule_that_is_not_exact_is_refused(changed, why):
    with pytest.raises(Refused, match=why):
        parsed(**changed)


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"version": 2, "rules": []},
        {"version": 1},
        {"version": 1, "rules": [], "more": 1},
        {"version": 1, "rules": [7]},
    ],
)
def test_a_document_that_is_none_is_refused(document):
    with pytest.raises(Refused):
        firewall.parsed(document)


@pytest.mark.parametrize("text", [b"", b"{", b"[" * 100_000, b"\xff"])
def test_a_file_that_is_no_json_is_refused_with_its_name(tmp_path, text):
    (tmp_path / "nic.json").write_bytes(text)
    with pytest.raises(Refused, match=r"nic\.json"):
        firewall.wanted_of(tmp_path, "nic", "DISABLED")


def test_a_remote_group_without_members_lets_nobody_in():
    (rule,) = parsed(remote=[]).ingress
    assert rule.remote == ("0.0.0.0/32",)


def test_prefixes_that_overlap_become_one():
    (rule,) = parsed(remote=["192.0.2.0/24", "192.0.2.7", "192.0.3.0/24"]).ingress
    assert rule.remote == ("192.0.2.0/23",)


@pytest.mark.servers
def test_the_kernel_takes_every_rule_that_a_file_may_have(node):
    node.tap("tap0")
    many = [
        {"direction": side, "ethertype": kind, **more}
        for side in ("ingress", "egress")
        for kind, icmp, remote in (("IPv4", "icmp", "10.0.0.0/8"), ("IPv6", "ipv6-icmp", "2001:db8::/32"))
        for more in (
            {},
            {"remote": [remote]},
            {"remote": []},
            {"protocol": icmp},
            {"protocol": icmp, "port_range_min": 3, "port_range_max": 1, "remote": [remote]},
            {"protocol": icmp, "port_range_min": 8},
            {"protocol": 132},
            {"protocol": "tcp"},
            {"protocol": "udp", "remote": [remote]},
            {"protocol": 17, "port_range_min": 1, "port_range_max": 65535},
        )
    ]
    node.places.rules.mkdir(parents=True)
    (node.places.rules / "snf-nic-1.json").write_text(json.dumps({"version": 1, "rules": many}))
    node.brought_up(bridged())
