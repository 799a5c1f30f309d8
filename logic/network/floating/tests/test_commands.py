"""Floating addresses are a project's own from their creation to their end, and stand for what can be reached by them."""

import pytest

from logic.errors import BadRequest, Conflict, Forbidden, NotFound, NotSupported, QuotaExceeded
from logic.ledger.tests.test_side_by_side import together
from logic.network import enforcing
from logic.network.commands import delete_network
from logic.network.floating import queries, refusals
from logic.network.floating.commands import NewFloating, associate, create_floating_ip, describe, release
from logic.network.models import Address, FloatingAddress, Network, Port, Subnet
from logic.quota import queries as quota
from logic.quota.models import Limit
from logic.testing.worlds import ADMIN, ALICE, BOB, NETWORK, READER, furnish, running

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]


@pytest.fixture(autouse=True)
def backend(settings):
    """The network of servers is routed, by table 155."""
    settings.SECURITY_GROUPS = True
    made = furnish()
    Network.objects.filter(pk=NETWORK).update(mode="routed", link="155")
    return made


@pytest.fixture
def outside():
    return external()


def external(*, link="155", mode="routed", last="203.0.113.12", **columns):
    network = Network.objects.create(
        name="public", external=True, shared=True, mode=mode, link=link, flavor="IP_LESS_ROUTED", **columns
    )
    Subnet.objects.create(network=network, cidr="203.0.113.0/24", gateway="203.0.113.1", pools=[["203.0.113.10", last]])
    return network


@pytest.fixture
def port():
    return Port.objects.get(device=running().pk)


def make(outside, caller=ALICE, **wanted):
    return queries.floating_ip(caller, create_floating_ip(caller, NewFloating(network=outside.pk, **wanted)))


def own(port):
    return Address.objects.get(port=port).ip


def told(port):
    return enforcing.floating([port.pk]).get(port.pk, [])


def test_one_that_is_made_is_of_the_pool_and_stands_for_nothing(outside):
    made = make(outside, description="web")
    assert made.ip in {"203.0.113.10", "203.0.113.11", "203.0.113.12"}
    assert (made.project, made.network, made.port, made.fixed, made.description) == (
        ALICE.project,
        outside.pk,
        "",
        "",
        "web",
    )


def test_each_is_another_until_there_are_no_more(outside):
    assert len({make(outside).ip for _ in range(3)}) == 3
    with pytest.raises(refusals.IpAddressGenerationFailure):
        make(outside)
    assert quota.quotas(ALICE.project)["floating_ips"].used == 3


def test_one_that_is_released_is_anybody_s_again(outside):
    made = [make(outside) for _ in range(3)]
    release(ALICE, made[1].id)
    with pytest.raises(NotFound):
        queries.floating_ip(ALICE, made[1].id)
    assert make(outside, caller=BOB).ip == made[1].ip
    assert quota.quotas(ALICE.project)["floating_ips"].used == 2


def test_the_node_is_told_of_one_that_is_associated_and_of_none_that_is_not(outside, port):
    made = make(outside)
    assert told(port) == []
    associate(ALICE, made.id, port.pk)
    assert told(port) == [(made.ip, own(port))]
    assert queries.floating_ip(ALICE, made.id).device == port.device
    associate(ALICE, made.id, "")
    assert told(port) == []


def test_one_can_be_made_for_a_port_at_once(outside, port):
    made = make(outside, port=port.pk, fixed=own(port))
    assert (made.port, made.fixed) == (port.pk, own(port))


def test_one_moves_from_port_to_port(outside, port):
    other = Port.objects.get(device=running(first_job=10).pk)
    made = make(outside, port=port.pk)
    associate(ALICE, made.id, other.pk)
    assert (told(port), told(other)) == ([], [(made.ip, own(other))])


def test_an_address_of_a_port_has_one(outside, port):
    make(outside, port=port.pk)
    with pytest.raises(refusals.FloatingIPPortAlreadyAssociated):
        make(outside, port=port.pk)
    assert FloatingAddress.objects.count() == 1
    second = make(outside)
    with pytest.raises(refusals.FloatingIPPortAlreadyAssociated):
        associate(ALICE, second.id, port.pk)
    assert queries.floating_ip(ALICE, second.id).port == ""


def test_one_whose_port_is_gone_stands_for_nothing_and_may_stand_for_another(outside, port):
    made = make(outside, port=port.pk)
    Port.objects.filter(pk=port.pk).update(observed="gone")
    found = queries.floating_ip(ALICE, made.id)
    assert (found.port, found.fixed) == ("", "")
    assert queries.floating_ips(ALICE, associated=[False]) == [found]
    assert queries.floating_ips(ALICE, port=[port.pk]) == []
    other = Port.objects.get(device=running(first_job=10).pk)
    associate(ALICE, made.id, other.pk)
    assert queries.floating_ips(ALICE, associated=[True])[0].port == other.pk


@pytest.mark.parametrize(
    ("changes", "why"), [({"mode": "bridged"}, "bridged"), ({"link": "200"}, "on 200, not on 155")]
)
def test_what_the_nodes_do_not_route_to_the_outside_is_not_reachable(outside, port, changes, why):
    Network.objects.filter(pk=NETWORK).update(**changes)
    made = make(outside)
    with pytest.raises(refusals.ExternalGatewayForFloatingIPNotFound, match=why):
        associate(ALICE, made.id, port.pk)


