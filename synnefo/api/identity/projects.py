"""``/v3/projects`` and ``/v3/domains``."""

from logic.errors import BadRequest
from logic.identity.commands import projects as commands
from logic.identity.commands.projects import NewProject, ProjectChanges
from logic.identity.queries import directory
from synnefo.api.identity import render
from synnefo.api.identity.requests import ProjectPatchRequest, ProjectRequest
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.paging import next_url, page

DEFAULT = "default"


def list_projects(call: Call) -> Answer:
    asked, query = page(call), call.query
    found = directory.projects(
        call.caller,
        name=query.one("name"),
        domain=query.one("domain_id") or query.one("parent_id"),
        enabled=query.flag("enabled"),
        limit=asked.limit,
        marker=asked.marker,
    )
    following = next_url(call, [project.id for project in found], asked)
    return render.many(call, "projects", map(render.project, found), following=following)


def show_project(call: Call, project_id: str) -> Answer:
    return render.one(call, "project", "projects", render.project(directory.project(call.caller, project_id)))


def create_project(call: Call) -> Answer:
    body = call.decode(ProjectRequest).project
    domain = body.domain_id or body.parent_id or DEFAULT
    if body.parent_id not in {None, domain}:
        raise BadRequest(reason="Projects have no sub-projects here: leave out the field project.parent_id.")
    new = NewProject(name=body.name, description=body.description or "", enabled=body.enabled, domain=domain)
    made = commands.create_project(call.caller, new)
    return render.one(call, "project", "projects", render.project(made), 201)


def change_project(call: Call, project_id: str) -> Answer:
    body = call.decode(ProjectPatchRequest).project
    if body.domain_id or body.parent_id:
        raise BadRequest(reason="A project stays in its domain: leave out project.domain_id and project.parent_id.")
    changes = ProjectChanges(name=body.name, description=body.description, enabled=body.enabled)
    changed = commands.change_project(call.caller, project_id, changes)
    return render.one(call, "project", "projects", render.project(changed))


def delete_project(call: Call, project_id: str) -> Answer:
    commands.delete_project(call.caller, project_id)
    return Answer(204)


def list_domains(call: Call) -> Answer:
    found = directory.domains(call.caller, name=call.query.one("name"))
    return render.many(call, "domains", map(render.domain, found))


def show_domain(call: Call, domain_id: str) -> Answer:
    return render.one(call, "domain", "domains", render.domain(directory.domain(call.caller, domain_id)))
