"""What came of a batch is counted and logged after its commit, with the ids that link it."""

import asyncio
from collections import Counter

import pytest
import structlog
from django.db import OperationalError
from prometheus_client import REGISTRY

from logic.compute import commands
from logic.dispatcher import applying
from logic.dispatcher.policy.splitting import apply_all
from logic.ledger.advancing import Result
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


class TooLong(Exception):  # noqa: N818 - as the driver tells it
    """The database has ended the statement."""

    sqlstate = "57014"


class Slow:
    """A database that takes at most so many messages at once; remembers those it took."""

    def __init__(self, most):
        self.most, self.taken = most, []

    async def write(self, _committing, _failpoint, _work, envelopes):
        if len(envelopes) > self.most:
            raise OperationalError("canceling statement due to statement timeout") from TooLong()
        self.taken.append(list(envelopes))
        return Result(counts=Counter(applied=len(envelopes)))


def test_a_batch_that_takes_the_database_too_long_is_applied_in_halves_in_its_order(server):
    facts = [local(job(server, "reboot", number, "success")) for number in range(10, 17)]
    slow = Slow(most=2)
    result = asyncio.run(applying.apply(slow, facts))
    assert [fact for batch in slow.taken for fact in batch] == facts
    assert max(map(len, slow.taken)) == slow.most
    assert result.counts["applied"] == len(facts)


async def test_one_message_that_takes_too_long_is_tried_until_the_database_takes_it(server):
    fact, slow = local(job(server, "reboot", 10, "success")), Slow(most=0)
    trying = asyncio.create_task(applying.apply(slow, [fact]))
    before = counted("database_retries", what="apply")
    async with asyncio.timeout(20):
        while counted("database_retries", what="apply") < before + 3:  # noqa: ASYNC110 - a counter rings no bell
            await asyncio.sleep(0)
    slow.most = 1
    assert (await trying).counts["applied"] == 1


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
