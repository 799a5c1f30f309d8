"""What projects have used in a span of time, out of the rows of servers: each from when it ran first to when it was gone.

Called by the API facades. A server that was resized counts with the size it has now; one whose row is forgotten (retention)
is not counted any more.
"""

import datetime

import msgspec
from django.db.models import Q, QuerySet

from logic import clock
from logic.access import Caller
from logic.compute import states
from logic.compute.models import Server
from logic.db import LIVING
from logic.errors import BadRequest, Forbidden
from logic.ledger.resources import state_of


class Span(msgspec.Struct, frozen=True):
    """From ``start`` to ``end``; both are told as they were asked for, and what is yet to come is not used."""

    start: datetime.datetime
    end: datetime.datetime


class ServerUsage(msgspec.Struct, frozen=True, kw_only=True):
    """``hours`` of the span. ``ram`` MiB, ``disk`` GiB; ``uptime`` seconds in all."""

    server: str
    name: str
    project: str
    flavor: str
    vcpus: int
    ram: int
    disk: int
    state: str
    started_at: datetime.datetime
    ended_at: datetime.datetime | None
    hours: float
    uptime: int


def used(caller: Caller, span: Span, project: str = "", *, limit: int = 0, marker: str = "") -> list[ServerUsage]:
    """By project, then by server; of all projects for administrators. ``limit`` 0: all. Raises :class:`Forbidden`,
    :class:`BadRequest`."""
    if project != caller.project and not caller.is_admin:
        raise Forbidden(action="seeing what other projects have used", needs="admin")
    rows = Server.objects.filter(launched_at__lt=min(span.end, clock.now())).filter(_there(span))
    rows = (rows.filter(project=project) if project else rows).order_by("project", "id")
    if marker:
        rows = _after(rows, marker)
    return [_usage(row, span) for row in (rows[:limit] if limit else rows)]


def _there(span: Span) -> Q:
    """In words that have an index each: those there are, and those that ended since."""
    return LIVING & Q(terminated_at=None) | Q(terminated_at__gte=span.start)


def _after(rows: QuerySet[Server], marker: str) -> QuerySet[Server]:
    last = rows.filter(pk=marker).values_list("project", flat=True).first()
    if last is None:
        raise BadRequest(reason="The marker could not be found. Use the id of the last server of a page.")
    return rows.filter(Q(project__gt=last) | Q(project=last, pk__gt=marker))


def _usage(row: Server, span: Span) -> ServerUsage:
    now, began, ended = clock.now(), row.launched_at, row.terminated_at
    assert began, "those that never ran are not asked for"
    until = min(ended or now, span.end, now)
    seconds = max((until - max(began, span.start)).total_seconds(), 0)
    return ServerUsage(
        server=row.pk,
        name=row.name,
        project=row.project,
        flavor=row.flavor_name,
        vcpus=row.vcpus,
        ram=row.ram,
        disk=row.disk + row.ephemeral,
        state="terminated" if ended else states.nova_vm_state(state_of(row)),
        started_at=began,
        ended_at=ended,
        hours=seconds / 3600,
        uptime=int(((ended or now) - began).total_seconds()),
    )
