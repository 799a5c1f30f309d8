"""What instances that are nobody's hold: their addresses and MACs go to no new server while they are there."""

import datetime

import pytest

from logic import clock
from logic.compute import commands
from logic.compute.commands import NewServer
from logic.errors import Conflict
from logic.messages.observations import InstanceSeen, Nic
from logic.network import commands as network
from logic.network.commands import NewNic
from logic.network.models import Address, Foreign, Network, Port, Subnet
from logic.reconcile import orphans
from logic.testing.worlds import ALICE, IMAGE, INCARNATION, NETWORK, cluster, create, furnish

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]
MAC, NEXT = "fa:16:3e:00:00:07", "10.0.0.2"  # NEXT is the first address of the pool


@pytest.fixture(autouse=True)
def world(settings):
    settings.GANETI_NIC_LINK = "br0"
    return furnish()


def nic(ip=NEXT, mac=MAC, link="br0", mode="bridged"):
    return Nic(name="", mac=mac, ip=ip, uuid="n-1", link=link, mode=mode)


def orphan(*nics, instance="snf-4711"):
    return InstanceSeen(
        cluster="c1", incarnation=INCARNATION, server="", version=0, exists=True, instance=instance,
        instance_uuid=f"uuid of {instance}", status="running", nics=nics,
    )  # fmt: skip


def look(*found, backend="c1", minute=0):
    orphans.report(backend, found, clock.now() + datetime.timedelta(minutes=minute))


def given(server):
    return Address.objects.get(port__device=server.pk).ip


def test_an_orphans_address_is_not_given_to_a_new_server():
    look(orphan(nic()))
    assert given(create()) != NEXT


def test_nor_to_one_that_asks_for_it():
    look(orphan(nic()))
    wanted = NewServer(name="x", flavor="1", image=IMAGE, nics=[NewNic(network=NETWORK, fixed_ip=NEXT)])
    with pytest.raises(Conflict, match="in use"):
        commands.create_servers(ALICE, wanted)


def test_its_mac_is_not_given_to_a_new_port(monkeypatch):
    look(orphan(nic(ip="")))
    macs = iter([MAC, "fa:16:3e:00:00:08"])
    monkeypatch.setattr(network, "_random_mac", lambda _: next(macs))
    assert Port.objects.get(device=create().pk).mac == "fa:16:3e:00:00:08"


def test_when_it_is_gone_its_address_is_free():
    look(orphan(nic()))
    look(minute=1)
    assert not Foreign.objects.exists()
    assert given(create()) == NEXT


def test_every_look_leaves_the_same_rows():
    for minute in range(3):
        look(orphan(nic(), nic(ip="192.0.2.9", mac="fa:16:3e:00:00:09")), minute=minute)
    assert sorted(Foreign.objects.values_list("instance", "mac", "address__ip")) == [
        ("snf-4711", MAC, NEXT),
        ("snf-4711", "fa:16:3e:00:00:09", None),
    ]
    assert Address.objects.count() == 1


def test_an_address_that_a_port_has_stays_the_ports_and_is_held_when_that_is_gone():
    server = create()
    look(orphan(nic(ip=given(server))))
    assert given(server) == NEXT
    Address.objects.all().delete()
    look(orphan(nic()), minute=1)
    assert Foreign.objects.get().address.ip == NEXT


def test_two_orphans_with_one_address_hold_it_until_both_are_gone():
    look(orphan(nic()), orphan(nic(mac="fa:16:3e:00:00:08"), instance="snf-4712"))
    look(orphan(nic(mac="fa:16:3e:00:00:08"), instance="snf-4712"), minute=1)
    assert given(create()) != NEXT
    look(minute=2)
    assert not Address.objects.filter(ip=NEXT).exists()


def test_what_is_on_another_cluster_is_not_touched_by_the_look_at_this_one():
    cluster("c2")
    look(orphan(nic()), backend="c2")
    look()
    assert given(create()) != NEXT


@pytest.mark.parametrize("other", [{"link": "br9"}, {"mode": "routed"}, {"ip": "no address"}, {"ip": ""}])
def test_an_interface_on_none_of_our_networks_holds_no_address(other):
    look(orphan(nic(**other)))
    assert given(create()) == NEXT


def test_of_networks_with_the_same_addresses_that_one_is_meant_which_is_on_its_wire():
    other = Network.objects.create(name="private", link="br9", project=ALICE.project)
    subnet = Subnet.objects.create(network=other, cidr="10.0.0.0/24", pools=[["10.0.0.2", "10.0.0.9"]])
    look(orphan(nic(link="br9")))
    assert Address.objects.get().subnet == subnet
    assert given(create()) == NEXT
