"""Application credentials, what they may ask for, and credentials that are kept."""

from typing import NotRequired, TypedDict

from synnefo.api.identity.answers.words import Brief, Here


class Rule(TypedDict):
    """A request that may be made."""

    id: str
    service: str
    method: str
    path: str


class AccessRule(Rule):
    links: Here


class HeldRole(Brief):
    domain_id: None


class ApplicationCredential(TypedDict):
    """``expires_at`` is UTC. Without ``access_rules`` it may make any request."""

    id: str
    name: str
    description: str
    project_id: str
    user_id: str
    roles: list[HeldRole]
    expires_at: str | None
    unrestricted: bool
    access_rules: NotRequired[list[Rule]]
    links: Here


class NewApplicationCredential(ApplicationCredential):
    """The secret is told once."""

    secret: str


class Credential(TypedDict):
    id: str
    user_id: str
    project_id: str | None
    type: str
    blob: str
    links: Here


class Ec2Key(TypedDict):
    access: str
    secret: str
    user_id: str
    tenant_id: str
    trust_id: None
    links: Here
