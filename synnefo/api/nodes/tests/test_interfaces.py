"""What a node hears of the interfaces on it: those of its own cluster, and only where its file is not as it should be."""

import hashlib
import json

import pytest
from snf_node import firewall

from logic.clock import new_token
from logic.network.models import Address, FloatingAddress, Port, PortGroup, SecurityGroup, SecurityRule
from logic.placement import nodekeys
from logic.testing.worlds import ALICE, cluster, furnish, running

PATH = "/nodes/v1/interfaces"


@pytest.fixture
def backend(api, settings):
    settings.SECURITY_GROUPS = True
    return furnish()


@pytest.fixture
def port(backend):
    """Of a server that runs: in a group that lets SSH in, and in no other."""
    made = Port.objects.get(device=running().pk)
    PortGroup.objects.filter(port=made).delete()
    group = SecurityGroup.objects.create(project=ALICE.project, name="ssh")
    SecurityRule.objects.create(
        group=group, direction="ingress", ethertype="IPv4", protocol="tcp", port_min=22, port_max=22
    )
    PortGroup.objects.filter(port=made).delete()
    PortGroup.objects.create(port=made, group=group)
    return made


@pytest.fixture
def ask(api, backend):
    """``ask({name: digest})``: status and interfaces."""
    good = nodekeys.make(backend.name)

    def asking(known, key=good, **more):
        reply = api.post(PATH, {"interfaces": known, **more}, headers={"Authorization": f"Bearer {key}"})
        return reply.status, reply.json.get("interfaces")

    return asking


def name(port):
    return f"snf-nic-{port.pk}"


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_node_is_told_what_its_file_should_be_once(ask, port):
    status, found = ask({name(port): ""})
    assert (status, set(found)) == (200, {name(port)})
    (rule,) = firewall.parsed(json.loads(found[name(port)])).firewall.ingress
    assert (rule.protocol, rule.first, rule.last) == ("tcp", 22, 22)
    assert ask({name(port): digest(found[name(port)])}) == (200, {})


def test_a_change_is_told_to_who_knows_what_was_before(ask, port):
    _, before = ask({name(port): ""})
    SecurityRule.objects.all().delete()
    _, after = ask({name(port): digest(before[name(port)])})
    assert firewall.parsed(json.loads(after[name(port)])).firewall == firewall.CLOSED


def test_nodes_are_told_the_parts_of_a_file_that_they_know(ask, port):
    pairs, options = [["10.7.0.0/24", "02:00:00:00:00:01"]], [["bootfile-name", "a", 4]]
    Port.objects.filter(pk=port.pk).update(pairs=pairs, dhcp_options=options)
    _, found = ask({name(port): ""}, knows=["addresses", "leases", "unheard"])
    wanted = firewall.parsed(json.loads(found[name(port)]))
    assert [(str(one.address), one.mac) for one in wanted.beside] == [("10.7.0.0/24", "02:00:00:00:00:01")]
    assert wanted.leases.options == ((67, b"a"),)
    _, older = ask({name(port): ""})
    assert json.loads(older[name(port)]).keys() == {"version", "rules"}


def test_of_a_port_without_port_security_the_profile_holds(ask, port):
    Port.objects.filter(pk=port.pk).update(port_security=False)
    _, found = ask({name(port): ""})
    assert firewall.parsed(json.loads(found[name(port)])).firewall is None


@pytest.mark.parametrize("other", ["snf-nic-", "snf-nic-{}x", "other-nic-{}", "{}", "snf-nic-../{}"])
def test_nothing_is_said_of_what_is_no_port(ask, port, other):
    assert ask({other.format(port.pk): ""}) == (200, {})


def test_nothing_is_said_of_another_cluster_s(ask, port):
    other = cluster("c2")
    assert ask({name(port): ""}, key=nodekeys.make(other.name)) == (200, {})


def test_the_beginning_of_names_is_told_to_who_has_no_interface(api, backend):
    key = nodekeys.make(backend.name)
    reply = api.post(PATH, {"interfaces": {}}, headers={"Authorization": f"Bearer {key}"})
    assert reply.json == {"prefix": "snf-nic-", "interfaces": {}}


@pytest.mark.parametrize(
    "header", [{}, {"Authorization": ""}, {"Authorization": "Bearer "}, {"Authorization": "Basic QQ=="}]
)
def test_who_shows_no_key_is_refused(api, backend, header):
    nodekeys.make(backend.name)
    assert api.post(PATH, {"interfaces": {}}, headers=header).status == 401


def test_a_token_of_a_user_is_no_key(api, backend, ask):
    alice = api.of(ALICE)
    assert alice.post(PATH, {"interfaces": {}}).status == 401
    assert ask({}, key=alice.token)[0] == 401


def test_the_newest_two_keys_are_good_unless_the_new_one_is_to_be_alone(backend, ask):
    keys = [nodekeys.make(backend.name) for _ in range(3)]
    assert [ask({}, key)[0] for key in keys] == [401, 200, 200]
    last = nodekeys.make(backend.name, alone=True)
    assert [ask({}, key)[0] for key in [*keys, last]] == [401, 401, 401, 200]


def test_one_that_was_made_elsewhere_is_the_only_one(backend, ask):
    before, made = nodekeys.make(backend.name), new_token()
    for _ in range(2):
        nodekeys.know(backend.name, made)
    assert [ask({}, key)[0] for key in (before, made)] == [401, 200]


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"interfaces": []},
        {"interfaces": {"snf-nic-1": None}},
        {"interfaces": {"snf-nic-1": "x"}},
        {"interfaces": {"x" * 300: ""}},
        {"interfaces": {f"snf-nic-{number}": "" for number in range(1001)}},
    ],
)
def test_a_question_that_is_none_is_refused_as_such(api, backend, body):
    key = nodekeys.make(backend.name)
    reply = api.post(PATH, body, headers={"Authorization": f"Bearer {key}"})
    assert (reply.status, reply.json["error"]["code"]) == (400, 400)


def test_a_node_is_told_of_floating_addresses(ask, port):
    own = Address.objects.get(port=port)
    address = Address.objects.create(subnet=own.subnet, ip="203.0.113.10")
    FloatingAddress.objects.create(project=ALICE.project, address=address, port=port, fixed=own.ip)
    _, found = ask({name(port): ""})
    (one,) = firewall.parsed(json.loads(found[name(port)])).floating
    assert (str(one.address), str(one.fixed)) == ("203.0.113.10", own.ip)
