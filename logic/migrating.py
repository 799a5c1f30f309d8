"""Operations of our migrations that take indexes away which nobody reads and every write pays for. On PostgreSQL only, one by
one and beside whatever reads and writes the table: their migration is not ``atomic``.

Called by migrations of the apps.
"""

from typing import Any, Final

from django.db.migrations.operations import AlterField
from django.db.migrations.operations.base import Operation

# Of plain indexes that no constraint needs: tables, first columns and how many, whether for patterns.
_FOUND: Final = """
SELECT name.relname
  FROM pg_index AS one
  JOIN pg_class AS name ON name.oid = one.indexrelid
  JOIN pg_class AS home ON home.oid = one.indrelid
  JOIN pg_opclass AS class ON class.oid = one.indclass[0]
  JOIN pg_attribute AS first ON first.attrelid = one.indrelid AND first.attnum = one.indkey[0]
 WHERE home.relnamespace = current_schema()::regnamespace AND NOT one.indisunique AND one.indpred IS NULL AND one.indnatts = 1
"""
_PATTERNS: Final = (
    f"{_FOUND} AND class.opcname IN ('varchar_pattern_ops', 'text_pattern_ops') AND home.relname = ANY(%s)"
)
_COLUMN: Final = f"{_FOUND} AND home.relname = %s AND first.attname = %s"


class DropPatternIndexes(Operation):
    """Those that Django makes beside the index of every key of letters, for ``LIKE 'word%'``: we never ask so. An app whose
    later migration adds such a key needs it again (``logic/tests/test_indexes.py`` says so)."""

    reversible = True

    def describe(self) -> str:
        return "Drop the indexes for patterns, which nothing asks for"

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Django's state does not know them."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:  # noqa: ARG002
        tables = [model._meta.db_table for model in to_state.apps.get_app_config(app_label).get_models()]
        _drop(schema_editor, _PATTERNS, [tables])

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Nothing is missed."""


class DropIndexOf(AlterField):
    """A foreign key that another index begins with, or that nobody looks for, has none of its own any more: the field says
    ``db_index=False``. Other databases keep theirs, and the foreign key is left alone."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:  # noqa: ARG002
        model = to_state.apps.get_model(app_label, self.model_name)
        _drop(schema_editor, _COLUMN, [model._meta.db_table, model._meta.get_field(self.name).column])

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Nothing is missed."""


def _drop(schema_editor: Any, question: str, values: list[Any]) -> None:
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        names = [name for (name,) in cursor.fetchall()]
    for name in names:
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(name)}")
