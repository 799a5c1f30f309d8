"""What an interface's file says beside its rules: addresses that pass, and what a guest is told with its own."""

import struct

import pytest

from snf_node import beside, bindings, firewall
from snf_node.beside import Beside, Leases
from snf_node.deciding import Surroundings, decide
from snf_node.errors import Refused
from snf_node.filters import setting
from snf_node.leases import dhcp4, reading
from snf_node.leases.told import told
from snf_node.nic import parse

MAC, OTHER = "aa:00:01:00:00:05", "aa:00:01:00:00:06"
ENVIRONMENT = {
    "INTERFACE": "tap0", "MODE": "bridged", "BRIDGE": "prv0", "MAC": MAC, "IP": "10.9.0.5", "INSTANCE": "snf-1",
    "NETWORK_NAME": "snf-net-1", "NETWORK_SUBNET": "10.9.0.0/24", "NETWORK_GATEWAY": "10.9.0.1", "NETWORK_TAGS": "nfdhcpd",
}  # fmt: skip
ADDRESSES = [
    {"address": "10.9.0.40/32", "mac": MAC},
    {"address": "10.9.1.0/24", "mac": OTHER},
    {"address": "fd00::5/128", "mac": MAC},
]


def plan(**parts):
    return decide(parse(ENVIRONMENT), Surroundings())._replace(**parts)


def rules(text, start="from-tap0"):
    return [line for line in text.splitlines() if line.startswith(f"add rule netdev synnefo {start} ")]


def test_addresses_beside_the_own_one_pass_with_their_macs():
    text = "\n".join(rules(setting(plan(beside=beside.addresses(ADDRESSES)), firewall.OPEN, fresh=False)))
    assert f"ether saddr != {{ {MAC}, {OTHER} }} drop" in text
    assert "arp saddr ip != { 0.0.0.0, 10.9.0.5, 10.9.0.40, 10.9.1.0/24 } drop" in text
    assert "ether type ip ip saddr != { 10.9.0.5, 10.9.0.40, 10.9.1.0/24 } drop" in text
    assert "ip6 saddr != { fd00::5, fe80::" in text


def test_of_a_prefix_of_ipv6_neighbours_are_told_too():
    more = beside.addresses([{"address": "fd00:9::/60", "mac": MAC}])
    text = setting(plan(beside=more), firewall.OPEN, fresh=False)
    assert "ip6 saddr :: icmpv6 type nd-neighbor-solicit @th,64,56 == 0xfd000009000000 accept" in text
    assert "} @th,64,56 != 0xfd000009000000 drop" in text
    assert "ip6 saddr != { fd00:9::/60, fe80::" in text


def test_prefixes_in_each_other_are_one_and_all_is_no_rule():
    inside = (Beside(beside.ip_network("10.9.0.0/24"), MAC),)
    assert "ip saddr != 10.9.0.0/24 drop" in setting(plan(beside=inside), firewall.OPEN, fresh=False)
    everything = (Beside(beside.ip_network("0.0.0.0/0"), MAC),)
    assert "ip saddr !=" not in setting(plan(beside=everything), firewall.OPEN, fresh=False)


@pytest.mark.parametrize(
    "document",
    [
        {"addresses": [{"address": "10.9.0.40"}]},
        {"addresses": [{"address": "10.9.0.1/24", "mac": MAC}]},
        {"addresses": [{"address": "10.9.0.1/32", "mac": "01:00:00:00:00:00"}]},
        {"addresses": [{"address": "10.9.0.1/32", "mac": f"{MAC}; drop"}]},
        {"addresses": "all"},
        {"leases": {"nameservers": ["x"]}},
        {"leases": {"routes": [{"destination": "10.0.0.0/8"}]}},
        {"leases": {"mtu": 5}},
        {"leases": {"options": [[53, "01"]]}},
        {"leases": {"options": [[66, "xx"]]}},
        {"leases": {"options": [[66, ""]]}},
        {"leases": {"options": [[0, "01"]]}},
        {"leases": {"unheard": 1}},
    ],
)
def test_what_is_not_as_it_should_be_is_refused(document):
    with pytest.raises(Refused):
        firewall.parsed({"version": 1, "rules": [], **document})


def test_a_guest_is_told_what_its_file_says_in_place_of_what_all_are_told():
    document = {
        "nameservers": ["9.9.9.9", "fd00::53"],
        "routes": [{"destination": "10.8.0.0/16", "nexthop": "10.9.0.2"}],
        "mtu": 1400,
        "options": [[67, b"pxelinux.0".hex()], [0, bytes([10, 9, 0, 7]).hex()]],
    }
    text = bindings.binding(plan(leases=beside.leases(document)))
    lease = reading.lease("tap0", text)
    question = dhcp4.Question(dhcp4.DISCOVER, 1, 0, bytes(4), bytes.fromhex(MAC.replace(":", "")) + bytes(10), {})
    message = dhcp4._message(question, dhcp4.OFFER, lease, told("1.1.1.1", ""))
    found = dict(dhcp4._options(message[240:]))
    assert (found[6], found[67], message[20:24]) == (bytes([9, 9, 9, 9]), b"pxelinux.0", bytes([10, 9, 0, 7]))
    assert found[26] == struct.pack("!H", 1400)
    assert found[121] == bytes([0, 10, 9, 0, 1, 16, 10, 8, 10, 9, 0, 2])


def test_without_a_word_all_is_as_it_was():
    text = bindings.binding(plan())
    assert not {"NAMESERVERS", "ROUTES", "OPTIONS"} & {line.partition("=")[0] for line in text.splitlines()}
    assert firewall.parsed({"version": 1, "rules": []}).leases == Leases()
