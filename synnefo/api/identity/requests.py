"""Keystone's request bodies. What it would ignore inside ``auth`` is ignored; elsewhere an unknown field is refused."""

import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

Id = Annotated[str, Meta(max_length=64)]
Name = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"\S")]
ProjectName = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"\S")]
Text = Annotated[str, Meta(max_length=65_535)]
Mail = Annotated[str, Meta(max_length=255)]


class DomainRef(Struct):
    id: Id = ""
    name: Name = ""


class Ref(Struct):
    """A user or a project by id, or by name and domain."""

    id: Id = ""
    name: Name = ""
    domain: DomainRef | None = None


class PasswordUser(Ref):
    password: str = ""


class PasswordPart(Struct):
    user: PasswordUser


class TokenPart(Struct):
    id: str


class CredentialPart(Struct):
    secret: str
    id: Id = ""
    name: Name = ""
    user: Ref | None = None


class IdentityPart(Struct):
    methods: Annotated[list[Name], Meta(min_length=1, max_length=10)]
    password: PasswordPart | None = None
    token: TokenPart | None = None
    application_credential: CredentialPart | None = None


class ScopePart(Struct, forbid_unknown_fields=True):
    """A scope that is not understood must not turn into none."""

    project: Ref | None = None
    domain: DomainRef | None = None
    system: dict[str, bool] | None = None
    unscoped: dict[str, object] | None = None


class Auth(Struct):
    identity: IdentityPart
    scope: ScopePart | Literal["unscoped"] | None = None


class AuthRequest(Struct):
    auth: Auth


class Options(Struct, forbid_unknown_fields=True):
    """Resource options: none of Keystone's is offered."""


class ProjectBody(Struct, forbid_unknown_fields=True):
    """As created; an update takes the same fields, all optional."""

    name: ProjectName
    description: Text | None = None
    enabled: bool = True
    domain_id: Id | None = None
    parent_id: Id | None = None
    is_domain: Literal[False] = False
    tags: Annotated[list[Name], Meta(max_length=0)] = []
    options: Options | None = None


class ProjectRequest(Struct, forbid_unknown_fields=True):
    project: ProjectBody


class ProjectPatch(Struct, forbid_unknown_fields=True):
    name: ProjectName | None = None
    description: Text | None = None
    enabled: bool | None = None
    domain_id: Id | None = None
    parent_id: Id | None = None
    is_domain: Literal[False] = False
    tags: Annotated[list[Name], Meta(max_length=0)] = []
    options: Options | None = None


class ProjectPatchRequest(Struct, forbid_unknown_fields=True):
    project: ProjectPatch


class UserBody(Struct, forbid_unknown_fields=True):
    name: Name
    password: str | None = None
    email: Mail | None = None
    description: Text | None = None
    enabled: bool = True
    domain_id: Id | None = None
    default_project_id: Id | None = None
    options: Options | None = None


class UserRequest(Struct, forbid_unknown_fields=True):
    user: UserBody


class UserPatch(Struct, forbid_unknown_fields=True):
    name: Name | None = None
    password: str | None = None
    email: Mail | None = None
    description: Text | None = None
    enabled: bool | None = None
    domain_id: Id | None = None
    default_project_id: Id | UnsetType | None = UNSET
    options: Options | None = None


class UserPatchRequest(Struct, forbid_unknown_fields=True):
    user: UserPatch


class PasswordChange(Struct, forbid_unknown_fields=True):
    original_password: str
    password: str


class PasswordChangeRequest(Struct, forbid_unknown_fields=True):
    user: PasswordChange


class RoleBody(Struct, forbid_unknown_fields=True):
    name: Name
    description: Text | None = None
    domain_id: None = None
    options: Options | None = None


class RoleRequest(Struct, forbid_unknown_fields=True):
    role: RoleBody


class RolePatch(Struct, forbid_unknown_fields=True):
    name: Name | None = None
    description: Text | None = None
    options: Options | None = None


class RolePatchRequest(Struct, forbid_unknown_fields=True):
    role: RolePatch


class RoleRef(Struct, forbid_unknown_fields=True):
    id: Id = ""
    name: Name = ""


class CredentialBody(Struct, forbid_unknown_fields=True):
    """``unrestricted`` can only be false, and access rules are not offered: what would narrow is never ignored."""

    name: Name
    secret: str | None = None
    description: Text | None = None
    expires_at: datetime.datetime | None = None
    roles: Annotated[list[RoleRef], Meta(max_length=100)] | None = None
    unrestricted: Literal[False] | None = None
    access_rules: Annotated[list[msgspec.Raw], Meta(max_length=0)] | None = None
    project_id: Id | None = None


class CredentialRequest(Struct, forbid_unknown_fields=True):
    application_credential: CredentialBody
