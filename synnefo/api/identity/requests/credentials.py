"""Application credentials. An unknown field is refused: what would narrow one is never ignored."""

import datetime
from typing import Annotated

from msgspec import Meta, Struct

from synnefo.api.identity.requests.words import Id, Name, Text


class RoleRef(Struct, forbid_unknown_fields=True):
    id: Id = ""
    name: Name = ""


class RuleBody(Struct, forbid_unknown_fields=True):
    """By its id, or all the rest."""

    id: Id = ""
    service: Annotated[str, Meta(max_length=64)] = ""
    method: Annotated[str, Meta(max_length=16)] = ""
    path: Annotated[str, Meta(max_length=255)] = ""


class CredentialBody(Struct, forbid_unknown_fields=True):
    name: Name
    secret: str | None = None
    description: Text | None = None
    expires_at: datetime.datetime | None = None
    roles: Annotated[list[RoleRef], Meta(max_length=100)] | None = None
    unrestricted: bool | None = None
    access_rules: Annotated[list[RuleBody], Meta(max_length=100)] | None = None
    project_id: Id | None = None


class CredentialRequest(Struct, forbid_unknown_fields=True):
    application_credential: CredentialBody
