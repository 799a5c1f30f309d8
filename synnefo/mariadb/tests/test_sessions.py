"""Rules of our sessions with MariaDB, on a private server."""

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import DataError, IntegrityError, OperationalError, connection, transaction

from logic.compute.models import Server, ServerNumber
from logic.db import with_connection
from logic.ledger.models import Inbox
from logic.transactions import was_broken_off
from synnefo.testing.databases import replaced


@pytest.fixture(autouse=True)
def on_mariadb(migrated_mariadb, django_db_blocker):
    with django_db_blocker.unblock(), replaced(migrated_mariadb):
        yield
        Inbox.objects.all().delete()


def asked(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()


def test_a_session_is_the_same_whatever_the_server_s_own_settings_are(mariadb):
    kept = mariadb.execute("SELECT @@GLOBAL.time_zone, @@GLOBAL.sql_mode, @@GLOBAL.tx_isolation")[0]
    try:
        mariadb.execute("SET GLOBAL time_zone = '+05:00', sql_mode = '', tx_isolation = 'REPEATABLE-READ'")
        connection.close()
        zone, mode, isolation = asked("SELECT @@time_zone, @@sql_mode, @@tx_isolation")
    finally:
        mariadb.execute("SET GLOBAL time_zone = '{}', sql_mode = '{}', tx_isolation = '{}'".format(*kept))
    assert (zone, isolation) == ("+00:00", "READ-COMMITTED")
    assert {"STRICT_TRANS_TABLES", "STRICT_ALL_TABLES"} <= set(mode.split(","))


def test_an_operator_s_variables_of_the_session_are_added(migrated_mariadb):
    with replaced(migrated_mariadb | {"OPTIONS": {"session": {"innodb_lock_wait_timeout": 7}}}):
        assert asked("SELECT @@innodb_lock_wait_timeout, @@time_zone") == (7, "+00:00")


def test_text_is_compared_to_the_letter_and_to_the_space():
    Inbox.objects.bulk_create([Inbox(key=key) for key in ("a", "A", "a ", "ä")])
    assert Inbox.objects.filter(key="a").count() == 1


def test_text_that_is_too_long_is_refused_and_never_cut_off():
    with pytest.raises(DataError):
        Inbox.objects.create(key="x" * 33)


def test_a_filter_that_the_server_cannot_read_is_the_users_error():
    with pytest.raises(DataError):
        Server.objects.filter(name__regex="(").exists()


def test_a_value_that_must_be_there_is_an_error_of_integrity():
    with pytest.raises(IntegrityError):
        asked("INSERT INTO ledger_inbox (`key`, at) VALUES (NULL, UTC_TIMESTAMP(6))")


def test_a_lock_waited_for_in_vain_is_told_and_is_no_deadlock(migrated_mariadb):
    Inbox.objects.create(key="held")
    with transaction.atomic():
        Inbox.objects.select_for_update().get(key="held")
        with (
            replaced(migrated_mariadb | {"OPTIONS": {"session": {"innodb_lock_wait_timeout": 0}}}),
            pytest.raises(OperationalError) as told,
            transaction.atomic(),
        ):
            Inbox.objects.select_for_update().get(key="held")
    assert told.value.args[0] == 1205
    assert not was_broken_off(told.value)


@pytest.fixture
def lasting(migrated_mariadb):
    """Connections as a running process keeps them."""
    with replaced(migrated_mariadb | {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}):
        yield


def lose_session(mariadb):
    mariadb.execute(f"KILL {asked('SELECT CONNECTION_ID()')[0]}")


def test_a_session_lost_between_two_calls_is_replaced_by_one_like_it(mariadb, lasting):
    with_connection(lambda: lose_session(mariadb))
    assert with_connection(lambda: asked("SELECT @@tx_isolation, @@time_zone")) == ("READ-COMMITTED", "+00:00")


def test_a_session_lost_in_a_transaction_is_told_and_the_next_call_has_a_new_one(mariadb, lasting):
    @transaction.atomic
    def broken():
        Inbox.objects.create(key="lost")
        lose_session(mariadb)
        Inbox.objects.create(key="never")

    with pytest.raises(OperationalError) as told:
        with_connection(broken)
    assert told.value.args[0] in {2006, 2013}
    assert with_connection(Inbox.objects.count) == 0


def test_migrate_refuses_a_database_that_would_take_one_id_for_another(mariadb):
    mariadb.execute("CREATE DATABASE loose CHARACTER SET utf8mb4")
    with replaced(mariadb.django("loose")), pytest.raises(SystemCheckError, match="ALTER DATABASE loose"):
        call_command("migrate", verbosity=0, skip_checks=False)
    assert mariadb.execute("SHOW TABLES IN loose") == []
    mariadb.drop_database("loose")


def test_a_number_once_handed_out_is_gone_even_when_its_row_is_deleted_and_the_server_killed(mariadb):
    last = ServerNumber.objects.create().pk
    ServerNumber.objects.all().delete()
    mariadb.kill()
    mariadb.start()
    connection.close()
    assert ServerNumber.objects.create().pk > last
    ServerNumber.objects.all().delete()
