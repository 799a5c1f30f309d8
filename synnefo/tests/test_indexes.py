"""Every write pays for every index of its table: on PostgreSQL there is none that nothing asks for."""

import pytest
from django.db import connection

from synnefo.testing.databases import replaced
from synnefo.tests.test_plans import GROWING

OURS = ("compute", "network", "ledger", "quota", "identity", "image", "placement")
INDEXES = """
SELECT home.relname, name.relname, one.indisunique, pg_get_expr(one.indpred, one.indrelid), class.opcname,
       ARRAY(SELECT pg_get_indexdef(one.indexrelid, place, true) FROM generate_series(1, one.indnkeyatts) place)
  FROM pg_index one
  JOIN pg_class name ON name.oid = one.indexrelid
  JOIN pg_class home ON home.oid = one.indrelid
  JOIN pg_opclass class ON class.oid = one.indclass[0]
 WHERE home.relnamespace = 'public'::regnamespace
"""


@pytest.fixture(scope="module")
def indexes(migrated_postgres, django_db_blocker):
    with django_db_blocker.unblock(), replaced(migrated_postgres), connection.cursor() as cursor:
        cursor.execute(INDEXES)
        return [one for one in cursor.fetchall() if one[0].partition("_")[0] in OURS]


def test_the_tables_that_grow_are_looked_at(indexes):
    assert {table for table, *_ in indexes} >= GROWING


def test_none_is_for_patterns_which_we_never_ask_for(indexes):
    """A migration that adds a key of letters ends with ``DropPatternIndexes``, and is not atomic."""
    assert [name for _, name, _, _, kind, _ in indexes if kind.endswith("_pattern_ops")] == []


def test_none_of_a_table_that_grows_is_the_beginning_of_another(indexes):
    needless = [
        (name, other)
        for table, name, unique, condition, _, columns in indexes
        for home, other, _, same, _, more in indexes
        if table == home and table in GROWING and name != other and not unique and condition == same
        if more[: len(columns)] == columns
    ]
    assert needless == []
