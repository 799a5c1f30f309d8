"""Which servers to ask about: those whose look is due, or all of a cluster's. Reads only; the answers go to the ledger.

Everything is read before anybody is asked, the version of each row above all: the ledger drops an answer to a row that
has moved since.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from django.db import connection
from django.db.models import QuerySet

from logic import clock
from logic.backends.base import Target
from logic.compute.models import Server, instance_of
from logic.db import asked, moment
from logic.ledger.models import OPEN, Command
from logic.ledger.resources import KINDS, Locked, locked
from logic.network.models import Port
from logic.reconcile.comparing import Known, Row
from logic.snapshots import Snapshot

SERVER, PORT = KINDS["server"], KINDS["port"]
DUE_LIMIT = 500
Waiting = tuple[str, int, str]  # a command that is not settled: its resource, its job or nought, its id


# In plain SQL, since it is asked all the time, and mostly in vain.
_DUE = """
SELECT one.{id}, one.look_at FROM {table} AS one JOIN placement_backend AS home ON home.id = one.backend_id
WHERE home.name = %s AND one.look_at <= %s AND {wanted} ORDER BY one.look_at LIMIT {limit}"""
_LIVES, _PLUGGED = "(one.observed <> 'gone' OR one.command <> '')", "one.device <> ''"
_DUE_SERVERS = _DUE.format(id="id", table=Server._meta.db_table, wanted=_LIVES, limit=DUE_LIMIT)
_DUE_PORTS = _DUE.format(id="device", table=Port._meta.db_table, wanted=_PLUGGED, limit=DUE_LIMIT)


def due(backend: str) -> dict[str, datetime.datetime]:
    """Servers of a cluster whose time to be looked at has come, or that of one of their ports, with that time."""
    values = [backend, connection.ops.adapt_datetimefield_value(clock.now())]
    found: dict[str, datetime.datetime] = {}
    for id, told in (*asked(_DUE_SERVERS, values), *asked(_DUE_PORTS, values)):
        if at := moment(told):
            found[id] = max(at, found.get(id, at))
    return found


_AT_REST = f"""
SELECT one.id, one.backend_uuid, one.observed FROM {Server._meta.db_table} AS one
JOIN placement_backend AS home ON home.id = one.backend_id
WHERE home.name = %s AND one.command = '' AND one.observed IN ('running', 'paused', 'stopped', 'crashed')"""  # noqa: S608 - no value in it


def at_odds(backend: str, found: Mapping[str, str]) -> list[str]:
    """The servers of a cluster, at rest, that are in another condition than we say: ``found`` by the uuids of their instances.
    Of one that it does not name, a complete look decides. One that is paused runs for its cluster."""
    told = [
        (id, uuid, "running" if observed == "paused" else observed) for id, uuid, observed in asked(_AT_REST, [backend])
    ]
    return [id for id, uuid, observed in told if found.get(uuid, observed) != observed]


def targets(ids: Iterable[str]) -> list[Target]:
    """A target for each of the servers, in the order of their ids."""
    rows = Server.objects.filter(pk__in=list(ids)).order_by("pk")
    read = rows.values_list("id", "number", "foreign_name", "version")
    asked = [(id, instance_of(number, foreign), version) for id, number, foreign, version in read]
    here = [id for id, _, _ in asked]
    homes = dict(Port.objects.filter(device__in=here, verb__gt="").values_list("pk", "device"))
    return targeted(asked, homes, _unsettled(Command.objects.filter(resource__in=[*here, *homes])))


def of_backend(name: str) -> Known:
    """Every living server of a cluster, with its row and its ports'. Three queries, however many they are."""
    here = {"backend__name": name}
    living = Server.objects.filter(**here).exclude(observed="gone").values_list("number", "foreign_name", *SERVER.read)
    names, rows = {}, []
    for number, foreign, *values in living:
        rows.append(locked(SERVER, values))
        names[rows[-1].id] = instance_of(number, foreign)
    plugged = Port.objects.filter(**here).exclude(observed="gone").exclude(device="").values_list(*PORT.read)
    ports = [locked(PORT, values) for values in plugged]
    return assembled(names, rows, ports, _unsettled(Command.objects.filter(**here)))


def _unsettled(commands: QuerySet[Command]) -> list[Waiting]:
    return list(commands.filter(status__in=OPEN).values_list("resource", "job", "id"))


def assembled(
    names: Mapping[str, str], rows: Sequence[Locked], ports: Sequence[Locked], unsettled: Sequence[Waiting]
) -> Known:
    """Of servers (and the ``names`` of their instances by their ids), ports, and all their unsettled commands. Pure."""
    busy = {resource for resource, _, _ in unsettled}
    homes = {port.id: port.device for port in ports if port.id in busy}
    asked = [(row.id, names[row.id], row.state.version) for row in rows]
    return Known(targeted(asked, homes, unsettled), _rows(rows, ports, busy))


def targeted(
    asked: Iterable[tuple[str, str, int]], homes: Mapping[str, str], unsettled: Iterable[Waiting]
) -> list[Target]:
    """From ids, names of instances and versions, with the jobs of unsettled commands of the servers and of their ports. Pure."""
    jobs: dict[str, dict[int, str]] = defaultdict(dict)
    for resource, job, command in unsettled:
        if job:
            jobs[homes.get(resource, resource)][job] = command
    return [
        Target(server=id, instance=instance, version=version, jobs=jobs.get(id, {})) for id, instance, version in asked
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
