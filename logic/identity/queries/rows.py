"""From rows to infos."""

from collections.abc import Iterable

from logic.identity.infos import (
    AccessRuleInfo,
    CredentialInfo,
    DomainInfo,
    GroupInfo,
    ProjectInfo,
    RoleInfo,
    UserInfo,
)
from logic.identity.models import ApplicationCredential, Domain, Group, Project, Role, User


def domain_info(row: Domain) -> DomainInfo:
    return DomainInfo(id=row.id, name=row.name, description=row.description, enabled=row.enabled, extra=row.extra or {})


def project_info(row: Project) -> ProjectInfo:
    return ProjectInfo(
        id=row.id,
        name=row.name,
        description=row.description,
        enabled=row.enabled,
        domain=domain_info(row.domain),
        parent=row.parent_id or "",
        tags=row.tags or [],
        extra=row.extra or {},
    )


def domain_as_project(row: Domain) -> ProjectInfo:
    """Keystone's domains are projects too."""
    return ProjectInfo(
        id=row.id,
        name=row.name,
        description=row.description,
        enabled=row.enabled,
        domain=domain_info(row),
        is_domain=True,
        extra=row.extra or {},
    )


def user_info(row: User) -> UserInfo:
    return UserInfo(
        id=row.id,
        name=row.name,
        email=row.email,
        description=row.description,
        enabled=row.enabled,
        default_project=row.default_project_id or "",
        domain=domain_info(row.domain),
        options=row.options or {},
        extra=row.extra or {},
    )


def group_info(row: Group) -> GroupInfo:
    return GroupInfo(
        id=row.id, name=row.name, description=row.description, domain=domain_info(row.domain), extra=row.extra or {}
    )


def role_info(row: Role) -> RoleInfo:
    return RoleInfo(
        id=row.id, name=row.name, description=row.description, domain=row.domain_id or "", extra=row.extra or {}
    )


def role_infos(names: Iterable[str]) -> list[RoleInfo]:
    """The roles of these names that exist, by name."""
    return [role_info(row) for row in Role.objects.filter(name__in=list(names))]


def credential_info(row: ApplicationCredential) -> CredentialInfo:
    rules = row.access_rules
    return CredentialInfo(
        id=row.id,
        name=row.name,
        description=row.description,
        user=row.user_id,
        project=row.project_id,
        roles=role_infos(row.roles),
        expires_at=row.expires_at,
        unrestricted=row.unrestricted,
        access_rules=None if rules is None else [AccessRuleInfo(**rule) for rule in rules],
    )
