"""What both forms for real databases ask in the same words: messages set aside, commands recorded, what an end entails.

``postgres`` and ``portable`` take their functions from here; nobody else calls them.
"""

import datetime
import functools
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from logic import kept
from logic.compute.models import Server
from logic.db import Stateful, asked
from logic.kept import Kept
from logic.ledger import moving, sizes, waiting
from logic.ledger.models import Command, Parked, Presence
from logic.ledger.moves import Move
from logic.ledger.resources import Kind
from logic.ledger.store import pending
from logic.ledger.store.statements import chunks
from logic.network.models import Address, Port, PortGroup
from logic.quota.models import Delta
from logic.volume.models import Volume
from logic.volume.states import DELETING, Mode, Observed

_LIVE = Command.objects.exclude(status="settled").order_by("created_at", "id")
_UNSETTLED = Kept(lambda *resources: _LIVE.filter(resource__in=resources))
_PRESENT = "UPDATE ledger_presence SET until = %s WHERE holder = %s"
_ANY_PARKED = "SELECT 1 FROM ledger_parked WHERE due_at <= %s OR due_at > %s LIMIT 1"
_CLUSTERS = "SELECT id, name, last_job FROM placement_backend"

due = pending.due
claims_of = pending.claims_of
lapsed = pending.lapsed
elsewhere = moving.elsewhere
resize = sizes.resize


def atomic() -> AbstractContextManager[Any]:
    return transaction.atomic()


def in_atomic() -> bool:
    return bool(connection.in_atomic_block)


def on_commit(call: Callable[[], None]) -> None:
    transaction.on_commit(call)


def lock(kind: Kind, ids: Sequence[str], *, skip: bool = False) -> list[Any]:
    """PostgreSQL lets rows that point to these be made meanwhile; SQLite has no row locks, and one writer."""
    rows = _locking(kind.model, skip, connection.features.has_select_for_no_key_update)
    return [row for chunk in chunks(ids) for row in rows(*chunk)]


@functools.cache
def _locking(model: type[Stateful], skip: bool, no_key: bool) -> Kept[Stateful]:
    rows = model._default_manager.select_for_update(skip_locked=skip, no_key=no_key).order_by("pk")
    return Kept(lambda *ids: rows.filter(pk__in=ids))


def lock_free(kind: Kind, ids: Sequence[str]) -> list[Any]:
    return lock(kind, ids, skip=True)


def unsettled(resources: Collection[str]) -> dict[str, list[Command]]:
    found: dict[str, list[Command]] = defaultdict(list)
    for row in _UNSETTLED(*sorted(set(resources))) if resources else ():
        found[row.resource].append(row)
    return found


def clusters() -> dict[int, tuple[str, int]]:
    return {id: (name, last) for id, name, last in asked(_CLUSTERS, [])}


def add(kind: Kind, rows: Sequence[Stateful]) -> None:  # noqa: ARG001 - a row knows its table
    kept.add(rows)


def present(holder: str, until: datetime.datetime, *, since: datetime.datetime) -> None:
    """One statement, or a few by one who comes, and no transaction around them."""
    with connection.cursor() as cursor:
        cursor.execute(_PRESENT, [connection.ops.adapt_datetimefield_value(until), holder])
        known = cursor.rowcount
    if not known:
        Presence.objects.filter(until__lt=since).delete()
        Presence.objects.filter(until__gt=until + waiting.LONGEST).update(until=until)
        Presence.objects.create(holder=holder, until=until)


def absent(holder: str, now: datetime.datetime) -> None:
    Presence.objects.filter(pk=holder).update(until=now)


def homes_of(ports: Collection[str]) -> list[str]:
    return list(Port.objects.filter(pk__in=ports).exclude(device="").values_list("device", flat=True))


def record(rows: Sequence[Command]) -> None:
    kept.add(rows)


def park(rows: Sequence[Parked]) -> None:
    Parked.objects.bulk_create(rows)


def take_parked(now: datetime.datetime, limit: int) -> list[Parked]:
    """Most of the times there is nothing, which is soon known."""
    written = connection.ops.adapt_datetimefield_value
    if not asked(_ANY_PARKED, [written(now), written(now + waiting.LONGEST)]):
        return []
    rows = list(Parked.objects.filter(waiting.due(now)).select_for_update().order_by("due_at")[:limit])
    if rows:
        Parked.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return rows


def launch(servers: Sequence[str], at: datetime.datetime) -> None:
    Server.objects.filter(pk__in=servers).update(launched_at=at)


def end(servers: Sequence[str], ports: Sequence[str], at: datetime.datetime) -> None:
    Server.objects.filter(pk__in=servers).update(terminated_at=at)
    if ports:
        Address.objects.filter(port__in=ports).delete()
        PortGroup.objects.filter(port__in=ports).delete()
    Port.objects.filter(device__in=servers, owned=False).update(device="")


def free(ports: Sequence[str]) -> None:
    Port.objects.filter(pk__in=ports).update(device="")


def leave(servers: Sequence[str], at: datetime.datetime) -> bool:
    theirs = _volumes_of(servers)
    if not theirs.update(look_at=at):
        return False
    on_it = Q(observed=Observed.ATTACHED) | Q(mode__in=[Mode.AWAITED, Mode.RESERVED]) | Q(unmade=True)
    theirs.filter(on_it, goes_along=True).update(marked=DELETING)
    return True


def strand(volumes: Sequence[str]) -> None:
    Volume.objects.filter(pk__in=volumes).update(unmade=True)


def settle(servers: Sequence[str], at: datetime.datetime) -> bool:
    return bool(_volumes_of(servers).filter(mode__in=[Mode.AWAITED, Mode.RESERVED]).update(look_at=at))


def volumes_of(server: str) -> list[str]:
    return list(_volumes_of([server]).order_by("pk").values_list("pk", flat=True))


def _volumes_of(servers: Sequence[str]) -> QuerySet[Volume]:
    return Volume.objects.filter(device__in=servers).exclude(observed="gone")


def release(holders: Sequence[str]) -> None:
    held = Delta.objects.filter(holder__in=holders, released=False)
    back = [
        Delta(project=one.project, resource=one.resource, amount=-one.amount, holder=one.holder, released=True)
        for one in held
    ]
    Delta.objects.bulk_create(back, ignore_conflicts=True)


def payloads(commands: Collection[str]) -> dict[str, bytes]:
    rows = Command.objects.filter(pk__in=list(commands)).values_list("pk", "payload")
    return {id: bytes(payload) for id, payload in rows}


def move(move: Move) -> None:
    Server.objects.filter(pk=move.server).update(backend=move.backend, availability_zone=move.name)
    Port.objects.filter(pk__in=move.ports).update(backend=move.backend)
    Command.objects.filter(pk=move.command).update(backend=move.backend, payload=move.payload)
