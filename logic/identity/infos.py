"""What leaves this app: frozen values, never rows. ``extra``: fields that their makers added."""

import datetime
from collections.abc import Mapping
from typing import Any

import msgspec

Extra = Mapping[str, Any]


class DomainInfo(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    description: str = ""
    enabled: bool = True
    extra: Extra = {}


class ProjectInfo(msgspec.Struct, frozen=True, kw_only=True):
    """``parent``: the id of a project, or empty: right below its domain. ``is_domain``: a domain, told as a project."""

    id: str
    name: str
    description: str
    enabled: bool
    domain: DomainInfo
    parent: str = ""
    tags: list[str] = []
    is_domain: bool = False
    extra: Extra = {}


class UserInfo(msgspec.Struct, frozen=True, kw_only=True):
    """``default_project``: an id, or empty."""

    id: str
    name: str
    email: str
    description: str
    enabled: bool
    default_project: str
    domain: DomainInfo
    options: Extra = {}
    extra: Extra = {}


class GroupInfo(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    description: str
    domain: DomainInfo
    extra: Extra = {}


class RoleInfo(msgspec.Struct, frozen=True, kw_only=True):
    """``domain``: an id, or empty: of the whole cloud."""

    id: str
    name: str
    description: str = ""
    domain: str = ""
    extra: Extra = {}


class ImplicationInfo(msgspec.Struct, frozen=True, kw_only=True):
    prior: RoleInfo
    implied: list[RoleInfo]


class AssignmentInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One of ``user`` and ``group``; of ``project`` and ``domain`` one, or none: on the system. ``inherited``: by what is below
    that place, not there. Of an effective one, ``through`` is the group
    that the user has it by, ``prior`` the role that implies it."""

    role: RoleInfo
    user: UserInfo | None = None
    group: GroupInfo | None = None
    project: ProjectInfo | None = None
    domain: DomainInfo | None = None
    inherited: bool = False
    through: str = ""
    prior: str = ""


class AccessRuleInfo(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    service: str
    method: str
    path: str


class CredentialInfo(msgspec.Struct, frozen=True, kw_only=True):
    """An application credential, without its secret. ``access_rules`` None: it may make any request."""

    id: str
    name: str
    description: str
    user: str
    project: str
    roles: list[RoleInfo]
    expires_at: datetime.datetime | None
    unrestricted: bool = False
    access_rules: list[AccessRuleInfo] | None = None


class StoredInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A credential kept for its user, decrypted. ``project``: an id, or empty."""

    id: str
    user: str
    project: str
    type: str
    blob: str


class TokenInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a token stands for; no ``project``, no ``domain`` and not the ``system``: unscoped. Implied roles are listed too."""

    user: UserInfo
    project: ProjectInfo | None
    domain: DomainInfo | None
    system: bool = False
    roles: list[RoleInfo]
    methods: list[str]
    audit_ids: list[str]
    issued_at: datetime.datetime
    expires_at: datetime.datetime
    credential: CredentialInfo | None


class RegionInfo(msgspec.Struct, frozen=True, kw_only=True):
    """``parent``: the id of another, or empty."""

    id: str
    description: str = ""
    parent: str = ""
    extra: Extra = {}


class ServiceInfo(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    type: str
    name: str
    description: str = ""
    enabled: bool = True
    extra: Extra = {}


class EndpointInfo(msgspec.Struct, frozen=True, kw_only=True):
    """``region``: an id, or empty."""

    id: str
    service: str
    interface: str
    region: str
    url: str
    enabled: bool = True
    extra: Extra = {}


class PolicyInfo(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    type: str
    blob: str
    extra: Extra = {}


class RegisteredLimitInfo(msgspec.Struct, frozen=True, kw_only=True):
    """``region``: an id, or empty."""

    id: str
    service: str
    region: str
    resource: str
    amount: int
    description: str


class LimitInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One of ``project`` and ``domain``, by id."""

    id: str
    registered: RegisteredLimitInfo
    project: str
    domain: str
    amount: int
    description: str
