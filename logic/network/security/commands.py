"""What may be asked of groups and their rules: each function is one transaction. No backend knows of them; nodes ask for what
follows from them.

Called by the facades. Rules come and go and are never changed. Locks: the project's rows of usage, then groups by id.
"""

from collections.abc import Collection, Sequence

import msgspec

from logic import clock
from logic.access import Caller, require
from logic.errors import BadRequest, Forbidden, NotFound
from logic.ledger.store import store
from logic.network.models import PortGroup, SecurityGroup, SecurityRule
from logic.network.security import addresses as prefixes
from logic.network.security import defaults, queries, refusals, switch
from logic.network.security import rules as checks
from logic.network.security.rules import MAX_TEXT, MOST_RULES, NewRule
from logic.network.states import Observed
from logic.quota import commands as quota
from logic.transactions import atomically

COLUMNS = ("direction", "ethertype", "protocol", "port_min", "port_max", "remote_prefix", "description")


class NewGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A group asked for. ``project`` empty: the caller's; another one's is for admins to say."""

    name: str
    description: str = ""
    project: str = ""


@atomically
def create_groups(caller: Caller, wanted: Sequence[NewGroup]) -> list[str]:
    """Ids of the new groups, all of one project. Each lets everything out. Raises :class:`QuotaExceeded`, :class:`Forbidden`,
    :class:`BadRequest`, :class:`SecurityGroupDefaultAlreadyExists`."""
    require(caller, "member", "create a security group")
    switch.require()
    project = _project(caller, {one.project or caller.project for one in wanted})
    for one in wanted:
        _check_texts(one.name, one.description)
    quota.check(project, {"security_groups": len(wanted), "security_group_rules": 2 * len(wanted)})
    groups = [SecurityGroup(project=project, name=one.name, description=one.description) for one in wanted]
    SecurityGroup.objects.bulk_create(groups)
    rules = SecurityRule.objects.bulk_create(rule for group in groups for rule in defaults.open_outward(group))
    _record(project, [group.pk for group in groups], [rule.pk for rule in rules])
    return [group.pk for group in groups]


@atomically
def update_group(caller: Caller, id: str, *, name: str | None = None, description: str | None = None) -> None:
    """Rename or describe. Raises :class:`NotFound`, and what ``refusals`` has of the default group."""
    require(caller, "member", "change a security group")
    (group,) = _held(caller, [id])
    if name is not None and group.is_default and name != group.name:
        raise refusals.SecurityGroupCannotUpdateDefault
    if not group.is_default:
        _check_texts(name or "", "")
    _check_texts("", description or "")
    changes = {"name": name, "description": description}
    _touch([group], **{column: value for column, value in changes.items() if value is not None})


@atomically
def delete_group(caller: Caller, id: str) -> None:
    """With its rules, and the rules of other groups that are about its members. A default group goes when an administrator clears
    a project away, and is made anew where it is still asked for. Raises :class:`NotFound`, :class:`SecurityGroupInUse`,
    :class:`SecurityGroupCannotRemoveDefault`."""
    require(caller, "member", "delete a security group")
    (group,) = _held(caller, [id])
    if group.is_default and not caller.is_admin:
        raise refusals.SecurityGroupCannotRemoveDefault
    links = PortGroup.objects.filter(group=group).exclude(port__observed=Observed.GONE)
    if (link := links.first()) is not None:
        raise refusals.SecurityGroupInUse(id=id, port=link.port_id)
    rules = list(SecurityRule.objects.filter(group=group)) + list(SecurityRule.objects.filter(remote_group=group))
    group.delete()
    store().release([id, *{rule.pk for rule in rules}])


@atomically
def create_rules(caller: Caller, wanted: Sequence[NewRule]) -> list[str]:
    """Ids of the new rules, all of one group. Raises :class:`NotFound` for the group and for remote groups,
    :class:`QuotaExceeded`, :class:`BadRequest`, and what ``refusals`` has."""
    require(caller, "member", "create a security group rule")
    switch.require()
    new = [checks.checked(one) for one in wanted]
    if len({one.group for one in new}) != 1:
        raise refusals.SecurityGroupNotSingleGroupRules
    project = _project_of(caller, new)
    quota.check(project, {"security_group_rules": len(new)})
    group = _locked(caller, project, new)
    _check_new(group, new)
    rows = [_row(one) for one in new]
    SecurityRule.objects.bulk_create(rows)
    _record(project, [], [row.pk for row in rows])
    _touch([group])
    return [row.pk for row in rows]


@atomically
def delete_rule(caller: Caller, id: str) -> None:
    """Raises :class:`NotFound`."""
    require(caller, "member", "delete a security group rule")
    known = queries.rule(caller, id)
    (group,) = _held(caller, [known.group])
    gone, _ = SecurityRule.objects.filter(pk=id).delete()
    if not gone:
        raise NotFound(kind="security group rule", id=id)
    store().release([id])
    _touch([group])


def _project(caller: Caller, projects: Collection[str]) -> str:
    if len(projects) != 1:
        raise BadRequest(reason="The security groups of one request must be of one project. Send a request for each.")
    (project,) = projects
    if project != caller.project and not caller.is_admin:
        raise Forbidden(action="creating a security group in another project", needs="admin")
    return project


def _check_texts(name: str, description: str) -> None:
    if name == defaults.NAME:
        raise refusals.SecurityGroupDefaultAlreadyExists
    for field, text in (("name", name), ("description", description)):
        if len(text) > MAX_TEXT:
            raise BadRequest(reason=f"The {field} of a security group has at most {MAX_TEXT} characters. Shorten it.")


def _held(caller: Caller, ids: Collection[str]) -> list[SecurityGroup]:
    """These groups, locked, by id. Another tenant's is as unknown as one that never was."""
    rows = queries.visible(caller).filter(pk__in=ids).select_for_update().order_by("pk")
    found = list(rows)
    for id in sorted(set(ids) - {row.pk for row in found}):
        raise NotFound(kind="security group", id=id)
    return found


