"""The two operations: making a backup while everything runs, and putting one in the place of what is there.

A restore is refused before it changes anything when the file is not whole, was made by a newer version or of another kind
of database, or when anything still works on the database. Until its end, and until each cluster has been looked at as a
whole, the database says of itself that it was restored: no command goes out and no server is made.
"""

import tempfile
from pathlib import Path

import msgspec
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from logic import clock, schema, secretkeys
from logic.compute.models import Server
from logic.errors import Conflict
from logic.identity.commands.tokens import forget_tokens
from logic.ledger.restored import Outlook, begin_again
from synnefo.backups import archive, databases
from synnefo.backups.archive import DATABASE, KEYS, MODE, About
from synnefo.health import VERSION


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What was restored, and what is left to do."""

    made_at: str
    version: str
    servers: int
    keys_added: int
    outlook: Outlook


def backup(target: Path) -> About:
    """Raises :class:`Conflict` when it cannot be made; then there is no file. A schema that is behind is no hindrance, since
    one is made before each upgrade; none at all is."""
    schema.check_ours()
    if target.exists():
        raise Conflict(reason=f"There is already a file {target}. Choose another name.")
    about = About(
        made_at=clock.now().isoformat(timespec="seconds"),
        version=VERSION,
        database=connection.vendor,
        migrations=_applied(),
    )
    try:
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as name:
            folder = Path(name)
            databases.kind().dump(folder / DATABASE)
            (folder / KEYS).touch(MODE)
            (folder / KEYS).write_text(secretkeys.current().text())
            archive.pack(folder, about, target)
    except OSError as error:
        raise Conflict(reason=f"The backup {target} cannot be written: {error.strerror or error}.") from error
    return about


def _applied() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for app, name in sorted(MigrationRecorder(connection).applied_migrations()):
        found.setdefault(app, []).append(name)
    return found


def restore(source: Path, *, replace: bool, skip: int) -> Restored:
    """``replace``: what is in the database may go. Raises :class:`Conflict`."""
    if not source.is_file():
        raise Conflict(reason=f"There is no file {source}.")
    var = Path(settings.VAR_DIR)
    var.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=var) as name:
        folder = Path(name)
        about = archive.unpack(source, folder)
        _check(about, replace=replace)
        keys = secretkeys.current().adopt((folder / KEYS).read_text())
        databases.kind().load(folder / DATABASE)
    call_command("migrate", verbosity=0)
    forget_tokens()
    outlook = begin_again(skip)
    return Restored(
        made_at=about.made_at,
        version=about.version,
        servers=Server.objects.exclude(observed="gone").count(),
        keys_added=keys,
        outlook=outlook,
    )


def _check(about: About, *, replace: bool) -> None:
    if about.database != connection.vendor:
        raise Conflict(
            reason=f"The backup is of {about.database}, and the database of the settings is {connection.vendor}."
        )
    known = MigrationLoader(None).disk_migrations
    newer = [f"{app}.{name}" for app, names in about.migrations.items() for name in names if (app, name) not in known]
    if newer:
        raise Conflict(
            reason=f"The backup was made by a newer version ({about.version}), which has {newer[0]}. Install that one."
        )
    if others := databases.kind().others():
        raise Conflict(
            reason=f"{others} other sessions use the database. Stop every API node and every dispatcher first."
        )
    if not replace and connection.introspection.table_names():
        raise Conflict(reason="The database is not empty. Add --replace if what is in it may go.")
