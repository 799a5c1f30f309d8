"""How the cloud stands, as its database has it: what waits and since when, who holds the leases, which cluster is unseen.

Read for ``/metrics`` by ``logic.dispatcher.standing``: a few short statements on indexes, none that grows with what is
settled. Ages are by the database's clock where it keeps the time itself (leases), else between two times of our own
machines, which the clock offset puts into proportion.
"""

import datetime
from collections.abc import Iterator

import msgspec
from django.conf import settings
from django.db.models import Count, Min, Q

from logic import clock
from logic.image.models import CONDEMNED, Blob, BlobCopy, Task
from logic.ledger.models import OPEN, Command, Inbox, Lease, Parked, Quarantine
from logic.ledger.resources import KINDS
from logic.ledger.store import store
from logic.network.models import Router
from logic.placement.models import Backend

DAY = 86_400.0


class Queued(msgspec.Struct, frozen=True, kw_only=True):
    """Unsettled commands of one backend in one status; ``oldest`` seconds since the first of them was made."""

    backend: str
    status: str
    count: int
    oldest: float


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A lease; ``lapsed`` seconds since it ran out, 0 while it is held."""

    name: str
    holder: str
    epoch: int
    lapsed: float


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """``due``: seconds that the oldest command due has waited to be claimed, by backend; ``late``: how many resources
    have a command in flight past its deadline; ``unseen``: seconds since a backend last answered a full look. ``inbox``:
    seconds that the oldest key is remembered, ``retention`` how long it should be. ``ahead``: seconds that this machine's
    clock is before the database's. ``silent``: routers that no node carries. ``imports``: seconds that the oldest import of an
    image has waited to be taken on; ``unremoved``: contents and copies of images that nobody holds, and that are still there."""

    queued: list[Queued]
    due: dict[str, float]
    late: dict[str, int]
    unseen: dict[str, float]
    leases: list[Held]
    parked: int
    quarantined: int
    inbox: float
    retention: float
    ahead: float
    silent: int
    imports: float
    unremoved: int


def standing() -> Standing:
    """As it is now."""
    database, now = store().now(), clock.now()
    backends = dict(Backend.objects.filter(offline=False).values_list("name", "refreshed_at"))
    return Standing(
        queued=list(_queued(now)),
        due=dict.fromkeys(backends, 0.0) | _due(now),
        late=dict.fromkeys(backends, 0) | _late(now),
        unseen={name: _age(now, at) for name, at in backends.items() if at},
        leases=[
            Held(name=row.pk, holder=row.holder, epoch=row.epoch, lapsed=_age(database, row.until)) for row in _leases()
        ],
        parked=Parked.objects.count(),
        quarantined=Quarantine.objects.count(),
        retention=settings.RETENTION_DAYS * DAY,
        inbox=_age(now, Inbox.objects.aggregate(first=Min("at"))["first"]),
        ahead=(now - database).total_seconds(),
        silent=_silent(database),
        imports=_age(now, _imports(now)),
        unremoved=sum(kind.objects.filter(state=CONDEMNED).count() for kind in (Blob, BlobCopy)),
    )


def _imports(now: datetime.datetime) -> datetime.datetime | None:
    """Since when one that nobody works on is due; one whose worker died is due again when its lease has run out."""
    due = Task.objects.filter(status__in=("pending", "processing"), until__lte=now)
    found: datetime.datetime | None = due.aggregate(first=Min("until"))["first"]
    return found


def _age(now: datetime.datetime, since: datetime.datetime | None) -> float:
    return max((now - since).total_seconds(), 0.0) if since else 0.0


def _queued(now: datetime.datetime) -> Iterator[Queued]:
    groups = Command.objects.filter(status__in=OPEN).values_list("backend__name", "status")
    for backend, status, count, first in groups.annotate(count=Count("pk"), first=Min("created_at")).order_by():
        yield Queued(backend=backend, status=status, count=count, oldest=_age(now, first))


def _due(now: datetime.datetime) -> dict[str, float]:
    """A claim whose lease ran out is due again, since then."""
    rows = Command.objects.filter(backend__offline=False)
    waiting = rows.filter(status="pending", due_at__lte=now).values_list("backend__name")
    dropped = rows.filter(status="claimed", lease_until__lte=now).values_list("backend__name")
    found: dict[str, float] = {}
    for name, first in [
        *waiting.annotate(first=Min("due_at")).order_by(),
        *dropped.annotate(first=Min("lease_until")).order_by(),
    ]:
        found[name] = max(found.get(name, 0.0), _age(now, first))
    return found


def _late(now: datetime.datetime) -> dict[str, int]:
    found: dict[str, int] = {}
    for kind in KINDS.values():
        late = kind.model._default_manager.filter(~Q(command=""), look_at__lt=now, backend__offline=False)
        for name, count in late.values_list("backend__name").annotate(count=Count("pk")).order_by():
            found[name] = found.get(name, 0) + count
    return found


def _silent(now: datetime.datetime) -> int:
    return Router.objects.exclude(until__gt=now).count() if settings.ROUTERS == "nodes" else 0


def _leases() -> list[Lease]:
    return list(Lease.objects.order_by("pk"))
