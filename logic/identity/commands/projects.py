"""Projects and their tags: made, changed and deleted by admins.

A project is right below its domain, or below a project that is: one level, so that whoever holds a role there is found without
climbing. To Keystone's clients domains are projects too; what they do to one is handed to ``domains``.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from logic.access import Caller
from logic.errors import BadRequest, NotFound
from logic.identity.commands import domains
from logic.identity.commands.domains import DomainChanges, NewDomain
from logic.identity.commands.rows import changed, extended, held, saved
from logic.identity.infos import ProjectInfo
from logic.identity.models import Domain, Project, Token
from logic.identity.queries import managing
from logic.identity.queries.rows import domain_as_project, project_info
from logic.identity.refusals import BranchDisabled, NotALeaf, TooDeep
from logic.policy import permit
from logic.quota import commands as quota
from logic.transactions import atomically

MAX_TAGS = 80


class NewProject(msgspec.Struct, frozen=True, kw_only=True):
    """``domain`` empty: the parent's, the caller's or the default one. ``parent``: the id of a project or a domain, or empty."""

    name: str
    description: str = ""
    enabled: bool = True
    domain: str = ""
    parent: str = ""
    tags: Sequence[str] = ()
    extra: Mapping[str, Any] = {}


class ProjectChanges(msgspec.Struct, frozen=True, kw_only=True):
    """None: leave it as it is. ``domain`` and ``parent`` cannot be changed, and may be told as they are."""

    name: str | None = None
    description: str | None = None
    enabled: bool | None = None
    domain: str | None = None
    parent: str | None = None
    tags: Sequence[str] | None = None
    extra: Mapping[str, Any] = {}


@atomically
def create_project(caller: Caller, new: NewProject) -> ProjectInfo:
    """Raises :class:`Forbidden`, :class:`NotFound` for domain and parent, :class:`Duplicate`, :class:`BadRequest`,
    :class:`BranchDisabled`."""
    permit(caller, "identity:create_project", domain_id=managing.home_of(caller, new.parent, new.domain))
    domain, parent = _above(caller, new)
    row = Project(
        domain=domain,
        parent=parent,
        name=new.name,
        description=new.description,
        enabled=new.enabled,
        tags=_tags(new.tags),
        extra=extended(None, new.extra),
    )
    return project_info(saved(row, "project", new.name))


def _above(caller: Caller, new: NewProject) -> tuple[Domain, Project | None]:
    """The domain and the parent of a new project."""
    parent = Project.objects.select_for_update().filter(pk=new.parent).first() if new.parent else None
    home = parent.domain_id if parent else new.parent  # a parent that is no project must be a domain
    wanted = new.domain or home or caller.domain or domains.DEFAULT
    if home and home != wanted:
        if not parent:
            held(Domain, "project", new.parent)
        raise BadRequest(reason="A project is in its parent's domain: leave out project.domain_id, or tell that one.")
    if parent and parent.parent_id:
        raise TooDeep(id=parent.id)
    if parent and not parent.enabled:
        raise BranchDisabled(id=parent.id)
    return held(Domain, "domain", wanted), parent


def create_domain(caller: Caller, new: NewDomain) -> ProjectInfo:
    """What Keystone makes of a project that is a domain. Raises as :func:`domains.create_domain` does."""
    made = domains.create_domain(caller, new)
    return domain_as_project(Domain.objects.get(pk=made.id))


@atomically
def change_project(caller: Caller, id: str, changes: ProjectChanges) -> ProjectInfo:
    """Disabling a project ends its tokens for good. Raises :class:`Forbidden`, :class:`NotFound`, :class:`Duplicate`,
    :class:`BadRequest`, :class:`BranchDisabled` while projects below it are enabled."""
    managing.permit_on(caller, "identity:update_project", Project, id)
    if Domain.objects.filter(pk=id).exists():
        return _change_domain(caller, id, changes)
    row = held(Project, "project", id)
    if changes.domain not in {None, row.domain_id} or changes.parent not in {None, row.parent_id or row.domain_id}:
        raise BadRequest(reason="A project stays where it is: leave out project.domain_id and project.parent_id.")
    columns = {"name": changes.name, "description": changes.description, "enabled": changes.enabled}
    changed(row, columns | {"extra": changes.extra})
    row.tags = row.tags if changes.tags is None else _tags(changes.tags)
    if not row.enabled:
        if row.children.filter(enabled=True).exists():
            raise BranchDisabled(id=id)
        Token.objects.filter(project=row).delete()
    return project_info(saved(row, "project", row.name))


def _change_domain(caller: Caller, id: str, changes: ProjectChanges) -> ProjectInfo:
    columns = {"name": changes.name, "description": changes.description, "enabled": changes.enabled}
    domains.change_domain(caller, id, DomainChanges(**columns, extra=changes.extra))  # type: ignore[arg-type] # as above
    return domain_as_project(Domain.objects.get(pk=id))


@atomically
def delete_project(caller: Caller, id: str) -> None:
    """Its roles, tokens and application credentials go with it. Raises :class:`Forbidden`, :class:`NotFound`,
    :class:`NotALeaf`."""
    managing.permit_on(caller, "identity:delete_project", Project, id)
    if Domain.objects.filter(pk=id).exists():
        domains.delete_domain(caller, id)
        return
    row = held(Project, "project", id)
    if row.children.exists():
        raise NotALeaf(id=id)
    row.delete()
    quota.forget_projects([id])


@atomically
def set_tags(caller: Caller, id: str, tags: Sequence[str]) -> list[str]:
    """These and no others. Raises :class:`Forbidden`, :class:`NotFound`, :class:`BadRequest`."""
    managing.permit_on(caller, "identity:update_project_tags", Project, id)
    return _tag(id, lambda _: list(tags))


@atomically
def add_tag(caller: Caller, id: str, tag: str) -> None:
    """Once is enough. Raises :class:`Forbidden`, :class:`NotFound`, :class:`BadRequest`."""
    managing.permit_on(caller, "identity:create_project_tag", Project, id)
    _tag(id, lambda tags: [*tags, *({tag} - set(tags))])


@atomically
def remove_tag(caller: Caller, id: str, tag: str) -> None:
    """Raises :class:`Forbidden`, :class:`NotFound` for the project and for the tag."""
    managing.permit_on(caller, "identity:delete_project_tag", Project, id)
    if tag not in (held(Project, "project", id).tags or []):
        raise NotFound(kind="project tag", id=tag)
    _tag(id, lambda tags: [one for one in tags if one != tag])


@atomically
def remove_tags(caller: Caller, id: str) -> None:
    """All of them. Raises :class:`Forbidden`, :class:`NotFound`."""
    managing.permit_on(caller, "identity:delete_project_tags", Project, id)
    _tag(id, lambda _: [])


def _tag(id: str, becomes: Callable[[list[str]], list[str]]) -> list[str]:
    row = held(Project, "project", id)
    row.tags = _tags(becomes(row.tags or []))
    row.save(update_fields=["tags"])
    return row.tags or []


def _tags(tags: Sequence[str]) -> list[str] | None:
    if len(tags) > MAX_TAGS or len(set(tags)) < len(tags):
        raise BadRequest(reason=f"A project has at most {MAX_TAGS} tags, each once.")
    if any(not tag or len(tag) > 255 or "," in tag or "/" in tag for tag in tags):  # noqa: PLR2004 - Keystone's length
        raise BadRequest(reason="A tag has 1 to 255 characters, no comma and no slash among them.")
    return list(tags) or None
