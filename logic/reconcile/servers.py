"""Which servers to ask about: those whose look is due, or all of a cluster's. Reads only; the answers go to the ledger.

Everything is read before anybody is asked, the version of each row above all: the ledger drops an answer to a row that
has moved since.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from django.conf import settings
from django.db.models import QuerySet

from ganeti.vocabulary import instance_name
from logic import clock
from logic.backends.base import Target
from logic.compute.models import Server
from logic.ledger.models import OPEN, Command
from logic.ledger.resources import KINDS, Locked, locked
from logic.network.models import Port
from logic.reconcile.comparing import Known, Row
from logic.snapshots import Snapshot

SERVER, PORT = KINDS["server"], KINDS["port"]
DUE_LIMIT = 500
Waiting = tuple[str, int, str]  # a command that is not settled: its resource, its job or nought, its id


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
    rows = Server.objects.filter(pk__in=list(ids)).order_by("pk")
    asked = list(rows.values_list("id", "number", "version"))
    here = [id for id, _, _ in asked]
    homes = dict(Port.objects.filter(device__in=here, verb__gt="").values_list("pk", "device"))
    return targeted(asked, homes, _unsettled(Command.objects.filter(resource__in=[*here, *homes])))


def of_backend(name: str) -> Known:
    """Every living server of a cluster, with its row and its ports'. Three queries, however many they are."""
    here = {"backend__name": name}
    living = Server.objects.filter(**here).exclude(observed="gone").values_list("number", *SERVER.read)
    numbers, rows = {}, []
    for number, *values in living:
        rows.append(locked(SERVER, values))
        numbers[rows[-1].id] = number
    plugged = Port.objects.filter(**here).exclude(observed="gone").exclude(device="").values_list(*PORT.read)
    ports = [locked(PORT, values) for values in plugged]
    return assembled(numbers, rows, ports, _unsettled(Command.objects.filter(**here)))


def _unsettled(commands: QuerySet[Command]) -> list[Waiting]:
    return list(commands.filter(status__in=OPEN).values_list("resource", "job", "id"))


def assembled(
    numbers: Mapping[str, int], rows: Sequence[Locked], ports: Sequence[Locked], unsettled: Sequence[Waiting]
) -> Known:
    """Of servers (and their ``numbers`` by their ids), ports, and all their commands that are not settled. Pure."""
    busy = {resource for resource, _, _ in unsettled}
    homes = {port.id: port.device for port in ports if port.id in busy}
    asked = [(row.id, numbers[row.id], row.state.version) for row in rows]
    return Known(targeted(asked, homes, unsettled), _rows(rows, ports, busy))


def targeted(
    asked: Iterable[tuple[str, int, int]], homes: Mapping[str, str], unsettled: Iterable[Waiting]
) -> list[Target]:
    """From ids, numbers and versions, with the jobs of unsettled commands of the servers and of their ports. Pure."""
    jobs: dict[str, dict[int, str]] = defaultdict(dict)
    for resource, job, command in unsettled:
        if job:
            jobs[homes.get(resource, resource)][job] = command
    prefix = settings.BACKEND_PREFIX_ID
    return [
        Target(server=id, instance=instance_name(prefix, number), version=version, jobs=jobs.get(id, {}))
        for id, number, version in asked
    ]


def _rows(rows: Sequence[Locked], ports: Sequence[Locked], busy: set[str]) -> dict[str, Row]:
    plugged: dict[str, list[Locked]] = defaultdict(list)
    for port in ports:
        plugged[port.device].append(port)
    return {row.id: _row(row, plugged.get(row.id, []), busy) for row in rows}


def _row(server: Locked, ports: Sequence[Locked], busy: set[str]) -> Row:
    both = (server, *ports)
    return Row(
        server=Snapshot(id=server.id, state=server.state),
        ports=tuple(Snapshot(id=port.id, state=port.state) for port in ports),
        busy=any(row.state.command or row.id in busy for row in both),
        waiting=any(row.look_at is not None for row in both),
    )
