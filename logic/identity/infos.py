"""What leaves this app: frozen values, never rows."""

import datetime

import msgspec


class DomainInfo(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    description: str = ""


class ProjectInfo(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    description: str
    enabled: bool
    domain: DomainInfo


class UserInfo(msgspec.Struct, frozen=True, kw_only=True):
    """``default_project``: an id, or empty."""

    id: str
    name: str
    email: str
    description: str
    enabled: bool
    default_project: str
    domain: DomainInfo


class RoleInfo(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    description: str = ""


class AssignmentInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Exactly one of ``project`` and ``domain``."""

    user: UserInfo
    role: RoleInfo
    project: ProjectInfo | None
    domain: DomainInfo | None


class CredentialInfo(msgspec.Struct, frozen=True, kw_only=True):
    """An application credential, without its secret."""

    id: str
    name: str
    description: str
    user: str
    project: str
    roles: list[RoleInfo]
    expires_at: datetime.datetime | None


class TokenInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a token stands for; ``project`` and ``domain`` both None: it is unscoped. Implied roles are listed too."""

    user: UserInfo
    project: ProjectInfo | None
    domain: DomainInfo | None
    roles: list[RoleInfo]
    methods: list[str]
    audit_ids: list[str]
    issued_at: datetime.datetime
    expires_at: datetime.datetime
    credential: CredentialInfo | None
