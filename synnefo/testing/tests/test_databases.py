"""What tests of one database share, and what of a test never reaches the next."""

import pytest
from django.db import connection, transaction

from synnefo.testing.databases import Lender


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
