"""What is forgotten, and what is kept."""

import contextlib
import datetime
import threading

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from logic import clock
from logic.compute import commands
from logic.ledger.models import Command, Inbox, Journal
from logic.placement.models import Backend
from logic.quota import commands as quota
from logic.quota.models import Delta
from logic.quota.queries import usage
from logic.reconcile import retention
from logic.testing.worlds import ALICE, accepted, furnish, job, running, take, tell

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


def remove(server):
    """Deleted by its owner, and so by the cluster."""
    commands.delete_server(ALICE, server.pk)
    taken = take()
    tell(accepted(taken, 900), job(server, "delete", 900, "success", taken.command.id))


def test_what_was_given_back_of_a_quota_goes_and_the_sums_stay(server):
    living = running(first_job=2)
    remove(server)
    while quota.fold():
        pass
    before = usage(server.project)
    Delta.objects.update(created_at=LONG_AGO)
    retention.prune()
    assert not Delta.objects.filter(holder=server.pk).exists()
    assert Delta.objects.filter(holder=living.pk).exists()
    assert usage(server.project) == before


def test_what_is_not_in_the_sums_yet_is_kept(server):
    remove(server)
    Delta.objects.update(created_at=LONG_AGO)
    before = Delta.objects.count()
    assert retention.prune() == 0
    assert Delta.objects.count() == before


def test_what_is_young_or_unsettled_is_kept(server):
    Command.objects.update(status="accepted", settled_at=None)
    counts = Inbox.objects.count(), Command.objects.count(), Journal.objects.count()
    assert retention.prune() == 0
    assert (Inbox.objects.count(), Command.objects.count(), Journal.objects.count()) == counts


def line(at, **changes):
    return Journal(kind="server", resource="r", what="seen", at=at, changes=changes)


def all_forgotten():
    """How many batches it takes."""
    batches = 1
    while retention.prune() >= retention.BATCH:
        batches += 1
    return batches


def test_what_has_piled_up_goes_in_batches_of_a_bounded_size(monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 100)
    Inbox.objects.bulk_create([Inbox(key=str(number), at=LONG_AGO) for number in range(450)])
    Journal.objects.bulk_create([line(LONG_AGO) for _ in range(350)])
    assert retention.prune() == 100
    assert (Inbox.objects.count(), Journal.objects.count()) == (350, 250)
    assert all_forgotten() == 4
    assert (Inbox.objects.count(), Journal.objects.count()) == (0, 0)


def test_lines_that_stay_are_met_once(monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 10)
    Journal.objects.bulk_create([line(LONG_AGO, observed="running") for _ in range(25)])
    assert [retention.prune() for _ in range(4)] == [10, 10, 5, 0]
    Journal.objects.bulk_create([line(LONG_AGO), line(clock.now())])
    assert [retention.prune() for _ in range(2)] == [1, 0]
    assert Journal.objects.filter(changes={}).count() == 1


def test_a_batch_that_is_not_committed_is_done_again(server):
    Journal.objects.update(at=LONG_AGO)
    with contextlib.suppress(ValueError), transaction.atomic():
        retention.prune()
        raise ValueError("the process is killed")
    assert retention.prune() > 0
    assert not Journal.objects.filter(changes={}).exists()


TABLES = ("ledger_inbox", "ledger_journal", "ledger_command")
EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN ", "postgres": "EXPLAIN "}


def plans(of):
    """How the database finds the rows of each SELECT of a batch, large tables given."""
    at = LONG_AGO
    Inbox.objects.bulk_create([Inbox(key=str(n), at=at + datetime.timedelta(seconds=n)) for n in range(5000)])
    Journal.objects.bulk_create([line(at) for _ in range(5000)])
    backend = Backend.objects.create(name="c9", endpoint="https://c9:5080")
    row = {"kind": "server", "backend": backend, "verb": "stop", "payload": b"", "status": "settled"}
    ends = [at + datetime.timedelta(seconds=n) for n in range(5000)]
    Command.objects.bulk_create([Command(id=str(n), resource="r", settled_at=end, **row) for n, end in enumerate(ends)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with CaptureQueriesContext(connection) as captured:
        retention.prune()
    reads = [
        one["sql"] for one in captured if one["sql"].startswith("SELECT") and any(name in one["sql"] for name in TABLES)
    ]
    with connection.cursor() as cursor:
        for sql in reads:
            cursor.execute(of + sql)
            yield sql, str(cursor.fetchall())


def test_a_batch_finds_its_rows_by_an_index_however_large_the_tables_are(default_database):
    if default_database == "mariadb":
        pytest.skip("its plans are tables of their own; the indexes are the same")
    explained = dict(plans(EXPLAIN[default_database]))
    assert all(any(table in sql for sql in explained) for table in TABLES)
    for sql, plan in explained.items():
        assert "INDEX" in plan.upper() or "PRIMARY KEY" in plan.upper(), (sql, plan)
        assert "Seq Scan" not in plan, (sql, plan)
        assert "Sort" not in plan, (sql, plan)
        assert "TEMP B-TREE" not in plan, (sql, plan)


@pytest.mark.django_db(transaction=True)
def test_forgetting_waits_for_nobody_and_nobody_for_it(default_database, server):
    if default_database == "sqlite":
        pytest.skip("SQLite has one writer: there a batch is a short transaction among others")
    tell(job(server, "stop", 1, "queued"))
    Inbox.objects.update(at=LONG_AGO)
    Journal.objects.update(at=LONG_AGO)
    forgotten = threading.Event()
    beside = threading.Thread(target=forget_beside, args=[forgotten])
    with transaction.atomic():
        tell(job(server, "stop", 1, "running"))
        beside.start()
        assert forgotten.wait(20), "it waits for a batch of events that is not committed"
    beside.join()
    assert Inbox.objects.count() == 1


def forget_beside(done):
    """On a connection of its own, held open while somebody else writes."""
    bound = "SET lock_timeout = '10s'" if connection.vendor == "postgresql" else "SET innodb_lock_wait_timeout = 10"
    try:
        with connection.cursor() as cursor:
            cursor.execute(bound)
        retention.prune()
        done.set()
    finally:
        connection.close()
