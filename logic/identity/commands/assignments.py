"""Giving roles and taking them away, from the next request on.

What a user holds directly in a project or a domain is an ``Assignment``; all else, a group's, on the system and inherited, is a
``Grant``. Nobody outside this module and ``queries`` needs to know.
"""

from logic.access import Caller
from logic.errors import Forbidden, NotFound
from logic.identity.commands.rows import held as locked
from logic.identity.models import Assignment, Domain, Grant, Group, Project, Role, User
from logic.identity.queries.assignments import Held, permit_grant
from logic.transactions import atomically


@atomically
def give(caller: Caller, held: Held) -> None:
    """Again changes nothing. Raises :class:`Forbidden`, :class:`NotFound`."""
    permit_grant(caller, "create", held)
    _lock(held)
    if _is_plain(held):
        project, domain = (held.project, None) if held.project else (None, held.domain)
        Assignment.objects.get_or_create(user_id=held.user, role_id=held.role, project_id=project, domain_id=domain)
        return
    columns = {
        "user_id": held.user or None,
        "group_id": held.group or None,
        "role_id": held.role,
        "project_id": held.project or None,
        "domain_id": held.domain or None,
        "inherited": held.inherited,
    }
    Grant.objects.get_or_create(pk=_key(held), defaults=columns)


@atomically
def take(caller: Caller, held: Held) -> None:
    """Raises :class:`Forbidden`, :class:`NotFound`."""
    permit_grant(caller, "revoke", held)
    _lock(held)
    if _is_plain(held):
        rows = Assignment.objects.filter(user=held.user, role=held.role)
        there = rows.filter(project=held.project) if held.project else rows.filter(domain=held.domain)
        deleted, _ = there.delete()
    else:
        deleted, _ = Grant.objects.filter(pk=_key(held)).delete()
    if not deleted:
        raise NotFound(kind="role assignment", id=held.role)


def _is_plain(held: Held) -> bool:
    return bool(held.user and (held.project or held.domain) and not held.inherited)


def _key(held: Held) -> str:
    who = f"user/{held.user}" if held.user else f"group/{held.group}"
    where = f"project/{held.project}" if held.project else f"domain/{held.domain}" if held.domain else "system"
    return "/".join((who, held.role, where, *(("inherited",) if held.inherited else ())))


def _lock(held: Held) -> None:
    """All that it names stays until the transaction ends. Raises :class:`NotFound`, and :class:`Forbidden` for a domain's role
    outside of it."""
    locked(User, "user", held.user) if held.user else locked(Group, "group", held.group)
    role = locked(Role, "role", held.role)
    home = ""
    if held.project:
        home = locked(Project, "project", held.project).domain_id
    elif held.domain:
        home = locked(Domain, "domain", held.domain).pk
    if role.domain_id and role.domain_id != home:
        raise Forbidden(action="a domain's role outside of its domain", needs="admin")
