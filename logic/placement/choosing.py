"""Which cluster takes a server: what is known of the clusters is read, ``fitting`` decides.

Called by ``queries`` for servers that are asked for and by ``logic.ledger.moving`` for one that its cluster had no room for.
Nothing is locked: two may be promised the same room, and then Ganeti refuses one of them, which is tried elsewhere.
"""

import datetime
from collections.abc import Collection, Sequence

from django.db import connection

from logic import clock
from logic.db import asked
from logic.errors import NotFound, Unavailable
from logic.kept import Kept
from logic.placement.fitting import GIB, NOTHING, Needs, Promised, best, fits
from logic.placement.models import Backend, Pin

_ONLINE = Kept(lambda: Backend.objects.filter(offline=False))
_PINNED_TO = Kept(lambda project: Pin.objects.filter(project=project))
# Of what was made since a cluster was asked, the newest: enough to see where they go, however many there are.
_MADE = """
SELECT one.backend_id, SUM(one.ram), SUM(one.disk), SUM(CASE WHEN one.created_at > home.refreshed_at THEN one.vcpus ELSE 0 END)
  FROM (SELECT backend_id, created_at, verb, ram, disk, vcpus FROM compute_server
         WHERE created_at > %s AND observed <> 'gone' ORDER BY created_at DESC LIMIT 300) AS one
  JOIN placement_backend AS home ON home.id = one.backend_id
 WHERE one.created_at > home.refreshed_at OR one.verb = 'create' GROUP BY one.backend_id"""
BUILDING = datetime.timedelta(
    seconds=30
)  # what was made before that and is still being built, the cluster has not counted
LONGEST = datetime.timedelta(minutes=10)  # a cluster that was not asked for so long has other troubles than its room


def choose(needs: Needs) -> Backend:
    """The cluster that takes these servers. Raises :class:`NotFound` for a zone that does not exist for the project,
    :class:`Unavailable` when none has room."""
    known = _ONLINE()
    _check_looked_at(known)
    rows = open_to(needs.project, known)
    if needs.zone:
        rows = [row for row in rows if row.name == needs.zone]
        if not rows and not _exists(needs.zone, needs.project):
            raise NotFound(kind="availability zone", id=needs.zone)
    rows = [row for row in rows if row.name not in needs.without and (needs.only is None or row.name in needs.only)]
    chosen = best(rows, needs, _promised(rows) if len(rows) > 1 else {})
    if chosen is None:
        raise Unavailable(reason="No cluster has room for this server now, or all are drained.", retry_after=60)
    return chosen


def has_room(home: Backend, needs: Needs) -> bool:
    """Has this cluster room for so much more of a server that is there?"""
    return fits(home, needs, _promised([home]).get(home.pk, NOTHING))


def elsewhere(needs: Needs, tried: Collection[str]) -> Backend | None:
    """A cluster that may take what those ``tried`` had no room for; one that has said who it is, so that its answers can be told
    from theirs."""
    known = _ONLINE()
    if any(row.restored for row in known):
        return None
    rows = [row for row in open_to(needs.project, known) if row.name not in tried and row.incarnation]
    return best(rows, needs, _promised(rows)) if rows else None


def open_to(project: str, known: Sequence[Backend]) -> list[Backend]:
    """Of these clusters those that take new servers of this project: its own if any is pinned to it, else those that are
    pinned to nobody."""
    rows = [row for row in known if not (row.drained or row.unfit)]
    if not any(row.pinned for row in known):
        return rows
    mine = {pin.backend_id for pin in _PINNED_TO(project)}
    return [row for row in rows if (row.pk in mine if mine else not row.pinned)]


def _exists(zone: str, project: str) -> bool:
    """Also when it is drained, offline or full; not when it is others' alone."""
    row = Backend.objects.filter(name=zone).first()
    return bool(row and (not row.pinned or Pin.objects.filter(backend=row, project=project).exists()))


def _check_looked_at(known: Sequence[Backend]) -> None:
    """After a restore, numbers that are in use may be on any cluster. Raises :class:`Unavailable`."""
    if unseen := ", ".join(sorted(row.name for row in known if row.restored)):
        reason = f"The cloud was restored from a backup and has not yet looked at {unseen}."
        raise Unavailable(reason=reason, retry_after=60)


def _promised(rows: Sequence[Backend]) -> dict[int, Promised]:
    heard = [row.refreshed_at for row in rows if row.refreshed_at]
    if not heard:
        return {}
    since = max(min(heard) - BUILDING, clock.now() - LONGEST)
    return {
        backend: Promised(int(memory), int(disk) * GIB, int(vcpus))
        for backend, memory, disk, vcpus in asked(_MADE, [connection.ops.adapt_datetimefield_value(since)])
    }
