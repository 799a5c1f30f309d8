"""Policy: a command's transaction that the database broke off, so that another could go on, is done again.

``commands`` of the resource apps are wrapped in :func:`atomically`. Facts have their own policy, without end:
``logic.dispatcher.policy.retrying``. A database that is away, and a lock that was waited for in vain, are not tried again
here: the caller hears that the service is unavailable.
"""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction

LOCK_NOT_AVAILABLE, QUERY_CANCELED = "55P03", "57014"  # SQLSTATEs of PostgreSQL
LOCK_WAIT_TIMEOUT, STATEMENT_TIMEOUT = 1205, 1969  # MariaDB's numbers
SQLITE_LOCKED = "database is locked"
P = ParamSpec("P")
T = TypeVar("T")
TRIES = 5
BROKEN_OFF = frozenset(
    {"40001", "40P01"}
)  # SQLSTATE of a serialisation failure and of a deadlock; MariaDB: 40001 for both


def atomically(function: Callable[P, T]) -> Callable[P, T]:
    """Run in one transaction. Within another one it is a part of that, which is done again as a whole or not at all."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        tries = 1 if connection.in_atomic_block else TRIES
        while True:
            tries -= 1
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except OperationalError as error:
                if not tries or not was_broken_off(error):
                    raise

    return run


def was_broken_off(error: OperationalError) -> bool:
    """Has the database ended the transaction for the sake of another?"""
    return getattr(error.__cause__, "sqlstate", None) in BROKEN_OFF


def took_too_long(error: BaseException) -> bool:
    """Has the database ended a statement because of ``DATABASE_STATEMENT_TIMEOUT``?"""
    return getattr(error.__cause__, "sqlstate", None) == QUERY_CANCELED or error.args[:1] == (STATEMENT_TIMEOUT,)


def waited_in_vain(error: BaseException) -> bool:
    """Did another transaction hold what was needed for too long?"""
    cause = error.__cause__
    if getattr(cause, "sqlstate", None) == LOCK_NOT_AVAILABLE:
        return True
    return error.args[:1] in {(LOCK_WAIT_TIMEOUT,), (SQLITE_LOCKED,)}
