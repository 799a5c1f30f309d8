"""Migrations only expand: what the version before this one reads and writes stays as it was, so that its processes may run
beside ours on the migrated schema. What is taken away is taken away a version later, and by then nobody knows it.
"""

from typing import Any, Final

from django.db.migrations import operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration
from django.db.migrations.state import ProjectState

from logic.migrating import DropPatternIndexes

HARMLESS: Final = (
    operations.CreateModel,
    operations.AddIndex,
    operations.RemoveIndex,
    operations.RenameIndex,
    operations.AlterModelOptions,
    operations.AlterModelManagers,
    DropPatternIndexes,
)
ONLY_OURS: Final = frozenset({"default", "choices", "blank", "help_text", "verbose_name", "db_index", "db_default"})
# (app, migration) → why it may break the rule. The list only shrinks.
EXCUSED: Final = {("compute", "0002_asked_for"): "there was no version before it that anybody ran"}


def narrowing(migration: Migration, state: ProjectState) -> list[str]:
    """What of a migration the version before could not live with; ``state`` is the schema it starts from."""
    found = []
    for operation in migration.operations:
        if why := _narrows(migration.app_label, operation, state):
            found.append(f"{migration.app_label}.{migration.name}: {operation.describe()}: {why}")
        state = state.clone()
        operation.state_forwards(migration.app_label, state)
    return found


def _narrows(app: str, operation: Any, state: ProjectState) -> str:
    if isinstance(operation, HARMLESS):
        return ""
    if isinstance(operation, operations.AddField):
        lives = operation.field.null or operation.field.has_db_default() or operation.field.many_to_many
        return "" if lives else "NOT NULL without a db_default: the version before does not fill it"
    if isinstance(operation, operations.AlterField):
        before = state.models[app, operation.model_name_lower].fields[operation.name]
        return _altered(before, operation.field)
    return "it takes away, renames or forbids what the version before uses"


def _altered(before: Any, after: Any) -> str:
    old_kind, old = before.deconstruct()[1], before.deconstruct()[3]
    new_kind, new = after.deconstruct()[1], after.deconstruct()[3]
    changed = {name for name in {*old, *new} if old.get(name) != new.get(name)} - ONLY_OURS
    if old_kind != new_kind:
        return f"{old_kind} becomes {new_kind}"
    if new.get("null"):
        changed.discard("null")
    if "max_length" in changed and (new.get("max_length") or 0) > (old.get("max_length") or 0):
        changed.discard("max_length")
    return f"changes {', '.join(sorted(changed))}" if changed else ""


def of_the_tree() -> list[tuple[Migration, ProjectState]]:
    """Every migration of ours but the first of each app, with the schema before it."""
    loader = MigrationLoader(None)
    ours = [key for key in sorted(loader.disk_migrations) if key not in EXCUSED]
    later = [key for key in ours if not loader.disk_migrations[key].initial]
    return [(loader.disk_migrations[key], loader.project_state(key, at_end=False)) for key in later]
