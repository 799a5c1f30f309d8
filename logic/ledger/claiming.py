"""``claim``: a worker takes commands that are due, under a lease and with a new epoch; one claim a resource, the tenants
in turn.

A command whose lease ran out is taken again, with ``again`` set: the worker looks for its job before it sends anything.
One whose holder is not there any more (``presences``) is taken before that, unless it may be sent only once: where a reboot
is in doubt, time is given to whatever the holder has still sent.
A superseded command is taken only to find out what became of it; the command that overtook it waits until that is known.

What stands at the head of the queue and cannot be taken (a newer version's, one whose resource somebody holds) is passed
over: verbs that are not known here are not asked for, and the look goes further down as long as there is room.
"""

import datetime
from collections.abc import Collection, Sequence

import msgspec
import structlog
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import Coalesce, RowNumber

from logic.errors import Malformed
from logic.ledger import waiting
from logic.ledger.efforts import unsettled
from logic.ledger.models import Command
from logic.ledger.presences import lapsed
from logic.ledger.resources import KINDS
from logic.ledger.store import store
from logic.messages import codec
from logic.messages.commands import AnyCommand, Sending

log = structlog.get_logger(__name__)
LOOKS = 5  # down the queue in one claim; each twice as far as the one before
VERBS = frozenset(verb for kind in KINDS.values() for verb in kind.states.MAY)


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A command to send, and to which backend (its name). ``request`` is who asked, for the log."""

    command: AnyCommand
    backend: str
    request: str = ""


class Moment(msgspec.Struct, frozen=True):
    """Now, by the database's clock, the holders who have lapsed, and commands whose holder knows nothing of them."""

    now: datetime.datetime
    lapsed: frozenset[str]
    forgotten: frozenset[str] = frozenset()

    def is_held(self, row: Command) -> bool:
        """Is somebody at it? The same as :attr:`held`."""
        if row.status != "claimed" or row.lease_until is None or row.lease_until < self.now:
            return False
        return row.idempotency == "once" or not (row.holder in self.lapsed or row.pk in self.forgotten)

    @property
    def held(self) -> Q:
        held = Q(status="claimed", lease_until__gte=self.now)
        return held & (Q(idempotency="once") | ~self._dropped) if self.lapsed or self.forgotten else held

    @property
    def due(self) -> Q:
        """Pending and due, or claimed and not held."""
        due = Q(status="pending") & waiting.due(self.now) | Q(status="claimed", lease_until__lt=self.now)
        dropped = Q(status="claimed") & self._dropped & ~Q(idempotency="once")
        return due | dropped if self.lapsed or self.forgotten else due

    @property
    def _dropped(self) -> Q:
        return Q(holder__in=self.lapsed) | Q(pk__in=self.forgotten)


@transaction.atomic
def claim(
    holder: str, *, limit: int, lease: float, busy: Collection[str] = (), mine: Collection[str] | None = None
) -> list[Claim]:
    """Take up to ``limit`` commands for ``lease`` seconds (of the database's clock), none for the backends that are
    ``busy``. ``mine`` are all the claims that this holder knows it has, when it may have made more than it knows."""
    now = store().now()
    moment = Moment(now, lapsed(now), frozenset() if mine is None else _forgotten(holder, mine))
    queue = _candidates(moment).exclude(backend__name__in=busy).values_list("kind", "resource")
    claims: list[Claim] = []
    passed: list[str] = []
    for look in range(LOOKS):
        wanted = list(queue.exclude(resource__in=passed)[: limit << look])
        ready = _ready(wanted, moment)[: limit - len(claims)]
        claims += [_take(one, holder, now, lease) for one in sorted(ready, key=lambda one: one.place)]
        if len(claims) == limit or len(wanted) < limit << look:
            break
        passed += [resource for _, resource in wanted]
    return claims


def _forgotten(holder: str, mine: Collection[str]) -> frozenset[str]:
    """What it has claimed without hearing of it."""
    claimed = Command.objects.filter(status="claimed", holder=holder).values_list("pk", flat=True)
    return frozenset(claimed).difference(mine)


class Ready(msgspec.Struct, frozen=True):
    """A command that may be taken, with the others of its resource, whose row is locked; ``current`` is the one in flight.
    ``place`` is the order of locks."""

    command: Command
    others: list[Command]
    current: str
    place: tuple[int, str]


def _ready(wanted: Sequence[tuple[str, str]], moment: Moment) -> list[Ready]:
    """Of these resources those that nobody holds, with the command to take, in the order of the queue."""
    found: dict[str, Ready] = {}
    for number, (name, kind) in enumerate(KINDS.items()):
        ids = [resource for one, resource in wanted if one == name]
        rows = store().lock_free(kind, ids) if ids else []
        commands = unsettled(row.pk for row in rows)
        for row in rows:
            taken = _choose(row.command, commands.get(row.pk, []), moment)
            if taken and _is_known(taken):
                found[row.pk] = Ready(taken, commands[row.pk], row.command, (number, row.pk))
    return [found[resource] for resource in dict.fromkeys(resource for _, resource in wanted) if resource in found]


def _candidates(moment: Moment) -> QuerySet[Command]:
    """Commands that are due, in turn by project: who has many under way or waiting lets a command of another go first."""
    others = Command.objects.filter(moment.held, resource=OuterRef("resource"))
    under_way = Command.objects.filter(moment.held, project=OuterRef("project")).order_by()
    count = under_way.values("project").annotate(count=Count("pk")).values("count")
    place = Window(RowNumber(), partition_by=F("project"), order_by=("created_at", "id"))
    return (
        Command.objects.filter(
            moment.due, ~Exists(others), verb__in=VERBS, backend__offline=False, backend__restored=""
        )
        .annotate(turn=place + Coalesce(Subquery(count), 0))
        .order_by("turn", "created_at", "id")
    )


def _choose(current: str, commands: list[Command], moment: Moment) -> Command | None:
    """The one command of a resource to take now: what came before the command in flight is cleared up first."""
    if any(moment.is_held(one) for one in commands):
        return None
    unclear = [one for one in commands if one.id != current and not one.job]
    if unclear:
        return unclear[0]
    mine = next((one for one in commands if one.id == current), None)
    ready = mine and (
        mine.status == "claimed" or (mine.status == "pending" and waiting.is_due(mine.due_at, moment.now))
    )
    return mine if ready else None


def _is_known(row: Command) -> bool:
    """A command of a kind that only a newer version knows is left to that version's workers."""
    try:
        codec.decode_command(bytes(row.payload))
    except Malformed as error:
        log.warning("command.unknown", command=row.id, verb=row.verb, error=str(error))
        return False
    return True


def _take(ready: Ready, holder: str, now: datetime.datetime, lease: float) -> Claim:
    row = ready.command
    again = row.again or row.status == "claimed"
    since = row.since or row.backend.last_job
    Command.objects.filter(pk=row.pk).update(
        status="claimed",
        epoch=row.epoch + 1,
        attempts=row.attempts + 1,
        again=True,
        since=since,
        holder=holder,
        lease_until=now + datetime.timedelta(seconds=lease),
    )
    sending = Sending(
        epoch=row.epoch + 1,
        again=again,
        since=since,
        after=tuple(one.job for one in ready.others if one.id != row.id and one.job),
        only_look=row.id != ready.current,
    )
    command = msgspec.structs.replace(codec.decode_command(bytes(row.payload)), sending=sending)
    return Claim(command=command, backend=row.backend.name, request=row.request)
