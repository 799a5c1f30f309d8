"""From rows to infos."""

from collections.abc import Iterable

from logic.identity.infos import AssignmentInfo, CredentialInfo, DomainInfo, ProjectInfo, RoleInfo, UserInfo
from logic.identity.models import ApplicationCredential, Assignment, Domain, Project, Role, User


def domain_info(row: Domain) -> DomainInfo:
    return DomainInfo(id=row.id, name=row.name, description=row.description)


def project_info(row: Project) -> ProjectInfo:
    return ProjectInfo(
        id=row.id, name=row.name, description=row.description, enabled=row.enabled, domain=domain_info(row.domain)
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
    )


def role_info(row: Role) -> RoleInfo:
    return RoleInfo(id=row.id, name=row.name, description=row.description)


def role_infos(names: Iterable[str]) -> list[RoleInfo]:
    """The roles of these names that exist, by name."""
    return [role_info(row) for row in Role.objects.filter(name__in=list(names))]


def assignment_info(row: Assignment) -> AssignmentInfo:
    return AssignmentInfo(
        user=user_info(row.user),
        role=role_info(row.role),
        project=project_info(row.project) if row.project else None,
        domain=domain_info(row.domain) if row.domain else None,
    )


def credential_info(row: ApplicationCredential) -> CredentialInfo:
    return CredentialInfo(
        id=row.id,
        name=row.name,
        description=row.description,
        user=row.user_id,
        project=row.project_id,
        roles=role_infos(row.roles),
        expires_at=row.expires_at,
    )
