"""Which commands are due: one question, asked by every worker every time it looks, in SQL that every database of ours reads.

For both forms of the store. What it finds is a hint: ``claiming`` locks it and looks again with ``moments``, which says the same
of one row. In plain SQL since Django takes longer to build it than a database to answer it.
"""

import datetime
from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection

from logic.db import asked
from logic.ledger.models import Command, Presence
from logic.ledger.moments import Moment
from logic.ledger.waiting import LASTS, LONGEST
from logic.placement.models import Backend

_COMMAND = Command._meta.db_table
_QUESTION = f"""
SELECT due.kind, due.resource FROM (
    SELECT one.kind, one.resource, one.created_at, one.id,
        row_number() OVER (PARTITION BY one.project ORDER BY one.created_at, one.id)
            + (SELECT count(*) FROM {_COMMAND} AS other WHERE {{held}} AND other.project = one.project) AS turn
    FROM {_COMMAND} AS one JOIN {Backend._meta.db_table} AS home ON home.id = one.backend_id
    WHERE ({{due}}) AND NOT EXISTS (SELECT 1 FROM {_COMMAND} AS other WHERE {{held}} AND other.resource = one.resource)
        AND one.verb IN ({{verbs}}) AND NOT home.offline AND home.restored = '' {{without}}
) AS due ORDER BY due.turn, due.created_at, due.id LIMIT %s"""
_PENDING = "one.status = 'pending' AND (one.due_at <= %s OR one.due_at > %s)"
_LEFT = "one.status = 'claimed' AND one.lease_until < %s"
_SURE = "{0}.idempotency = 'once' AND {0}.lease_until <= %s"
_CLAIMS = f"SELECT id FROM {_COMMAND} WHERE status = 'claimed' AND holder = %s"
_LAPSED = f"SELECT holder FROM {Presence._meta.db_table} WHERE until <= %s"


def due(
    moment: Moment, verbs: Collection[str], *, busy: Collection[str], passed: Collection[str], limit: int
) -> list[tuple[str, str]]:
    at, late, last = (_written(one) for one in (moment.now, moment.now + LONGEST, moment.now + LASTS))
    held, left, dropped = "other.status = 'claimed' AND other.lease_until >= %s", _LEFT, _dropped(moment)
    if dropped:
        held += f" AND ({_SURE.format('other')} OR NOT {_of('other', moment)})"
        left += f" OR one.status = 'claimed' AND NOT ({_SURE.format('one')}) AND {_of('one', moment)}"
    question = _QUESTION.format(
        held=held,
        due=f"{_PENDING} OR {left}",
        verbs=_places(verbs),
        without=_without("home.name", busy) + _without("one.resource", passed),
    )
    held_by = [at, last, *dropped] if dropped else [at]
    values = [*held_by, at, late, *held_by, *held_by, *verbs, *busy, *passed, limit]
    return [(kind, resource) for kind, resource in asked(question, values)]


def claims_of(holder: str) -> set[str]:
    return {id for (id,) in asked(_CLAIMS, [holder])}


def lapsed(now: datetime.datetime) -> frozenset[str]:
    return frozenset(holder for (holder,) in asked(_LAPSED, [_written(now)]))


def _dropped(moment: Moment) -> Sequence[str]:
    """The values of :func:`_of`."""
    return [*sorted(moment.lapsed), *sorted(moment.forgotten)]


def _of(table: str, moment: Moment) -> str:
    """Has its holder let it fall?"""
    ways = ((f"{table}.holder", moment.lapsed), (f"{table}.id", moment.forgotten))
    return "(" + " OR ".join(f"{column} IN ({_places(values)})" for column, values in ways if values) + ")"


def _without(column: str, values: Collection[str]) -> str:
    return f" AND {column} NOT IN ({_places(values)})" if values else ""


def _places(values: Collection[str]) -> str:
    return ", ".join(["%s"] * len(values))


def _written(at: datetime.datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(at)
