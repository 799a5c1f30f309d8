"""``manage.py queue-inspect`` and ``quarantine-*``."""

import base64
import io
import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError

from logic.compute.models import Server
from logic.dispatcher.policy.splitting import apply_all
from logic.ledger import parking
from logic.ledger.envelopes import local, opened
from logic.ledger.models import Parked, Quarantine
from logic.messages import codec
from logic.testing.worlds import create, furnish, job, running
from synnefo.management.tables import USAGE
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
    first, second = mendable(), deliver(b"[]")
    assert replayed(str(first)) == (0, {"replayed": 1, "applied": 1})
    assert [row.pk for row in Quarantine.objects.all()] == [second]
    assert Server.objects.get().observed == "stopped"


def test_one_that_comes_back_is_told_with_its_reason_and_when_it_first_came_there():
    mendable()
    first = Quarantine.objects.get(pk=deliver(b"{"))
    code, told = replayed("--all")
    why = told.pop("why")
    assert (code, told) == (1, {"replayed": 2, "applied": 1, "came_back": 1})
    (back,) = data("quarantine-list")
    assert why == [f"{back['reason']} (1)"]
    assert Quarantine.objects.get().first_at == first.first_at
    assert (back["replays"], back["id"] > first.pk) == (1, True)
    assert data("quarantine-show", str(back["id"]))["replays"] == 1


def test_one_that_waits_for_its_server_and_one_that_is_known_are_told_as_such():
    parking.quarantine(local(job(Server(number=4711), "stop", 9, "success")), "a bug since mended")
    mendable()
    twice = Quarantine.objects.order_by("id").last()
    Quarantine.objects.create(body=twice.body, cluster="c1", reason="a bug since mended")
    assert replayed("--all") == (0, {"replayed": 3, "applied": 1, "nothing_new": 1, "waiting": 1})


def test_when_the_database_goes_away_meanwhile_all_are_still_there(monkeypatch):
    monkeypatch.setattr("logic.dispatcher.policy.splitting.advance_batch", away)
    id = deliver_plainly()
    with pytest.raises(CommandError, match="away"):
        printed("quarantine-replay", "--all")
    assert Quarantine.objects.get().pk == id


def away(_):
    raise OperationalError("gone")


def deliver_plainly():
    return Quarantine.objects.create(body=b"{", cluster="c1", reason="r").pk


def mendable():
    """A message about a running server that could be applied now."""
    parking.quarantine(local(job(running(), "stop", 9, "success")), "a bug since mended")
    return Quarantine.objects.order_by("-id")[0].pk


def replayed(*words):
    """The exit code, and what is not nought of what was told."""
    out, code = io.StringIO(), 0
    try:
        call_command("quarantine-replay", *words, "--json", stdout=out)
    except SystemExit as over:
        code = over.code
    return code, {name: value for name, value in json.loads(out.getvalue()).items() if value}


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
    code, told = replayed("--all")
    assert (code, told["replayed"], told["came_back"]) == (1, 5, 5)
    assert sum(int(why.rpartition("(")[2].rstrip(")")) for why in told["why"]) == 5
    assert Quarantine.objects.filter(replays=1).count() == 5


def test_those_of_one_reason_are_listed_and_replayed_and_the_others_stay():
    kept, other = deliver(b"{"), deliver(b"x" * (codec.MAX_BYTES + 1))
    assert [row["id"] for row in data("quarantine-list", "--reason", "over the limit")] == [other]
    _, told = replayed("--all", "--reason", "over the limit")
    assert (told["replayed"], told["came_back"]) == (1, 1)
    assert [row.replays for row in Quarantine.objects.order_by("id")] == [0, 1]
    assert Quarantine.objects.filter(pk=kept).exists()


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
    with pytest.raises(CommandError, match="--all") as failure:
        printed(command, *words)
    assert failure.value.returncode == USAGE


def test_an_unknown_message_is_not_found():
    with pytest.raises(CommandError, match="No quarantined message"):
        printed("quarantine-show", "4711")
