"""``/v3/projects`` and their tags."""

from typing import Any

from logic.identity.commands import projects as commands
from logic.identity.commands.domains import NewDomain
from logic.identity.commands.projects import NewProject, ProjectChanges
from logic.identity.infos import ProjectInfo
from logic.identity.queries import directory
from synnefo.api.identity import render
from synnefo.api.identity.answers.people import Project, WithFamily
from synnefo.api.identity.answers.words import PageLinks, several
from synnefo.api.identity.listing import asked, listed, one_flag, parameters
from synnefo.api.identity.requests.people import (
    ProjectBody,
    ProjectPatch,
    ProjectPatchRequest,
    ProjectRequest,
    TagsRequest,
)
from synnefo.api.identity.requests.words import extra
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes

FAMILY = {
    "parents_as_list": "parents",
    "parents_as_ids": "parents",
    "subtree_as_list": "subtree",
    "subtree_as_ids": "subtree",
}
TAGS = ("tags", "tags-any", "not-tags", "not-tags-any")


_TAGS = ("tags", "tags-any", "not-tags", "not-tags-any")
QUERY = parameters("name", "domain_id", "parent_id", "enabled", "is_domain", *_TAGS)


@describes(gives=several("projects", Project), query=QUERY)
def list_projects(call: Call) -> Answer:
    if one_flag(call, "is_domain"):
        found = directory.domains_as_projects(call.caller, asked(call, "name", "enabled"))
    else:
        wanted = asked(call, "name", "domain_id", "parent_id", "enabled")
        tags = {name: call.query.one(name) for name in TAGS if call.query.one(name)}
        found = directory.projects(call.caller, wanted, tags)
    return listed(call, "projects", map(render.project, found))


@describes(
    gives={"project": WithFamily}, query=["parents_as_ids", "parents_as_list", "subtree_as_ids", "subtree_as_list"]
)
def show_project(call: Call, project_id: str) -> Answer:
    body = render.project(directory.project(call.caller, project_id))
    if not any(name in call.query for name in FAMILY):
        return render.one(call, "project", "projects", body)
    return render.one(
        call, "project", "projects", body | _family(call, *directory.above_and_below(call.caller, project_id))
    )


def _family(call: Call, above: list[ProjectInfo], below: list[ProjectInfo]) -> render.Body:
    """As trees of ids, which are one level high here, or as lists of projects."""
    told: dict[str, Any] = {
        "parents_as_ids": {one.id: None for one in above} or None,
        "subtree_as_ids": {one.id: None for one in below} or None,
        "parents_as_list": [{"project": render.linked(call, "projects", render.project(one))} for one in above],
        "subtree_as_list": [{"project": render.linked(call, "projects", render.project(one))} for one in below],
    }
    asked = {name: told[name] for name in FAMILY if name in call.query}
    return {FAMILY[name]: value for name, value in asked.items()}


@describes(takes=ProjectRequest, status=201, gives={"project": Project})
def create_project(call: Call) -> Answer:
    body = call.decode(ProjectRequest).project
    own = extra(call, "project", ProjectBody)
    if body.is_domain:
        home = NewDomain(name=body.name, description=body.description or "", enabled=body.enabled, extra=own)
        made = commands.create_domain(call.caller, home)
        return render.one(call, "project", "projects", render.project(made), 201)
    new = NewProject(
        name=body.name,
        description=body.description or "",
        enabled=body.enabled,
        domain=body.domain_id or "",
        parent=body.parent_id or "",
        tags=body.tags,
        extra=own,
    )
    return render.one(call, "project", "projects", render.project(commands.create_project(call.caller, new)), 201)


@describes(takes=ProjectPatchRequest, gives={"project": Project})
def change_project(call: Call, project_id: str) -> Answer:
    body = call.decode(ProjectPatchRequest).project
    changes = ProjectChanges(
        name=body.name,
        description=body.description,
        enabled=body.enabled,
        domain=body.domain_id,
        parent=body.parent_id,
        tags=body.tags,
        extra=extra(call, "project", ProjectPatch),
    )
    changed = commands.change_project(call.caller, project_id, changes)
    return render.one(call, "project", "projects", render.project(changed))


@describes(status=204)
def delete_project(call: Call, project_id: str) -> Answer:
    commands.delete_project(call.caller, project_id)
    return Answer(204)


@describes(gives={"tags": list[str], "links": PageLinks})
def list_tags(call: Call, project_id: str) -> Answer:
    return Answer(200, {"tags": directory.tags(call.caller, project_id), "links": render.links(call)})


@describes(takes=TagsRequest, gives={"tags": list[str], "links": PageLinks})
def replace_tags(call: Call, project_id: str) -> Answer:
    tags = commands.set_tags(call.caller, project_id, call.decode(TagsRequest).tags)
    return Answer(200, {"tags": tags, "links": render.links(call)})


@describes(status=204)
def remove_tags(call: Call, project_id: str) -> Answer:
    commands.remove_tags(call.caller, project_id)
    return Answer(204)


@describes(status=204)
def check_tag(call: Call, project_id: str, tag: str) -> Answer:
    """204 when the project has it, 404 when not."""
    directory.check_tag(call.caller, project_id, tag)
    return Answer(204)


@describes(status=201)
def add_tag(call: Call, project_id: str, tag: str) -> Answer:
    commands.add_tag(call.caller, project_id, tag)
    return Answer(201, headers={"Location": render.url(call, f"projects/{project_id}/tags/{tag}")})


@describes(status=204)
def remove_tag(call: Call, project_id: str, tag: str) -> Answer:
    commands.remove_tag(call.caller, project_id, tag)
    return Answer(204)
