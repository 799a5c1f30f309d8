"""Reading domains, projects, users, roles and assignments.

Lists are for admins. A user sees themself and the projects they have a role in; any other id is answered as unknown.
"""

from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from logic.access import Caller, require
from logic.errors import BadRequest, Forbidden, NotFound
from logic.identity.infos import AssignmentInfo, DomainInfo, ProjectInfo, RoleInfo, UserInfo
from logic.identity.models import Assignment, Domain, Project, Role, User
from logic.identity.queries.rows import assignment_info, domain_info, project_info, role_info, user_info

Row = TypeVar("Row", bound=Model)
MAX_PAGE = 1000


def domains(caller: Caller, *, name: str = "") -> list[DomainInfo]:
    """Raises :class:`Forbidden`."""
    require(caller, "admin", "list domains")
    return [domain_info(row) for row in Domain.objects.filter(**_given(name=name))]


def domain(caller: Caller, id: str) -> DomainInfo:
    """For others than admins, their own. Raises :class:`NotFound`."""
    rows = Domain.objects.all() if caller.is_admin else Domain.objects.filter(users=caller.user)
    return domain_info(_one(rows, "domain", id))


def projects(  # noqa: PLR0913 - what the list takes
    caller: Caller,
    *,
    name: str = "",
    domain: str = "",
    enabled: bool | None = None,
    limit: int = MAX_PAGE,
    marker: str = "",
) -> list[ProjectInfo]:
    """A page of all projects by name, after ``marker``. Raises :class:`Forbidden`, :class:`BadRequest`."""
    require(caller, "admin", "list projects")
    rows = Project.objects.filter(**_given(name=name, domain=domain, enabled=enabled)).select_related("domain")
    return [project_info(row) for row in _after(rows, marker)[:limit]]


def project(caller: Caller, id: str) -> ProjectInfo:
    """Raises :class:`NotFound`."""
    rows = Project.objects.all() if caller.is_admin else _projects_of(caller.user)
    return project_info(_one(rows.select_related("domain"), "project", id))


def projects_of(caller: Caller, user: str) -> list[ProjectInfo]:
    """The projects in which a user has a role. Raises :class:`Forbidden`, :class:`NotFound`."""
    if user != caller.user and not caller.is_admin:
        raise Forbidden(action="list another user's projects", needs="admin")
    _one(User.objects.all(), "user", user)
    return [project_info(row) for row in _projects_of(user).select_related("domain")]


def scopes(caller: Caller) -> list[ProjectInfo]:
    """The projects the caller may ask a token for; from an application credential, only its own."""
    rows = _projects_of(caller.user).filter(enabled=True).select_related("domain")
    return [project_info(row) for row in (rows.filter(pk=caller.project) if caller.credential else rows)]


def domain_scopes(caller: Caller) -> list[DomainInfo]:
    """The domains the caller may ask a token for."""
    rows = Domain.objects.filter(assignments__user=caller.user).distinct()
    return [domain_info(row) for row in rows if not caller.credential]


def _projects_of(user: str) -> QuerySet[Project]:
    return Project.objects.filter(assignments__user=user).distinct()


def users(  # noqa: PLR0913 - what the list takes
    caller: Caller,
    *,
    name: str = "",
    domain: str = "",
    enabled: bool | None = None,
    limit: int = MAX_PAGE,
    marker: str = "",
) -> list[UserInfo]:
    """A page of all users by name, after ``marker``. Raises :class:`Forbidden`, :class:`BadRequest`."""
    require(caller, "admin", "list users")
    rows = User.objects.filter(**_given(name=name, domain=domain, enabled=enabled)).select_related("domain")
    return [user_info(row) for row in _after(rows, marker)[:limit]]


def user(caller: Caller, id: str) -> UserInfo:
    """Raises :class:`NotFound`."""
    rows = User.objects.all() if caller.is_admin else User.objects.filter(pk=caller.user)
    return user_info(_one(rows.select_related("domain"), "user", id))


def roles(caller: Caller, *, name: str = "") -> list[RoleInfo]:  # noqa: ARG001 - anybody who is somebody
    """All roles: their names are no secret, and needed to make an application credential."""
    return [role_info(row) for row in Role.objects.filter(**_given(name=name))]


def role(caller: Caller, id: str) -> RoleInfo:  # noqa: ARG001
    """Raises :class:`NotFound`."""
    return role_info(_one(Role.objects.all(), "role", id))


def assignments(
    caller: Caller, *, user: str = "", role: str = "", project: str = "", domain: str = ""
) -> list[AssignmentInfo]:
    """Who holds which role where; without being admin, one's own. Raises :class:`Forbidden`."""
    if user != caller.user:
        require(caller, "admin", "list role assignments")
    related = ("user__domain", "role", "project__domain", "domain")
    rows = Assignment.objects.filter(**_given(user=user, role=role, project=project, domain=domain))
    return [assignment_info(row) for row in rows.select_related(*related)]


def roles_on(caller: Caller, user: str, *, project: str = "", domain: str = "") -> list[RoleInfo]:
    """The roles a user holds on one project or domain. Raises :class:`Forbidden`, :class:`NotFound`."""
    require(caller, "admin", "list role assignments")
    _one(User.objects.all(), "user", user)
    _one(Project.objects.all(), "project", project) if project else _one(Domain.objects.all(), "domain", domain)
    return [one.role for one in assignments(caller, user=user, project=project, domain=domain)]


def _given(**filters: Any) -> dict[str, Any]:
    return {name: value for name, value in filters.items() if value not in {"", None}}


def _one(rows: QuerySet[Row], kind: str, id: str) -> Row:
    row = rows.filter(pk=id).first()
    if row is None:
        raise NotFound(kind=kind, id=id)
    return row


def _after(rows: QuerySet[Row], marker: str) -> QuerySet[Row]:
    """Pages by (name, id)."""
    if not marker:
        return rows
    last = rows.filter(pk=marker).values_list("name", flat=True).first()
    if last is None:
        raise BadRequest(reason="The marker is not among these. Use the id of the last one you have seen.")
    return rows.filter(Q(name__gt=last) | Q(name=last, pk__gt=marker))
