"""Migrations only expand, and the rule catches each offender."""

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from logic.tests.expanding import EXCUSED, narrowing, of_the_tree


@pytest.mark.parametrize(("migration", "before"), of_the_tree(), ids=lambda one: getattr(one, "name", ""))
def test_the_version_before_can_live_with_it(migration, before):
    assert narrowing(migration, before) == []


def test_an_excuse_is_for_a_migration_that_needs_it():
    loader = MigrationLoader(None)
    for key in EXCUSED:
        assert narrowing(loader.disk_migrations[key], loader.project_state(key, at_end=False))


def told(*operations):
    """What is wrong with a migration on a schema of one table."""
    state = ProjectState()
    fields = [("id", models.BigAutoField(primary_key=True)), ("word", models.CharField(max_length=10))]
    migrations.CreateModel("Thing", fields).state_forwards("compute", state)
    migration = migrations.Migration("0009_x", "compute")
    migration.operations = list(operations)
    return narrowing(migration, state)


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField("thing", "new", models.IntegerField(default=0)),
        migrations.AddField("thing", "new", models.CharField(max_length=9, default="")),
        migrations.RemoveField("thing", "word"),
        migrations.RenameField("thing", "word", "term"),
        migrations.RenameModel("Thing", "Object"),
        migrations.DeleteModel("Thing"),
        migrations.AlterModelTable("thing", "other"),
        migrations.AlterField("thing", "word", models.CharField(max_length=5)),
        migrations.AlterField("thing", "word", models.TextField()),
        migrations.AlterField("thing", "word", models.CharField(max_length=10, unique=True)),
        migrations.AddConstraint("thing", models.CheckConstraint(condition=models.Q(word="x"), name="only_x")),
        migrations.AlterUniqueTogether("thing", {("word",)}),
        migrations.RunSQL("DROP TABLE compute_thing"),
        migrations.RunPython(migrations.RunPython.noop),
    ],
    ids=lambda operation: operation.describe(),
)
def test_what_narrows_is_found(operation):
    assert len(told(operation)) == 1


@pytest.mark.parametrize(
    "operation",
    [
        migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddField("thing", "new", models.IntegerField(null=True)),
        migrations.AddField("thing", "new", models.IntegerField(default=0, db_default=0)),
        migrations.AddIndex("thing", models.Index(fields=["word"], name="by_word")),
        migrations.AlterField("thing", "word", models.CharField(max_length=20)),
        migrations.AlterField("thing", "word", models.CharField(max_length=10, null=True)),
        migrations.AlterField("thing", "word", models.CharField(max_length=10, default="x", blank=True)),
    ],
    ids=lambda operation: operation.describe(),
)
def test_what_expands_is_let_through(operation):
    assert told(operation) == []


def test_an_operation_is_judged_by_what_those_before_it_made():
    longer = migrations.AlterField("thing", "word", models.CharField(max_length=20))
    shorter = migrations.AlterField("thing", "word", models.CharField(max_length=15))
    assert len(told(longer, shorter)) == 1
