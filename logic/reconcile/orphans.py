"""Instances on a cluster that the database does not account for: quarantined in a table, never deleted on sight.

Three kinds. A *ghost* carries the tag of a server whose owner has had it deleted, under that server's own name (a paused
worker's late create): after two complete looks it is removed, through a delete command like any other. An *orphan* is
everything else with our name or our tag, also that of a server that is only said to be deleted, and what keeps a disk of a volume
that is not there. It is an operator's affair:
``manage.py reconcile`` lists it, ``server-import`` adopts it, and nothing here ever touches it. What has neither is *foreign*,
made by somebody else with ``gnt-instance add``: ``server-strays`` lists it, ``cluster-import`` takes it over. What is no longer
there at a complete look is struck off. While they are there nobody is given their addresses and MACs (``logic.network.holding``).
"""

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence, Set

import msgspec
import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F

from ganeti.vocabulary import is_volume, number_of, volume_name
from logic.access import Caller
from logic.compute.commands import remove_ghost
from logic.compute.models import Server
from logic.compute.reactions import DELETES
from logic.compute.states import Observed
from logic.ledger import beginning
from logic.ledger.models import Command
from logic.messages.observations import InstanceSeen
from logic.network import holding
from logic.placement.models import Backend, Stray
from logic.volume.models import Volume
from logic.volume.states import Observed as Place

log = structlog.get_logger(__name__)
GHOST, ORPHAN, FOREIGN = "ghost", "orphan", "foreign"
MADE_OUTSIDE = "it was made outside Synnefo: neither its name nor a tag of it is ours"
LOOKS = 2  # complete looks that have to find a ghost before it is removed
LONGEST_TAG = 64
RECONCILE = Caller(user="reconcile")


class Unaccounted(msgspec.Struct, frozen=True):
    """An instance that is nobody's, and why. ``server`` is the deleted one that a ghost was."""

    seen: InstanceSeen
    kind: str
    reason: str
    server: Server | None = None


def sorted_out(backend: str, found: Sequence[InstanceSeen]) -> list[Unaccounted]:
    """Which of the instances that nobody asked about are nobody's. One that is the instance of a living server is not:
    that server was made after the rows had been read."""
    rows = Server.objects.filter(pk__in={one.owner for one in found if one.owner}).select_related("backend")
    owners = {row.pk: row for row in rows}
    removals = Command.objects.filter(kind="server", resource__in=list(owners), verb__in=DELETES)
    unwanted = set(removals.values_list("resource", flat=True))
    keepers = [one for one in found if not one.owner and is_volume(settings.BACKEND_PREFIX_ID, one.instance)]
    kept = {one.instance for one in keepers}
    others = (judged(backend, one, owners.get(one.owner), unwanted) for one in found if one.instance not in kept)
    return [*(one for one in others if one), *_forgotten(backend, keepers)]


def _forgotten(backend: str, keepers: Sequence[InstanceSeen]) -> list[Unaccounted]:
    """Those that keep the disk of no volume that is on this cluster, or on its way there."""
    ids = {one.instance: one.instance.removeprefix(volume_name(settings.BACKEND_PREFIX_ID, "")) for one in keepers}
    here = Volume.objects.filter(pk__in=list(ids.values()), backend__name=backend).exclude(observed=Place.GONE)
    living = set(here.values_list("pk", flat=True))
    why = "it keeps a disk of volume {}, which is not here"
    return [
        Unaccounted(one, ORPHAN, why.format(ids[one.instance])) for one in keepers if ids[one.instance] not in living
    ]


