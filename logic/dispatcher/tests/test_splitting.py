"""A batch that one message spoils: each good one is applied, the bad one is kept, and neighbours wait for few tries."""

import pytest
import structlog
from django.db import ProgrammingError
from prometheus_client import REGISTRY

from logic.dispatcher import applying
from logic.dispatcher.policy import splitting
from logic.ledger.envelopes import local
from logic.ledger.folding import Fold
from logic.ledger.models import Quarantine
from logic.testing.worlds import furnish, job, running, state

pytestmark = pytest.mark.django_db
COUNT = 4


@pytest.fixture
def servers():
    furnish()
    return [running(first_job=number) for number in range(1, COUNT + 1)]


@pytest.fixture
def spoilt(monkeypatch):
    """``spoilt(*servers)``: what concerns these meets a fault of ours."""
    ids, real = set(), Fold.apply

    def apply(fold, address, observation):
        if address.id in ids:
            raise ProgrammingError("a bad migration")
        return real(fold, address, observation)

    monkeypatch.setattr(Fold, "apply", apply)
    return lambda *bad: ids.update(one.pk for one in bad)


@pytest.fixture
def tries(monkeypatch):
    """The sizes of the batches that are tried."""
    made, real = [], splitting.advance_batch

    def advance(envelopes):
        made.append(len(envelopes))
        return real(envelopes)

    monkeypatch.setattr(splitting, "advance_batch", advance)
    return made


def stopped(servers):
    return [local(job(server, "stop", 90 + place, "success")) for place, server in enumerate(servers)]


@pytest.mark.parametrize("places", [[0], [3], [1, 2], [0, 1, 2, 3]], ids=str)
def test_the_good_are_applied_and_the_bad_are_kept(servers, spoilt, places):
    bad = [servers[place] for place in places]
    spoilt(*bad)
    result = splitting.apply_all(stopped(servers))
    assert [state(one).observed for one in servers] == ["running" if one in bad else "stopped" for one in servers]
    assert Quarantine.objects.count() == result.counts["quarantined"] == len(bad)
    assert result.counts["applied"] == COUNT - len(bad)


@pytest.mark.parametrize(
    ("place", "expected"), [(0, [4, 2, 1, 1, 2]), (1, [4, 2, 1, 1, 2]), (2, [4, 2, 1, 1]), (3, [4, 2, 1, 1])]
)
def test_a_half_that_is_known_to_be_bad_is_not_tried_as_a_whole(servers, spoilt, tries, place, expected):
    spoilt(servers[place])
    splitting.apply_all(stopped(servers))
    assert tries == expected


def test_what_only_the_whole_batch_spoils_is_applied_in_parts(servers, monkeypatch, tries):
    real = Fold.write

    def write(fold):
        if sum(one.kind == "server" for one in fold.entries) == COUNT:
            raise ValueError("too much at once")
        real(fold)

    monkeypatch.setattr(Fold, "write", write)
    assert splitting.apply_all(stopped(servers)).counts["applied"] == COUNT
    assert not Quarantine.objects.exists()
    assert max(tries[1:]) < COUNT


def test_a_fault_is_logged_with_its_trace_and_counted_once_it_is_kept(servers, spoilt):
    spoilt(servers[0])
    result = splitting.apply_all(stopped(servers))
    before = REGISTRY.get_sample_value("synnefo_own_faults_total", {"where": "message"}) or 0.0
    with structlog.testing.capture_logs() as lines:
        applying.report(result, [])
    assert [(line["event"], line["reason"], str(line["exc_info"])) for line in lines] == [
        ("message.quarantined", "ProgrammingError", "a bad migration")
    ]
    assert REGISTRY.get_sample_value("synnefo_own_faults_total", {"where": "message"}) == before + 1
