"""What tests of one database share, and what of a test never reaches the next."""

import pytest
from django.db import connection, transaction

from logic import schema
from synnefo.testing.databases import Lender, migrate, replaced


@pytest.fixture
def lender(migrated_postgres, django_db_blocker):
    with django_db_blocker.unblock():
        made = Lender(migrated_postgres)
        yield made
        made.close()


def session():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def test_one_connection_is_lent_to_one_after_the_other(lender):
    with lender.lent():
        first = session()
    assert connection.vendor == "sqlite"
    with lender.lent():
        assert session() == first


def test_one_that_was_closed_or_whose_server_was_killed_is_opened_anew(lender, postgres):
    with lender.lent():
        first = session()
        postgres.kill()
        postgres.start()
    with lender.lent():
        second = session()
        connection.close()
    with lender.lent():
        assert len({first, second, session()}) == 3


def test_a_transaction_that_was_left_open_is_nobody_elses(lender):
    with lender.lent():
        transaction.atomic().__enter__()
        first = session()
    with lender.lent():
        assert not connection.in_atomic_block
        assert session() != first


def tables():
    """Each with its columns and what holds of them."""
    tell = connection.introspection
    with connection.cursor() as cursor:
        return {
            name: (
                [column[:8] for column in tell.get_table_description(cursor, name)],
                tell.get_constraints(cursor, name).keys(),
            )
            for name in tell.table_names(cursor)
        }


@pytest.mark.every_database
@pytest.mark.django_db
def test_a_database_that_was_not_the_first_of_its_kind_has_all_that_the_first_has(default_database, request, tmp_path):
    first = tables()
    entry = dict(connection.settings_dict) | {"NAME": str(tmp_path / "second.sqlite3")}
    if default_database != "sqlite":
        server = request.getfixturevalue(default_database)
        server.create_database("second")
        entry = server.django("second")
    for _ in range(2 if default_database == "sqlite" else 1):
        (tmp_path / "second.sqlite3").unlink(missing_ok=True)
        migrate(entry)
    with replaced(entry):
        assert tables() == first
        schema.check()
