"""Has the database what this code needs? One that has more is as good."""

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from logic import schema
from synnefo.testing.databases import migrate, replaced

(LAST,) = MigrationLoader(None).graph.leaf_nodes("compute")


@pytest.fixture
def empty(tmp_path, django_db_blocker):
    entry = dict(connection.settings_dict) | {"NAME": tmp_path / "empty.sqlite3"}
    with django_db_blocker.unblock(), replaced(entry):
        yield entry


@pytest.fixture
def migrated(empty):
    migrate(empty)


def forget(app, name):
    MigrationRecorder(connection).record_unapplied(app, name)


def test_an_empty_database_lacks_everything_and_the_first_is_named(empty):
    names = schema.lacking()
    assert {"compute.0001_initial", "ledger.0001_initial"} < set(names)
    with pytest.raises(schema.Lacking) as found:
        schema.check()
    assert found.value.sentence == (
        f"The database lacks {len(names)} migrations (first: {names[0]}). Run: manage migrate"
    )


def test_one_that_was_migrated_lacks_nothing(migrated):
    schema.check()


def test_one_that_is_behind_lacks_what_came_since(migrated):
    forget(*LAST)
    with pytest.raises(schema.Lacking, match=rf"lacks 1 migration \(first: compute\.{LAST[1]}\)"):
        schema.check()
    schema.check_ours()


def test_one_that_lacks_a_migration_before_the_last_is_behind_too(migrated):
    forget("ledger", "0001_initial")
    with pytest.raises(schema.Lacking, match=r"lacks 1 migration \(first: ledger\.0001_initial\)"):
        schema.check()


def test_one_that_a_newer_version_has_migrated_is_as_good(migrated):
    for app, name in (("compute", "0099_of_tomorrow"), ("volume", "0001_initial")):
        MigrationRecorder(connection).record_applied(app, name)
    schema.check()


@pytest.mark.parametrize("others", [[], [("shop", "0001_initial")]], ids=["empty", "somebody_elses"])
def test_one_without_any_of_our_migrations_is_not_ours(empty, others):
    recorder = MigrationRecorder(connection)
    for app, name in others:
        recorder.record_applied(app, name)
    with pytest.raises(schema.Lacking):
        schema.check_ours()


def test_who_asks_again_and_again_is_answered_from_memory_until_a_statement_fails(migrated):
    schema.check_once()
    forget(*LAST)
    schema.check_once()
    for ask in (schema.check_again, schema.check_once):
        with pytest.raises(schema.Lacking):
            ask()


def test_what_lacks_something_is_looked_at_again_each_time(empty):
    with pytest.raises(schema.Lacking):
        schema.check_once()
    migrate(empty)
    schema.check_once()
