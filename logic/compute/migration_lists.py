"""What became of moves of servers and of changes of their size: rows of ``migration_rows`` with their commands, for operators.

Called by the API facades. The words are Nova's, of each kind its own; from which to which node of its cluster a server went, the
cluster alone knows.
"""

import datetime
from typing import Any

import msgspec
from django.db.models import Case, CharField, DateTimeField, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from ganeti.vocabulary import RANK, RUNNING
from logic import paging
from logic.compute.migration_rows import COLD, CONFIRMED, EVACUATION, LIVE, RESIZE
from logic.compute.models import Migration
from logic.errors import BadRequest
from logic.ledger.models import Command

NEWEST = [("id", "desc")]
UNDER_WAY = ("queued", "running")


class MigrationInfo(msgspec.Struct, frozen=True, kw_only=True):
    """``host`` is the cluster's name; ``number`` and ``uuid`` both name it."""

    number: int
    uuid: str
    server: str
    kind: str
    status: str
    host: str
    user: str
    project: str
    created_at: datetime.datetime
    updated_at: datetime.datetime | None


class MigrationFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Empty: any. ``changes_…`` by when it last changed."""

    host: str = ""
    status: str = ""
    server: str = ""
    kind: str = ""
    user: str = ""
    project: str = ""
    changes_since: datetime.datetime | None = None
    changes_before: datetime.datetime | None = None


def migrations(
    wanted: MigrationFilter = MigrationFilter(),  # noqa: B008 - frozen
    *,
    limit: int = 1000,
    marker: str = "",
) -> list[MigrationInfo]:
    """The newest first, after the one whose uuid ``marker`` is. Raises :class:`BadRequest`."""
    names = {"changes_since": "changed_at__gte", "changes_before": "changed_at__lte", "status": "word"}
    same = {names.get(name, name): value for name, value in msgspec.structs.asdict(wanted).items() if value}
    found = _told().filter(**same)
    if marker:
        last = Migration.objects.filter(uuid=marker).first()
        if last is None:
            raise BadRequest(reason="The marker could not be found. Use the uuid of the last migration of a page.")
        found = found.filter(paging.after(NEWEST, last))
    return [_info(row) for row in paging.ordered(found, NEWEST)[:limit]]


def under_way(server: str) -> list[MigrationInfo]:
    """Of live migrations those that are not over."""
    rows = _told().filter(server=server, kind=LIVE, word__in=UNDER_WAY)
    return [_info(row) for row in rows.order_by("pk")]


def _told() -> QuerySet[Any]:
    of = Command.objects.filter(pk=OuterRef("uuid"))
    closing = Command.objects.filter(pk=OuterRef("closed"))
    return Migration.objects.annotate(
        command_status=Subquery(of.values("status")[:1]),
        outcome=Coalesce(Subquery(of.values("outcome")[:1]), Value("")),
        rank=Subquery(of.values("rank")[:1]),
        closing=Coalesce(Subquery(closing.values("outcome")[:1]), Value("")),
        changed_at=Coalesce(Subquery(of.values("settled_at")[:1]), F("created_at"), output_field=DateTimeField()),
    ).annotate(word=Case(*_words(), default=Value("error"), output_field=CharField()))


def _words() -> list[When]:
    """The first that fits."""
    two_steps, running = Q(kind__in=(RESIZE, COLD)), Q(rank__gte=RANK[RUNNING])
    open_ = ~Q(command_status="settled") & Q(command_status__isnull=False)
    words: list[tuple[Q, str]] = [
        (open_ & Q(kind=LIVE) & running, "running"),
        (open_ & Q(kind=LIVE), "queued"),
        (open_ & two_steps & running, "migrating"),
        (open_ & Q(kind=EVACUATION) & ~running, "accepted"),
        (open_, "pre-migrating"),
        (Q(outcome="success", kind=LIVE), "completed"),
        (Q(outcome="success", kind=EVACUATION), "done"),
        (Q(outcome="success", closed=CONFIRMED), "confirmed"),
        (Q(outcome="success", closing="success"), "reverted"),
        (Q(outcome="success"), "finished"),
        (Q(outcome__in=("canceled", "superseded")), "cancelled"),
        (Q(kind=EVACUATION), "failed"),
    ]
    return [When(condition, then=Value(word)) for condition, word in words]


def _info(row: Any) -> MigrationInfo:
    """``word`` and ``changed_at`` are annotations."""
    told = {name: getattr(row, name) for name in ("uuid", "server", "kind", "host", "user", "project", "created_at")}
    return MigrationInfo(number=row.pk, status=row.word, updated_at=row.changed_at, **told)
