"""Which cluster a server that is asked for comes to: the rules over all of them."""

import datetime

import pytest

from logic import clock
from logic.backends.base import Facts
from logic.compute import commands as compute
from logic.compute.commands import NewServer
from logic.compute.models import Flavor, Server
from logic.errors import BadRequest, Unavailable
from logic.placement import commands as placement
from logic.placement.models import Backend, Pin
from logic.testing.worlds import ALICE, BOB, IMAGE, INCARNATION, cluster, create, furnish

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]
ROOM = {
    "nodes": 1, "memory_total": 8192, "memory_free": 4096, "memory_largest": 4096, "disk_total": 100_000,
    "disk_free": 50_000, "disk_largest": 50_000, "cores": 8, "vcpu_ratio": 4.0, "disk_templates": ("file", "diskless"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def world(settings):
    settings.GANETI_DISK_TEMPLATE = "file"
    furnish()
    cluster("c2")
    for name, free in (("c1", 4096), ("c2", 3072)):
        told(name, memory_free=free)


def told(name, **more):
    """What the cluster says of itself at a look."""
    return placement.refresh(name, Facts(incarnation=INCARNATION, version="3.0.2", **ROOM | more))


def home(server):
    return Server.objects.get(pk=server.pk).backend.name


def asked(caller=ALICE, **more):
    (id,) = compute.create_servers(caller, NewServer(name="x", flavor="1", image=IMAGE, **more))
    return Server.objects.get(pk=id)


def test_a_server_comes_to_the_cluster_with_the_most_free_memory():
    assert home(create()) == "c1"
    told("c1", memory_free=1024)
    assert home(create()) == "c2"


def test_servers_are_spread_before_the_clusters_are_looked_at_again():
    homes = [home(create()) for _ in range(6)]
    assert (homes.count("c1"), homes.count("c2")) == (4, 2)


def test_what_a_cluster_has_counted_itself_is_not_counted_twice():
    (server, _), now = (create(), create()), clock.now()
    # Given that they run, and that it was asked after that
    Server.objects.update(verb="", command="", observed="running", created_at=now - datetime.timedelta(seconds=5))
    told("c1", memory_free=3000)
    told("c2", memory_free=2900)
    # Then the next one comes to where the most is free
    assert (home(server), home(create())) == ("c1", "c1")


@pytest.mark.parametrize("state", ["drained", "offline"])
def test_a_drained_or_offline_cluster_takes_none(state):
    placement.modify_backend("c1", **{state: True})
    assert home(create()) == "c2"
    placement.modify_backend("c2", **{state: True})
    with pytest.raises(Unavailable):
        create()


def test_a_cluster_whose_nodes_are_all_drained_or_offline_takes_none():
    told("c1", nodes=0, memory_total=0, memory_free=0, disk_total=0, disk_free=0, cores=0)
    assert home(create()) == "c2"


def test_a_flavors_disk_template_leads_to_a_cluster_that_makes_it_and_is_ordered_there():
    Flavor.objects.filter(pk="1").update(extra_specs={"ganeti:disk_template": "plain"})
    with pytest.raises(Unavailable):
        create()
    told("c2", disk_templates=("plain",))
    server = create()
    assert home(server) == "c2"
    assert b'"disk_template":"plain"' in bytes(command_of(server).payload)


def command_of(server):
    from logic.ledger.models import Command

    return Command.objects.get(pk=server.command)


def test_cores_are_counted_over_all_our_servers_there():
    told("c1", cores=1, vcpu_ratio=1.0)
    told("c2", cores=2, vcpu_ratio=1.0)
    assert sorted(home(create()) for _ in range(3)) == ["c1", "c2", "c2"]
    for name, cores in (("c1", 1), ("c2", 2)):
        told(name, cores=cores, vcpu_ratio=1.0)
        assert Backend.objects.get(name=name).vcpus_used == cores
    with pytest.raises(Unavailable):
        create()


def test_the_server_of_a_project_comes_to_a_cluster_that_is_pinned_to_it_and_to_no_other():
    placement.pin("c2", [BOB.project])
    told("c1", memory_free=64, memory_largest=64)
    with pytest.raises(Unavailable):
        create(ALICE)
    assert home(create(BOB)) == "c2"
    told("c1")
    assert (home(create(ALICE)), home(create(BOB))) == ("c1", "c2")


def test_to_others_a_pinned_cluster_does_not_exist_as_a_zone():
    placement.pin("c2", [BOB.project])
    with pytest.raises(BadRequest, match="zone c2 does not exist"):
        asked(ALICE, availability_zone="c2")
    assert home(asked(BOB, availability_zone="c2")) == "c2"


def test_a_cluster_that_is_pinned_to_nobody_any_more_takes_everybodys():
    placement.pin("c1", [BOB.project])
    placement.pin("c1", [BOB.project])
    assert Pin.objects.count() == 1
    placement.unpin("c1", [BOB.project])
    assert home(create(ALICE)) == "c1"


def test_a_zone_that_is_full_is_not_left():
    told("c2", memory_free=64, memory_largest=64)
    with pytest.raises(Unavailable):
        asked(availability_zone="c2")


def test_what_a_cluster_has_room_for_is_of_its_last_look():
    row = told("c1", memory_free=77, memory_largest=66, disk_free=55, disk_largest=44, nodes=3, vcpu_ratio=2.5)
    kept = Backend.objects.get(pk=row.pk)
    assert (kept.memory_free, kept.memory_largest, kept.disk_free, kept.disk_largest) == (77, 66, 55, 44)
    assert (kept.nodes, kept.vcpu_ratio, kept.disk_templates) == (3, 2.5, "file diskless")
    assert kept.refreshed_at <= clock.now()
