"""An empty cloud's first inhabitants. Safe to run again: what exists is left as it is, passwords too."""

from logic.access import Caller, operator
from logic.identity import secrets
from logic.identity.commands.assignments import give
from logic.identity.commands.domains import DEFAULT as DOMAIN
from logic.identity.commands.roles import BUILT_IN
from logic.identity.commands.users import UserChanges, change_user
from logic.identity.models import Assignment, Domain, Project, Role, User
from logic.identity.queries.assignments import Held
from logic.transactions import atomically


@atomically
def ensure_bootstrap(admin_password: str, demo_password: str = "") -> Caller:
    """The domain, the roles, project and user ``admin``; with a password, ``demo`` as well, where admin has a say too.

    Returns the last of them as a caller. Raises :class:`BadRequest` for a password that is too long.
    """
    Domain.objects.get_or_create(pk=DOMAIN, defaults={"name": "Default", "description": "The default domain"})
    for name in BUILT_IN:
        Role.objects.get_or_create(name=name)
    project, admin = _project("admin", "Operators of this cloud"), _user("admin", admin_password)
    _grant(admin, "admin", domain=Domain.objects.get(pk=DOMAIN))
    _grant(admin, "admin", project=project)
    give(operator(), Held(user=admin.id, role=Role.objects.get(name="admin").id))
    if not demo_password:
        return _caller(admin, project, "admin")
    project, demo = _project("demo", "A project to try things in"), _user("demo", demo_password)
    _grant(admin, "admin", project=project)
    _grant(demo, "member", project=project)
    return _caller(demo, project, "member")


def set_password(user: str, password: str) -> None:
    """For the operator of a node: a user's new password, by name in the default domain. Raises :class:`NotFound`."""
    row = User.objects.filter(domain=DOMAIN, name=user).first()
    change_user(operator(), row.id if row else user, UserChanges(password=password))


def has_password(user: str, password: str) -> bool:
    """Whether this is the password of a user of the default domain, by name."""
    row = User.objects.filter(domain=DOMAIN, name=user).first()
    return secrets.matches(row.password if row else "", password)


def _project(name: str, description: str) -> Project:
    return Project.objects.get_or_create(domain_id=DOMAIN, name=name, defaults={"description": description})[0]


def _user(name: str, password: str) -> User:
    row = User.objects.filter(domain=DOMAIN, name=name).first()
    return row or User.objects.create(domain_id=DOMAIN, name=name, password=secrets.hashed(password))


def _grant(user: User, role: str, *, project: Project | None = None, domain: Domain | None = None) -> None:
    Assignment.objects.get_or_create(user=user, role=Role.objects.get(name=role), project=project, domain=domain)


def _caller(user: User, project: Project, role: str) -> Caller:
    return Caller(
        user=user.id, user_name=user.name, project=project.id, project_name=project.name, roles=frozenset({role})
    )
