"""``manage.py reconcile``."""

import pytest
from django.core.management.base import CommandError

from logic.compute import commands
from logic.compute.models import Server
from logic.errors import Transient
from logic.ledger.models import Command, Inbox, Journal
from logic.placement.models import Backend
from logic.testing.worlds import ALICE, accepted, create, furnish, job, running, state, take, tell
from synnefo.management import looking
from synnefo.management.tests.clusters import FakeCluster, answering, data, printed

pytestmark = pytest.mark.django_db
OTHER = "99999999-2222-3333-4444-555555555555"


@pytest.fixture(autouse=True)
def cluster(monkeypatch):
    furnish()
    monkeypatch.setattr(looking, "BETWEEN", 0.0)
    return answering(monkeypatch, FakeCluster())


def everything():
    rows = [list(model.objects.order_by("pk").values()) for model in (Server, Command, Journal, Inbox, Backend)]
    return repr(rows)


def look(*words):
    (found,) = data("reconcile", *words)["backends"]
    return found


def deleted():
    server = running()
    commands.delete_server(ALICE, server.pk)
    taken = take()
    tell(accepted(taken, 9), job(server, "delete", 9, "success", taken.command.id))
    return server


def test_the_plan_says_what_would_change_and_why_and_writes_nothing(cluster):
    # Given a server that was stopped behind our back
    server = running()
    cluster.runs(server.instance, server.pk, "stopped")
    before = everything()
    # When the plan is made
    found = look()
    # Then it tells, and nothing is written
    (change,) = [one for one in found["changes"] if one["kind"] == "server"]
    assert (change["id"], change["columns"]["observed"]) == (server.pk, ["running", "stopped"])
    assert any("outside" in line for line in change["why"])
    assert found["asked"] == 1
    assert everything() == before


def test_the_fix_does_what_the_plan_said(cluster):
    server = running()
    cluster.runs(server.instance, server.pk, "stopped")
    planned = look()["changes"]
    fixed = look("--fix")["changes"]
    assert fixed[: len(planned)] == planned
    assert state(server).observed == "stopped"
    assert look()["changes"] == []


def test_a_lost_end_of_a_build_is_made_good(cluster):
    # Given a build whose end nobody told us
    server = create()
    taken = take()
    tell(accepted(taken, 7))
    cluster.jobs[7] = "success"
    cluster.runs(server.instance, server.pk)
    assert look()["changes"][0]["commands"] == {"create": "success"}
    # When it is fixed
    look("--fix")
    # Then the server runs and the command is settled
    assert (state(server).observed, state(server).command) == ("running", "")
    assert Command.objects.get().outcome == "success"


def test_what_the_inbox_knows_is_not_planned_again(cluster):
    server = create()
    taken = take()
    cluster.jobs[7] = "running"
    tell(accepted(taken, 7), job(server, "create", 7, "running", taken.command.id))
    assert look()["changes"] == []


def test_a_missing_server_fails_after_two_looks(cluster):
    server = running()
    assert look()["changes"][0]["columns"] == {"missing": [0, 1]}
    look("--fix")
    assert (state(server).mode, state(server).fault_code) == ("failed", "missing")


def test_the_ghost_of_a_deleted_server_is_listed_and_removed_after_two_looks(cluster):
    server = deleted()
    cluster.runs(server.instance, server.pk)
    before = everything()
    (stray,) = look()["strays"]
    assert (stray["kind"], stray["instance"]) == ("ghost", server.instance)
    assert everything() == before
    look("--fix")
    assert take().command.resource == server.pk


def test_an_orphan_is_listed_and_left_alone(cluster):
    cluster.runs("snf-777", "")
    cluster.runs("snf-778", "cccccccc-0000-4000-8000-000000000001")
    assert [one["kind"] for one in look()["strays"]] == ["orphan", "orphan"]
    look("--fix")
    assert not Command.objects.exists()


def test_another_incarnation_is_not_believed(cluster):
    server = running()
    cluster.said = FakeCluster(OTHER).said
    before = everything()
    for words in ((), ("--fix",)):
        with pytest.raises(CommandError, match="accept-incarnation"):
            printed("reconcile", *words)
    assert everything() == before
    assert state(server).observed == "running"


def test_a_cluster_that_does_not_answer_spoils_nothing_for_the_others(cluster):
    server = running()
    Backend.objects.create(name="c0", endpoint="https://x:5080")
    cluster.failure = Transient("connection refused")
    with pytest.raises(CommandError, match="connection refused") as failure:
        printed("reconcile", "--fix")
    assert failure.value.returncode == 3
    assert len(cluster.accesses) == 2
    assert state(server).observed == "running"


def test_one_cluster_can_be_asked_alone(cluster):
    Backend.objects.create(name="c0", endpoint="https://x:5080")
    assert look("--backend", "c1")["backend"] == "c1"
    assert len(cluster.accesses) == 1
    with pytest.raises(CommandError, match="No backend"):
        printed("reconcile", "--backend", "nowhere")


def test_the_plan_is_readable(cluster):
    server = running()
    cluster.runs(server.instance, server.pk, "stopped")
    assert "observed: running → stopped" in printed("reconcile")


def test_what_somebody_else_made_is_no_affair_of_reconcile_and_is_listed_as_foreign(cluster):
    cluster.runs("web1.example.org", "")
    cluster.runs("snf-4711", "")
    assert [stray["instance"] for stray in look("--fix")["strays"]] == ["snf-4711"]
    strays = {line["instance"]: line["kind"] for line in data("server-strays", "--backend", "c1")}
    assert strays == {"snf-4711": "orphan", "web1.example.org": "foreign"}
    (one,) = data("server-strays", "--kind", "foreign")
    assert (one["backend"], one["looks"]) == ("c1", 1)
    assert [stray["instance"] for stray in look()["strays"]] == ["snf-4711"]
