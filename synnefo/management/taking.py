"""``manage.py cluster-import``: all instances of a cluster, one after the other, each in a transaction of its own.

The cluster is asked once what there is, and is told nothing until an import is confirmed. What is a server already is passed
over, so that whatever broke off half-way is gone on with by doing the same again.
"""

from collections.abc import Callable, Sequence

import msgspec
from django.db import transaction

from logic.access import operator
from logic.backends.base import Backend, Described, Facts
from logic.compute import adopting, confirming
from logic.compute.adopting import Plan, Wanted
from logic.compute.models import Server
from logic.errors import BackendFailure, Conflict, NotFound, Refusal
from logic.placement.models import Backend as Row
from synnefo.management import importing
from synnefo.management.asking import ask
from synnefo.management.backends import backend
from synnefo.management.ownership import Owners

IMPORT, THERE, REFUSED, NOBODYS = "import", "is a server", "refused", "no owner"
CONFIRM, FORGET = "confirm", "forget"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of an instance; ``about`` says why not."""

    instance: str
    status: str
    action: str
    project: str = ""
    user: str = ""
    flavor: str = ""
    server: str = ""
    about: str = ""


def imported(name: str, owners: Owners, *, go: bool) -> list[Line]:
    """Every instance of the cluster. Without ``go`` all of it is tried in one transaction, which leaves nothing: what the
    quotas have no room for together is seen."""
    facts, found = _surveyed(backend(name).name)
    row = Row.objects.get(name=name)
    if go:
        return [_taken(row, one, owners, facts) for one in found]
    with transaction.atomic():
        lines = [_taken(row, one, owners, facts) for one in found]
        transaction.set_rollback(True)
    return lines


def _surveyed(name: str) -> tuple[Facts, Sequence[Described]]:
    async def question(cluster: Backend) -> tuple[Facts, Sequence[Described]]:
        return await cluster.facts(), await importing.adopting_of(cluster).survey()

    return ask(name, question)


def _write(wanted: Wanted, made: Plan) -> None:
    with transaction.atomic():
        adopting.adopt(importing.caller_of(wanted), made)


def _taken(row: Row, found: Described, owners: Owners, facts: Facts) -> Line:
    line = Line(instance=found.instance, status=found.status, action=NOBODYS)
    if known := _server(row, found):
        return msgspec.structs.replace(line, action=THERE, server=known.pk, project=known.project, user=known.user)
    wanted = owners.wanted(row.name, found)
    if wanted is None:
        return line
    line = msgspec.structs.replace(line, project=wanted.project, user=wanted.user)
    try:
        made = adopting.plan(wanted, found, facts.incarnation, as_it_is=True)
        _write(wanted, made)
    except Refusal as error:
        return msgspec.structs.replace(line, action=REFUSED, about=str(error))
    return msgspec.structs.replace(line, action=IMPORT, server=made.server, flavor=made.flavor)


def _server(row: Row, found: Described) -> Server | None:
    """By its tag or by the cluster's UUID of it."""
    tagged = (
        Server.objects.filter(pk=found.owner, backend=row).exclude(observed="gone").first() if found.owner else None
    )
    return tagged if tagged and tagged.instance == found.instance else adopting.server_of(row, found)


def confirmed(name: str, instances: Sequence[str]) -> list[Line]:
    """Mark each of those that wait (of these ``instances``, if any are named) on its cluster, and let it be a server like any
    other. One that cannot be is told and left as it is."""
    return [_each(server, CONFIRM, lambda one: _confirm(name, one)) for server in _waiting(name, instances)]


def _confirm(name: str, server: Server) -> None:
    async def mark(cluster: Backend) -> None:
        of = importing.adopting_of(cluster)
        before = await of.describe(server.instance)
        if before.instance_uuid != server.backend_uuid:
            raise Conflict(reason=f"The instance {server.instance} is another now. Forget this import with --forget.")
        await of.mark(before, marks, reason=f"synnefo cluster-import {server.pk}")

    marks = confirming.marks_of(server)
    ask(name, mark)
    confirming.confirm(operator(), server.pk)


def forgotten(name: str, instances: Sequence[str]) -> list[Line]:
    """Undo the import of those that wait; their cluster is told nothing, for it knows nothing of them."""
    return [_each(one, FORGET, lambda row: confirming.forget(operator(), row.pk)) for one in _waiting(name, instances)]


def _waiting(name: str, instances: Sequence[str]) -> list[Server]:
    """Raises :class:`NotFound` for a name that none of them has."""
    rows = confirming.waiting(backend(name).name)
    if unknown := sorted(set(instances) - {row.instance for row in rows}):
        raise NotFound(kind=f"import on {name} that waits to be confirmed", id=unknown[0])
    return [row for row in rows if not instances or row.instance in instances]


def _each(server: Server, action: str, act: Callable[[Server], None]) -> Line:
    line = Line(
        instance=server.instance, status=server.observed, action=action, project=server.project, server=server.pk
    )
    line = msgspec.structs.replace(line, user=server.user, flavor=server.flavor_id)
    try:
        act(server)
    except (Refusal, BackendFailure) as error:
        return msgspec.structs.replace(line, action=REFUSED, about=str(error))
    return line
