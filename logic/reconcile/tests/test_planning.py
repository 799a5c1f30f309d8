"""A plan is what the road would do, left undone."""

import msgspec
import pytest

from logic.compute.models import Server
from logic.ledger.models import Inbox, Journal
from logic.messages.observations import Nic
from logic.network.models import Port
from logic.reconcile import planning
from logic.testing.worlds import accepted, create, furnish, job, running, seen, state, take, tell

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
    server = running()
    gone = running(first_job=2)
    Server.objects.filter(pk=gone.pk).update(observed="gone")
    owners = {
        "snf-500": gone.pk,
        "snf-501": server.pk,
        "snf-502": "",
        "snf-503": "cccccccc-0000-4000-8000-000000000001",
    }
    looks = [
        msgspec.structs.replace(seen(server), server="", instance=name, owner=owner) for name, owner in owners.items()
    ]
    assert planning.strays([*looks, seen(server)]) == looks
    kinds = {one.instance: one.kind for one in planning.sorted_out(looks)}
    assert kinds == {"snf-500": "ghost", "snf-501": "orphan", "snf-502": "orphan", "snf-503": "orphan"}
    assert planning.plan(looks) == []
