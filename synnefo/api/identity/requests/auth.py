"""Logging in. What Keystone would ignore inside ``auth`` is ignored."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from synnefo.api.identity.requests.words import Id, Name


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
