"""A router is carried by one node, which goes on asking, where the servers of its networks are."""

import datetime
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from snf_node.routers import wanted

from logic.access import Caller
from logic.ledger.tests.test_side_by_side import together
from logic.network.floating.commands import NewFloating, create_floating_ip
from logic.network.models import Address, FloatingAddress, Network, Port, Router, RouterNode, Subnet
from logic.network.routing import commands, interfaces, queries
from logic.network.routing.carrying import Carrier, carried
from logic.network.routing.commands import Change, NewRouter
from logic.network.routing.gateways import NewGateway
from logic.placement.models import Backend
from logic.testing.worlds import ADMIN, ALICE, cluster, furnish

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]
NOBODY = Caller(user="", project="")


@pytest.fixture(autouse=True)
def backend(settings):
    settings.ROUTERS = "nodes"
    settings.SECURITY_GROUPS = True
    settings.GANETI_NIC_LINK = "br0"
    return furnish()


@pytest.fixture
def public():
    made = Network.objects.create(name="public", external=True, link="br-ext", mtu=1400)
    subnet(made, "203.0.113.0/24", pools=[["203.0.113.10", "203.0.113.20"]])
    return made


def subnet(network, cidr, **columns):
    return Subnet.objects.create(network=network, cidr=cidr, **{"gateway": cidr.replace("0/24", "1"), **columns})


def inside(cidr="10.7.0.0/24", **columns):
    return subnet(Network.objects.create(project=ALICE.project, **columns), cidr, project=ALICE.project)


def make(*subnets, gateway=None):
    wanted = NewRouter(gateway=NewGateway(network=gateway.pk) if gateway else None)
    (id,) = commands.create_routers(ALICE, [wanted])
    for one in subnets:
        interfaces.add_subnet(ALICE, id, one.pk)
    return id


def ask(backend, node="n1", links=("br0", "br-ext", "prv0")):
    return carried(Carrier(backend=backend.pk, node=node, boot="b", links=links))


def silence():
    """Nobody has asked for longer than a lease."""
    Router.objects.update(until=datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC))
    RouterNode.objects.update(seen_at=datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC))


def server_on(network, backend):
    mac = f"fa:16:3e:00:01:{Port.objects.count():02x}"
    return Port.objects.create(network=network, project="p", device=f"s{mac}", mac=mac, backend=backend)


def test_the_node_that_asks_first_carries_it_and_no_other(backend):
    id = make()
    assert queries.router(ALICE, id).status == "BUILD"
    assert set(ask(backend)) == {id}
    assert ask(backend, "n2") == {}
    assert set(ask(backend)) == {id}
    assert (queries.router(ALICE, id).status, Router.objects.get().epoch) == ("ACTIVE", 1)


def test_another_takes_over_when_it_was_silent_for_longer_than_its_lease(backend):
    id = make()
    ask(backend)
    silence()
    assert queries.router(ALICE, id).status == "DOWN"
    RouterNode.objects.all().delete()
    Router.objects.update(node=None)
    taken = ask(backend, "n2")
    assert (set(taken), json.loads(taken[id])["epoch"]) == ({id}, 2)
    assert ask(backend) == {}


def test_one_whose_lease_is_over_and_whom_nobody_followed_keeps_it(backend):
    id = make()
    (before,) = ask(backend).values()
    Router.objects.update(until=datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC))
    assert ask(backend) == {id: before}
    assert queries.router(ALICE, id).status == "ACTIVE"


def test_nobody_takes_what_a_restored_database_says_is_free(backend):
    held = make()
    ask(backend)
    make()
    Backend.objects.update(restored="restored")
    assert set(ask(backend)) == {held}
    Backend.objects.update(restored="")
    assert len(ask(backend)) == 2


def test_routers_are_shared_among_nodes(backend):
    ask(backend)
    ask(backend, "n2")
    made = {make() for _ in range(4)}
    first, second = ask(backend), ask(backend, "n2")
    assert (len(first), len(second), {*first, *second}) == (2, 2, made)


def test_a_node_carries_what_its_bridges_reach(backend):
    id = make(inside(link="prv0"))
    assert ask(backend, links=["br0"]) == {}
    assert set(ask(backend, "n2")) == {id}
    assert ask(backend, "n2", links=["br0"]) == {}


