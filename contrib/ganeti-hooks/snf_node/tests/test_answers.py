"""What guests are answered, byte by byte, without a network: DHCP, DHCPv6, router advertisements; and nothing else."""

import struct
from ipaddress import IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snf_node import bindings, wire
from snf_node.deciding import Surroundings, decide
from snf_node.leases import dhcp4, dhcp6, routers
from snf_node.leases.reading import lease
from snf_node.leases.told import SERVER_LINK_LOCAL, told
from snf_node.nic import parse
from snf_node.tests.namespaces import GUEST, OTHER, bridged, routed

TOLD = told("192.0.2.53, 2001:db8::53", "example.org")
LOCAL = ip_address("fe80::a800:1ff:fe00:5").packed


def leased(nic=None, around=None):
    """The lease that an interface's binding is read as."""
    plan = decide(parse(nic or bridged()), around or Surroundings(mtu=1400))
    return lease(plan.nic.tap, bindings.binding(plan))


def dhcp(kind, *, mac=GUEST, has="0.0.0.0", flags=0, relay="0.0.0.0", **options):
    """A client's message as the server understands the frame."""
    start = struct.pack(
        "!BBBBIHH4s4s4s4s16s192s4s", 1, 1, 6, 0, 77, 0, flags, ip_address(has).packed, bytes(4), bytes(4),
        ip_address(relay).packed, mac, b"", bytes.fromhex("63825363"),
    )  # fmt: skip
    numbers = {"wanted": 50, "server": 54, "client": 61}
    said = b"".join(bytes([numbers[name], len(value)]) + value for name, value in options.items())
    return wire.Packet(
        mac, 4, ip_address(has).packed, b"\xff" * 4, wire.UDP, 68, 67, start + bytes([53, 1, kind]) + said + b"\xff"
    )


def told_in(frame):
    """Frame → the packet and its options."""
    packet = wire.understood(frame)
    return packet, dict(dhcp4._options(packet.payload[240:]))


def test_a_binding_is_read_as_it_was_meant():
    found = leased()
    assert (found.device, found.mac, found.hostname, found.mtu, found.routed) == ("br0", GUEST, "snf-7", 1400, False)
    assert str(found.address6) == "2001:db8::a800:1ff:fe00:5"


@pytest.mark.parametrize(
    "text", ["", "IP=192.0.2.5\n", "MAC=aa\n", "MAC=aa:00:01:00:00:05\nIP=pool\n", "MAC=aa:00:01:00:00:05\nMTU=x\n"]
)
def test_a_file_that_is_no_binding_is_refused(text):
    with pytest.raises(ValueError, match=r".+"):
        lease("tap0", text)


def test_another_writers_binding_is_read_too():
    text = 'IP=192.0.2.5\nMAC=AA:00:01:00:00:05\nLINK=155\nHOSTNAME=web.example.org\nTAGS=""\nSUBNET=192.0.2.0/24=x\nMTU=\n'
    found = lease("tap3", text)
    assert (found.mac, found.hostname, found.routed, str(found.subnet)) == (GUEST, "web", True, "192.0.2.0/24")


def test_an_offer_has_all_that_a_guest_needs():
    packet, options = told_in(dhcp4.answer(dhcp(1), leased(), TOLD))
    assert packet.payload[16:20] == ip_address("192.0.2.5").packed
    assert (packet.destination, packet.source) == (ip_address("192.0.2.5").packed, ip_address("192.0.2.1").packed)
    assert options == {
        53: bytes([2]), 54: ip_address("192.0.2.1").packed, 1: b"\xff\xff\xff\0", 28: ip_address("192.0.2.255").packed,
        3: ip_address("192.0.2.1").packed, 6: ip_address("192.0.2.53").packed, 12: b"snf-7", 15: b"example.org",
        26: struct.pack("!H", 1400), 51: struct.pack("!I", 604800), 58: struct.pack("!I", 3600), 59: struct.pack("!I", 529200),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        (dhcp(3, wanted=ip_address("192.0.2.5").packed), 5),
        (dhcp(3, has="192.0.2.5"), 5),
        (dhcp(3, wanted=ip_address("192.0.2.6").packed), 6),
        (dhcp(3, has="192.0.2.6"), 6),
        (dhcp(8, has="192.0.2.5"), 5),
    ],
    ids=["chosen", "renewed", "another's", "another's renewed", "informed"],
)
def test_a_request_is_confirmed_for_its_own_address_alone(question, kind):
    _, options = told_in(dhcp4.answer(question, leased(), TOLD))
    assert options[53] == bytes([kind])
    assert (51 in options) == (kind == 5 and question.payload[242] == 3)


