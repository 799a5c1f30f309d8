"""Has the database the schema that this code needs? What ``migrate`` would still have to do, as one sentence.

Asked by operator commands and the dispatcher before they begin, by ``/health``, and when a statement met a table or column
that is not there: never on the road of a request that goes well. A database that is ahead, since a newer version has migrated
it, is as good as ours: two versions run side by side during an upgrade.
"""

import functools

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from logic.errors import Conflict

_whole: set[tuple[object, ...]] = set()  # databases that this process has found to have all


class Lacking(Conflict):
    """The database lacks {migrations} (first: {first}). Run: manage migrate"""

    code = "schema-behind"

    def __init__(self, names: list[str]) -> None:
        many = "migration" if len(names) == 1 else "migrations"
        super().__init__(migrations=f"{len(names)} {many}", first=names[0])


def lacking() -> list[str]:
    """Migrations that this code knows and the database has not had, in the order in which they would be applied."""
    applied = MigrationRecorder(connection).applied_migrations()
    return [".".join(one) for one in _known() if one not in applied]


@functools.cache
def _known() -> list[tuple[str, str]]:
    """App and name of each migration of this code: all files are read for it, and they stay as they are."""
    graph = MigrationLoader(None).graph
    return list(dict.fromkeys(one for leaf in graph.leaf_nodes() for one in graph.forwards_plan(leaf)))


def check() -> None:
    """Raises :class:`Lacking`."""
    if names := lacking():
        raise Lacking(names)


def check_once() -> None:
    """The same, until it has been found to have all once: for those who ask again and again."""
    if _which() not in _whole:
        check()
        _whole.add(_which())


def check_again() -> None:
    """A statement met what is not there: is that why? Raises :class:`Lacking`, and so does :func:`check_once` from now on."""
    _whole.discard(_which())
    check()


def check_ours() -> None:
    """Is it a database of ours at all, of whatever version? Raises :class:`Lacking`."""
    if not MigrationRecorder(connection).applied_migrations().keys() & set(_known()):
        check()


def _which() -> tuple[object, ...]:
    entry = connection.settings_dict
    return tuple(str(entry[name]) for name in ("ENGINE", "HOST", "PORT", "NAME"))
