"""Reading the ledger: a resource's timeline and commands, the queue of commands, what is parked or in quarantine.

Called by operator commands and by the API's timeline. Writes are ``beginning``, ``advancing``, ``claiming`` and ``parking``.
"""

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django.db.models import Count, Max, Min, Q, QuerySet

from logic import clock
from logic.errors import NotFound
from logic.ledger.models import OPEN, Command, Inbox, Journal, Parked, Quarantine
from logic.messages import codec
from logic.messages.commands import AnyCommand

AHEAD = datetime.timedelta(minutes=1)  # by which a look may be before what the job that it saw at work tells


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the journal. ``changes`` has the new values of the state columns that changed."""

    id: int
    kind: str
    resource: str
    at: datetime.datetime
    what: str
    text: str
    actor: str
    request: str
    command: str
    job: int
    changes: dict[str, Any]


class CommandInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A command as it stands; columns as in ``logic.snapshots.Effort``. ``backend`` is the cluster's name."""

    id: str
    kind: str
    resource: str
    backend: str
    verb: str
    status: str
    outcome: str
    code: str
    error: str
    job: int
    rank: int
    attempts: int
    again: bool
    holder: str
    request: str
    user: str
    created_at: datetime.datetime
    due_at: datetime.datetime
    lease_until: datetime.datetime | None
    settled_at: datetime.datetime | None


class Backlog(msgspec.Struct, frozen=True, kw_only=True):
    """Unsettled commands of one backend in one status; ``oldest`` in seconds since the first was made."""

    backend: str
    status: str
    count: int
    oldest: float


class QueueInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What waits. ``overdue`` commands could have been claimed by now; ``next_parked`` is when the first parked message
    comes back; ``inbox`` counts the keys that are remembered."""

    backlogs: list[Backlog]
    overdue: int
    parked: int
    next_parked: datetime.datetime | None
    quarantined: int
    newest_quarantined: datetime.datetime | None
    inbox: int


class QuarantinedInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A message that could not be applied: its bytes as they came, why, since when, and how often it has been replayed."""

    id: int
    body: bytes
    cluster: str
    routing_key: str
    reason: str
    first_at: datetime.datetime
    replays: int


def timeline(kind: str, id: str, *, limit: int = 1000) -> list[Line]:
    """The newest ``limit`` lines of a resource's journal, oldest first."""
    rows = Journal.objects.filter(kind=kind, resource=id).order_by("-id")[:limit]
    return [Line(**{name: getattr(row, name) for name in Line.__struct_fields__}) for row in reversed(rows)]


def unasked(kind: str, id: str, effects: Mapping[str, str], *, limit: int = 1000) -> list[Line]:
    """The newest ``limit`` lines by which a resource came into another condition although no command of ours was at work: a look
    found it so, or somebody else's job made it so (``effects``: what jobs of each opcode do). Oldest first."""
    told = Q(what="seen") | Q(what="job.success")
    rows = Journal.objects.filter(told, kind=kind, resource=id, command="").order_by("-id")[:limit]
    lines = [Line(**{name: getattr(row, name) for name in Line.__struct_fields__}) for row in reversed(rows)]
    found: list[Line] = []
    for line in lines:
        observed = line.changes.get("observed")
        if observed and line.text != f"found {observed}":
            found.append(line)
        elif found and _explains(line, found[-1], effects):
            found[-1] = msgspec.structs.replace(found[-1], text=line.text, job=line.job)
    return found


def noted(kind: str, id: str, what: str, *, limit: int = 1000) -> list[Line]:
    """The newest ``limit`` lines that say this of a resource."""
    rows = Journal.objects.filter(kind=kind, resource=id, what=what).order_by("-id")[:limit]
    return [Line(**{name: getattr(row, name) for name in Line.__struct_fields__}) for row in rows]


def _explains(line: Line, before: Line, effects: Mapping[str, str]) -> bool:
    """Is it the end of the job that had done what a look found already?"""
    nobodys = before.what == "seen" and before.text.startswith("found ")
    opcode = line.text.partition(" ")[0]
    did_it = line.what == "job.success" and effects.get(opcode, "") == before.changes["observed"]
    return nobodys and did_it and line.at - before.at < AHEAD


