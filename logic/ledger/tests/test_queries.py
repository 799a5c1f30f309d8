"""What operators read of the ledger."""

import pytest

from logic.compute import commands
from logic.dispatcher.policy.splitting import apply_all
from logic.errors import NotFound
from logic.ledger import queries
from logic.ledger.envelopes import opened
from logic.ledger.models import Command
from logic.messages import codec
from logic.network.models import Port
from logic.placement.models import Backend
from logic.testing.worlds import ALICE, accepted, create, furnish, job, running, take, tell

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]


@pytest.fixture(autouse=True)
def world():
    return furnish()


def deliver(body: bytes, cluster: str = "c1") -> None:
    apply_all([opened(body, cluster=cluster, routing_key=f"ganeti.snf.event.op.{cluster}")])


def test_a_timeline_tells_a_servers_life_from_its_first_line_on():
    server = running()
    lines = queries.timeline("server", server.pk)
    assert [line.what for line in lines][:2] == ["made", "create"]
    assert lines[1].actor == ALICE.user
    assert any(line.job == 1 for line in lines)
    assert lines == sorted(lines, key=lambda line: line.at)


def test_a_timeline_that_is_cut_keeps_its_newest_lines():
    server = running()
    whole = queries.timeline("server", server.pk)
    assert queries.timeline("server", server.pk, limit=2) == whole[-2:]


def test_the_timeline_of_a_port_is_not_that_of_its_server():
    server = running()
    port = Port.objects.get(device=server.pk)
    assert {line.resource for line in queries.timeline("port", port.pk)} == {port.pk}


def test_unsettled_commands_are_listed_and_settled_ones_on_request():
    server = running()
    commands.stop_server(ALICE, server.pk)
    assert [(one.verb, one.status) for one in queries.commands([server.pk])] == [("stop", "pending")]
    assert [one.verb for one in queries.commands([server.pk], settled=True)] == ["create", "stop"]
    assert queries.commands([server.pk])[0].backend == "c1"


def test_the_queue_counts_commands_by_backend_and_status():
    # Given one command pending, and one that its backend has accepted
    taken_server = create(name="first")
    taken = take()
    tell(accepted(taken, 7), job(taken_server, "create", 7, "running", taken.command.id))
    create(name="second")
    # When the queue is read
    found = queries.queue()
    # Then each has its line, and only the one nobody has claimed is overdue
    assert [(one.backend, one.status, one.count) for one in found.backlogs] == [
        ("c1", "accepted", 1),
        ("c1", "pending", 1),
    ]
    assert found.overdue == 1


def test_the_age_of_a_backlog_is_that_of_its_oldest_command():
    old, new = create(name="old"), create(name="new")
    made = Command.objects.get(resource=old.pk).created_at
    Command.objects.filter(resource=new.pk).update(created_at=made.replace(year=made.year + 1))
    (backlog,) = queries.queue().backlogs
    assert backlog.count == 2
    assert 0 <= backlog.oldest < 3600


def test_a_queue_of_one_backend_leaves_out_the_others():
    Backend.objects.create(name="c2", endpoint="https://127.0.0.1:5081")
    create()
    deliver(b"{", "c2")
    here, there = queries.queue("c1"), queries.queue("c2")
    assert (len(here.backlogs), here.quarantined) == (1, 0)
    assert (len(there.backlogs), there.quarantined) == (0, 1)


def test_what_is_parked_is_counted_with_its_time():
    server = running()
    stranger = job(server, "start", 9, "success", instance="snf-9999")
    deliver(codec.encode(stranger))
    found = queries.queue()
    assert (found.parked, found.quarantined) == (1, 0)
    assert found.next_parked is not None


def test_a_message_in_quarantine_keeps_its_bytes_and_the_reason():
    deliver(b"\xff not json \x00")
    (found,) = queries.quarantined()
    assert found.body == b"\xff not json \x00"
    assert found.reason
    assert queries.quarantined_message(found.id) == found


def test_an_unknown_number_in_quarantine_is_not_found():
    with pytest.raises(NotFound):
        queries.quarantined_message(12345)
