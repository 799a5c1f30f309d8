"""Tokens, and the version that they are of."""

from typing import Literal, NotRequired, TypedDict

from synnefo.api.identity.answers.catalog import CatalogEntry
from synnefo.api.identity.answers.credentials import Rule
from synnefo.api.identity.answers.words import Brief, Everything
from synnefo.api.kernel.answers import Links
from synnefo.api.kernel.times import Moment


class InDomain(Brief):
    domain: Brief


class Person(InDomain):
    password_expires_at: None


class MadeOf(Brief):
    """The application credential that the token comes from."""

    restricted: bool
    access_rules: NotRequired[list[Rule]]


class Token(TypedDict):
    """Of a project, of a domain or of the system; with none of them it is unscoped, and has neither roles nor a catalog. Nor
    has it a catalog where ``nocatalog`` was asked for."""

    methods: list[str]
    user: Person
    audit_ids: list[str]
    expires_at: Moment
    issued_at: Moment
    project: NotRequired[InDomain]
    is_domain: NotRequired[bool]
    domain: NotRequired[Brief]
    system: NotRequired[Everything]
    roles: NotRequired[list[Brief]]
    catalog: NotRequired[list[CatalogEntry]]
    application_credential: NotRequired[MadeOf]


class MediaType(TypedDict):
    base: str
    type: str


Version = TypedDict(
    "Version",
    {
        "id": str,
        "status": Literal["stable"],
        "updated": Moment,
        "links": Links,
        "media-types": list[MediaType],
    },
)


class Versions(TypedDict):
    values: list[Version]
