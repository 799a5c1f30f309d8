"""A server that its cluster has no room for is tried on another, in the transaction that hears of it; in the end no valid host
was found. What it holds of quota and addresses, and its name, is the same wherever it is."""

import msgspec
import pytest

from logic.backends.base import Facts
from logic.compute import commands as compute
from logic.compute import queries
from logic.compute.commands import NewServer
from logic.compute.models import Flavor, Server
from logic.ledger.claiming import claim
from logic.ledger.models import Command, Journal, Parked, Quarantine
from logic.ledger.resources import STATE_COLUMNS
from logic.messages import codec
from logic.network.models import Address, BackendNetwork, Network, Port
from logic.placement import commands as placement
from logic.placement.models import Backend
from logic.quota import queries as quota
from logic.testing.worlds import (
    ALICE,
    IMAGE,
    INCARNATION,
    NETWORK,
    accepted,
    cluster,
    create,
    furnish,
    job,
    outcome,
    seen,
    take,
    tell,
)

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]
WHY = "Can't compute nodes using iallocator 'hail': No valid allocation solutions, failure reasons: FailMem"


@pytest.fixture(autouse=True)
def world(settings):
    settings.GANETI_DISK_TEMPLATE, settings.GANETI_NIC_LINK = "file", "br0"
    furnish()
    for number in (2, 3, 4):
        cluster(f"c{number}")
    for number, row in enumerate(Backend.objects.order_by("name"), start=1):
        Backend.objects.filter(pk=row.pk).update(incarnation=of(row.name))
        placement.refresh(
            row.name, Facts(incarnation=of(row.name), memory_total=8192, memory_free=4096 - number, nodes=1)
        )


def of(name):
    """Each is a cluster of its own."""
    return INCARNATION[:-1] + name[-1]


def no_room(server, taken, number, **more):
    """The end of its build, as the event daemon of the cluster tells it."""
    told = {"error_code": "insufficient_resources", "error": WHY, "instance_uuid": "", **more}
    cluster = taken.backend
    return job(server, "create", number, "error", taken.command.id, cluster=cluster, incarnation=of(cluster), **told)


def yes(taken, number):
    return msgspec.structs.replace(accepted(taken, number), incarnation=of(taken.backend))


def refused(server, number=7):
    """Sent to its cluster, accepted, and refused for want of room."""
    taken = take()
    tell(yes(taken, number), no_room(server, taken, number))
    return taken


def shown(server):
    return queries.server(ALICE, server.pk)


def test_it_goes_to_another_cluster_and_is_still_being_built():
    server = create()
    address, used = Address.objects.get().ip, quota.usage(ALICE.project)
    first = refused(server)
    assert (first.backend, shown(server).status, shown(server).host) == ("c1", "BUILD", "c2")
    # Then the same command is sent there, for the same instance with the same address, as if it had never been sent
    again = take()
    assert (again.backend, again.command.id, again.command.instance) == ("c2", first.command.id, server.instance)
    assert (again.command.sending.again, again.command.sending.after, again.command.tried) == (False, (), ("c1",))
    assert (Address.objects.get().ip, quota.usage(ALICE.project)) == (address, used)
    # And there it is built, with a job whose number the first cluster has long had
    done = job(server, "create", 1, "success", again.command.id, cluster="c2", incarnation=of("c2"))
    tell(yes(again, 1), done)
    info = shown(server)
    assert (info.status, info.host, info.availability_zone) == ("ACTIVE", "c2", "c2")
    assert Port.objects.get().observed == "plugged"
    assert Port.objects.get().backend.name == "c2"
    assert outcome(again.command.id) == "success"


def test_it_is_tried_on_three_and_then_no_valid_host_was_found():
    server = create()
    homes = [refused(server, number).backend for number in (7, 8, 9)]
    assert homes == ["c1", "c2", "c3"]
    info = shown(server)
    assert (info.status, info.fault.message) == ("ERROR", f"No valid host was found. {WHY}")
    assert outcome(Command.objects.get().pk) == "error"
    assert claim("worker", limit=10, lease=60.0) == []


def test_when_no_other_has_room_no_valid_host_was_found_at_once():
    Backend.objects.exclude(name="c1").update(drained=True)
    server = create()
    refused(server)
    assert (shown(server).status, shown(server).host) == ("ERROR", "c1")
    assert shown(server).fault.message.startswith("No valid host was found.")


def test_what_was_asked_for_in_a_zone_stays_there():
    wanted = NewServer(name="x", flavor="1", image=IMAGE, availability_zone="c3")
    (id,) = compute.create_servers(ALICE, wanted)
    server = Server.objects.get(pk=id)
    refused(server)
    assert (shown(server).status, shown(server).host) == ("ERROR", "c3")


