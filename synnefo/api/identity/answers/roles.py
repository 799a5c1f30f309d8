"""Roles, what they imply, and who has them where."""

from typing import Any, Literal, NotRequired, TypedDict

from msgspec import Struct

from synnefo.api.identity.answers.words import Brief, Everything, Here


class Role(Struct, frozen=True, kw_only=True):
    """Of a domain, or of the whole cloud, with what its maker added beside."""

    id: str
    name: str
    description: str
    domain_id: str | None
    options: dict[str, Any]
    links: Here


class BriefRole(Brief):
    links: Here


class Implications(TypedDict):
    """What a role implies."""

    prior_role: BriefRole
    implies: list[BriefRole]


class Implication(TypedDict):
    prior_role: BriefRole
    implies: BriefRole


class Holder(TypedDict):
    """A user, group or project; its name and domain by ``include_names``."""

    id: str
    name: NotRequired[str]
    domain: NotRequired[Brief]


class MaybeNamed(TypedDict):
    id: str
    name: NotRequired[str]


Place = TypedDict(
    "Place",
    {
        "project": NotRequired[Holder],
        "domain": NotRequired[MaybeNamed],
        "system": NotRequired[Everything],
        "OS-INHERIT:inherited_to": NotRequired[Literal["projects"]],
    },
)


class Origin(TypedDict):
    """The assignment, and of an effective one the group and the role that it comes from."""

    assignment: str
    membership: NotRequired[str]
    prior_role: NotRequired[str]


class Assignment(TypedDict):
    """Of a user or of a group."""

    user: NotRequired[Holder]
    group: NotRequired[Holder]
    role: MaybeNamed
    scope: Place
    links: Origin