def newest(resources: Sequence[str], what: str) -> dict[str, str]:
    """The text of the newest line that says this, of each resource that has one."""
    lines = Journal.objects.filter(resource__in=resources, what=what).order_by()
    last = lines.values("resource").annotate(last=Max("pk")).values_list("last", flat=True)
    return dict(Journal.objects.filter(pk__in=list(last)).values_list("resource", "text"))


def commands(resources: Sequence[str], *, settled: bool = False) -> list[CommandInfo]:
    """The commands of these resources in the order they were made; with ``settled``, those that are over too."""
    rows = Command.objects.filter(resource__in=resources).select_related("backend").order_by("created_at", "id")
    return [_command(row) for row in (rows if settled else rows.exclude(status="settled"))]


def unsettled(id: str, backend: int) -> AnyCommand | None:
    """The command of this id, if it is this backend's and not over."""
    row = Command.objects.filter(pk=id, backend=backend, status__in=OPEN).only("payload").first()
    return codec.decode_command(bytes(row.payload)) if row else None


def _command(row: Command) -> CommandInfo:
    names = set(CommandInfo.__struct_fields__) - {"backend"}
    return CommandInfo(**{name: getattr(row, name) for name in names}, backend=row.backend.name)


def queue(backend: str = "") -> QueueInfo:
    """What waits, everywhere or at one backend."""
    commands, parked, quarantined = Command.objects.all(), Parked.objects.all(), Quarantine.objects.all()
    if backend:
        commands = commands.filter(backend__name=backend)
        parked, quarantined = parked.filter(cluster=backend), quarantined.filter(cluster=backend)
    now = clock.now()
    return QueueInfo(
        backlogs=_backlogs(commands, now),
        overdue=commands.filter(status="pending", due_at__lte=now).count(),
        parked=parked.count(),
        next_parked=parked.aggregate(first=Min("due_at"))["first"],
        quarantined=quarantined.count(),
        newest_quarantined=quarantined.aggregate(last=Max("first_at"))["last"],
        inbox=Inbox.objects.count(),
    )


def _backlogs(commands: Any, now: datetime.datetime) -> list[Backlog]:
    groups = commands.filter(status__in=OPEN).values("backend__name", "status").order_by("backend__name", "status")
    return [
        Backlog(
            backend=group["backend__name"],
            status=group["status"],
            count=group["total"],
            oldest=max((now - group["first"]).total_seconds(), 0.0),
        )
        for group in groups.annotate(total=Count("pk"), first=Min("created_at"))
    ]


def quarantined(*, cluster: str = "", reason: str = "", limit: int = 1000) -> list[QuarantinedInfo]:
    """Messages in quarantine, oldest first; ``reason`` is a part of theirs."""
    return [_quarantined(row) for row in _in_quarantine(cluster, reason)[:limit]]


def quarantined_ids(*, cluster: str = "", reason: str = "") -> list[int]:
    """Their numbers alone: bodies may be a megabyte each."""
    return list(_in_quarantine(cluster, reason).values_list("pk", flat=True))


def _in_quarantine(cluster: str, reason: str) -> QuerySet[Quarantine]:
    rows = Quarantine.objects.filter(reason__contains=reason) if reason else Quarantine.objects.all()
    return (rows.filter(cluster=cluster) if cluster else rows).order_by("id")


def came_back(after: int) -> Counter[str]:
    """Why replayed messages are in quarantine again, of those with a higher number; and how many of each reason."""
    rows = Quarantine.objects.filter(pk__gt=after, replays__gt=0)
    return Counter(rows.order_by("pk").values_list("reason", flat=True))


def newest_quarantined() -> int:
    """The number of the message that was quarantined last; nought when there is none."""
    return Quarantine.objects.aggregate(last=Max("pk"))["last"] or 0


def quarantined_message(number: int) -> QuarantinedInfo:
    """One message in quarantine. Raises :class:`NotFound`."""
    row = Quarantine.objects.filter(pk=number).first()
    if row is None:
        raise NotFound(kind="quarantined message", id=number)
    return _quarantined(row)


def _quarantined(row: Quarantine) -> QuarantinedInfo:
    values = {name: getattr(row, name) for name in QuarantinedInfo.__struct_fields__ if name != "body"}
    return QuarantinedInfo(**values, body=bytes(row.body))
