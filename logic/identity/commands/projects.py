"""Projects: made, changed and deleted by admins."""

import msgspec

from logic.access import Caller, require
from logic.identity.commands.rows import changed, held, saved
from logic.identity.infos import ProjectInfo
from logic.identity.models import Domain, Project, Token
from logic.identity.queries.rows import project_info
from logic.transactions import atomically


class NewProject(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    description: str = ""
    enabled: bool = True
    domain: str = "default"


class ProjectChanges(msgspec.Struct, frozen=True, kw_only=True):
    """None: leave it as it is."""

    name: str | None = None
    description: str | None = None
    enabled: bool | None = None


@atomically
def create_project(caller: Caller, new: NewProject) -> ProjectInfo:
    """Raises :class:`Forbidden`, :class:`NotFound` for the domain, :class:`Duplicate`."""
    require(caller, "admin", "create a project")
    domain = held(Domain, "domain", new.domain)
    row = Project(domain=domain, name=new.name, description=new.description, enabled=new.enabled)
    return project_info(saved(row, "project", new.name))


@atomically
def change_project(caller: Caller, id: str, changes: ProjectChanges) -> ProjectInfo:
    """Disabling a project ends its tokens for good. Raises :class:`Forbidden`, :class:`NotFound`, :class:`Duplicate`."""
    require(caller, "admin", "change a project")
    row = held(Project, "project", id)
    changed(row, msgspec.structs.asdict(changes))
    if not row.enabled:
        Token.objects.filter(project=row).delete()
    return project_info(saved(row, "project", row.name))


@atomically
def delete_project(caller: Caller, id: str) -> None:
    """Its roles, tokens and application credentials go with it. Raises :class:`Forbidden`, :class:`NotFound`."""
    require(caller, "admin", "delete a project")
    held(Project, "project", id).delete()
