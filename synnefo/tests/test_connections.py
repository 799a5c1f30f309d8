"""Connections as a running process keeps them, and questions asked again and again."""

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import DataError

from logic.db import asked, with_connection
from logic.ledger.models import Inbox
from synnefo.testing.databases import replaced

LASTING = {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}


@pytest.fixture
def lasting(migrated_postgres, django_db_blocker):
    with django_db_blocker.unblock(), replaced(migrated_postgres | LASTING):
        yield


def session() -> int:
    (pid,) = asked("SELECT pg_backend_pid()", [])[0]
    return pid


def test_one_connection_serves_call_after_call(lasting):
    assert with_connection(session) == with_connection(session)


def test_a_session_that_the_server_ended_between_two_calls_is_replaced_and_no_call_fails(postgres, lasting):
    # Given a thread's connection
    ended = with_connection(session)
    # When the server ends it while nobody asks anything
    with psycopg.connect(postgres.dsn(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [ended])
    # Then the next call has a new one
    assert with_connection(session) != ended


def test_a_connection_that_our_side_has_closed_is_replaced_too(lasting):
    ended = with_connection(session)
    connection.connection.close()
    assert with_connection(session) != ended


def test_what_is_asked_all_the_time_is_planned_once(lasting):
    for key in ("a", "b", "a"):
        with_connection(lambda key=key: asked("SELECT key FROM ledger_inbox WHERE key = %s", [key]))
    kept = asked("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT key%%'", [])
    assert kept == [(1,)]


def test_what_the_database_does_not_take_is_told_as_django_tells_it(lasting):
    with pytest.raises(DataError):
        asked("SELECT key FROM ledger_inbox WHERE key = %s", ["a\0b"])


@pytest.mark.django_db
@pytest.mark.every_database
def test_a_question_sees_what_its_transaction_has_written():
    with transaction.atomic():
        Inbox.objects.create(key="mine")
        assert asked(f"SELECT {connection.ops.quote_name('key')} FROM ledger_inbox", []) == [("mine",)]
