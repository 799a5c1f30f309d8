"""Roles, and who holds them where."""

from typing import Any

from logic.access import Caller, require
from logic.errors import Conflict, NotFound
from logic.identity.commands.rows import changed, held, saved
from logic.identity.infos import RoleInfo
from logic.identity.models import Assignment, Domain, Project, Role, User
from logic.identity.queries.rows import role_info
from logic.transactions import atomically

BUILT_IN = ("admin", "member", "reader")


@atomically
def create_role(caller: Caller, name: str, description: str = "") -> RoleInfo:
    """Raises :class:`Forbidden`, :class:`Duplicate`."""
    require(caller, "admin", "create a role")
    return role_info(saved(Role(name=name, description=description), "role", name))


@atomically
def change_role(caller: Caller, id: str, *, name: str | None = None, description: str | None = None) -> RoleInfo:
    """Raises :class:`Forbidden`, :class:`NotFound`, :class:`Conflict` for renaming a built-in one."""
    require(caller, "admin", "change a role")
    row = held(Role, "role", id)
    if name not in {None, row.name}:
        _free(row)
    changed(row, {"name": name, "description": description})
    return role_info(saved(row, "role", row.name))


@atomically
def delete_role(caller: Caller, id: str) -> None:
    """Nobody holds it any more. Raises :class:`Forbidden`, :class:`NotFound`, :class:`Conflict` for a built-in one."""
    require(caller, "admin", "delete a role")
    row = held(Role, "role", id)
    _free(row)
    row.delete()


def _free(row: Role) -> None:
    if row.name in BUILT_IN:
        raise Conflict(
            reason=f"The role {row.name} is built in: every policy names it. Make a role of your own instead."
        )


@atomically
def assign(caller: Caller, user: str, role: str, *, project: str = "", domain: str = "") -> None:
    """Give a user a role in a project or a domain; again changes nothing. Raises :class:`Forbidden`, :class:`NotFound`."""
    require(caller, "admin", "assign a role")
    Assignment.objects.get_or_create(**_place(user, role, project, domain))


@atomically
def unassign(caller: Caller, user: str, role: str, *, project: str = "", domain: str = "") -> None:
    """Take a role away, from the next request on. Raises :class:`Forbidden`, :class:`NotFound`."""
    require(caller, "admin", "take a role away")
    deleted, _ = Assignment.objects.filter(**_place(user, role, project, domain)).delete()
    if not deleted:
        raise NotFound(kind="role assignment", id=role)


def _place(user: str, role: str, project: str, domain: str) -> dict[str, Any]:
    return {
        "user": held(User, "user", user),
        "role": held(Role, "role", role),
        "project": held(Project, "project", project) if project else None,
        "domain": None if project else held(Domain, "domain", domain),
    }
