"""Roles."""

from msgspec import Struct

from synnefo.api.identity.requests.words import Id, Name, NoOptions, Text


class RoleBody(Struct):
    name: Name
    description: Text | None = None
    domain_id: Id | None = None
    options: NoOptions | None = None


class RoleRequest(Struct, forbid_unknown_fields=True):
    role: RoleBody


class RolePatch(Struct):
    name: Name | None = None
    description: Text | None = None
    domain_id: Id | None = None
    options: NoOptions | None = None


class RolePatchRequest(Struct, forbid_unknown_fields=True):
    role: RolePatch