def test_a_link_that_no_network_names_is_the_clusters(outside, backend, port):
    Network.objects.update(link="")
    make(outside, port=port.pk)


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [({"mode": "bridged"}, "nothing of it can float"), ({"external": False}, "not a valid external network")],
)
def test_a_network_of_which_nothing_floats_is_refused(outside, columns, sentence):
    Network.objects.filter(pk=outside.pk).update(**columns)
    with pytest.raises(BadRequest, match=sentence):
        make(outside)


def test_a_network_without_ipv4_is_refused(outside):
    Subnet.objects.filter(network=outside).update(ip_version=6)
    with pytest.raises(BadRequest, match="does not contain any IPv4 subnet"):
        make(outside)


def test_another_s_is_as_unknown_as_none(outside, port):
    made = make(outside)
    for ask in (
        lambda: queries.floating_ip(BOB, made.id),
        lambda: release(BOB, made.id),
        lambda: describe(BOB, made.id, "mine"),
        lambda: associate(BOB, made.id, ""),
    ):
        with pytest.raises(NotFound):
            ask()
    bobs = make(outside, caller=BOB)
    with pytest.raises(NotFound, match="port"):
        associate(BOB, bobs.id, port.pk)
    with pytest.raises(NotFound, match="network"):
        Network.objects.filter(pk=outside.pk).update(shared=False, external=False)
        make(outside)


def test_what_may_not_be_asked_is_refused_and_nothing_is_made(outside, port):
    with pytest.raises(Forbidden):
        make(outside, caller=READER)
    with pytest.raises(Forbidden):
        make(outside, ip="203.0.113.10")
    with pytest.raises(Forbidden):
        make(outside, project=BOB.project)
    with pytest.raises(BadRequest, match="does not have the fixed address"):
        make(outside, port=port.pk, fixed="10.0.0.99")
    with pytest.raises(BadRequest, match="at most"):
        make(outside, description="x" * 256)
    with pytest.raises(BadRequest, match="no IPv4 subnet of network"):
        make(outside, subnet="nowhere")
    Address.objects.filter(port=port).delete()
    with pytest.raises(BadRequest, match="no fixed IPv4 address"):
        make(outside, port=port.pk)
    assert (FloatingAddress.objects.count(), Address.objects.filter(port=None).count()) == (0, 0)


def test_an_administrator_chooses_address_and_project(outside):
    made = make(outside, caller=ADMIN, ip="203.0.113.99", project=ALICE.project)
    assert (made.ip, made.project) == ("203.0.113.99", ALICE.project)
    with pytest.raises(refusals.IpAddressAlreadyAllocated):
        make(outside, caller=ADMIN, ip="203.0.113.99")
    with pytest.raises(BadRequest, match="gateway"):
        make(outside, caller=ADMIN, ip="203.0.113.1")
    with pytest.raises(BadRequest, match="not an IP address"):
        make(outside, caller=ADMIN, ip="x")


def test_the_quota_holds(outside):
    Limit.objects.create(project=ALICE.project, resource="floating_ips", amount=1)
    make(outside)
    with pytest.raises(QuotaExceeded):
        make(outside)


def test_where_nodes_do_not_ask_there_are_none(outside, settings):
    made = make(outside)
    settings.SECURITY_GROUPS = False
    with pytest.raises(NotSupported):
        make(outside)
    assert queries.floating_ips(ALICE) == []
    assert enforcing.floating([made.id]) == {}


def test_an_address_that_an_instance_of_nobody_s_uses_is_not_taken_from_who_holds_it(outside, backend):
    """As a look at the cluster does."""
    from logic.messages.observations import Nic
    from logic.network import holding

    made = make(outside)
    nic = Nic(name="", mac="aa:00:00:00:00:01", ip=made.ip, mode="routed", link="155")
    holding.hold(backend, {"stranger": [nic]})
    holding.hold(backend, {})
    assert queries.floating_ip(ALICE, made.id).ip == made.ip


@pytest.mark.django_db(transaction=True)
def test_of_three_at_the_same_moment_two_have_the_last_addresses(backend):
    outside = external(last="203.0.113.11")
    results = together(*[lambda: make(outside)] * 3)
    refused = [one for one in results if isinstance(one, Exception)]
    assert [type(one) for one in refused] == [refusals.IpAddressGenerationFailure]
    assert {one.ip for one in results if one not in refused} == {"203.0.113.10", "203.0.113.11"}


@pytest.mark.django_db(transaction=True)
def test_of_two_for_one_address_at_the_same_moment_one_has_it(backend):
    outside, port = external(), Port.objects.get(device=running().pk)
    ids = [make(outside).id for _ in range(2)]
    results = together(*[lambda id=id: associate(ALICE, id, port.pk) for id in ids])
    assert sorted(type(one) for one in results if one) == [refusals.FloatingIPPortAlreadyAssociated]
    assert len(told(port)) == 1


def test_a_network_goes_with_the_floating_addresses_that_stand_for_nothing_and_with_no_other(outside, port):
    made = make(outside, port=port.pk)
    make(outside)
    with pytest.raises(Conflict, match="floating addresses"):
        delete_network(ADMIN, outside.pk)
    associate(ALICE, made.id, "")
    delete_network(ADMIN, outside.pk)
    assert not FloatingAddress.objects.exists()
    assert quota.quotas(ALICE.project)["floating_ips"].used == 0
