"""What is forgotten, and what is kept."""

import datetime

import pytest

from logic import clock
from logic.ledger.models import Command, Inbox, Journal
from logic.reconcile import retention
from logic.testing.worlds import furnish, job, running, tell

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]
LONG_AGO = clock.now() - datetime.timedelta(days=400)


@pytest.fixture
def server():
    furnish()
    return running()


def test_old_keys_commands_and_empty_lines_go(server):
    tell(job(server, "stop", 1, "queued"))
    Inbox.objects.update(at=LONG_AGO)
    Command.objects.update(settled_at=LONG_AGO)
    Journal.objects.update(at=LONG_AGO)
    assert retention.prune() > 0
    assert not Inbox.objects.exists()
    assert not Command.objects.exists()
    assert not Journal.objects.filter(changes={}).exists()


def test_what_changed_a_state_is_kept_so_that_a_replay_gives_the_columns(server):
    Journal.objects.update(at=LONG_AGO)
    before = Journal.objects.exclude(changes={}).count()
    retention.prune()
    assert Journal.objects.exclude(changes={}).count() == before > 0


def test_what_is_young_or_unsettled_is_kept(server):
    Command.objects.update(status="accepted", settled_at=None)
    counts = Inbox.objects.count(), Command.objects.count(), Journal.objects.count()
    assert retention.prune() == 0
    assert (Inbox.objects.count(), Command.objects.count(), Journal.objects.count()) == counts
