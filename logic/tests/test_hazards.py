"""Ten hazards of the ancestor, Synnefo 0.5.1, that this cloud must not inherit: one test each, in the order of its defects.

Each says what went wrong there. Most have closer tests where the rule lives; these stand together so that none is lost.
"""

import ast
import datetime
import inspect

import pytest

from logic import clock
from logic.bus import Unroutable, topology
from logic.bus.memory import MemoryBus
from logic.compute import commands, queries
from logic.dispatcher.policy.splitting import apply_all
from logic.ledger.envelopes import opened
from logic.ledger.models import Command, Quarantine
from logic.messages.observations import InstanceSeen
from logic.reconcile import orphans
from logic.testing.worlds import (
    ALICE,
    INCARNATION,
    accepted,
    create,
    furnish,
    job,
    running,
    seen,
    state,
    take,
    tell,
)
from logic.tests.house_rules import modules

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def world():
    return furnish()


@pytest.mark.parametrize("hours", [-24, 0, 24])
def test_1_a_clock_that_is_wrong_loses_no_event(hours):
    """There a node whose clock ran ahead made the master's final success look old: the server stayed in BUILD."""
    server = create()
    taken = take()
    skewed = clock.timestamp() + datetime.timedelta(hours=hours).total_seconds()
    tell(accepted(taken, 1), job(server, "create", 1, "running", taken.command.id, at=clock.timestamp() + 86_400.0))
    tell(job(server, "create", 1, "success", taken.command.id, at=skewed))
    assert queries.server(ALICE, server.pk).status == "ACTIVE"


def test_2_a_late_running_after_the_error_does_not_reboot_for_ever():
    """There a late "running" put the job back: the API said REBOOT for ever."""
    server = running()
    commands.reboot_server(ALICE, server.pk, hard=True)
    taken = take()
    tell(job(server, "reboot", 9, "error", taken.command.id), job(server, "reboot", 9, "running", taken.command.id))
    assert queries.server(ALICE, server.pk).status == "ACTIVE"


def test_3_a_build_whose_job_was_archived_is_no_error():
    """There reconcile took "not in the list of jobs" for a failure, six hours after the job had succeeded."""
    server = create()
    taken = take()
    tell(accepted(taken, 1), job(server, "create", 1, "lost", taken.command.id))
    assert queries.server(ALICE, server.pk).status == "BUILD"
    again = take()  # it looks, and sends once more where nothing is found; the cluster knows the name
    assert again.command.sending.again
    tell(accepted(again, 2), job(server, "create", 2, "error", taken.command.id, error_code="already_exists"))
    tell(seen(server))
    assert queries.server(ALICE, server.pk).status == "ACTIVE"


def test_4_an_instance_the_database_does_not_know_is_never_destroyed():
    """There --fix-orphans removed what a restored backup had forgotten: somebody's data."""
    unknown = InstanceSeen(
        cluster="c1",
        incarnation=INCARNATION,
        server="",
        version=0,
        exists=True,
        status="running",
        instance="snf-4711",
        owner="99999999-0000-4000-8000-000000000000",
    )
    for _ in range(5):
        orphans.report("c1", [unknown], clock.now())
    assert not Command.objects.exists()


def test_5_nothing_is_submitted_inside_a_transaction_and_a_crash_between_leaves_no_server_behind():
    """There jobs were submitted under open transactions: a failed commit left a job that nobody knew."""
    server = create()
    claimed = take()  # and the worker dies: nobody knows whether the job was submitted
    Command.objects.update(lease_until=clock.now() - datetime.timedelta(seconds=1))
    again = take()
    assert again.command.id == claimed.command.id
    assert again.command.sending.again  # it looks for the job before it sends another
    assert queries.server(ALICE, server.pk).status == "BUILD"
    (workers,) = [one for one in modules(tests=False) if one.path == "logic/dispatcher/workers.py"]
    assert not [one for one in ast.walk(workers.tree) if isinstance(one, ast.Attribute) and one.attr == "atomic"]


async def test_6_a_message_nobody_would_get_is_refused_and_not_lost():
    """There publishing was not mandatory: an event without a queue was confirmed, and lost."""
    bus = MemoryBus("snf")
    publisher = await bus.publisher()
    with pytest.raises(Unroutable):
        await publisher.publish(topology.routing_key("snf", "op", "c1"), b"{}")


def test_7_what_was_missed_while_nobody_listened_is_made_good():
    """There eventd never looked at what was there before: each restart lost events until a reconcile by hand."""
    server = running()
    commands.stop_server(ALICE, server.pk)
    tell(accepted(take(), 9))  # and not a word more of job 9
    tell(seen(server, "stopped"))
    assert state(server).observed == "stopped"


def test_8_a_malformed_message_is_kept_with_its_reason():
    """There it was acknowledged, logged and lost."""
    apply_all([opened(b"\x80\x03}q\x00.", cluster="c1", routing_key="ganeti.snf.event.op.c1")])
    kept = Quarantine.objects.get()
    assert (bytes(kept.body), bool(kept.reason)) == (b"\x80\x03}q\x00.", True)


def test_9_queues_are_replicated_by_what_the_broker_still_has():
    """There x-ha-policy asked for mirrors, which RabbitMQ ignores since 3.0 and does not have since 4.0."""
    for arguments in (topology.queue_arguments(), topology.dead_queue_arguments()):
        assert arguments["x-queue-type"] == "quorum"
        assert "x-ha-policy" not in arguments


def test_10_no_secret_comes_from_a_generator_that_can_be_guessed():
    """There passwords came from ``random``, and every cluster's from one key in the settings."""
    importers = {
        one.path
        for one in modules(tests=False)
        for node in ast.walk(one.tree)
        if isinstance(node, ast.Import) and any(name.name == "random" for name in node.names)
    }
    makers_of_faults = ("synnefo/simulation/", "synnefo/chaos/")
    assert {path for path in importers if not path.startswith(makers_of_faults)} == {"logic/clock.py"}
    assert "random." not in inspect.getsource(clock.new_token)
