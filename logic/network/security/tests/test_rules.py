"""Which rules are taken, how they are kept, and which are the same: no database."""

import msgspec
import pytest

from logic.errors import BadRequest
from logic.network.security import refusals
from logic.network.security.rules import NewRule, checked, key

SSH = NewRule(group="g", direction="ingress", protocol="tcp", port_min=22, port_max=22)


def rule(**changes):
    return msgspec.structs.replace(SSH, **changes)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"direction": "in"}, BadRequest),
        ({"ethertype": "IPv5"}, BadRequest),
        ({"description": "x" * 256}, BadRequest),
        ({"protocol": "tpc"}, refusals.SecurityGroupRuleInvalidProtocol),
        ({"protocol": "256", "port_min": None, "port_max": None}, refusals.SecurityGroupRuleInvalidProtocol),
        ({"protocol": "-1"}, refusals.SecurityGroupRuleInvalidProtocol),
        ({"protocol": "²"}, refusals.SecurityGroupRuleInvalidProtocol),
        ({"protocol": "44", "ethertype": "IPv6"}, refusals.SecurityGroupRuleInvalidProtocol),
        ({"protocol": "ipv6-icmp"}, refusals.SecurityGroupEthertypeConflictWithProtocol),
        ({"protocol": "58"}, refusals.SecurityGroupEthertypeConflictWithProtocol),
        ({"protocol": ""}, refusals.SecurityGroupProtocolRequiredWithPorts),
        ({"protocol": "any"}, refusals.SecurityGroupProtocolRequiredWithPorts),
        ({"protocol": "sctp"}, refusals.SecurityGroupInvalidProtocolForPort),
        ({"protocol": "47"}, refusals.SecurityGroupInvalidProtocolForPort),
        ({"port_min": 23}, refusals.SecurityGroupInvalidPortRange),
        ({"port_min": None}, refusals.SecurityGroupInvalidPortRange),
        ({"port_max": None}, refusals.SecurityGroupInvalidPortRange),
        ({"port_min": 0}, refusals.SecurityGroupInvalidPortValue),
        ({"port_max": 65536}, refusals.SecurityGroupInvalidPortValue),
        ({"protocol": "icmp", "port_min": 256}, refusals.SecurityGroupInvalidIcmpValue),
        ({"protocol": "icmp", "port_max": -1}, refusals.SecurityGroupInvalidIcmpValue),
        ({"protocol": "icmp", "port_min": None}, refusals.SecurityGroupMissingIcmpType),
        ({"remote_prefix": "10.0.0.0/33"}, BadRequest),
        ({"remote_prefix": "everybody"}, BadRequest),
        ({"remote_prefix": "2001:db8::/32"}, refusals.SecurityGroupRuleParameterConflict),
        ({"remote_prefix": "fe80::1%eth0/64", "ethertype": "IPv6"}, refusals.SecurityGroupRuleParameterConflict),
        ({"remote_prefix": "10.0.0.0/8", "remote_group": "g"}, refusals.SecurityGroupRemoteGroupAndRemoteIpPrefix),
    ],
)
def test_a_rule_that_nodes_cannot_enforce_is_refused_as_neutron_does(changes, refusal):
    with pytest.raises(BadRequest) as caught:
        checked(rule(**changes))
    assert type(caught.value) is refusal


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({"protocol": "TCP"}, {"protocol": "tcp"}),
        ({"protocol": "6"}, {"protocol": "6"}),
        ({"protocol": "ANY", "port_min": None, "port_max": None}, {"protocol": ""}),
        ({"protocol": "0", "port_min": None, "port_max": None}, {"protocol": ""}),
        ({"protocol": "icmp", "port_min": 8, "port_max": None}, {"protocol": "icmp"}),
        ({"protocol": "icmp", "ethertype": "IPv6", "port_min": 128, "port_max": 0}, {"protocol": "ipv6-icmp"}),
        ({"protocol": "icmpv6", "ethertype": "IPv6"}, {"protocol": "ipv6-icmp"}),
        ({"protocol": "1", "ethertype": "IPv6"}, {"protocol": "58"}),
        ({"remote_prefix": "192.0.2.7"}, {"remote_prefix": "192.0.2.7/32"}),
        ({"remote_prefix": "192.0.2.7/24"}, {"remote_prefix": "192.0.2.7/24"}),
        ({"remote_prefix": "::1", "ethertype": "IPv6"}, {"remote_prefix": "::1/128"}),
    ],
)
def test_a_rule_is_kept_in_the_words_it_was_given_in_but_for_old_ones(changes, kept):
    found = checked(rule(**changes))
    assert {name: getattr(found, name) for name in kept} == kept


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"protocol": "tcp"}, {"protocol": "6"}),
        ({"remote_prefix": ""}, {"remote_prefix": "0.0.0.0/0"}),
        ({"remote_prefix": "10.0.0.1/8"}, {"remote_prefix": "10.0.0.0/8"}),
        ({"description": "a"}, {"description": "b"}),
    ],
)
def test_rules_that_let_the_same_through_are_the_same(one, other):
    assert key(checked(rule(**one))) == key(checked(rule(**other)))


@pytest.mark.parametrize(
    "change",
    [
        {"direction": "egress"},
        {"protocol": "udp"},
        {"port_max": 23},
        {"remote_prefix": "10.0.0.0/8"},
        {"remote_group": "other"},
    ],
)
def test_rules_that_let_something_else_through_differ(change):
    assert key(checked(rule(**change))) != key(checked(SSH))
