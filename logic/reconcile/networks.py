"""Networks on a cluster: which to ask about, and which to ask for again. The answers go the road of all observations.

Called by ``watching`` and ``resyncing``. One that is missing though ports of ours are on it there is connected again, through a
command like any other: it failed before, or somebody has removed it by hand. One that was deleted and is there is removed.
"""

import datetime
from collections import defaultdict

from django.db.models import Q, QuerySet

from logic.access import operator
from logic.backends.base import NetworkTarget
from logic.ledger.models import OPEN, Command
from logic.network import connecting
from logic.network.connection_states import Observed
from logic.network.models import BackendNetwork, Port
from logic.reconcile.dueness import latest

RECONCILE = operator("reconcile")
ALL = "networks"  # the key of a look at all networks of a cluster among those of looks at servers


def due(backend: str) -> dict[str, datetime.datetime]:
    """``ALL``, with that time, when the time to look at one of them has come."""
    at = latest(BackendNetwork, backend)
    return {ALL: at} if at else {}


def targets(backend: str) -> list[NetworkTarget]:
    """All of a cluster: they cost as many questions as one."""
    rows = list(BackendNetwork.objects.filter(backend__name=backend).select_related("network").order_by("pk"))
    jobs: dict[str, dict[int, str]] = defaultdict(dict)
    unsettled = Command.objects.filter(resource__in=[row.pk for row in rows], status__in=OPEN, job__gt=0)
    for resource, job, command in unsettled.values_list("resource", "job", "id"):
        jobs[resource][job] = command
    return [
        NetworkTarget(network=row.pk, name=connecting.name_of(row.network), version=row.version, jobs=jobs[row.pk])
        for row in rows
    ]


def mended(backend: str) -> int:
    """Ask for those that are absent and have ports there, and for the removal of those that were deleted and are still there;
    how many. What is under way is left alone."""
    rows = list(_idle(backend))
    needed = Port.objects.filter(backend__name=backend, network__in=[row.network_id for row in rows])
    wanted = (
        set(needed.exclude(observed="gone").exclude(device="").values_list("network", flat=True)) if rows else set()
    )
    for row in rows:
        if row.network_id in wanted:
            connecting.connect(RECONCILE, row.backend, row.network)
        elif row.network.deleted_at:
            connecting.withdraw(RECONCILE, row.network, backend)
    return sum(row.network_id in wanted or row.network.deleted_at is not None for row in rows)


def _idle(backend: str) -> QuerySet[BackendNetwork]:
    """That are not as they should be, if anybody wants them there or nobody does any more."""
    here = BackendNetwork.objects.filter(backend__name=backend, command="")
    left = Q(network__deleted_at__isnull=False) & (Q(observed=Observed.CONNECTED) | ~Q(fault=""))
    absent = Q(network__deleted_at=None, observed=Observed.NONE)
    return here.filter(left | absent).select_related("backend", "network").order_by("pk")
