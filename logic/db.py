"""What every table of ours shares with Django: connections in pool threads, questions asked again and again, transactions
with a failpoint at their commit, and the columns of a resource with a state.

``Stateful`` is the abstract model of servers, ports, networks on clusters and volumes. Its state columns are written by
``logic.ledger`` and by nobody else (a house rule). ``with_connection`` is what ``logic.offload.Threads`` wraps around each
database call, since the connections live in our own threads and not in Django's request cycle.
"""

import datetime
import select
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeVar

import psycopg
from django.db import (
    DEFAULT_DB_ALIAS,
    InterfaceError,
    InternalError,
    OperationalError,
    connection,
    connections,
    models,
    transaction,
)

from logic import clock, failpoints

P = ParamSpec("P")
T = TypeVar("T")


# What a database says that is away, breaks off what it has begun, or takes no writes since another is the primary now
# (PostgreSQL's class 25, an InternalError to Django): never the fault of what was asked.
DATABASE_AWAY = (OperationalError, InterfaceError, InternalError)


def with_connection(function: Callable[[], T]) -> T:
    """Run a database call on this thread's connection; a broken one is dropped, so that the next call gets a new one."""
    for one in connections.all(initialized_only=True):
        one.close_if_unusable_or_obsolete()
        _look_at(one)
    try:
        return function()
    except DATABASE_AWAY as error:
        for one in connections.all(initialized_only=True):
            if isinstance(error, InternalError):
                one.close()  # it answers, and is of no use
            else:
                one.close_if_unusable_or_obsolete()
        raise


def _look_at(one: Any) -> None:
    """A server that ended the session has said so, and its word waits on a socket on which nothing was asked: looking
    there saves Django's question whether PostgreSQL is still well, before each call."""
    if one.vendor != "postgresql" or one.connection is None or one.in_atomic_block:
        return
    if one.connection.closed or _has_word(one.connection.fileno()):
        one.close()
    one.health_check_done = True


def _has_word(socket: int) -> bool:
    waiting = select.poll()
    waiting.register(socket, select.POLLIN)
    return bool(waiting.poll(0))


def asked(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of a small question that is asked all the time. PostgreSQL keeps its plan, since planning takes several
    times as long as answering."""
    return _sent(sql, values, lambda cursor: list(cursor.fetchall()))


def asked_of(sql: str, ids: Sequence[str]) -> list[tuple[Any, ...]]:
    """The same of a question about several; where it says ``{among}`` behind a column, that is one of ``ids``. PostgreSQL takes
    them as one value, so that it is one question however many they are."""
    if not ids:
        return []
    if connection.vendor == "postgresql":
        return asked(sql.format(among="= ANY(%s)"), [list(ids)])
    return asked(sql.format(among=f"IN ({', '.join(['%s'] * len(ids))})"), ids)


def told(sql: str, values: Sequence[Any]) -> None:
    """The same as :func:`asked` for a statement that has no answer."""
    _sent(sql, values, lambda _: None)


def moment(value: Any) -> datetime.datetime | None:
    """A time in an answer to :func:`asked`, as Python has it: SQLite gives text, and MariaDB no zone."""
    if value is None:
        return None
    told = datetime.datetime.fromisoformat(value) if isinstance(value, str) else value
    return told if told.tzinfo else told.replace(tzinfo=datetime.UTC)


def _sent(sql: str, values: Sequence[Any], read: Callable[[Any], T]) -> T:
    """``connection`` looks for the thread's own at each of its attributes, which adds up where a request asks so often."""
    one: Any = connections[DEFAULT_DB_ALIAS]
    if one.vendor != "postgresql":
        with one.cursor() as cursor:
            cursor.execute(sql, values)
            return read(cursor)
    one.ensure_connection()
    one.connection.prepare_threshold = 1  # Django's own cursors prepare nothing all the same
    if one.queries_logged:
        one.queries_log.append({"sql": sql, "time": ""})  # it counts like any other
    with one.wrap_database_errors:
        return read(psycopg.Cursor(one.connection).execute(sql, values, prepare=True))


def committing(name: str, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do the work of a transaction, with a failpoint at its commit. What calls it does the transaction again when the
    database fails, or tells the user."""
    fault = failpoints.met(name)
    if fault is None:
        return work(*args, **kwargs)
    for _ in range(fault.times):
        with transaction.atomic():
            result = work(*args, **kwargs)
            fault.before(OperationalError)
        fault.after(OperationalError)
    return result


def new_id() -> str:
    """A resource's id: a dashed UUID, as OpenStack's services print it."""
    return str(clock.new_uuid())


# Of indexes for lists: they grow with what there is and not with all there ever was. MariaDB knows no conditions and
# indexes every row.
LIVING = ~models.Q(observed="gone")


class Stateful(models.Model):
    """A resource with a life of its own on a backend. See ``logic.snapshots.State`` for the meaning of each column."""

    id: Any = models.CharField(primary_key=True, max_length=36, default=new_id)
    backend: Any = models.ForeignKey("placement.Backend", models.PROTECT, null=True, related_name="+")
    observed = models.CharField(max_length=16, default="none")
    mode = models.CharField(max_length=16, default="normal")
    fault = models.TextField(default="", blank=True)
    fault_code = models.CharField(max_length=64, default="", blank=True)
    command = models.CharField(max_length=36, default="", blank=True)
    verb = models.CharField(max_length=24, default="", blank=True)
    fence_job = models.BigIntegerField(default=0)
    fence_op = models.IntegerField(default=0)
    incarnation = models.CharField(max_length=36, default="", blank=True)
    backend_uuid = models.CharField(max_length=64, default="", blank=True)
    missing = models.IntegerField(default=0)
    version = models.BigIntegerField(default=0)
    look_at = models.DateTimeField(null=True, db_index=True)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        abstract = True
