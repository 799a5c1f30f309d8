"""Domains, projects, users and groups. An update takes the fields of a creation, all optional."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from synnefo.api.identity.requests.words import Id, Mail, Name, NoOptions, ShortName, Text

Tags = Annotated[list[Annotated[str, Meta(min_length=1, max_length=255)]], Meta(max_length=80)]


class DomainBody(Struct):
    name: ShortName
    description: Text | None = None
    enabled: bool = True
    options: NoOptions | None = None
    tags: Annotated[list[Name], Meta(max_length=0)] = []


class DomainRequest(Struct, forbid_unknown_fields=True):
    domain: DomainBody


class DomainPatch(Struct):
    name: ShortName | None = None
    description: Text | None = None
    enabled: bool | None = None
    options: NoOptions | None = None
    tags: Annotated[list[Name], Meta(max_length=0)] = []


class DomainPatchRequest(Struct, forbid_unknown_fields=True):
    domain: DomainPatch


class ProjectBody(Struct):
    name: ShortName
    description: Text | None = None
    enabled: bool = True
    domain_id: Id | None = None
    parent_id: Id | None = None
    is_domain: bool = False
    tags: Tags = []
    options: NoOptions | None = None


class ProjectRequest(Struct, forbid_unknown_fields=True):
    project: ProjectBody


class ProjectPatch(Struct):
    name: ShortName | None = None
    description: Text | None = None
    enabled: bool | None = None
    domain_id: Id | None = None
    parent_id: Id | None = None
    is_domain: bool | None = None
    tags: Tags | None = None
    options: NoOptions | None = None


class ProjectPatchRequest(Struct, forbid_unknown_fields=True):
    project: ProjectPatch


class TagsRequest(Struct, forbid_unknown_fields=True):
    tags: Tags


class UserOptions(Struct, forbid_unknown_fields=True):
    """Of Keystone's options those that are offered; null takes one away."""

    lock_password: bool | UnsetType | None = UNSET
    ignore_lockout_failure_attempts: bool | UnsetType | None = UNSET
    ignore_change_password_upon_first_use: Literal[True] | UnsetType | None = UNSET  # nobody has to
    ignore_password_expiry: Literal[True] | UnsetType | None = UNSET  # none expires
    multi_factor_auth_enabled: Literal[False] | UnsetType | None = UNSET


class UserBody(Struct):
    name: Name
    password: str | None = None
    email: Mail | None = None
    description: Text | None = None
    enabled: bool = True
    domain_id: Id | None = None
    default_project_id: Id | None = None
    options: UserOptions | None = None


class UserRequest(Struct, forbid_unknown_fields=True):
    user: UserBody


class UserPatch(Struct):
    name: Name | None = None
    password: str | None = None
    email: Mail | None = None
    description: Text | None = None
    enabled: bool | None = None
    domain_id: Id | None = None
    default_project_id: Id | UnsetType | None = UNSET
    options: UserOptions | None = None


class UserPatchRequest(Struct, forbid_unknown_fields=True):
    user: UserPatch


class PasswordChange(Struct, forbid_unknown_fields=True):
    original_password: str
    password: str


class PasswordChangeRequest(Struct, forbid_unknown_fields=True):
    user: PasswordChange


class GroupBody(Struct):
    name: ShortName
    description: Text | None = None
    domain_id: Id | None = None


class GroupRequest(Struct, forbid_unknown_fields=True):
    group: GroupBody


class GroupPatch(Struct):
    name: ShortName | None = None
    description: Text | None = None
    domain_id: Id | None = None


class GroupPatchRequest(Struct, forbid_unknown_fields=True):
    group: GroupPatch
