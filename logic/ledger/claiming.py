"""``claim``: a worker takes commands that are due, under a lease and with a new epoch; one claim a resource, the tenants
in turn.

A command whose lease ran out is taken again, with ``again`` set: the worker looks for its job before it sends anything.
One whose holder is not there any more (``presences``) is taken before that, unless it may be sent only once: where a reboot
is in doubt, time is given to whatever the holder has still sent.
A superseded command is taken only to find out what became of it; the command that overtook it waits until that is known.
A server whose volumes were just being moved when it was deleted waits until that is settled.

What stands at the head of the queue and cannot be taken (a newer version's, one whose resource somebody holds) is passed
over: verbs that are not known here are not asked for, and the look goes further down as long as there is room.
"""

import datetime
from collections.abc import Collection, Mapping, Sequence

import msgspec
import structlog

from logic.errors import Malformed
from logic.ledger.models import Command
from logic.ledger.moments import Moment
from logic.ledger.presences import lapsed
from logic.ledger.resources import KINDS
from logic.ledger.store import store
from logic.messages import codec
from logic.messages.commands import AnyCommand, DeleteServerAwaiting, Sending

log = structlog.get_logger(__name__)
LOOKS = 5  # down the queue in one claim; each twice as far as the one before
VERBS = frozenset(verb for kind in KINDS.values() for verb in kind.states.MAY)


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A command to send, and to which backend (its name). ``request`` is who asked, for the log."""

    command: AnyCommand
    backend: str
    request: str = ""


def claim(
    holder: str, *, limit: int, lease: float, busy: Collection[str] = (), mine: Collection[str] | None = None
) -> list[Claim]:
    """Take up to ``limit`` commands for ``lease`` seconds (of the database's clock), none for the backends that are
    ``busy``. ``mine`` are all the claims that this holder knows it has, when it may have made more than it knows."""
    with store().atomic():
        now = store().now()
        moment = Moment(now, lapsed(now), frozenset() if mine is None else _forgotten(holder, mine))
        return _taken(_chosen(moment, busy, limit), holder, moment, lease)


def _chosen(moment: Moment, busy: Collection[str], limit: int) -> list["Ready"]:
    chosen: list[Ready] = []
    passed: list[str] = []
    for look in range(LOOKS):
        wanted = store().due(moment, VERBS, busy=sorted(busy), passed=passed, limit=limit << look)
        ready = _ready(wanted, moment)[: limit - len(chosen)]
        chosen += sorted(ready, key=lambda one: one.place)
        if len(chosen) == limit or len(wanted) < limit << look:
            break
        passed += [resource for _, resource in wanted]
    return chosen


def _forgotten(holder: str, mine: Collection[str]) -> frozenset[str]:
    """What it has claimed without hearing of it."""
    return frozenset(store().claims_of(holder)).difference(mine)


class Ready(msgspec.Struct, frozen=True):
    """A command that may be taken, with the others of its resource, whose row is locked; ``current`` is the one in flight.
    ``order`` is what it asks for, ``place`` the order of locks."""

    command: Command
    order: AnyCommand
    others: list[Command]
    current: str
    place: tuple[int, str]


def _ready(wanted: Sequence[tuple[str, str]], moment: Moment) -> list[Ready]:
    """Of these resources those that nobody holds, with the command to take, in the order of the queue."""
    found: dict[str, Ready] = {}
    for number, (name, kind) in enumerate(KINDS.items()):
        ids = [resource for one, resource in wanted if one == name]
        rows = store().lock_free(kind, ids) if ids else []
        commands = store().unsettled([row.pk for row in rows])
        for row in rows:
            taken = _choose(row.command, commands.get(row.pk, []), moment)
            if taken and (order := _known(taken)):
                found[row.pk] = Ready(taken, order, commands[row.pk], row.command, (number, row.pk))
    ready = found.keys() - _waiting(found)
    return [found[resource] for resource in dict.fromkeys(resource for _, resource in wanted) if resource in ready]


def _waiting(found: Mapping[str, Ready]) -> set[str]:
    """Of these the servers that are not to be removed yet."""
    orders = {server: one.order for server, one in found.items() if isinstance(one.order, DeleteServerAwaiting)}
    volumes = [volume for order in orders.values() for volume in order.volumes]
    live = {row.pk for rows in store().unsettled(volumes).values() for row in rows} if volumes else set()
    return {server for server, order in orders.items() if not live.isdisjoint(order.awaits)}


def _choose(current: str, commands: list[Command], moment: Moment) -> Command | None:
    """The one command of a resource to take now: what came before the command in flight is cleared up first."""
    if any(moment.is_held(one) for one in commands):
        return None
    unclear = [one for one in commands if one.id != current and not one.job]
    wanted = unclear or [one for one in commands if one.id == current]
    return next((one for one in wanted if moment.is_due(one)), None)


def _known(row: Command) -> AnyCommand | None:
    """What it asks for. None of a kind that only a newer version knows: it is left to that version's workers."""
    try:
        return codec.decode_command(bytes(row.payload))
    except Malformed as error:
        log.warning("command.unknown", command=row.id, verb=row.verb, error=str(error))
        return None


def _taken(chosen: Sequence[Ready], holder: str, moment: Moment, lease: float) -> list[Claim]:
    homes = store().clusters() if chosen else {}
    until, rows, claims = moment.now + datetime.timedelta(seconds=lease), [], []
    for ready in chosen:
        row = ready.command
        name, last_job = homes[row.backend_id]
        columns = {"again": True, "since": row.since or last_job, "holder": holder, "lease_until": until}
        rows.append(
            {"id": row.pk, "status": "claimed", "epoch": row.epoch + 1, "attempts": row.attempts + 1, **columns}
        )
        claims.append(Claim(command=_sent(ready, row.since or last_job), backend=name, request=row.request))
    store().write_commands(rows)
    return claims


def _sent(ready: Ready, since: int) -> AnyCommand:
    """The command with what the claim adds to it."""
    row = ready.command
    sending = Sending(
        epoch=row.epoch + 1,
        again=row.again or row.status == "claimed",
        since=since,
        after=tuple(one.job for one in ready.others if one.id != row.id and one.job),
        only_look=row.id != ready.current,
    )
    return msgspec.structs.replace(ready.order, sending=sending)
