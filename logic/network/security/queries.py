"""Reading groups, their rules and who is in them: a project's own, and for admins all. A project's default group is there from
its first look on."""

import datetime
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec
from django.db.models import Prefetch, QuerySet

from logic.access import Caller
from logic.db import asked_of
from logic.network.models import SecurityGroup, SecurityRule
from logic.network.queries import Wanted, one_of, page_of
from logic.network.security import defaults, switch
from logic.network.states import Observed


class RuleInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A rule; ``protocol`` and what is remote are empty for any. ``remote_name`` is that of the remote group."""

    id: str
    project: str
    group: str
    direction: str
    ethertype: str
    protocol: str
    port_min: int | None
    port_max: int | None
    remote_prefix: str
    remote_group: str
    remote_name: str
    remote_addresses: str
    description: str
    created_at: datetime.datetime


class GroupInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A group with its rules."""

    id: str
    project: str
    name: str
    description: str
    is_default: bool
    revision: int
    rules: list[RuleInfo]
    created_at: datetime.datetime
    updated_at: datetime.datetime


def visible(caller: Caller) -> QuerySet[SecurityGroup]:
    """The groups a caller may use; none in a cloud without."""
    if not switch.on():
        return SecurityGroup.objects.none()
    return SecurityGroup.objects.all() if caller.is_admin else SecurityGroup.objects.filter(project=caller.project)


def groups(
    caller: Caller, *, sort: Sequence[tuple[str, str]] = (), limit: int = 1000, marker: str = "", **filters: Any
) -> list[GroupInfo]:
    """A page of groups, as ``network.queries.networks``."""
    _look(caller)
    wanted = Wanted(sort=sort, limit=limit, marker=marker, where=filters)
    return [_group(row) for row in page_of("security group", _with_rules(visible(caller)), wanted)]


def group(caller: Caller, id: str) -> GroupInfo:
    """Raises :class:`NotFound`."""
    if id == defaults.id_of(caller.project):
        _look(caller)
    return _group(one_of("security group", _with_rules(visible(caller)), id))


def rules(
    caller: Caller, *, sort: Sequence[tuple[str, str]] = (), limit: int = 1000, marker: str = "", **filters: Any
) -> list[RuleInfo]:
    """A page of rules, as :func:`groups`. ``project`` is their group's."""
    _look(caller)
    wanted = Wanted(sort=sort, limit=limit, marker=marker, where=filters)
    return [_rule(row) for row in page_of("security group rule", _rules(caller), wanted)]


def rule(caller: Caller, id: str) -> RuleInfo:
    """Raises :class:`NotFound`."""
    return _rule(one_of("security group rule", _rules(caller), id))


def of_server(server: str) -> list[GroupInfo]:
    """The groups that a server's ports are in. For who has seen that the caller may look at the server."""
    rows = SecurityGroup.objects.filter(members__port__device=server).exclude(members__port__observed=Observed.GONE)
    return [_group(row) for row in _with_rules(rows.distinct())]


_NAMES = """
SELECT port.device, named.name
  FROM network_portgroup link
  JOIN network_port port ON port.id = link.port_id
  JOIN network_securitygroup named ON named.id = link.group_id
 WHERE port.device {among} AND port.observed <> 'gone'
 ORDER BY named.name, named.id
"""


def names(servers: Sequence[str]) -> dict[str, list[str]]:
    """The names of the groups that the ports of servers are in, by server, each once. In one statement, which every look at
    servers takes."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for server, name in asked_of(_NAMES, servers):
        found[server][name] = None
    return {server: list(several) for server, several in found.items()}


def _look(caller: Caller) -> None:
    if switch.on() and caller.project:
        defaults.ensure(caller.project)


def _with_rules(rows: QuerySet[SecurityGroup]) -> QuerySet[SecurityGroup]:
    return rows.prefetch_related(Prefetch("rules", SecurityRule.objects.select_related("remote_group", "group")))


def _rules(caller: Caller) -> QuerySet[SecurityRule]:
    return SecurityRule.objects.filter(group__in=visible(caller)).select_related("remote_group", "group")


def _group(row: SecurityGroup) -> GroupInfo:
    values = {name: getattr(row, name) for name in GroupInfo.__struct_fields__ if name != "rules"}
    return GroupInfo(**values, rules=[_rule(one) for one in row.rules.all()])


def _rule(row: SecurityRule) -> RuleInfo:
    plain = (
        "id",
        "direction",
        "ethertype",
        "protocol",
        "port_min",
        "port_max",
        "description",
        "created_at",
    )
    return RuleInfo(
        **{name: getattr(row, name) for name in plain},
        project=row.group.project,
        group=row.group_id,
        remote_prefix="" if row.remote_addresses_id else row.remote_prefix,
        remote_group=row.remote_group_id or "",
        remote_addresses=row.remote_addresses_id or "",
        remote_name=row.remote_group.name if row.remote_group else "",
    )
