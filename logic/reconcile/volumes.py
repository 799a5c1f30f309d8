"""Volumes of a cluster: which to ask about, and what of the answers is new. They go the road of all observations.

Called by ``watching`` for those whose time has come (a command that nothing is heard of, one that has failed, a server that is
gone), and by ``resyncing`` for all. Reads only.
"""

import datetime
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import cast

import msgspec
from django.db.models import QuerySet

from logic import clock
from logic.backends.base import VolumeTarget
from logic.compute.models import Server, instance_of
from logic.compute.reactions import REMOVES
from logic.compute.states import MAKES
from logic.compute.states import Mode as Shelving
from logic.ledger.models import OPEN, Command
from logic.ledger.resources import state_of
from logic.messages.observations import AnyObservation, Observation, VolumeSeen
from logic.reconcile.dueness import latest
from logic.snapshots import Snapshot
from logic.volume.models import Volume
from logic.volume.reactions import react
from logic.volume.states import Mode, Observed

DUE = "volumes"  # the key of a look at the volumes of a cluster that are due, among those of looks at servers
MOST = 500
SHELVED = (Shelving.SHELVED, Shelving.LEAVING, Shelving.OFFLOADED)  # the modes of servers that volumes are reserved for


class Known(msgspec.Struct, frozen=True):
    """What is asked about, and each as it was before: those that nothing is under way for."""

    targets: Sequence[VolumeTarget] = ()
    at_rest: Mapping[str, Snapshot] = {}


def due(backend: str) -> dict[str, datetime.datetime]:
    """``DUE``, with the latest of the times, when the time to look at one of them has come."""
    at = latest(Volume, backend)
    return {DUE: at} if at else {}


def targets(backend: str) -> list[VolumeTarget]:
    """Those whose time has come."""
    return _targeted(list(_due(backend).order_by("look_at")[:MOST]))


def of_backend(backend: str) -> Known:
    """All that are somewhere on a cluster, or on their way there."""
    rows = list(_here(backend).exclude(observed=Observed.NONE, command="").order_by("pk"))
    idle = {row.pk: Snapshot(id=row.pk, state=state_of(row)) for row in rows if not row.command and row.look_at is None}
    return Known(_targeted(rows), idle)


def news(known: Known, answers: Sequence[Observation]) -> list[AnyObservation]:
    """The answers without those that say of a volume what its row says. Pure."""
    return [one for one in cast(Sequence[AnyObservation], answers) if not _is_known(known, one)]


def _is_known(known: Known, one: AnyObservation) -> bool:
    before = known.at_rest.get(one.volume) if isinstance(one, VolumeSeen) else None
    return before is not None and react(before, one).snapshot == before


def _here(backend: str) -> QuerySet[Volume]:
    """Where the disk of one is that a server is just being made with, is not known before that is over."""
    here = Volume.objects.filter(backend__name=backend).exclude(observed=Observed.GONE)
    moving = Server.objects.filter(verb__in=MAKES | REMOVES).values("pk")
    return here.exclude(mode__in=[Mode.AWAITED, Mode.RESERVED], device__in=moving)


def _due(backend: str) -> QuerySet[Volume]:
    return _here(backend).filter(look_at__lte=clock.now())


def _targeted(rows: Sequence[Volume]) -> list[VolumeTarget]:
    jobs: dict[str, dict[int, str]] = defaultdict(dict)
    unsettled = Command.objects.filter(resource__in=[row.pk for row in rows], status__in=OPEN, job__gt=0)
    for resource, job, command in unsettled.values_list("resource", "job", "id"):
        jobs[resource][job] = command
    servers = Server.objects.filter(pk__in={row.device for row in rows if row.device})
    names = {
        id: instance_of(number, foreign) for id, number, foreign in servers.values_list("pk", "number", "foreign_name")
    }
    waiting = set(servers.filter(mode__in=SHELVED).exclude(observed="gone").values_list("pk", flat=True))
    return [
        VolumeTarget(
            volume=row.pk,
            instance=names.get(row.device, ""),
            version=row.version,
            jobs=jobs[row.pk],
            waits=row.device in waiting,
        )
        for row in rows
    ]
