"""What the answers of a cluster would change, without changing it: the road's own fold, thrown away before it is written.

Called by ``manage.py reconcile``, which prints the plan, and with ``--fix`` puts the same answers on the road.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from django.db import transaction

from logic.ledger import routes
from logic.ledger.envelopes import local
from logic.ledger.folding import Entry, Fold
from logic.ledger.models import Inbox
from logic.ledger.resources import KINDS, differences
from logic.messages.observations import AnyObservation, InstanceSeen
from logic.placement.models import Stray
from logic.reconcile import orphans

QUIET = frozenset({"version", "fence_job", "fence_op"})  # columns that only order observations


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What would become of one server or port. ``columns``: name → [before, after]; ``commands``: the verbs that would
    be settled, each with its outcome; ``why``: the lines its journal would get."""

    kind: str
    id: str
    columns: dict[str, list[Any]]
    commands: dict[str, str]
    why: list[str]


class Nobodys(msgspec.Struct, frozen=True, kw_only=True):
    """An instance on the cluster that the database does not account for: a *ghost* of a deleted server, which is removed
    after two looks, or an *orphan*, which is an operator's affair. ``looks`` and ``first_seen`` are of the quarantine:
    nought and empty when this is the first look that finds it."""

    instance: str
    instance_uuid: str
    status: str
    kind: str
    why: str
    looks: int = 0
    first_seen: str = ""


def plan(answers: Sequence[AnyObservation]) -> list[Change]:
    """What these answers would change. Rows are locked for as long as this takes."""
    envelopes = [local(one) for one in answers]
    fold = Fold()
    with transaction.atomic():
        addressed = list(zip(envelopes, routes.resolve(envelopes), strict=True))
        places = [address for _, address in addressed if not address.nowhere]
        fold.lock(*({one.id for one in places if one.kind == kind} for kind in KINDS))
        known = _known([envelope.observation for envelope, _ in addressed if envelope.observation])
        for envelope, address in addressed:
            if envelope.observation and envelope.observation.key() not in known and fold.knows(address):
                fold.apply(address, envelope.observation)
        return [change for entry in fold.entries if (change := _change(entry, fold))]


def _known(observations: Sequence[AnyObservation]) -> set[str]:
    """Keys that the inbox would drop."""
    keys = {key for one in observations if (key := one.key())}
    return set(Inbox.objects.filter(pk__in=keys).values_list("pk", flat=True))


def _change(entry: Entry, fold: Fold) -> Change | None:
    before, after = entry.before, entry.snapshot
    columns = {
        name: [getattr(before.state, name), value]
        for name, value in differences(before.state, after.state).items()
        if name not in QUIET
    }
    settled = {effort.verb: effort.outcome for effort in after.efforts if not effort.unsettled}
    if not columns and not settled:
        return None
    why = [line.text or line.what for line in fold.lines if (line.kind, line.resource) == (entry.kind, entry.id)]
    return Change(kind=entry.kind, id=entry.id, columns=columns, commands=settled, why=why)


def nobodys(backend: str, found: Sequence[InstanceSeen]) -> list[Nobodys]:
    """Ghosts and orphans among the instances that nobody asked about."""
    known = {(one.instance, one.instance_uuid): one for one in orphans.listed(backend)}
    return [
        Nobodys(
            instance=one.seen.instance,
            instance_uuid=one.seen.instance_uuid,
            status=one.seen.status,
            kind=one.kind,
            why=one.reason,
            **_quarantined(known.get((one.seen.instance, one.seen.instance_uuid))),
        )
        for one in orphans.sorted_out(backend, found)
        if one.kind != orphans.FOREIGN
    ]


def quarantined(backend: str) -> list[Nobodys]:
    """What the complete looks so far have put aside: for when a cluster cannot be asked."""
    return [
        Nobodys(
            instance=one.instance,
            instance_uuid=one.instance_uuid,
            status=one.status,
            kind=one.kind,
            why=one.reason,
            **_quarantined(one),
        )
        for one in orphans.listed(backend)
        if one.kind != orphans.FOREIGN
    ]


def _quarantined(row: Stray | None) -> dict[str, Any]:
    return {"looks": row.looks, "first_seen": row.first_seen.isoformat(timespec="seconds")} if row else {}
