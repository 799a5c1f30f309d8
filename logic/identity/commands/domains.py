"""Domains: made, changed and, once they are disabled, deleted by admins."""

from collections.abc import Mapping
from typing import Any

import msgspec
from django.db.models import Q

from logic.access import Caller
from logic.identity.commands.rows import changed, extended, held, saved
from logic.identity.infos import DomainInfo
from logic.identity.models import Domain, Group, Project, Token, User
from logic.identity.queries.rows import domain_info
from logic.identity.refusals import BuiltInDomain, StillEnabled
from logic.policy import permit
from logic.quota import commands as quota
from logic.transactions import atomically

DEFAULT = "default"


class NewDomain(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    description: str = ""
    enabled: bool = True
    extra: Mapping[str, Any] = {}


class DomainChanges(msgspec.Struct, frozen=True, kw_only=True):
    """None: leave it as it is."""

    name: str | None = None
    description: str | None = None
    enabled: bool | None = None
    extra: Mapping[str, Any] = {}


@atomically
def create_domain(caller: Caller, new: NewDomain) -> DomainInfo:
    """Raises :class:`Forbidden`, :class:`Duplicate`, :class:`BadRequest`."""
    permit(caller, "identity:create_domain")
    extra = extended(None, new.extra)
    row = Domain(name=new.name, description=new.description, enabled=new.enabled, extra=extra)
    return domain_info(saved(row, "domain", new.name))


@atomically
def change_domain(caller: Caller, id: str, changes: DomainChanges) -> DomainInfo:
    """Disabling a domain ends the tokens of its users and in its projects for good. Raises :class:`Forbidden`,
    :class:`NotFound`, :class:`Duplicate`, :class:`BuiltInDomain` for disabling the one that operators are in."""
    permit(caller, "identity:update_domain")
    row = held(Domain, "domain", id)
    if id == DEFAULT and changes.enabled is False:
        raise BuiltInDomain(action="disabled")
    changed(row, msgspec.structs.asdict(changes))
    if not row.enabled:
        Token.objects.filter(Q(user__domain=row) | Q(project__domain=row) | Q(domain=row)).delete()
    return domain_info(saved(row, "domain", row.name))


@atomically
def delete_domain(caller: Caller, id: str) -> None:
    """With all that is in it. Raises :class:`Forbidden`, :class:`NotFound`, :class:`StillEnabled`."""
    permit(caller, "identity:delete_domain")
    row = held(Domain, "domain", id)
    if id == DEFAULT:
        raise BuiltInDomain(action="deleted")
    if row.enabled:
        raise StillEnabled(id=id)
    users, projects = (list(model.objects.filter(domain=row).values_list("pk", flat=True)) for model in (User, Project))
    User.objects.filter(domain=row).delete()
    Group.objects.filter(domain=row).delete()
    Project.objects.filter(domain=row, parent__isnull=False).delete()
    Project.objects.filter(domain=row).delete()
    quota.forget_users(users)  # behind whoever was just giving them some
    quota.forget_projects(projects)
    row.delete()
