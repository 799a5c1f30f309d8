"""What came of a batch is counted and logged after its commit, with the ids that link it."""

import asyncio

import pytest
import structlog
from prometheus_client import REGISTRY

from logic.compute import commands
from logic.dispatcher import applying
from logic.dispatcher.policy.splitting import apply_all
from logic.ledger.envelopes import local, opened
from logic.testing.worlds import ALICE, accepted, furnish, job, running, seen, take, tell

pytestmark = pytest.mark.django_db


def counted(name, **labels):
    return REGISTRY.get_sample_value(f"synnefo_{name}_total", labels) or 0.0


@pytest.fixture
def server():
    furnish()
    return running()


def apply(*envelopes):
    """As the dispatcher does, the database's work done where there is no loop."""
    done = apply_all(envelopes)

    class Done:
        async def write(self, *_):
            return done

    return asyncio.run(applying.apply(Done(), envelopes))


def test_each_message_is_counted_by_what_became_of_it(server):
    before = {outcome: counted("messages", outcome=outcome) for outcome in ("applied", "duplicate", "quarantined")}
    fact = local(job(server, "stop", 9, "success"))
    apply(fact, fact, opened(b"junk", cluster="c1"))
    assert {outcome: counted("messages", outcome=outcome) - count for outcome, count in before.items()} == {
        "applied": 1,
        "duplicate": 1,
        "quarantined": 1,
    }


def test_a_stale_fact_is_counted_though_it_was_applied(server):
    before = counted("unfitting_facts", why="stale")
    apply(local(seen(server, version=0)))
    assert counted("unfitting_facts", why="stale") == before + 1


def test_a_command_that_is_over_is_logged_with_its_job_and_the_event_that_said_so(server):
    commands.stop_server(ALICE, server.pk)
    taken = take()
    tell(accepted(taken, 7))
    said = job(server, "stop", 7, "success", taken.command.id)
    with structlog.testing.capture_logs() as lines:
        apply(local(said))
    (line,) = [line for line in lines if line["event"] == "command.settled"]
    assert line["command"] == taken.command.id
    assert (line["job"], line["event_id"], line["outcome"]) == (7, said.key(), "success")
    assert line["server"] == server.pk


def test_commands_that_are_over_are_counted_by_cluster_and_by_what_became_of_them(server):
    before = {one: counted("commands_settled", backend="c1", outcome=one) for one in ("success", "error")}
    for number, status in enumerate(("error", "success"), 7):
        commands.stop_server(ALICE, server.pk)
        taken = take()
        tell(accepted(taken, number))
        apply(local(job(server, "stop", number, status, taken.command.id)))
    after = {one: counted("commands_settled", backend="c1", outcome=one) for one in before}
    assert after == {one: count + 1 for one, count in before.items()}


def test_what_settles_nothing_is_not_logged(server):
    with structlog.testing.capture_logs() as lines:
        apply(local(job(server, "stop", 9, "running")))
    assert lines == []
