"""Who holds which role where: as it was given, or (``effective``) as it counts, with groups, inheritance and implied roles
followed to the users, projects and roles at their ends."""

from collections.abc import Iterable, Iterator

import msgspec
from django.db.models import Q

from logic.access import Caller
from logic.errors import BadRequest, NotFound
from logic.identity.infos import AssignmentInfo, RoleInfo
from logic.identity.models import Assignment, Domain, Grant, Group, Membership, Project, Role, User
from logic.identity.queries import managing
from logic.identity.queries.holding import closed, implications
from logic.identity.queries.listing import one
from logic.identity.queries.rows import domain_info, group_info, project_info, role_info, user_info
from logic.policy import allowed, permit


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for; empty: any. ``subtree``: of the projects below ``project`` too."""

    user: str = ""
    group: str = ""
    role: str = ""
    project: str = ""
    domain: str = ""
    system: bool = False
    inherited: bool | None = None
    effective: bool = False
    subtree: bool = False


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """One assignment, by ids. ``through``: the group that the user has it by; ``prior``: the role that implies it."""

    role: str
    user: str = ""
    group: str = ""
    project: str = ""
    domain: str = ""
    inherited: bool = False
    through: str = ""
    prior: str = ""


def assignments(caller: Caller, wanted: Wanted) -> list[AssignmentInfo]:
    """Without being allowed to see all, those in the domain that the caller manages, or one's own. Raises :class:`Forbidden`,
    :class:`BadRequest`."""
    rule, domain = "identity:list_role_assignments", ""
    if not allowed(caller, rule, user_id=wanted.user):
        domain = caller.domain
        permit(caller, rule, domain_id=domain)
    if wanted.effective and wanted.group:
        raise BadRequest(reason="Groups hold no roles effectively, their users do: ask for group.id or for effective.")
    if wanted.subtree and not wanted.project:
        raise BadRequest(reason="The parameter include_subtree needs scope.project.id.")
    found = _given(wanted, domain)
    if wanted.effective:
        found = [held for held in _followed(found, wanted) if _fits(held, wanted)]
    return _infos(found)


def roles_on(caller: Caller, held: Held) -> list[RoleInfo]:
    """The roles that a user or a group was given right there. Raises :class:`Forbidden`, :class:`NotFound`."""
    permit_grant(caller, "list", held)
    _exists(held)
    roles = Role.objects.filter(pk__in=[found.role for found in _given_at(held)])
    return [role_info(row) for row in roles]


def check(caller: Caller, held: Held) -> None:
    """Whether it was given. Raises :class:`Forbidden`, :class:`NotFound`."""
    permit_grant(caller, "check", held)
    _exists(held)
    if held.role not in {found.role for found in _given_at(held)}:
        raise NotFound(kind="role assignment", id=held.role)


def _given_at(held: Held) -> list[Held]:
    """What the actor of ``held`` was given at its place, whichever role."""
    wanted = Wanted(
        user=held.user,
        group=held.group,
        project=held.project,
        domain=held.domain,
        system=not (held.project or held.domain),
        inherited=held.inherited,
    )
    return _given(wanted)


def _exists(held: Held) -> None:
    one(User.objects.all(), "user", held.user) if held.user else one(Group.objects.all(), "group", held.group)
    if held.project:
        one(Project.objects.all(), "project", held.project)
    elif held.domain:
        one(Domain.objects.all(), "domain", held.domain)


def permit_grant(caller: Caller, verb: str, held: Held) -> None:
    """Whoever manages a domain gives ordinary roles there to those who are in it, and takes them away. Raises
    :class:`Forbidden`."""
    rule = rule_of(verb, held)
    if not caller.domain:
        permit(caller, rule)
        return
    project = Project.objects.filter(pk=held.project).values_list("domain", flat=True).first() or ""
    permit(caller, rule, domain_id=project if held.project else held.domain)
    if managing.manages(caller):
        among = User.objects.filter(pk=held.user) if held.user else Group.objects.filter(pk=held.group)
        managing.refuse_unless(rule, among.filter(domain=caller.domain))
        if verb in {"create", "revoke"}:
            ordinary = Role.objects.filter(pk=held.role, domain=None, name__in=managing.ORDINARY)
            managing.refuse_unless(rule, ordinary)


def rule_of(verb: str, held: Held) -> str:
    """The name of the rule for listing, checking, creating or revoking this."""
    if held.project or held.domain:
        return f"identity:{verb}_grant{'s' if verb == 'list' else ''}"
    return f"identity:{verb}_system_grant{'s' if verb == 'list' else ''}_for_{'user' if held.user else 'group'}"


def _given(wanted: Wanted, within: str = "") -> list[Held]:
    """The rows, of all or of one domain. What they are asked for is followed afterwards where they count elsewhere too: in the
    same domain."""
    who, where, plain = _who(wanted), _where(wanted), Q()
    if within:
        where &= Q(domain=within) | Q(project__domain=within)
    if wanted.role and not wanted.effective:
        plain = Q(role=wanted.role)
    grants = Grant.objects.filter(who, where, plain)
    if wanted.inherited is not None and not wanted.effective:
        grants = grants.filter(inherited=wanted.inherited)
    found = [_held(row) for row in grants]
    if wanted.group or wanted.system or (wanted.inherited and not wanted.effective):
        return found
    rows = Assignment.objects.filter(Q(user=wanted.user) if wanted.user else Q(), where, plain)
    return [*(_held(row) for row in rows), *found]


def _held(row: Assignment | Grant) -> Held:
    return Held(
        role=row.role_id,
        user=row.user_id or "",
        group=getattr(row, "group_id", None) or "",
        project=row.project_id or "",
        domain=row.domain_id or "",
        inherited=getattr(row, "inherited", False),
    )


def _who(wanted: Wanted) -> Q:
    if wanted.group:
        return Q(group=wanted.group)
    if not wanted.user:
        return Q()
    return Q(user=wanted.user) | (Q(group__memberships__user=wanted.user) if wanted.effective else Q())


def _where(wanted: Wanted) -> Q:
    """The rows that tell of the places asked for: those above them as well, if what counts is asked for."""
    if wanted.system:
        return Q(project=None, domain=None)
    if wanted.domain:
        return Q(domain=wanted.domain)
    if not wanted.project:
        return Q()
    ids = {wanted.project}
    if wanted.subtree:
        ids |= set(Project.objects.filter(parent=wanted.project).values_list("pk", flat=True))
    where = Q(project__in=list(ids))
    if wanted.effective:
        for domain, parent in Project.objects.filter(pk__in=list(ids)).values_list("domain", "parent"):
            where |= Q(domain=domain)
            where |= Q(project=parent) if parent else Q()
    return where


def _followed(found: Iterable[Held], wanted: Wanted) -> list[Held]:
    found = list(_to_projects(_to_users(found, wanted.user), wanted))
    rules, ours = implications(all=True), set(Role.objects.filter(domain=None).values_list("pk", flat=True))
    ends: dict[tuple[str, ...], Held] = {}
    for held in found:
        for role in closed({held.role}, rules):
            if role in ours:
                prior = "" if role == held.role else held.role
                key = (role, held.user, held.project, held.domain)
                ends.setdefault(key, msgspec.structs.replace(held, role=role, prior=prior))
    return list(ends.values())


def _to_users(found: Iterable[Held], user: str) -> Iterator[Held]:
    rows = Membership.objects.filter(**({"user": user} if user else {})).values_list("group", "user")
    members: dict[str, list[str]] = {}
    for group, member in rows:
        members.setdefault(group, []).append(member)
    for held in found:
        if held.user:
            yield held
        for member in members.get(held.group, []):
            yield msgspec.structs.replace(held, user=member, group="", through=held.group)


def _to_projects(found: Iterable[Held], wanted: Wanted) -> Iterator[Held]:
    for held in found:
        if not held.inherited:
            yield held
            continue
        below = Project.objects.filter(**({"domain": held.domain} if held.domain else {"parent": held.project}))
        if wanted.project:
            below = below.filter(Q(pk=wanted.project) | Q(parent=wanted.project))
        for project in below.values_list("pk", flat=True):
            yield msgspec.structs.replace(held, project=project, domain="", inherited=False)


def _fits(held: Held, wanted: Wanted) -> bool:
    below = wanted.subtree and Project.objects.filter(pk=held.project or None, parent=wanted.project).exists()
    return (
        (not wanted.user or held.user == wanted.user)
        and (not wanted.role or held.role == wanted.role)
        and (not wanted.project or held.project == wanted.project or below)
        and (not wanted.domain or held.domain == wanted.domain)
    )


def _infos(found: list[Held]) -> list[AssignmentInfo]:
    """With names, which are asked for all at once."""
    home = ("domain",)
    users = User.objects.select_related(*home).in_bulk({held.user for held in found if held.user})
    groups = Group.objects.select_related(*home).in_bulk({held.group for held in found if held.group})
    projects = Project.objects.select_related(*home).in_bulk({held.project for held in found if held.project})
    domains = Domain.objects.in_bulk({held.domain for held in found if held.domain})
    roles = Role.objects.in_bulk({held.role for held in found})
    known = users.keys() | groups.keys() | projects.keys() | domains.keys() | {""}
    return [
        AssignmentInfo(
            role=role_info(roles[held.role]),
            user=user_info(users[held.user]) if held.user else None,
            group=group_info(groups[held.group]) if held.group else None,
            project=project_info(projects[held.project]) if held.project else None,
            domain=domain_info(domains[held.domain]) if held.domain else None,
            inherited=held.inherited,
            through=held.through,
            prior=held.prior,
        )
        for held in found
        if held.role in roles and {held.user, held.group, held.project, held.domain} <= known  # deleted meanwhile
    ]
