"""Who is in which group: new ports with their server, a port that its tenant changes, a whole server as Nova has it.

``for_new_ports`` and ``join`` are on the road of every new server: one question and one insertion, however many ports. A group
that somebody is being put into cannot go meanwhile. Locks: the server, its ports, then groups by id.
"""

import functools
from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.db import connection

from logic import clock, kept
from logic.access import Caller, require
from logic.compute import states
from logic.compute.models import Server
from logic.db import asked
from logic.errors import BadRequest, Conflict, NotFound, WrongState
from logic.ledger import beginning
from logic.ledger.resources import state_of
from logic.network.models import Port, PortGroup
from logic.network.security import defaults, refusals, switch
from logic.network.security.rules import MOST_GROUPS
from logic.network.states import Observed
from logic.transactions import atomically

# Who deletes a group locks its row for update.
_SHARED: Final = {"postgresql": "FOR KEY SHARE", "mysql": "LOCK IN SHARE MODE"}


def for_new_ports(project: str, words: Sequence[str]) -> list[str] | None:
    """Ids of the groups that new ports go into, those of these names or ids, else the default group; None: they are open, as
    all are in a cloud without security groups. Raises :class:`BadRequest`, :class:`Conflict`."""
    if not switch.on():
        if any(word != defaults.NAME for word in words):
            raise BadRequest(reason=switch.OFF)
        return None
    try:
        return _resolved(project, words or [defaults.NAME])
    except NotFound as unknown:
        advice = "List them with `openstack security group list`."
        raise BadRequest(
            reason=f"Unable to find security_group with name or id '{unknown.facts['id']}'. {advice}"
        ) from None


def groups_of(project: str, ids: Sequence[str] | None) -> list[str]:
    """The ids of these groups of a project, which cannot go until the transaction ends; None: its default one. Raises
    :class:`NotFound`."""
    return _resolved(project, [defaults.NAME]) if ids is None else _resolved(project, ids, by_name=False)


def join(ports: Iterable[str], groups: Sequence[str]) -> None:
    """Put ports into groups that they are not in."""
    kept.add([PortGroup(port_id=port, group_id=group) for port in ports for group in groups])


@atomically
def change_port(
    caller: Caller,
    id: str,
    *,
    name: str | None = None,
    groups: Sequence[str] | None = None,
    secured: bool | None = None,
) -> None:
    """Rename it; put it into these groups (ids) and no others; switch its port security. Raises :class:`NotFound`, for another
    tenant's port or group too, and what ``refusals`` has."""
    require(caller, "member", "change a port")
    switch.require()
    port: Port = beginning.hold("port", id)
    if (port.project != caller.project and not caller.is_admin) or port.observed == Observed.GONE:
        raise NotFound(kind="port", id=id)
    if port.device_owner.startswith("network:"):
        raise BadRequest(reason=f"Port {id} is of a router, and in no security group. Name a port of a server.")
    if port.device:
        _check_confirmed(Server.objects.get(pk=port.device))
    before = [link.group_id for link in port.groups.all()]
    after = before if groups is None else list(dict.fromkeys(groups))
    secured = port.port_security if secured is None else secured
    _check_security(port, after, given=groups is not None, secured=secured)
    _leave(port, set(before) - set(after))
    join([id], _resolved(port.project, [one for one in after if one not in before], by_name=False))
    columns: dict[str, Any] = {"port_security": secured} | ({} if name is None else {"name": name})
    Port.objects.filter(pk=id).update(**columns, updated_at=clock.now())
    beginning.note(caller, "port", id, "changed", "security groups" if groups is not None else ", ".join(columns))


@atomically
def add_to_server(caller: Caller, server: str, word: str) -> None:
    """Put the server's ports into a group, by name or id. Raises :class:`NotFound`, :class:`Conflict`, :class:`BadRequest`."""
    ports, group = _held(caller, server, word)
    secured = [port.pk for port in ports if port.port_security]
    if not secured:
        reason = f"Server {server} has no port with port security, which security groups need. Switch it on."
        raise BadRequest(reason=reason)
    there = set(PortGroup.objects.filter(port__in=secured, group=group).values_list("port", flat=True))
    for port in secured:
        if PortGroup.objects.filter(port=port).exclude(group=group).count() >= MOST_GROUPS:
            raise refusals.SecurityGroupsTooMany(most=MOST_GROUPS)
    join([port for port in secured if port not in there], [group])
    beginning.note(caller, "server", server, "security group added", group)


