"""The catalog in a token, and as resources: regions, services, endpoints. Documents and limits that are kept for other services.

Structs have what their makers added beside.
"""

from typing import Literal, TypedDict

from msgspec import Struct

from synnefo.api.identity.answers.words import Here

Interface = Literal["public", "internal", "admin"]


class CatalogEndpoint(TypedDict):
    id: str
    interface: Interface
    region: str | None
    region_id: str | None
    url: str


class CatalogEntry(TypedDict):
    id: str
    type: str
    name: str
    endpoints: list[CatalogEndpoint]


class Region(Struct, frozen=True, kw_only=True):
    """With what its maker added beside."""

    id: str
    description: str
    parent_region_id: str | None
    links: Here


class Service(Struct, frozen=True, kw_only=True):
    """With what its maker added beside."""

    id: str
    type: str
    name: str
    description: str
    enabled: bool
    links: Here


class Endpoint(Struct, frozen=True, kw_only=True):
    """With what its maker added beside."""

    id: str
    service_id: str
    interface: Interface
    region: str | None
    region_id: str | None
    url: str
    enabled: bool
    links: Here


class Policy(Struct, frozen=True, kw_only=True):
    """With what its maker added beside."""

    id: str
    type: str
    blob: str
    links: Here


class RegisteredLimit(TypedDict):
    """-1 is no limit."""

    id: str
    service_id: str
    region_id: str | None
    resource_name: str
    default_limit: int
    description: str | None
    links: Here


class Limit(TypedDict):
    """Of a project or of a domain; -1 is none."""

    id: str
    service_id: str
    region_id: str | None
    resource_name: str
    resource_limit: int
    project_id: str | None
    domain_id: str | None
    description: str | None
    links: Here


class Model(TypedDict):
    name: str
    description: str
