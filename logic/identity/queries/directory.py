"""Reading domains, projects, users and groups.

A user sees themself, their domain, and the projects they have a role in; any other id is answered as unknown.
"""

from django.db.models import Q, QuerySet

from logic.access import Caller
from logic.errors import NotFound
from logic.identity.infos import DomainInfo, GroupInfo, ProjectInfo, UserInfo
from logic.identity.models import Assignment, Domain, Grant, Group, Project, User
from logic.identity.queries import managing
from logic.identity.queries.holding import Place, places, roles_at
from logic.identity.queries.listing import ALL, NAMED, Listing, listed, one, tagged
from logic.identity.queries.rows import domain_as_project, domain_info, group_info, project_info, user_info
from logic.policy import allowed, permit

_DOMAINS = {"name": "name", "enabled": "enabled", "description": "description", "id": "id"}
_PROJECTS = NAMED | {"enabled": "enabled", "parent_id": "parent", "id": "id"}
_USERS = NAMED | {"enabled": "enabled", "email": "email", "default_project_id": "default_project", "id": "id"}
_GROUPS = NAMED | {"id": "id"}


def domains(caller: Caller, asked: Listing = ALL) -> list[DomainInfo]:
    """A page of all domains. Raises :class:`Forbidden`, :class:`BadRequest`."""
    permit(caller, "identity:list_domains")
    return [domain_info(row) for row in listed(Domain.objects.all(), asked, _DOMAINS)]


def domain(caller: Caller, id: str) -> DomainInfo:
    """For others than admins, their own. Raises :class:`NotFound`."""
    everything = allowed(caller, "identity:get_domain")
    mine = Q(pk__in=User.objects.filter(pk=caller.user).values("domain")) | Q(pk=caller.domain)
    rows = Domain.objects.all() if everything else Domain.objects.filter(mine)
    return domain_info(one(rows, "domain", id))


def projects(caller: Caller, asked: Listing = ALL, tags: dict[str, str] | None = None) -> list[ProjectInfo]:
    """A page of all projects; of those with such tags there are no pages, but all. Raises :class:`Forbidden`,
    :class:`BadRequest`."""
    rows = managing.seen(caller, "identity:list_projects", Project.objects.select_related("domain"))
    if parent := asked.filters.get("parent_id"):  # that of a project without one is its domain
        is_domain = Domain.objects.filter(pk=str(parent)).exists()
        rows = rows.filter(domain=str(parent), parent=None) if is_domain else rows.filter(parent=str(parent))
    rest = {name: value for name, value in asked.filters.items() if name != "parent_id"}
    plain = Listing(filters=rest, order=asked.order, limit=asked.limit, marker=asked.marker)
    if not tags:
        return [project_info(row) for row in listed(rows, plain, _PROJECTS)]
    ids = [id for id, own in rows.values_list("pk", "tags") if tagged(own or [], tags)]
    return [project_info(row) for row in listed(rows.filter(pk__in=ids), plain, _PROJECTS)]


def domains_as_projects(caller: Caller, asked: Listing = ALL) -> list[ProjectInfo]:
    """What Keystone lists as projects that are domains. Raises :class:`Forbidden`, :class:`BadRequest`."""
    permit(caller, "identity:list_projects")
    return [domain_as_project(row) for row in listed(Domain.objects.all(), asked, _DOMAINS)]


def is_no_project(caller: Caller, id: str) -> bool:
    """Is it known that there is none? Not to whoever may not look up all of them."""
    return allowed(caller, "identity:get_project", project_id=id) and not Project.objects.filter(pk=id).exists()


def project(caller: Caller, id: str) -> ProjectInfo:
    """A domain is told as a project too. Raises :class:`NotFound`."""
    everything = allowed(caller, "identity:get_project")
    home = Domain.objects.filter(pk=id).first() if everything else None
    if home:
        return domain_as_project(home)
    mine = places(caller.user) | managing.own(caller, "identity:get_project")
    rows = Project.objects.all() if everything else Project.objects.filter(mine)
    return project_info(one(rows.select_related("domain"), "project", id))


def above_and_below(caller: Caller, id: str) -> tuple[list[ProjectInfo], list[ProjectInfo]]:
    """Of a project the one above it, if any, and those below it, as far as the caller may see them. Raises :class:`NotFound`."""
    shown = project(caller, id)
    rows = Project.objects.select_related("domain")
    rows = rows if allowed(caller, "identity:get_project") else rows.filter(places(caller.user))
    above = rows.filter(pk=shown.parent) if shown.parent else rows.none()
    return [project_info(row) for row in above], [project_info(row) for row in rows.filter(parent=id)]


