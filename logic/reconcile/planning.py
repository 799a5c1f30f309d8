"""What the answers of a cluster would change, without changing it: the road's own fold, thrown away before it is written.

Called by ``manage.py reconcile``, which prints the plan, and with ``--fix`` puts the same answers on the road.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from django.db import transaction

from logic.compute.models import Server
from logic.compute.states import Observed
from logic.ledger import routes
from logic.ledger.envelopes import local
from logic.ledger.folding import Entry, Fold
from logic.ledger.models import Inbox
from logic.ledger.resources import differences
from logic.messages.observations import AnyObservation, InstanceSeen

QUIET = frozenset({"version", "fence_job", "fence_op"})  # columns that only order observations


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What would become of one server or port. ``columns``: name → [before, after]; ``commands``: the verbs that would
    be settled, each with its outcome; ``why``: the lines its journal would get."""

    kind: str
    id: str
    columns: dict[str, list[Any]]
    commands: dict[str, str]
    why: list[str]


class Stray(msgspec.Struct, frozen=True, kw_only=True):
    """An instance on the cluster that the database does not account for: a *ghost* of a deleted server, which is removed
    after two looks, or an *orphan*, which is an operator's affair."""

    instance: str
    instance_uuid: str
    status: str
    kind: str
    why: str


def strays(answers: Sequence[AnyObservation]) -> list[InstanceSeen]:
    """The answers about instances that nobody asked about."""
    return [one for one in answers if isinstance(one, InstanceSeen) and not one.server]


def plan(answers: Sequence[AnyObservation]) -> list[Change]:
    """What these answers would change, strays left out. Rows are locked for as long as this takes."""
    envelopes = [local(one) for one in answers if not isinstance(one, InstanceSeen) or one.server]
    fold = Fold()
    with transaction.atomic():
        addressed = list(zip(envelopes, routes.resolve(envelopes), strict=True))
        places = [address for _, address in addressed if not address.nowhere]
        fold.lock({one.id for one in places if one.kind == "server"}, {one.id for one in places if one.kind == "port"})
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
    why = [line.text or line.what for line in fold.lines if (line.kind, line.resource) == (entry.kind, entry.row.pk)]
    return Change(kind=entry.kind, id=entry.row.pk, columns=columns, commands=settled, why=why)


def sorted_out(found: Sequence[InstanceSeen]) -> list[Stray]:
    """Ghosts and orphans among the strays."""
    rows = Server.objects.filter(pk__in=[one.owner for one in found if one.owner])
    owners = {row.pk: row for row in rows}
    return [_stray(one, owners.get(one.owner)) for one in found]


def _stray(seen: InstanceSeen, owner: Server | None) -> Stray:
    kind = "ghost" if owner and owner.observed == Observed.GONE else "orphan"
    if kind == "ghost":
        why = f"server {seen.owner} is deleted"
    elif owner:
        why = f"it has the tag of server {seen.owner}, whose instance is {owner.instance}"
    else:
        why = f"no server has the id {seen.owner}" if seen.owner else "its name is ours, but it has no tag of ours"
    return Stray(instance=seen.instance, instance_uuid=seen.instance_uuid, status=seen.status, kind=kind, why=why)
