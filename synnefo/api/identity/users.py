"""``/v3/users``, their passwords, their projects and their groups."""

from typing import Any

from msgspec import UNSET, UnsetType, structs

from logic.identity.commands import users as commands
from logic.identity.commands.users import NewUser, UserChanges
from logic.identity.queries import directory
from synnefo.api.identity import render
from synnefo.api.identity.answers.people import GroupOfUser, Project, User
from synnefo.api.identity.answers.words import several
from synnefo.api.identity.listing import asked, listed, parameters
from synnefo.api.identity.requests.people import (
    PasswordChangeRequest,
    UserBody,
    UserOptions,
    UserPatch,
    UserPatchRequest,
    UserRequest,
)
from synnefo.api.identity.requests.words import extra
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes

QUERY = parameters("name", "domain_id", "enabled", "email", "default_project_id")


@describes(gives=several("users", User), query=QUERY)
def list_users(call: Call) -> Answer:
    wanted = asked(call, "name", "domain_id", "enabled", "email", "default_project_id")
    return listed(call, "users", map(render.user, directory.users(call.caller, wanted)))


@describes(gives={"user": User})
def show_user(call: Call, user_id: str) -> Answer:
    return render.one(call, "user", "users", render.user(directory.user(call.caller, user_id)))


@describes(takes=UserRequest, status=201, gives={"user": User})
def create_user(call: Call) -> Answer:
    body = call.decode(UserRequest).user
    new = NewUser(
        name=body.name,
        password=body.password or "",
        email=body.email or "",
        description=body.description or "",
        enabled=body.enabled,
        domain=body.domain_id or "",
        default_project=body.default_project_id or "",
        options=_options(body.options),
        extra=extra(call, "user", UserBody),
    )
    return render.one(call, "user", "users", render.user(commands.create_user(call.caller, new)), 201)


@describes(takes=UserPatchRequest, gives={"user": User})
def change_user(call: Call, user_id: str) -> Answer:
    body = call.decode(UserPatchRequest).user
    project = body.default_project_id
    changes = UserChanges(
        name=body.name,
        password=body.password,
        email=body.email,
        description=body.description,
        enabled=body.enabled,
        domain=body.domain_id,
        default_project=None if isinstance(project, UnsetType) else project or "",
        options=_options(body.options),
        extra=extra(call, "user", UserPatch),
    )
    return render.one(call, "user", "users", render.user(commands.change_user(call.caller, user_id, changes)))


def _options(options: UserOptions | None) -> dict[str, Any]:
    given = structs.asdict(options) if options else {}
    return {name: value for name, value in given.items() if value is not UNSET}


@describes(status=204)
def delete_user(call: Call, user_id: str) -> Answer:
    commands.delete_user(call.caller, user_id)
    return Answer(204)


@describes(takes=PasswordChangeRequest, status=204)
def change_password(call: Call, user_id: str) -> Answer:
    body = call.decode(PasswordChangeRequest).user
    commands.change_password(call.caller, user_id, body.original_password, body.password, call.address)
    return Answer(204)


@describes(gives=several("projects", Project), query=parameters())
def list_projects(call: Call, user_id: str) -> Answer:
    wanted = asked(call, "name", "domain_id", "enabled")
    return listed(call, "projects", map(render.project, directory.projects_of(call.caller, user_id, wanted)))


@describes(gives=several("groups", GroupOfUser), query=parameters())
def list_groups(call: Call, user_id: str) -> Answer:
    found = directory.groups_of(call.caller, user_id, asked(call, "name", "domain_id"))
    return listed(call, "groups", [{**render.group(one), "membership_expires_at": None} for one in found])