def tags(caller: Caller, id: str) -> list[str]:
    """A project's. Raises :class:`NotFound`."""
    return _project_with(caller, id, "identity:list_project_tags").tags or []


def check_tag(caller: Caller, id: str, tag: str) -> None:
    """Raises :class:`NotFound` for the project and for the tag."""
    if tag not in (_project_with(caller, id, "identity:get_project_tag").tags or []):
        raise NotFound(kind="project tag", id=tag)


def _project_with(caller: Caller, id: str, rule: str) -> Project:
    mine = places(caller.user) | managing.own(caller, rule)
    rows = Project.objects.all() if allowed(caller, rule) else Project.objects.filter(mine)
    return one(rows, "project", id)


def projects_of(caller: Caller, user: str, asked: Listing = ALL) -> list[ProjectInfo]:
    """The projects in which a user has a role. Raises :class:`Forbidden`, :class:`NotFound`."""
    permit(caller, "identity:list_user_projects", user_id=user)
    one(User.objects.all(), "user", user)
    return [project_info(row) for row in listed(_projects_of(user), asked, _PROJECTS)]


def scopes(caller: Caller) -> list[ProjectInfo]:
    """The projects the caller may ask a token for; from a credential, only its own."""
    rows = _projects_of(caller.user).filter(enabled=True, domain__enabled=True)
    return [project_info(row) for row in (rows.filter(pk=caller.project) if caller.credential else rows)]


def domain_scopes(caller: Caller) -> list[DomainInfo]:
    """The domains the caller may ask a token for."""
    direct = Assignment.objects.filter(user=caller.user, domain__isnull=False).values("domain")
    more = Grant.objects.filter(domain__isnull=False, inherited=False)
    mine = more.filter(user=caller.user) | more.filter(group__memberships__user=caller.user)
    rows = Domain.objects.filter(pk__in=direct) | Domain.objects.filter(pk__in=mine.values("domain"))
    return [domain_info(row) for row in rows.filter(enabled=True) if not caller.credential]


def system_scope(caller: Caller) -> bool:
    """Whether the caller may ask a token for the system as a whole."""
    return not caller.credential and bool(roles_at(caller.user, Place()))


def _projects_of(user: str) -> QuerySet[Project]:
    return Project.objects.filter(places(user)).select_related("domain")


def users(caller: Caller, asked: Listing = ALL) -> list[UserInfo]:
    """A page of all users. Raises :class:`Forbidden`, :class:`BadRequest`."""
    rows = managing.seen(caller, "identity:list_users", User.objects.select_related("domain"))
    return [user_info(row) for row in listed(rows, asked, _USERS)]


def user(caller: Caller, id: str) -> UserInfo:
    """Raises :class:`NotFound`."""
    seen = allowed(caller, "identity:get_user", user_id=id)
    rows = User.objects.select_related("domain")
    return user_info(one(rows if seen else rows.filter(managing.own(caller, "identity:get_user")), "user", id))


def groups(caller: Caller, asked: Listing = ALL) -> list[GroupInfo]:
    """A page of all groups. Raises :class:`Forbidden`, :class:`BadRequest`."""
    rows = managing.seen(caller, "identity:list_groups", Group.objects.select_related("domain"))
    return [group_info(row) for row in listed(rows, asked, _GROUPS)]


def group(caller: Caller, id: str) -> GroupInfo:
    """Raises :class:`Forbidden`, :class:`NotFound`."""
    managing.permit_on(caller, "identity:get_group", Group, id)
    return group_info(one(Group.objects.select_related("domain"), "group", id))


def groups_of(caller: Caller, user: str, asked: Listing = ALL) -> list[GroupInfo]:
    """The groups that a user is in. Raises :class:`Forbidden`, :class:`NotFound`."""
    permit(caller, "identity:list_groups_for_user", user_id=user)
    one(User.objects.all(), "user", user)
    rows = Group.objects.filter(memberships__user=user).select_related("domain")
    return [group_info(row) for row in listed(rows, asked, _GROUPS)]


def users_in(caller: Caller, group: str, asked: Listing = ALL) -> list[UserInfo]:
    """A page of a group's users. Raises :class:`Forbidden`, :class:`NotFound`."""
    managing.permit_on(caller, "identity:list_users_in_group", Group, group)
    one(Group.objects.all(), "group", group)
    rows = User.objects.filter(memberships__group=group).select_related("domain")
    return [user_info(row) for row in listed(rows, asked, _USERS)]


def check_membership(caller: Caller, group: str, user: str) -> None:
    """Raises :class:`Forbidden`, and :class:`NotFound` when the user is not in the group."""
    managing.permit_on(caller, "identity:check_user_in_group", Group, group)
    one(Group.objects.all(), "group", group)
    one(User.objects.filter(memberships__group=group), "user in the group", user)