@pytest.mark.parametrize(
    "question",
    [
        dhcp(1, mac=OTHER),
        dhcp(1, relay="192.0.2.200"),
        dhcp(3, server=ip_address("192.0.2.9").packed),
        dhcp(4),
        dhcp(7),
        dhcp(2),
        dhcp(1)._replace(dport=68),
        dhcp(1)._replace(payload=dhcp(1).payload[:200]),
        dhcp(1)._replace(payload=dhcp(1).payload[:236] + b"BOOTP"),
    ],
    ids=[
        "another mac",
        "a relay",
        "another server",
        "declined",
        "released",
        "a server's",
        "another port",
        "cut short",
        "bootp",
    ],
)
def test_what_is_not_for_us_is_not_answered(question):
    assert dhcp4.answer(question, leased(), TOLD) is None


def test_a_guest_may_wish_to_be_answered_by_broadcast_and_be_told_its_own_name_back():
    packet, options = told_in(dhcp4.answer(dhcp(1, flags=0x8000, client=b"\1abc"), leased(), TOLD))
    assert (packet.destination, options[61]) == (b"\xff" * 4, b"\1abc")


def test_a_network_without_gateway_has_a_server_all_the_same():
    packet, options = told_in(dhcp4.answer(dhcp(1), leased(bridged(NETWORK_GATEWAY="")), TOLD))
    assert (packet.source, 3 in options) == (ip_address("192.0.0.8").packed, False)


def advertised(nic, own=None, around=None):
    packet = wire.understood(routers.advertisement(leased(nic, around), TOLD, own or {}))
    return packet, struct.unpack("!H", packet.payload[6:8])[0]


@pytest.mark.parametrize(
    ("gateway", "own", "router"),
    [
        ("2001:db8::1", {}, (SERVER_LINK_LOCAL, False)),
        ("fe80::1", {}, ("fe80::1", True)),
        ("2001:db8::1", {"br0": ["fe80::7", "2001:db8::1"]}, ("fe80::7", True)),
        ("2001:db8::1", {"br1": ["fe80::7", "2001:db8::1"]}, (SERVER_LINK_LOCAL, False)),
        ("", {}, (SERVER_LINK_LOCAL, False)),
    ],
)
def test_the_router_of_a_bridge_is_named_only_when_its_link_local_address_is_known(gateway, own, router):
    own = {device: [IPv6Address(one) for one in found] for device, found in own.items()}
    packet, lasts = advertised(bridged(NETWORK_GATEWAY6=gateway), own)
    assert (packet.source, lasts > 0) == (ip_address(str(router[0])).packed, router[1])


def test_a_routed_guest_is_told_that_its_router_is_the_tap_and_nobody_else_is_near():
    network = {"NETWORK_NAME": "net1", "NETWORK_TAGS": "nfdhcpd ip-less-routed", "NETWORK_SUBNET6": "2001:db8:5::/64"}
    packet, lasts = advertised(routed(**network))
    prefix = packet.payload[16:48]
    assert (packet.source, lasts) == (SERVER_LINK_LOCAL.packed, 1800)
    assert (prefix[:4], prefix[16:]) == (bytes([3, 4, 64, 0x40]), ip_address("2001:db8:5::").packed)