def test_a_router_is_carried_where_its_servers_are(backend, settings):
    there, other = inside(), cluster("c2")
    id = make(there)
    server_on(there.network, other)
    assert ask(backend) == {}
    assert set(ask(other, "m1")) == {id}
    server_on(there.network, backend)
    server_on(there.network, backend)
    assert set(ask(other, "m1")) == {id}  # it has servers still
    Port.objects.filter(backend=other).update(observed="gone")
    assert ask(other, "m1") == {}
    assert ask(backend) == {}  # until that is over
    silence()
    assert set(ask(backend)) == {id}
    settings.ROUTERS_ANYWHERE = True
    silence()
    assert ask(other, "m1").keys() == {id}


def test_what_is_deleted_is_carried_no_more(backend):
    id = make()
    ask(backend)
    commands.delete_router(ALICE, id)
    assert ask(backend) == {}


def test_nobody_carries_simulated_ones(backend, settings):
    settings.ROUTERS = "simulated"
    make()
    assert ask(backend) == {}
    assert not RouterNode.objects.exists()


def test_a_node_is_told_all_that_it_needs(backend, public):
    private = inside(link="prv0", mac_prefix="aa:00:01")
    id = make(private, gateway=public)
    port = server_on(private.network, backend)
    Address.objects.create(subnet=private, port=port, ip="10.7.0.5")
    Port.objects.filter(pk=port.pk).update(project=ALICE.project)
    floating = create_floating_ip(ALICE, NewFloating(network=public.pk, port=port.pk))
    commands.update_router(ALICE, id, Change(routes=[("172.16.0.0/16", "10.7.0.9"), ("10.7.0.0/24", "10.7.0.8")]))
    text = ask(backend)[id]
    told, understood = json.loads(text), wanted.understood(text)  # by the node
    assert understood.outer
    assert len(understood.legs) == 2
    inner, outer = told["legs"] if not told["legs"][0]["outside"] else reversed(told["legs"])
    own = Router.objects.get().gateway.addresses.get().ip
    assert (inner["link"], inner["prefix"], inner["addresses"]) == ("prv0", "aa:00:01", ["10.7.0.1/24"])
    assert inner["mac"].startswith("aa:00:01:")
    assert (outer["link"], outer["mtu"], outer["addresses"]) == ("br-ext", 1400, [f"{own}/24"])
    assert (told["gateways"], told["snat"]) == (["203.0.113.1"], own)
    (pair,) = told["floating"]
    assert pair[1] == "10.7.0.5"
    assert told["routes"] == [["172.16.0.0/16", "10.7.0.9"]]  # the other one is there already
    commands.update_router(ADMIN, id, Change(gateway=NewGateway(network=public.pk, snat=False)))
    assert json.loads(ask(backend)[id])["snat"] == ""
    assert floating


def test_one_that_is_switched_off_has_nothing(backend, public):
    id = make(inside(), gateway=public)
    commands.update_router(ALICE, id, Change(admin_state_up=False))
    told = json.loads(ask(backend)[id])
    assert (told["legs"], told["gateways"], told["snat"]) == ([], [], "")


def test_a_text_is_always_the_same_for_the_same(backend, public):
    id = make(inside(), inside("10.8.0.0/24"), gateway=public)
    assert ask(backend)[id] == ask(backend)[id]


def test_many_take_as_many_statements_as_one(backend, public):
    def statements():
        ask(backend)
        with CaptureQueriesContext(connection) as asked:
            ask(backend)
        return len(asked)

    make(inside("10.1.0.0/24"), gateway=public)
    few = statements()
    for number in range(2, 8):
        make(inside(f"10.{number}.0.0/24"), gateway=public)
    assert statements() == few


@pytest.mark.django_db(transaction=True)
def test_of_several_nodes_at_the_same_moment_one_has_it(backend):
    id = make()
    answers = together(*[lambda name=name: ask(backend, name) for name in ("n1", "n2", "n3")])
    held = [one for one in answers if isinstance(one, dict) and id in one]
    assert len(held) <= 1  # who shares a cluster with others leaves what is theirs to take
    for _ in range(3):
        held = [name for name in ("n1", "n2", "n3") if id in ask(backend, name)]
    assert len(held) == 1


@pytest.mark.django_db(transaction=True)
def test_a_floating_address_and_the_end_of_its_way_are_not_both_done(backend, public):
    private = inside()
    id = make(private, gateway=public)
    port = server_on(private.network, backend)
    Address.objects.create(subnet=private, port=port, ip="10.7.0.5")
    Port.objects.filter(pk=port.pk).update(project=ALICE.project)
    together(
        lambda: create_floating_ip(ALICE, NewFloating(network=public.pk, port=port.pk)),
        lambda: commands.update_router(ALICE, id, Change(gateway=None)),
    )
    router = Router.objects.get()
    assert (router.gateway is None) != FloatingAddress.objects.filter(port=port).exists()
