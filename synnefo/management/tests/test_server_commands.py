"""``manage.py server-list``, ``server-show`` and ``server-inspect``."""

import pytest
from django.core.management.base import CommandError

from logic.compute import commands
from logic.errors import Transient
from logic.testing.worlds import ALICE, BOB, accepted, create, furnish, job, running, take, tell
from synnefo.management.tables import USAGE
from synnefo.management.tests.clusters import FakeCluster, answering, data, printed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def cluster(monkeypatch):
    furnish()
    return answering(monkeypatch, FakeCluster())


def names(*words):
    return {row["name"] for row in data("server-list", *words)}


def deleted():
    server = running()
    commands.delete_server(ALICE, server.pk)
    taken = take()
    tell(accepted(taken, 9), job(server, "delete", 9, "success", taken.command.id))
    return server


def test_servers_of_all_projects_are_listed_and_narrowed():
    running()
    create(BOB, "theirs")
    assert names() == {"demo", "theirs"}
    assert names("--project", BOB.project) == {"theirs"}
    assert names("--status", "ACTIVE") == {"demo"}
    assert names("--status", "ACTIVE", "--status", "BUILD") == {"demo", "theirs"}
    assert names("--backend", "c1") == {"demo", "theirs"}
    assert names("--name", "^th") == {"theirs"}


def test_a_list_of_a_cluster_that_is_not_there_is_refused():
    with pytest.raises(CommandError, match="No backend elsewhere") as failure:
        names("--backend", "elsewhere")
    assert failure.value.returncode == 1


def test_a_status_that_is_none_is_told_with_plain_words():
    with pytest.raises(CommandError) as failure:
        names("--status", "FOO")
    assert "'ACTIVE'" in str(failure.value)
    assert "NovaStatus" not in str(failure.value)


@pytest.mark.parametrize("command", ["server-show", "server-inspect"])
@pytest.mark.parametrize("word", ["", " "])
def test_no_word_at_all_is_wrong_usage(command, word):
    with pytest.raises(CommandError, match="Say which server") as failure:
        printed(command, word)
    assert failure.value.returncode == USAGE


def test_the_deleted_are_listed_when_asked_for():
    server = deleted()
    assert names() == set()
    assert [row["id"] for row in data("server-list", "--deleted")] == [server.pk]


def test_a_list_goes_on_over_pages_and_stops_at_its_limit(monkeypatch):
    monkeypatch.setattr("synnefo.management.finding.PAGE", 2)
    for number in range(5):
        create(name=f"s{number}")
    assert len(data("server-list")) == 5
    assert len(data("server-list", "--limit", "3")) == 3
    assert len(data("server-list", "--limit", "4")) == 4


def test_a_server_is_shown_by_its_id_and_by_its_instances_name():
    server = running()
    shown = data("server-show", server.pk)
    assert (shown["name"], shown["status"], shown["instance"]) == ("demo", "ACTIVE", server.instance)
    assert data("server-show", server.instance) == shown
    assert "ACTIVE" in printed("server-show", server.pk)


def test_a_deleted_server_can_still_be_shown():
    assert data("server-show", deleted().pk)["status"] == "DELETED"


@pytest.mark.parametrize("word", ["nowhere", "snf-999999", "snf-99999999999999999999999999", "-", "dem"])
@pytest.mark.parametrize("command", ["server-show", "server-inspect"])
def test_an_unknown_server_is_not_found(command, word):
    create()
    with pytest.raises(CommandError, match="No server") as failure:
        printed(command, "--", word)
    assert failure.value.returncode == 1


def test_an_inspection_has_row_ports_commands_timeline_and_the_clusters_word(cluster):
    # Given a running server that is being stopped
    server = running()
    cluster.runs(server.instance, server.pk)
    commands.stop_server(ALICE, server.pk)
    # When it is inspected
    found = data("server-inspect", server.pk)
    # Then everything about it is there
    assert (found["row"]["observed"], found["row"]["verb"]) == ("running", "stop")
    assert found["ports"][0]["ips"] == ["10.0.0.2"]
    assert [(one["verb"], one["status"]) for one in found["commands"]] == [("stop", "pending")]
    assert [one["what"] for one in found["timeline"]][:2] == ["made", "create"]
    (answer,) = found["cluster"]
    assert (answer["answer"], answer["about"]["status"]) == ("instance-seen", "running")


def test_an_inspection_tells_of_the_jobs_of_unsettled_commands(cluster):
    server = create()
    tell(accepted(take(), 7))
    cluster.jobs[7] = "running"
    job_first, _ = data("server-inspect", server.pk)["cluster"]
    assert (job_first["answer"], job_first["about"]["status"]) == ("job-changed", "running")


def test_a_cluster_that_does_not_answer_is_a_line_of_the_inspection(cluster):
    server = running()
    cluster.failure = Transient("connection refused")
    assert data("server-inspect", server.pk)["cluster"] == [{"answer": "none", "about": "connection refused"}]


def test_an_inspection_can_leave_the_cluster_in_peace(cluster):
    server = running()
    assert data("server-inspect", server.pk, "--no-ask")["cluster"] == []
    assert cluster.accesses == []


def test_an_inspection_is_readable_too(cluster):
    server = running()
    cluster.runs(server.instance, server.pk)
    text = printed("server-inspect", server.instance)
    for title in ("Server", "Row", "Ports", "Commands that are not settled", "Timeline", "What the cluster says now"):
        assert f"\n{title}\n" in text
    assert "running" in text


def test_the_timeline_of_an_inspection_can_be_cut():
    server = running()
    assert len(data("server-inspect", server.pk, "--lines", "1", "--no-ask")["timeline"]) == 1


@pytest.mark.parametrize("command", ["server-show", "server-inspect"])
def test_a_server_is_found_by_a_name_that_only_one_has(command):
    server = running()
    assert server.pk in printed(command, "demo", *(["--no-ask"] if command == "server-inspect" else []))


def test_a_name_that_several_have_is_refused_with_their_ids():
    one, two = create(), create(BOB)
    with pytest.raises(CommandError) as refused:
        data("server-show", "demo")
    assert one.pk in str(refused.value)
    assert two.pk in str(refused.value)


def test_a_name_means_the_living_before_the_deleted():
    gone = deleted()
    assert data("server-show", "demo")["id"] == gone.pk
    living = create()
    assert data("server-show", "demo")["id"] == living.pk
