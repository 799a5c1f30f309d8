"""What is told again and again of a job does not drown what matters in the timeline that ``server-inspect`` shows."""

import pytest

from logic.ledger.models import Journal
from logic.messages.observations import BuildProgress
from logic.testing.worlds import accepted, create, furnish, job, take, tell
from synnefo.management.tests.clusters import data, printed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def world():
    return furnish()


@pytest.fixture
def server():
    """Made by a job that has written thirty lines into its log."""
    server, taken = create(), take()
    tell(accepted(taken, 7))
    for serial in range(1, 31):
        tell(job(server, "create", 7, "running", taken.command.id, log_serial=serial, message=f"step {serial}"))
    tell(job(server, "create", 7, "success", taken.command.id))
    return server


def timeline(server, *words):
    return data("server-inspect", server.pk, "--no-ask", *words)["timeline"]


def test_the_stale_lines_of_one_job_are_one_with_their_number_and_the_last_time(server):
    stale = Journal.objects.filter(resource=server.pk, what="stale").order_by("id")
    assert stale.count() > 20
    (shown,) = [line for line in timeline(server) if line["what"] == "stale"]
    assert (shown["times"], shown["job"], shown["text"]) == (stale.count(), 7, "OP_INSTANCE_CREATE running")
    assert shown["at"] < shown["last"]


def test_every_other_line_is_shown_as_it_is_and_in_its_order(server):
    others = Journal.objects.filter(resource=server.pk).exclude(what="stale").order_by("id")
    shown = [(line["what"], line["times"]) for line in timeline(server) if line["what"] != "stale"]
    assert shown == [(what, 1) for what in others.values_list("what", flat=True)]


def test_lines_are_counted_when_they_are_put_together(server):
    everything = timeline(server)
    assert len(everything) < 12
    assert timeline(server, "--lines", "3") == everything[-3:]
    assert timeline(server, "--lines", "0") == []


def test_the_progress_of_a_build_is_one_line_in_its_newest_words():
    server = create()
    take()
    tell(
        *(
            BuildProgress(cluster="c1", instance=server.instance, percent=float(n), serial=str(n))
            for n in range(0, 90, 3)
        )
    )
    (shown,) = [line for line in timeline(server) if line["what"] == "progress"]
    assert (shown["times"], shown["text"]) == (30, "87")


def test_what_two_jobs_say_is_two_lines(server):
    for number in (3, 4, 3):
        tell(job(server, "start", number, "running", log_serial=number * 10 + Journal.objects.count()))
    stale = [(line["job"], line["times"]) for line in timeline(server) if line["what"] == "stale"]
    assert stale[-2:] == [(3, 2), (4, 1)]


def test_it_is_readable(server):
    assert printed("server-inspect", server.pk, "--no-ask").count("OP_INSTANCE_CREATE running") == 1