def test_another_error_is_no_reason_to_go_elsewhere():
    server, taken = create(), take()
    tell(yes(taken, 7), no_room(server, taken, 7, error_code="wrong_input", error="no such OS"))
    assert (shown(server).status, shown(server).fault.message, shown(server).host) == ("ERROR", "no such OS", "c1")


def test_a_cluster_pinned_to_others_or_one_that_never_said_who_it_is_is_passed_over():
    placement.pin("c2", ["f" * 32])
    Backend.objects.filter(name="c3").update(incarnation="")
    server = create()
    refused(server)
    assert shown(server).host == "c4"


def test_it_is_ordered_as_the_other_cluster_needs_it():
    Backend.objects.filter(name="c2").update(disk_template="drbd", hypervisor="kvm", nic_link="br7", nodes=2)
    server = create()
    refused(server)
    order = take().command
    assert (order.disk_template, order.hypervisor, order.nics[0].link) == ("drbd", "kvm", "br7")
    assert order.nics[0].mac == Port.objects.get().mac


def test_the_link_of_a_network_and_the_template_of_a_flavor_are_the_same_everywhere():
    Flavor.objects.update(extra_specs={"ganeti:disk_template": "plain"})
    Network.objects.update(link="br9")
    Backend.objects.filter(name="c2").update(disk_template="drbd", nic_link="br7")
    server = create()
    refused(server)
    order = take().command
    assert (order.disk_template, order.nics[0].link) == ("plain", "br9")


def test_a_cluster_that_its_networks_are_not_on_is_passed_over():
    server, taken = create(), take()
    nic = msgspec.structs.replace(taken.command.nics[0], network="snf-net-1")
    Command.objects.update(payload=codec.encode(msgspec.structs.replace(taken.command, nics=(nic,))))
    BackendNetwork.objects.create(network_id=NETWORK, backend=Backend.objects.get(name="c3"), observed="connected")
    tell(yes(taken, 7), no_room(server, taken, 7))
    assert shown(server).host == "c3"


# What the first cluster says afterwards


def test_late_word_of_the_cluster_that_had_no_room_is_dropped_and_nobody_is_alarmed():
    server, taken = create(), take()
    tell(no_room(server, taken, 7))  # before the answer to the submission
    counts = tell(
        yes(taken, 7),
        no_room(server, taken, 7),
        job(server, "create", 7, "running", taken.command.id, cluster="c1", incarnation=of("c1")),
    )
    assert counts == {"foreign": 3}
    assert not Quarantine.objects.exists()
    assert not Parked.objects.exists()
    assert take().backend == "c2"


def test_its_last_word_in_the_same_batch_changes_nothing_either():
    server, taken = create(), take()
    tell(no_room(server, taken, 7), yes(taken, 7), no_room(server, taken, 8))
    assert (take().backend, shown(server).status) == ("c2", "BUILD")


def test_the_same_end_twice_moves_it_once():
    server, taken = create(), take()
    end = no_room(server, taken, 7)
    tell(yes(taken, 7), end)
    tell(end)
    assert shown(server).host == "c2"


def test_a_look_at_the_first_cluster_that_was_asked_before_changes_nothing():
    server = create()
    look = seen(server, exists=False)
    refused(server)
    tell(msgspec.structs.replace(look, cluster="c1", incarnation=of("c1")))
    assert shown(server).status == "BUILD"


def test_a_cluster_that_it_was_never_on_cannot_speak_for_it():
    server, taken = create(), take()
    counts = tell(msgspec.structs.replace(no_room(server, taken, 7), cluster="c4", incarnation=of("c4")))
    assert counts == {"quarantined": 1}
    assert shown(server).host == "c1"


# What is kept of it


def test_its_owner_sees_in_the_timeline_where_it_was_tried():
    server = create()
    refused(server)
    (line,) = Journal.objects.filter(resource=server.pk, what="moved")
    assert (line.text, line.actor) == ("c1 had no room for it; it is tried on c2", "c1")
    assert Journal.objects.filter(resource=server.pk, what="job.error", text=WHY).exists()


def test_the_journal_replays_to_the_rows():
    server = create()
    refused(server)
    refused(server, 8)
    for row, kind in ((Server.objects.get(), "server"), (Port.objects.get(), "port")):
        replayed = {}
        for line in Journal.objects.filter(kind=kind, resource=row.pk).order_by("id"):
            replayed |= line.changes
        assert {name: getattr(row, name) for name in STATE_COLUMNS} == {name: replayed[name] for name in STATE_COLUMNS}
        assert row.incarnation == of("c3")


def test_it_can_be_deleted_where_it_is_tried():
    server = create()
    refused(server)
    compute.delete_server(ALICE, server.pk)
    taken = take()
    assert (taken.backend, taken.command.sending.after) == ("c2", ())
