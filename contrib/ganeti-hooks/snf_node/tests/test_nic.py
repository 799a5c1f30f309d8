"""What Ganeti hands over is understood as it is, and refused as soon as it is not what it should be."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snf_node import filters, firewall
from snf_node.deciding import LINK_LOCAL, Surroundings, decide, eui64
from snf_node.errors import Refused
from snf_node.nic import VARIABLES, parse
from snf_node.tests.namespaces import bridged, routed


def decided(environment, around=None):
    return decide(parse(environment), around or Surroundings())


def test_an_interface_on_a_network_is_understood():
    nic = parse(bridged())
    assert (nic.tap, nic.mode, nic.place, nic.address) == ("tap0", "bridged", "br0", IPv4Address("192.0.2.5"))
    assert nic.network.tags == {"nfdhcpd"}


def test_what_is_unset_and_what_is_empty_is_the_same():
    bare = {name: value for name, value in bridged(IP="").items() if "NETWORK" not in name}
    without = {name: value for name, value in bare.items() if name not in {"IP", "VLAN", "INTERFACE_NAME"}}
    assert parse(bare)._replace(name="") == parse(without)
    assert parse(bare).network is None


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"MAC": ""}, "MAC is missing"),
        ({"MAC": "aa:00:01:00:00"}, "MAC"),
        ({"MAC": "ab:00:01:00:00:05"}, "MAC"),
        ({"MAC": "aa:00:01:00:00:05 up"}, "MAC"),
        ({"INTERFACE": ""}, "INTERFACE is missing"),
        ({"INTERFACE": "../tap0"}, "INTERFACE"),
        ({"INTERFACE": "tap0;reboot"}, "INTERFACE"),
        ({"INTERFACE": "a" * 16}, "INTERFACE"),
        ({"INTERFACE": "-batch"}, "INTERFACE"),
        ({"INSTANCE": "snf-7\nMAC=aa:00:01:00:00:09"}, "INSTANCE"),
        ({"INSTANCE": ""}, "INSTANCE is missing"),
        ({"INTERFACE_NAME": "nic\n"}, "INTERFACE_NAME"),
        ({"TAGS": "a\nb"}, "TAGS"),
        ({"NETWORK_NAME": "net\x00"}, "NETWORK_NAME"),
        ({"NETWORK_TAGS": "nfdhcpd\n"}, "NETWORK_TAGS"),
        ({"MODE": "openvswitch"}, "MODE"),
        ({"MODE": ""}, "MODE"),
        ({"BRIDGE": "", "LINK": ""}, "BRIDGE is missing"),
        ({"BRIDGE": "br0 type vxlan"}, "BRIDGE"),
        ({"IP": "192.0.2.5/24"}, "IP"),
        ({"IP": "pool"}, "IP"),
        ({"NETWORK_SUBNET": "192.0.2.1/24"}, "NETWORK_SUBNET"),
        ({"NETWORK_GATEWAY6": "192.0.2.1"}, "NETWORK_GATEWAY6"),
        ({"VLAN": ":10:20"}, "VLAN"),
        ({"VLAN": ".4095"}, "VLAN"),
    ],
)
def test_what_is_missing_or_dangerous_is_refused_by_name(changed, named):
    with pytest.raises(Refused, match=named):
        parse(bridged(**changed))


def test_a_strange_name_is_a_name_but_no_file():
    nic = parse(bridged(INTERFACE_NAME="../../etc/passwd"))
    assert (nic.name, nic.known_as) == ("../../etc/passwd", "6ce0dd85-09c7-4ad2-b234-62896bf9ef2a")
    assert parse(bridged(INTERFACE_NAME="my nic", INTERFACE_UUID="")).known_as == ""


@pytest.mark.parametrize("link", ["", "155; reboot", "155 dev lo", "-1"])
def test_a_routed_interface_needs_a_table(link):
    with pytest.raises(Refused, match="LINK"):
        parse(routed(LINK=link))


@given(st.dictionaries(st.sampled_from(VARIABLES), st.text(max_size=24), max_size=6))
def test_whatever_stands_in_the_environment_it_is_refused_or_makes_rules_of_one_line_each(strange):
    try:
        text = filters.setting(decided({**bridged(), **strange}), firewall.OPEN, fresh=True)
    except Refused:
        return
    assert all(line.startswith(("add ", "flush ", "delete ")) for line in text.splitlines())


def test_a_network_is_leased_when_its_tag_says_so():
    assert decided(bridged()).leased4
    assert not decided(bridged(NETWORK_TAGS="")).leased4
    assert not decided(bridged(NETWORK_TAGS="private-filtered")).leased6


def test_an_address_outside_its_network_is_not_leased():
    assert not decided(bridged(IP="203.0.113.5")).leased4


def test_an_instance_may_be_without_one_of_the_two():
    plan = decided(bridged(TAGS="disable_ipv4"))
    assert (plan.address, plan.leased4, plan.leased6, plan.managed) == (None, False, True, True)
    assert decided(bridged(TAGS="disable_ipv6")).address6 is None


def test_the_second_address_is_made_of_prefix_and_mac():
    assert decided(bridged()).address6 == IPv6Address("2001:db8::a800:1ff:fe00:5")
    assert eui64(LINK_LOCAL, "00:00:5e:00:53:01") == IPv6Address("fe80::200:5eff:fe00:5301")


def test_a_place_of_which_nothing_is_known_leaves_addresses_to_its_guests():
    bare = {name: value for name, value in bridged().items() if "NETWORK" not in name and name != "IP"}
    assert not decided(bare).managed
    around = Surroundings(subnet6=IPv6Network("2001:db8::/64"))
    assert not decided(bare, around).managed


@pytest.mark.parametrize(
    ("tags", "profile"),
    [
        ("", "DISABLED"),
        ("synnefo:network:snf-nic-1:protected", "ENABLED"),
        ("synnefo:network:snf-nic-1:limited", "PROTECTED"),
        ("synnefo:network:0:unprotected", "DISABLED"),
        ("synnefo:network:0:protected", "ENABLED"),
        ("synnefo:network:1:protected", "DISABLED"),
        ("synnefo:network:0:unprotected synnefo:network:snf-nic-1:limited", "PROTECTED"),
        ("synnefo:network:0:unprotected synnefo:network:0:protected", "ENABLED"),
    ],
)
def test_the_tags_of_an_instance_choose_the_profile_of_an_interface(tags, profile):
    assert decided(bridged(TAGS=tags)).profile == profile


def test_a_profile_that_is_none_is_refused():
    with pytest.raises(Refused, match="no firewall profile"):
        decided(bridged(TAGS="synnefo:network:0:open"))


def test_a_mac_of_another_network_is_refused_where_networks_are_told_apart_by_it():
    with pytest.raises(Refused, match="all begin with aa:00:02"):
        decided(bridged(NETWORK_TAGS="private-filtered", NETWORK_MAC_PREFIX="aa:00:02"))


def test_a_network_that_is_routed_without_addresses_takes_no_bridge():
    with pytest.raises(Refused, match="ip-less-routed"):
        decided(bridged(NETWORK_TAGS="ip-less-routed"))


def test_the_environments_that_ganeti_really_sets_are_understood():
    for path in (Path(__file__).parent / "environments").iterdir():
        lines = path.read_text().splitlines()
        assert parse(dict(line.split("=", 1) for line in lines)).instance == "kvm1.gnt.lab"