def judged(backend: str, seen: InstanceSeen, owner: Server | None, unwanted: Set[str]) -> Unaccounted | None:
    """One of them, beside the row of the server in its tag. None when it is that server's. ``unwanted`` are the servers that
    somebody has asked us to delete: of a machine that nobody did not want, word of its end is no reason to end it. Pure."""
    if not seen.owner and number_of(settings.BACKEND_PREFIX_ID, seen.instance) is None:
        return Unaccounted(seen, FOREIGN, MADE_OUTSIDE)
    if owner is None:
        why = f"no server has the id {seen.owner}" if seen.owner else "its name is ours, but it has no tag of ours"
        return Unaccounted(seen, ORPHAN, why)
    home = owner.backend.name if owner.backend else ""
    if (owner.instance, home) != (seen.instance, backend):
        return Unaccounted(seen, ORPHAN, f"it has the tag of server {owner.pk}, which is {owner.instance} on {home}")
    if owner.observed == Observed.GONE and owner.pk not in unwanted:
        return Unaccounted(seen, ORPHAN, f"server {owner.pk} is deleted, which nobody has asked us for")
    if owner.observed == Observed.GONE:
        return Unaccounted(seen, GHOST, f"server {owner.pk} is deleted", owner)
    return None


@transaction.atomic
def report(backend: str, found: Sequence[InstanceSeen], at: datetime.datetime) -> Counter[str]:
    """Write what a complete look at a cluster found, strike off what it did not find, and remove the ghosts that were
    found before. How many there are of each kind. The look began ``at`` that time, by
    which it is told from the next: reported twice, it still counts once. The cluster's row keeps two reports apart."""
    row = Backend.objects.select_for_update().get(name=backend)
    known = {one.instance: one for one in Stray.objects.filter(backend=row)}
    unaccounted = sorted_out(backend, found)
    here = {one.seen.instance for one in unaccounted}
    Stray.objects.filter(pk__in=[one.pk for name, one in known.items() if name not in here]).delete()
    holding.hold(row, {one.seen.instance: one.seen.nics for one in unaccounted})
    for one in _anew(unaccounted, known, at):
        noted = _noted(row, one, known.get(one.seen.instance), at)
        if one.server and noted.looks >= LOOKS:
            remove_ghost(one.server)
    return Counter(one.kind for one in unaccounted)


def _anew(unaccounted: Sequence[Unaccounted], known: Mapping[str, Stray], at: datetime.datetime) -> list[Unaccounted]:
    """Without the foreign ones that are as they were: there may be thousands, and they are counted by one statement."""
    same = {row.instance: row for one in unaccounted if (row := _unchanged(one, known.get(one.seen.instance)))}
    rows = Stray.objects.filter(pk__in=[row.pk for row in same.values()], last_seen__lt=at)
    rows.update(looks=F("looks") + 1, last_seen=at)
    return [one for one in unaccounted if one.seen.instance not in same]


def _unchanged(one: Unaccounted, known: Stray | None) -> Stray | None:
    now = (FOREIGN, one.kind, one.seen.instance_uuid, one.seen.status)
    return known if known and now == (one.kind, known.kind, known.instance_uuid, known.status) else None


def _noted(backend: Backend, one: Unaccounted, known: Stray | None, at: datetime.datetime) -> Stray:
    """Its row, with this look counted. Another instance of the same name, or one judged otherwise, counts anew."""
    seen = one.seen
    told = {"owner": seen.owner[:LONGEST_TAG], "status": seen.status, "reason": one.reason, "last_seen": at}
    if known and (known.instance_uuid, known.kind) == (seen.instance_uuid, one.kind):
        known.looks += known.last_seen < at
        Stray.objects.filter(pk=known.pk).update(looks=known.looks, **told)
        return known
    if known:
        known.delete()
    say = log.info if one.kind == FOREIGN else log.warning
    say(one.kind, cluster=backend.name, instance=seen.instance, owner=seen.owner, reason=one.reason)
    if one.server:
        beginning.note(RECONCILE, "server", one.server.pk, GHOST, f"its instance lives on as {seen.instance_uuid}")
    columns = {"instance": seen.instance, "instance_uuid": seen.instance_uuid, "kind": one.kind}
    return Stray.objects.create(backend=backend, first_seen=at, **columns, **told)


def listed(backend: str) -> list[Stray]:
    """What is quarantined on a cluster."""
    return list(Stray.objects.filter(backend__name=backend))