def _project_of(caller: Caller, new: Sequence[NewRule]) -> str:
    """Whose the group of new rules is. Nobody else's rules can be in it."""
    group = queries.group(caller, new[0].group)
    if any(one.project not in ("", group.project) for one in new):
        raise NotFound(kind="security group", id=group.id)
    return group.project


def _locked(caller: Caller, project: str, new: Sequence[NewRule]) -> SecurityGroup:
    """The group of new rules, with the remote groups, which are of its project too."""
    id, remotes = new[0].group, {one.remote_group for one in new if one.remote_group}
    if defaults.id_of(project) in remotes:
        defaults.ensure(project)
    found = {row.pk: row for row in _held(caller, {id, *remotes})}
    for other in sorted(remotes):
        if found[other].project != project:
            raise NotFound(kind="security group", id=other)
    for addresses in sorted({one.remote_addresses for one in new if one.remote_addresses}):
        if prefixes.held(caller, addresses).project != project:
            raise NotFound(kind=prefixes.KIND, id=addresses)
    return found[id]


def _check_new(group: SecurityGroup, new: Sequence[NewRule]) -> None:
    keys = [checks.key(one) for one in new]
    if len(set(keys)) < len(keys):
        raise refusals.DuplicateSecurityGroupRuleInPost
    there = {checks.key(_asked(row)): row.pk for row in SecurityRule.objects.filter(group=group)}
    for key in keys:
        if key in there:
            raise refusals.SecurityGroupRuleExists(id=there[key])
    if len(there) + len(new) > MOST_RULES:
        raise refusals.SecurityGroupRulesTooMany(most=MOST_RULES)


def _asked(row: SecurityRule) -> NewRule:
    columns = {name: getattr(row, name) for name in COLUMNS}
    addresses = row.remote_addresses_id or ""
    columns["remote_prefix"] = "" if addresses else row.remote_prefix
    return NewRule(**columns, group=row.group_id, remote_group=row.remote_group_id or "", remote_addresses=addresses)


def _row(one: NewRule) -> SecurityRule:
    columns = {name: getattr(one, name) for name in COLUMNS}
    addresses = one.remote_addresses or None
    columns["remote_prefix"] = prefixes.NOBODY[one.ethertype] if addresses else one.remote_prefix
    remote = {"remote_group_id": one.remote_group or None, "remote_addresses_id": addresses}
    return SecurityRule(**columns, **remote, group_id=one.group)


def _record(project: str, groups: Sequence[str], rules: Sequence[str]) -> None:
    held = {id: {"security_groups": 1} for id in groups} | {id: {"security_group_rules": 1} for id in rules}
    quota.record(project, held)


def _touch(groups: Sequence[SecurityGroup], **changes: str) -> None:
    """They are another revision now; they are locked."""
    for group in groups:
        columns = {**changes, "revision": group.revision + 1, "updated_at": clock.now()}
        SecurityGroup.objects.filter(pk=group.pk).update(**columns)
