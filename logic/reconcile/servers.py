"""Which servers to ask about: those whose look is due, or all of a cluster's. Reads only; the answers go to the ledger.

Everything is read before anybody is asked, the version of each row above all: the ledger drops an answer to a row that
has moved since.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import QuerySet

from logic import clock
from logic.backends.base import Target
from logic.compute.models import Server
from logic.ledger.models import Command
from logic.ledger.resources import STATE_COLUMNS, state_of
from logic.network.models import Port
from logic.reconcile.comparing import Known, Row
from logic.snapshots import Snapshot

DUE_LIMIT = 500
UNSETTLED = ("pending", "claimed", "accepted")


def due(backend: str) -> dict[str, datetime.datetime]:
    """Servers of a cluster whose time to be looked at has come, or that of one of their ports, with that time."""
    now = clock.now()
    here = {"backend__name": backend, "look_at__lte": now}
    ports = Port.objects.filter(**here).exclude(device="").order_by("look_at")
    rows = Server.objects.filter(**here).exclude(observed="gone", command="").order_by("look_at")
    found: dict[str, datetime.datetime] = {}
    for id, at in (*rows.values_list("id", "look_at")[:DUE_LIMIT], *ports.values_list("device", "look_at")[:DUE_LIMIT]):
        if at:
            found[id] = max(at, found.get(id, at))
    return found


def targets(ids: Iterable[str]) -> list[Target]:
    """A target for each of the servers, in the order of their ids."""
    rows = list(Server.objects.filter(pk__in=list(ids)).only("id", "number", "version").order_by("pk"))
    here = [row.pk for row in rows]
    homes = dict(Port.objects.filter(device__in=here, verb__gt="").values_list("pk", "device"))
    return _targets(rows, homes, Command.objects.filter(resource__in=[*here, *homes]))


def of_backend(name: str) -> Known:
    """Every living server of a cluster, with its row and its ports'. Four queries, however many they are."""
    living = Server.objects.filter(backend__name=name).exclude(observed="gone")
    rows = list(living.only("id", "number", "look_at", *STATE_COLUMNS))
    plugged = Port.objects.filter(backend__name=name).exclude(observed="gone").exclude(device="")
    ports = list(plugged.only("id", "device", "look_at", *STATE_COLUMNS))
    commands = Command.objects.filter(backend__name=name)
    busy = set(commands.filter(status__in=UNSETTLED).values_list("resource", flat=True))
    homes = {port.pk: port.device for port in ports if port.pk in busy}
    return Known(_targets(rows, homes, commands), _rows(rows, ports, busy))


def _targets(rows: Sequence[Server], homes: dict[str, str], commands: QuerySet[Command]) -> list[Target]:
    """With the jobs of unsettled commands of the servers and of their ports: job → command."""
    jobs: dict[str, dict[int, str]] = defaultdict(dict)
    unsettled = commands.filter(status__in=UNSETTLED, job__gt=0)
    for resource, job, command in unsettled.values_list("resource", "job", "id"):
        jobs[homes.get(resource, resource)][job] = command
    return [
        Target(server=row.pk, instance=row.instance, version=row.version, jobs=jobs.get(row.pk, {})) for row in rows
    ]


def _rows(rows: Sequence[Server], ports: Sequence[Port], busy: set[str]) -> dict[str, Row]:
    plugged: dict[str, list[Port]] = defaultdict(list)
    for port in ports:
        plugged[port.device].append(port)
    return {row.pk: _row(row, plugged.get(row.pk, []), busy) for row in rows}


def _row(server: Server, ports: Sequence[Port], busy: set[str]) -> Row:
    both = (server, *ports)
    return Row(
        server=Snapshot(id=server.pk, state=state_of(server)),
        ports=tuple(Snapshot(id=port.pk, state=state_of(port)) for port in ports),
        busy=any(row.command or row.pk in busy for row in both),
        waiting=any(row.look_at is not None for row in both),
    )
