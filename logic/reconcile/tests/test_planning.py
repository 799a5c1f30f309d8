"""A plan is what the road would do, left undone."""

import msgspec
import pytest

from logic import clock
from logic.compute import commands
from logic.compute.models import Server
from logic.ledger.models import Inbox, Journal
from logic.messages.observations import Nic
from logic.network.models import Port
from logic.reconcile import orphans, planning
from logic.testing.worlds import ALICE, accepted, cluster, create, furnish, job, running, seen, state, take, tell

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]


@pytest.fixture(autouse=True)
def world():
    return furnish()


def test_what_is_planned_is_what_the_road_then_does():
    server = running()
    look = seen(server, "crashed")
    (change,) = [one for one in planning.plan([look]) if one.kind == "server"]
    before, after = change.columns["observed"]
    assert (before, state(server).observed) == ("running", "running")
    tell(look)
    assert state(server).observed == after == "crashed"


def test_a_plan_writes_nothing():
    server = running()
    rows = Server.objects.values().get(), Journal.objects.count(), Inbox.objects.count()
    assert planning.plan([seen(server, exists=False), job(server, "stop", 9, "success")])
    assert (Server.objects.values().get(), Journal.objects.count(), Inbox.objects.count()) == rows


def test_a_message_that_the_inbox_knows_changes_nothing_again():
    server = create()
    taken = take()
    tell(accepted(taken, 7))
    told = job(server, "create", 7, "success", taken.command.id)
    assert {"create": "success"} in [one.commands for one in planning.plan([told])]
    Inbox.objects.create(key=told.key())
    assert planning.plan([told]) == []


def test_an_answer_to_an_older_question_changes_nothing():
    server = running()
    assert planning.plan([seen(server, "stopped", version=0)]) == []


def test_a_port_that_is_not_there_is_planned_under_its_own_id():
    server = running()
    tell(seen(server))
    port = Port.objects.get()
    (change,) = planning.plan([seen(server, nics=(Nic(name="snf-nic-other"),))])
    assert (change.kind, change.id) == ("port", port.pk)


def test_strays_are_told_apart():
    # Given instances that nobody asked about
    server = running()
    gone = running(first_job=2)
    commands.delete_server(ALICE, gone.pk)
    Server.objects.filter(pk=gone.pk).update(observed="gone")
    looks = [
        stray(gone, instance=gone.instance),
        stray(gone, instance="snf-500"),
        stray(server, instance="snf-501"),
        stray(server, instance="snf-502", owner=""),
        stray(server, instance="snf-503", owner="cccccccc-0000-4000-8000-000000000001"),
        stray(server, instance=server.instance),
    ]
    # When they are judged
    kinds = {one.instance: one.kind for one in planning.nobodys("c1", looks)}
    # Then only the deleted server's own instance is a ghost, and the instance of a living server is nobody's affair
    assert kinds == {gone.instance: "ghost", **dict.fromkeys(("snf-500", "snf-501", "snf-502", "snf-503"), "orphan")}


def test_the_instance_of_a_deleted_server_on_another_cluster_is_no_ghost():
    gone = running()
    Server.objects.filter(pk=gone.pk).update(observed="gone")
    cluster("c2")
    (one,) = planning.nobodys("c2", [stray(gone, instance=gone.instance)])
    assert (one.kind, "on c1" in one.why) == ("orphan", True)


def test_how_long_a_stray_is_in_quarantine_is_told():
    look = stray(running(), instance="snf-777", owner="")
    assert planning.nobodys("c1", [look])[0].looks == 0
    for _ in range(3):
        orphans.report("c1", [look], clock.now())
    (one,) = planning.nobodys("c1", [look])
    assert (one.looks, bool(one.first_seen)) == (3, True)
    assert planning.quarantined("c1") == [one]


def stray(server, **fields):
    return msgspec.structs.replace(seen(server), server="", **fields)
