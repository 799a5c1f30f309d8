"""What nodes are told to let through: every rule that the API takes, remote groups as addresses, in a handful of statements."""

import itertools
import json

import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from snf_node import firewall

from logic.errors import Refusal
from logic.network.enforcing import Rule, firewalls
from logic.network.models import Address, Network, Port, PortGroup, SecurityGroup, SecurityRule, Subnet
from logic.network.security import protocols
from logic.network.security.rules import MOST_GROUPS, MOST_RULES, NewRule, checked
from logic.testing.worlds import ALICE, NETWORK, cluster, furnish, running

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]


@pytest.fixture(autouse=True)
def world(settings):
    settings.SECURITY_GROUPS = True
    return furnish()


@pytest.fixture
def opened(world, settings):
    """The port of a server from before the cloud had security groups."""
    settings.SECURITY_GROUPS = False
    port = Port.objects.get(device=running().pk)
    settings.SECURITY_GROUPS = True
    return port


@pytest.fixture
def port(opened):
    return secured(opened)


def secured(port, *groups):
    Port.objects.filter(pk=port.pk).update(port_security=True)
    PortGroup.objects.bulk_create([PortGroup(port=port, group=group) for group in groups])
    return port


def group(*rules, **columns):
    made = SecurityGroup.objects.create(project=ALICE.project, **columns)
    for rule in rules:
        SecurityRule.objects.create(group=made, **{"direction": "ingress", "ethertype": "IPv4", **rule})
    return made


def told(backend, *ports):
    return firewalls(str(backend.pk), [one.pk for one in ports])


def enforced(rules):
    """What the node makes of them."""
    return firewall.parsed(json.loads(json.dumps({"version": 1, "rules": msgspec.to_builtins(list(rules))}))).firewall


