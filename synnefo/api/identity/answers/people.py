"""Domains, projects, users and groups. All have what their makers added beside."""

from typing import Any, TypedDict

from msgspec import UNSET, Struct, UnsetType

from synnefo.api.identity.answers.words import Here


class Domain(Struct, frozen=True, kw_only=True):
    """With what its maker added beside."""

    id: str
    name: str
    description: str
    enabled: bool
    tags: list[str]
    options: dict[str, Any]
    links: Here


class Project(Struct, frozen=True, kw_only=True):
    """With what its maker added beside. ``parent_id`` is its domain's id where it stands right below; a domain as a project has
    neither."""

    id: str
    name: str
    description: str
    enabled: bool
    domain_id: str | None
    parent_id: str | None
    is_domain: bool
    tags: list[str]
    options: dict[str, Any]
    links: Here


class Relative(TypedDict):
    project: Project


class WithFamily(Project, frozen=True, kw_only=True):
    """``parents`` and ``subtree`` are there if they were asked for, as ids or as a list."""

    parents: dict[str, None] | list[Relative] | UnsetType | None = UNSET
    subtree: dict[str, None] | list[Relative] | UnsetType | None = UNSET


class User(Struct, frozen=True, kw_only=True):
    """With what its maker added beside."""

    id: str
    name: str
    email: str
    description: str
    enabled: bool
    domain_id: str
    password_expires_at: None
    options: dict[str, bool]
    default_project_id: str | UnsetType = UNSET
    links: Here


class Group(Struct, frozen=True, kw_only=True):
    """With what its maker added beside."""

    id: str
    name: str
    description: str
    domain_id: str
    links: Here


class GroupOfUser(Group, frozen=True, kw_only=True):
    membership_expires_at: None
