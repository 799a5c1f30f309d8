"""What a guest may send, on a real tap and a real bridge: its own addresses and no others, and nothing that only routers say."""

import pytest

from snf_node.tests import frames
from snf_node.tests.namespaces import GUEST, OTHER, bridged

pytestmark = pytest.mark.servers
LOCAL, GLOBAL, STRANGE = "fe80::a800:1ff:fe00:5", "2001:db8::a800:1ff:fe00:5", "2001:db8::a800:1ff:fe00:6"

RIGHT = {
    "arp": frames.arp(b"arp"),
    "an address that is tried": frames.arp(b"an address that is tried", ip="0.0.0.0"),
    "ipv4": frames.udp(b"ipv4"),
    "ipv6": frames.udp(b"ipv6", ip=GLOBAL, other="2001:db8::9"),
    "link-local": frames.udp(b"link-local", ip=LOCAL, other="fe80::9"),
    "neighbours": frames.advert(b"neighbours", target=GLOBAL, ip=GLOBAL),
    "doubles": frames.solicit(b"doubles", target=GLOBAL),
    "routers": frames.router(b"routers", ip=LOCAL, kind=133),
    "options": frames.behind_options(frames.udp(b"options", ip=GLOBAL, other="2001:db8::9")),
}
WRONG = {
    "mac": frames.udp(b"mac", source=OTHER),
    "ipv4": frames.udp(b"ipv4", ip="192.0.2.6"),
    "ipv6": frames.udp(b"ipv6", ip=STRANGE, other="2001:db8::9"),
    "arp for another": frames.arp(b"arp for another", ip="192.0.2.1"),
    "arp from another": frames.arp(b"arp from another", mac=OTHER),
    "arp with another mac": frames.arp(b"arp with another mac", source=OTHER, mac=OTHER),
    "another's neighbour": frames.advert(b"another's neighbour", target=STRANGE, ip=GLOBAL),
    "another's double": frames.solicit(b"another's double", target=STRANGE),
    "dhcp server": frames.udp(b"dhcp server", sport=67, dport=68),
    "dhcpv6 server": frames.udp(b"dhcpv6 server", ip=LOCAL, other="fe80::9", sport=547, dport=546),
    "router": frames.router(b"router", ip=LOCAL),
    "hidden router": frames.behind_options(frames.router(b"hidden router", ip=LOCAL)),
    "hidden address": frames.behind_options(frames.udp(b"hidden address", ip=STRANGE, other="2001:db8::9")),
    "redirect": frames.router(b"redirect", ip=LOCAL, kind=137),
    "dhcp question": frames.udp(b"dhcp question", ip="0.0.0.0", other="255.255.255.255", sport=68, dport=67),
    "vlan": frames.tagged(frames.udp(b"vlan")),
    "spanning tree": bytes.fromhex("0180c2000000") + GUEST + b"\0\x26" + b"spanning tree".ljust(46),
    "another protocol": b"\xff" * 6 + GUEST + b"\x88\xb5" + b"another protocol".ljust(46),
}


@pytest.fixture
def side(node):
    """A guest of a bridge with a cable: what came out of it when the guest's frames, and then one that may, were sent."""
    far, guest = node.cable("up0"), node.tap("tap0")

    def sent(nic, *given):
        node.brought_up(nic)
        guest.send(*given, frames.arp(b"the end"))
        return b"".join(far.until(b"the end"))

    return sent


def passed(came):
    """The wrong ones that came out. A tag is not among the bytes that are read: it was taken off before."""
    return {name for name, frame in WRONG.items() if frame in came or (name == "vlan" and frame[16:] in came)}


def test_a_guest_speaks_for_itself_and_for_nobody_else(side):
    came = side(bridged(), *(frame for pair in zip(WRONG.values(), RIGHT.values(), strict=False) for frame in pair),
                *list(WRONG.values())[len(RIGHT) :])  # fmt: skip
    assert [name for name in RIGHT if RIGHT[name] not in came] == []
    assert passed(came) == set()


def test_without_a_lease_of_ours_a_guest_may_ask_others_for_one(side):
    question = WRONG["dhcp question"]
    assert question in side(bridged(NETWORK_TAGS=""), question)


def test_without_an_address_on_a_network_that_has_some_it_may_only_ask(node):
    far, guest = node.cable("up0"), node.tap("tap0")
    node.brought_up(bridged(IP="", NETWORK_TAGS="", TAGS="disable_ipv6"))
    guest.send(RIGHT["ipv4"], RIGHT["ipv6"], RIGHT["arp"], WRONG["dhcp question"], frames.arp(b"the end", ip="0.0.0.0"))
    came = b"".join(far.until(b"the end"))
    sent = (RIGHT["ipv4"], RIGHT["ipv6"], RIGHT["arp"], WRONG["dhcp question"])
    assert [frame in came for frame in sent] == [False, False, False, True]


def test_where_nothing_is_known_of_addresses_only_its_mac_is_checked(side):
    bare = {name: value for name, value in bridged(IP="").items() if "NETWORK" not in name}
    came = side(bare, *WRONG.values())
    addresses = {"ipv4", "ipv6", "hidden address", "another's neighbour", "another's double", "arp for another"}
    assert passed(came) == addresses | {"dhcp question", "another protocol"}


def test_on_a_private_network_without_addresses_guests_may_serve_each_other(side):
    private = {
        name: value for name, value in bridged(IP="", NETWORK_TAGS="physical-vlan").items() if "SUBNET" not in name
    }
    came = side(private, WRONG["dhcp server"], WRONG["router"], WRONG["mac"])
    assert [WRONG[name] in came for name in ("dhcp server", "router", "mac")] == [True, True, False]


def test_networks_that_share_a_bridge_do_not_meet(node):
    """Told apart by the first half of the MAC: in both directions, also when the other node does not filter."""
    far, guest = node.cable("up0"), node.tap("tap0")
    node.brought_up(bridged(NETWORK_TAGS="private-filtered"))
    alien = bytes.fromhex("aa0002000007")
    guest.send(frames.udp(b"to an alien", to=alien), frames.udp(b"to a friend", to=OTHER), frames.arp(b"the end"))
    came = b"".join(far.until(b"the end"))
    assert (b"to an alien" in came, b"to a friend" in came) == (False, True)

    far.send(
        frames.udp(b"from an alien", source=alien, to=GUEST, ip="192.0.2.9"),
        frames.udp(b"from a friend", source=OTHER, to=GUEST, ip="192.0.2.9"),
        frames.arp(b"the end", source=OTHER),
    )
    came = b"".join(guest.until(b"the end"))
    assert (b"from an alien" in came, b"from a friend" in came) == (False, True)