def many(network, count, *, backend=None):
    """Ports of servers, each with an address."""
    subnet = Subnet.objects.get(network=network)
    mac = "fa:16:3e:{:02x}:{:02x}:{:02x}"
    ports = Port.objects.bulk_create(
        [
            Port(
                network_id=network, project=ALICE.project, device=f"d{n}", backend=backend,
                mac=mac.format(1, n // 256, n % 256), observed="plugged",
            )
            for n in range(count)
        ]
    )  # fmt: skip
    Address.objects.bulk_create(
        [Address(subnet=subnet, port=one, ip=f"10.7.{n // 256}.{n % 256}") for n, one in enumerate(ports)]
    )
    return ports


def test_nothing_is_said_of_a_port_without_port_security(world, opened):
    assert told(world, opened) == {opened.pk: None}


def test_a_port_with_port_security_and_without_groups_lets_nothing_through(world, port):
    assert told(world, port) == {port.pk: ()}
    assert enforced(()) == firewall.Firewall((), ())


def test_nothing_is_said_of_any_port_in_a_cloud_without_security_groups(world, port, settings):
    secured(port, group({}))
    settings.SECURITY_GROUPS = False
    assert told(world, port) == {port.pk: None}


def test_only_living_ports_of_servers_of_that_cluster_are_told_of(world, port):
    network = Network.objects.get(pk=NETWORK)
    (elsewhere,) = many(NETWORK, 1, backend=cluster("c2"))
    free = Port.objects.create(network=network, project=ALICE.project, backend=world, mac="fa:16:3e:00:00:01")
    gone = Port.objects.create(
        network=network, project=ALICE.project, device="x", backend=world, mac="fa:16:3e:00:00:02", observed="gone"
    )
    assert told(world, port, elsewhere, free, gone).keys() == {port.pk}
    assert firewalls(str(world.pk), [port.pk, "nowhere"]).keys() == {port.pk}
    assert firewalls(str(world.pk), []) == {}


def test_the_rules_of_all_groups_are_told_each_once_and_always_in_one_order(world, port):
    ssh, ping = {"protocol": "tcp", "port_min": 22, "port_max": 22}, {"protocol": "icmp"}
    secured(port, group(ssh, ping), group(ping, {"direction": "egress", "ethertype": "IPv6"}))
    found = told(world, port)[port.pk]
    assert set(found) == {
        Rule(direction="ingress", ethertype="IPv4", protocol="tcp", port_range_min=22, port_range_max=22),
        Rule(direction="ingress", ethertype="IPv4", protocol="icmp"),
        Rule(direction="egress", ethertype="IPv6"),
    }
    assert len(found) == 3
    assert told(world, port)[port.pk] == found


def test_a_remote_group_is_the_addresses_of_its_members_of_the_rules_ethertype(world, port):
    friends = group(name="friends")
    for one in many(NETWORK, 2, backend=world):
        secured(one, friends)
    gone = Port.objects.create(
        network_id=NETWORK, project=ALICE.project, device="x", mac="fa:16:3e:00:00:02", observed="gone"
    )
    Address.objects.create(subnet=Subnet.objects.get(), port=gone, ip="10.0.0.99")
    secured(gone, friends)  # as a dispatcher of the version before leaves it
    secured(port, group({"remote_group": friends}, {"remote_group": friends, "ethertype": "IPv6"}))
    four, six = told(world, port)[port.pk]
    assert (four.remote, six.remote) == (("10.7.0.0/32", "10.7.0.1/32"), ())
    assert enforced([six]).ingress[0].remote == ("::/128",)


@pytest.mark.parametrize(
    ("given", "remote"),
    [("", None), ("0.0.0.0/0", None), ("192.0.2.7/24", ("192.0.2.0/24",)), ("192.0.2.7/32", ("192.0.2.7/32",))],
)
def test_a_prefix_is_told_without_the_bits_of_a_host_and_everybody_is_no_prefix(world, port, given, remote):
    secured(port, group({"remote_prefix": given}))
    (rule,) = told(world, port)[port.pk]
    assert rule.remote == remote


def asked(world, ports):
    with CaptureQueriesContext(connection) as queries:
        found = told(world, *ports)
    return len(queries), found


def test_a_thousand_ports_take_as_many_statements_as_one(world, port):
    friends = group(name="friends")
    mine = group({"remote_group": friends}, {"protocol": "tcp", "port_min": 1, "port_max": 9})
    ports = many(NETWORK, 1000, backend=world)
    Port.objects.update(port_security=True)
    PortGroup.objects.bulk_create([PortGroup(port=one, group=which) for one in ports for which in (friends, mine)])
    few, one = asked(world, ports[:1])
    all, found = asked(world, ports)
    assert few == all == 4
    assert len(found) == 1000
    assert found[ports[0].pk] == one[ports[0].pk]
    assert len(found[ports[7].pk][0].remote) == 1000
    assert len(enforced(found[ports[7].pk]).ingress) == 2
    assert len(json.dumps(msgspec.to_builtins(found[ports[7].pk]))) < firewall.MOST_BYTES


def every_kind():
    """Rules of every protocol by name and number, with and without ports, for every kind of remote."""
    words = ["", "any", "TCP", *protocols.NUMBERS, *map(str, range(257))]
    ranges = [(None, None), (1, 65535), (22, 22), (8, None), (0, 0), (255, 255), (None, 3), (9, 8)]
    for direction, ethertype, protocol in itertools.product(("ingress", "egress"), ("IPv4", "IPv6"), words):
        for first, last in ranges:
            yield NewRule(
                group="g", direction=direction, ethertype=ethertype, protocol=protocol, port_min=first, port_max=last
            )
    for prefix, ethertype in itertools.product(
        (
            "0.0.0.0/0",
            "::/0",
            "10.0.0.1",
            "10.0.0.1/8",
            "2001:db8::1/32",
            "::1",
            "255.255.255.255",
            "::ffff:10.0.0.1/96",
        ),
        ("IPv4", "IPv6"),
    ):
        yield NewRule(group="g", direction="ingress", ethertype=ethertype, remote_prefix=prefix)


def kept(rule):
    try:
        return checked(rule)
    except Refusal:
        return None


def test_whatever_is_accepted_the_node_can_enforce(world, port):
    accepted = [rule for one in every_kind() if (rule := kept(one))]
    assert 1000 < len(accepted) < len(list(every_kind())) / 2
    mine = group()
    secured(port, mine)
    names = ("direction", "ethertype", "protocol", "port_min", "port_max", "remote_prefix")
    SecurityRule.objects.bulk_create(
        [SecurityRule(group=mine, **{name: getattr(rule, name) for name in names}) for rule in accepted]
    )
    found = told(world, port)[port.pk]
    for start in range(0, len(found), firewall.MOST_RULES):
        part = found[start : start + firewall.MOST_RULES]
        passing = enforced(part)
        assert len(passing.ingress) + len(passing.egress) == len(part)


def test_as_many_rules_as_a_port_can_have_are_no_more_than_a_node_takes():
    assert MOST_GROUPS * MOST_RULES <= firewall.MOST_RULES
