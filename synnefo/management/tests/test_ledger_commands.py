"""``manage.py queue-inspect`` and ``quarantine-*``."""

import base64

import pytest
from django.core.management.base import CommandError

from logic.dispatcher.policy.splitting import apply_all
from logic.ledger.envelopes import opened
from logic.ledger.models import Parked, Quarantine
from logic.messages import codec
from logic.testing.worlds import create, furnish
from synnefo.management.tests.clusters import data, printed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def world():
    return furnish()


def deliver(body: bytes, cluster: str = "c1") -> int:
    apply_all([opened(body, cluster=cluster, routing_key=f"ganeti.snf.event.op.{cluster}")])
    return Quarantine.objects.order_by("-id")[0].pk


def test_the_queue_tells_what_waits():
    create()
    deliver(b"{")
    found = data("queue-inspect")
    assert (found["overdue"], found["parked"], found["quarantined"]) == (1, 0, 1)
    (backlog,) = found["backlogs"]
    assert (backlog["backend"], backlog["status"], backlog["count"]) == ("c1", "pending", 1)
    assert "pending" in printed("queue-inspect")


def test_an_empty_queue_is_told_too():
    found = data("queue-inspect", "--backend", "c1")
    assert (found["backlogs"], found["quarantined"]) == ([], 0)
    assert "quarantined" in printed("queue-inspect")
    with pytest.raises(CommandError, match="No backend"):
        printed("queue-inspect", "--backend", "nowhere")


def test_the_quarantine_is_listed_by_cluster():
    first, second = deliver(b"{"), deliver(b"[]", "c2")
    assert [row["id"] for row in data("quarantine-list")] == [first, second]
    assert [row["id"] for row in data("quarantine-list", "--cluster", "c2")] == [second]
    assert [row["id"] for row in data("quarantine-list", "--limit", "1")] == [first]


def test_a_message_is_shown_with_its_bytes_and_moves_no_cursor():
    id = deliver(b"\xff\x1b[2J\x00{")
    shown = data("quarantine-show", str(id))
    assert base64.b64decode(shown["bytes"]) == b"\xff\x1b[2J\x00{"
    assert shown["reason"]
    assert "\x1b" not in printed("quarantine-show", str(id))


def test_named_messages_are_replayed():
    first, second = deliver(b"{"), deliver(b"[]")
    assert data("quarantine-replay", str(first)) == {"replayed": 1}
    assert [row.pk for row in Quarantine.objects.all()] == [second]
    assert bytes(Parked.objects.get().body) == b"{"


def test_all_messages_of_a_cluster_are_dropped():
    deliver(b"{")
    kept = deliver(b"{", "c2")
    assert data("quarantine-drop", "--all", "--cluster", "c1") == {"dropped": 1}
    assert [row.pk for row in Quarantine.objects.all()] == [kept]
    assert data("quarantine-drop", "--all") == {"dropped": 1}
    assert not Parked.objects.exists()


def test_everything_goes_over_several_batches(monkeypatch):
    monkeypatch.setattr("synnefo.management.quarantine.AT_ONCE", 2)
    for _ in range(5):
        deliver(b"{")
    assert data("quarantine-replay", "--all") == {"replayed": 5}
    assert Parked.objects.count() == 5


def test_those_of_one_reason_are_listed_and_replayed_and_the_others_stay():
    kept, other = deliver(b"{"), deliver(b"x" * (codec.MAX_BYTES + 1))
    assert [row["id"] for row in data("quarantine-list", "--reason", "over the limit")] == [other]
    assert data("quarantine-replay", "--all", "--reason", "over the limit") == {"replayed": 1}
    assert [row.pk for row in Quarantine.objects.all()] == [kept]


@pytest.mark.parametrize("command", ["quarantine-replay", "quarantine-drop"])
def test_with_one_wrong_number_nothing_is_done(command):
    id = deliver(b"{")
    with pytest.raises(CommandError, match="99999"):
        printed(command, str(id), "99999")
    assert Quarantine.objects.filter(pk=id).exists()
    assert not Parked.objects.exists()


@pytest.mark.parametrize("words", [[], ["1", "--all"]])
@pytest.mark.parametrize("command", ["quarantine-replay", "quarantine-drop"])
def test_it_must_be_said_which(command, words):
    with pytest.raises(CommandError, match="--all"):
        printed(command, *words)


def test_an_unknown_message_is_not_found():
    with pytest.raises(CommandError, match="No quarantined message"):
        printed("quarantine-show", "4711")