def test_an_advertisement_has_mtu_nameservers_and_domain():
    packet, _ = advertised(bridged())
    assert packet.payload[16:20] == bytes([3, 4, 64, 0xC0])
    assert bytes([5, 1, 0, 0]) + struct.pack("!I", 1400) in packet.payload
    assert bytes([25, 3]) in packet.payload
    assert ip_address("2001:db8::53").packed in packet.payload
    assert b"\7example\3org\0" in packet.payload


def dhcpv6(kind, *options, source=LOCAL):
    said = b"".join(struct.pack("!HH", number, len(value)) + value for number, value in options)
    return wire.Packet(GUEST, 6, source, bytes(16), wire.UDP, 546, 547, bytes([kind, 1, 2, 3]) + said)


CLIENT, ASKED = (1, b"me"), (3, struct.pack("!III", 9, 0, 0))


@pytest.mark.parametrize(
    ("question", "kind", "given_address"),
    [
        (dhcpv6(11, CLIENT), 7, False),
        (dhcpv6(1, CLIENT, ASKED), 2, True),
        (dhcpv6(1, CLIENT, ASKED, (14, b"")), 7, True),
        (dhcpv6(3, CLIENT, (2, dhcp6.DUID), ASKED), 7, True),
        (dhcpv6(6, CLIENT, ASKED), 7, True),
    ],
    ids=["information", "solicit", "rapid", "request", "rebind"],
)
def test_dhcpv6_tells_nameservers_and_the_address_that_the_guest_has_anyway(question, kind, given_address):
    packet = wire.understood(dhcp6.answer(question, leased(), TOLD))
    options = dict(dhcp6._options(packet.payload[4:]))
    assert (packet.payload[:4], options[1], options[2]) == (bytes([kind, 1, 2, 3]), b"me", dhcp6.DUID)
    assert (options[23], options[24]) == (ip_address("2001:db8::53").packed, b"\7example\3org\0")
    assert (3 in options) == given_address
    if given_address:
        assert options[3][16:32] == leased().address6.packed


@pytest.mark.parametrize(
    "question",
    [
        dhcpv6(1, ASKED),
        dhcpv6(3, CLIENT, (2, b"another")),
        dhcpv6(8, CLIENT),
        dhcpv6(12, CLIENT),
        dhcpv6(11, CLIENT, source=ip_address("2001:db8::9").packed),
        dhcpv6(11, CLIENT)._replace(payload=b"\x0b"),
    ],
    ids=["nobody", "another server", "released", "a relay", "from afar", "cut short"],
)
def test_other_dhcpv6_is_not_answered(question):
    assert dhcp6.answer(question, leased(), TOLD) is None


@given(st.binary(max_size=400), st.sampled_from([b"\x08\x00E\0", b"\x86\xdd`\0", b""]))
def test_whatever_a_guest_sends_it_is_answered_or_not_and_does_no_harm(data, start):
    packet = wire.understood(b"\xff" * 6 + GUEST + start + data)
    if packet is not None:
        for found in (dhcp4.answer(packet, leased(), TOLD), dhcp6.answer(packet, leased(), TOLD)):
            assert found is None or len(found) > 40


@given(st.binary(max_size=100), st.sampled_from([67, 547]))
def test_whatever_comes_behind_a_good_start_does_no_harm(data, port):
    question = dhcp(1) if port == 67 else dhcpv6(1, CLIENT)
    packet = question._replace(payload=question.payload[:-1] + data)
    dhcp4.answer(packet, leased(), TOLD)
    dhcp6.answer(packet, leased(), TOLD)


@pytest.mark.parametrize(
    ("nameservers", "domain"), [("no address", ""), ("", "a" * 64 + ".org"), ("", "münchen.example")]
)
def test_wrong_words_on_the_command_line_are_refused(nameservers, domain):
    with pytest.raises(ValueError, match=r".+"):
        told(nameservers, domain)
