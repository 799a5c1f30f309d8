"""What cannot be applied is parked or quarantined, and never lost: each message is accounted for."""

import datetime

import pytest

from logic import clock
from logic.compute import commands
from logic.compute.models import Server
from logic.ledger import parking
from logic.ledger.envelopes import opened
from logic.ledger.models import Parked, Quarantine
from logic.testing.worlds import ALICE, cluster, furnish, job, running, state, take, tell

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]


@pytest.fixture(autouse=True)
def world():
    return furnish()


def test_a_message_that_cannot_be_read_is_kept_with_its_bytes_and_the_reason():
    from logic.dispatcher.policy.splitting import apply_all

    apply_all([opened(b"\xff\x00{", cluster="c1", routing_key="ganeti.snf.event.op.c1")])
    kept = Quarantine.objects.get()
    assert bytes(kept.body) == b"\xff\x00{"
    assert "not an observation" in kept.reason


def test_what_no_column_can_hold_is_kept_all_the_same():
    from logic.dispatcher.policy.splitting import apply_all

    far, nul = "c" * 300, "ganeti.snf\0.event.op.c1"
    apply_all([opened(b"junk", cluster=far, routing_key=nul), opened(b"\0", cluster="c\0", routing_key=far)])
    assert [(row.cluster, row.routing_key) for row in Quarantine.objects.order_by("id")] == [
        ("c" * 63, nul.replace("\0", "\\0")),
        ("c\\0", "c" * 255),
    ]


def test_one_bad_message_does_not_spoil_its_batch():
    from logic.dispatcher.policy.splitting import apply_all
    from logic.ledger.envelopes import local

    server = running()
    result = apply_all([opened(b"junk", cluster="c1"), local(job(server, "stop", 9, "success"))])
    assert result.counts == {"quarantined": 1, "applied": 1}
    assert state(server).observed == "stopped"


def test_a_cluster_cannot_speak_about_another():
    from logic.dispatcher.policy.splitting import apply_all
    from logic.messages import codec

    server = running()
    cluster("c2")
    apply_all([opened(codec.encode(job(server, "stop", 9, "success")), cluster="c2")])
    assert state(server).observed == "running"
    assert "speaks about" in Quarantine.objects.get().reason


def test_a_command_of_one_cluster_cannot_be_answered_by_another():
    server = running()
    commands.stop_server(ALICE, server.pk)
    taken = take()
    cluster("c2")
    counts = tell(job(server, "stop", 9, "success", taken.command.id, cluster="c2"))
    assert counts == {"quarantined": 1}


def test_a_message_about_an_unknown_instance_of_ours_is_parked_and_at_last_quarantined():
    from logic.dispatcher.policy.splitting import apply_due
    from logic.ledger import parking

    tell(job(Server(number=4711), "stop", 9, "success"))
    for _ in range(parking.MAX_TRIES):
        Parked.objects.update(due_at=datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC))
        apply_due(10)
    assert Parked.objects.count() == 0
    assert "no server has the instance" in Quarantine.objects.get().reason


def test_a_quarantined_message_can_be_replayed_when_its_cause_is_gone():
    from logic.dispatcher.policy.splitting import apply_all
    from logic.ledger.envelopes import local

    server = running()
    parking.quarantine(local(job(server, "stop", 9, "success")), "a bug since mended")
    apply_all(parking.take_quarantined([Quarantine.objects.get().pk]))
    assert state(server).observed == "stopped"
    assert not Quarantine.objects.exists()


def test_what_comes_back_keeps_when_it_was_first_set_aside_and_counts_how_often_it_was_replayed():
    from logic.dispatcher.policy.splitting import apply_all

    apply_all([opened(b"junk", cluster="c1")])
    first = Quarantine.objects.get()
    for replays in (1, 2):
        apply_all(parking.take_quarantined([Quarantine.objects.get().pk]))
        back = Quarantine.objects.get()
        assert (back.pk == first.pk, back.first_at, back.replays) == (False, first.first_at, replays)


def test_that_is_kept_too_while_it_waits_for_what_it_is_about():
    from logic.dispatcher.policy.splitting import apply_all
    from logic.ledger.envelopes import local

    parking.quarantine(local(job(Server(number=4711), "stop", 9, "success")), "it was about nobody")
    first = Quarantine.objects.get()
    apply_all(parking.take_quarantined([first.pk]))
    waiting = Parked.objects.get()
    assert (waiting.first_at, waiting.replays, waiting.tries) == (first.first_at, 1, 1)
    for _ in range(parking.MAX_TRIES):
        Parked.objects.update(due_at=datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC))
        apply_all(parking.take_due(10))
    back = Quarantine.objects.get()
    assert (back.first_at, back.replays) == (first.first_at, 1)


def test_an_instance_that_is_not_ours_is_counted_and_left_alone():
    stranger = job(Server(number=1), "stop", 9, "success", instance="web1.example.org")
    from logic.dispatcher.policy.splitting import apply_all
    from logic.ledger.envelopes import local

    assert apply_all([local(stranger)]).counts == {"foreign": 1}


def test_a_message_that_a_wrong_clock_has_parked_for_an_hour_is_due():
    parked = {"body": b"{", "cluster": "c1", "routing_key": "", "reason": "r"}
    Parked.objects.create(**parked, due_at=clock.now() + datetime.timedelta(hours=1))
    Parked.objects.create(**parked, due_at=clock.now() + datetime.timedelta(seconds=30))
    assert len(parking.take_due(10)) == 1


def test_a_parked_message_that_meets_a_fault_of_ours_is_quarantined_and_spoils_no_other(monkeypatch):
    from logic.dispatcher.policy import splitting
    from logic.ledger.folding import Fold
    from logic.messages import codec

    good, bad = running(), running(first_job=2)
    for number, server in ((9, good), (10, bad)):
        body = codec.encode(job(server, "stop", number, "success"))
        Parked.objects.create(body=body, cluster="c1", reason="r", due_at=clock.now())
    real = Fold.apply

    def failing(fold, address, observation):
        if address.id == bad.pk:
            raise ValueError("a fault of ours")
        return real(fold, address, observation)

    monkeypatch.setattr(Fold, "apply", failing)
    splitting.apply_due(10)
    assert (state(good).observed, state(bad).observed) == ("stopped", "running")
    assert "a fault of ours" in Quarantine.objects.get().reason
    assert not Parked.objects.exists()