@atomically
def remove_from_server(caller: Caller, server: str, word: str) -> None:
    """Take the server's ports out of a group. Raises :class:`NotFound` when none is in it, and as :func:`add_to_server`."""
    ports, group = _held(caller, server, word)
    gone, _ = PortGroup.objects.filter(port__in=[port.pk for port in ports], group=group).delete()
    if not gone:
        raise NotFound(kind="security group of this server", id=word)
    beginning.note(caller, "server", server, "security group removed", group)


def _held(caller: Caller, id: str, word: str) -> tuple[list[Port], str]:
    """The server's ports, locked, and the group that is meant."""
    require(caller, "member", "change the security groups of a server")
    switch.require()
    server: Server = beginning.hold("server", id)
    if (server.project != caller.project and not caller.is_admin) or server.observed == "gone":
        raise NotFound(kind="server", id=id)
    _check_confirmed(server)
    rows = Port.objects.select_for_update().filter(device=id).exclude(observed=Observed.GONE)
    ports = list(rows.order_by("pk"))
    (group,) = _resolved(server.project, [word])
    return ports, group


def _check_confirmed(server: Server) -> None:
    """Its interfaces are not known to nodes as ours until then."""
    if (phase := states.phase(state_of(server))) is states.Phase.IMPORTED:
        advice = states.ADVICE[phase]
        raise WrongState(action="change the security of", kind="server", id=server.pk, state=str(phase), advice=advice)


def _check_security(port: Port, groups: Sequence[str], *, given: bool, secured: bool) -> None:
    if len(groups) > MOST_GROUPS:
        raise refusals.SecurityGroupsTooMany(most=MOST_GROUPS)
    if groups and not secured:
        if given:
            raise refusals.PortSecurityAndIPRequiredForSecurityGroups(id=port.pk)
        raise refusals.PortSecurityPortHasSecurityGroup(id=port.pk)


def _leave(port: Port, groups: set[str]) -> None:
    if groups:
        PortGroup.objects.filter(port=port, group__in=groups).delete()


def _resolved(project: str, words: Sequence[str], *, by_name: bool = True) -> list[str]:
    """The ids of the project's groups that these words mean, each once. They cannot go until the transaction ends. Raises
    :class:`NotFound`, and :class:`Conflict` for a name that several have."""
    wanted = list(dict.fromkeys(words))
    if not wanted:
        return []
    rows = asked(_question(connection.vendor, len(wanted)), [project, *wanted, *wanted])
    found = list(dict.fromkeys(_meant(project, word, rows, by_name=by_name) for word in wanted))
    if len(found) > MOST_GROUPS:
        raise refusals.SecurityGroupsTooMany(most=MOST_GROUPS)
    return found


def _meant(project: str, word: str, rows: Sequence[tuple[Any, ...]], *, by_name: bool) -> str:
    if any(id == word for id, _ in rows):
        return word
    named = [str(id) for id, name in rows if name == word] if by_name else []
    if len(named) > 1:
        reason = f"Multiple security_group matches found for name '{word}', use an ID to be more specific."
        raise Conflict(reason=reason)
    if named:
        return named[0]
    if word == defaults.id_of(project) or (by_name and word == defaults.NAME):
        return defaults.ensure(project)
    raise NotFound(kind="security group", id=word)


@functools.cache
def _question(vendor: str, count: int) -> str:
    places = ", ".join(["%s"] * count)
    where = f"project = %s AND (id IN ({places}) OR name IN ({places}))"
    return f"SELECT id, name FROM network_securitygroup WHERE {where} ORDER BY id {_SHARED.get(vendor, '')}"  # noqa: S608 - of ours
