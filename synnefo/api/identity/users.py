"""``/v3/users``, their passwords and their projects."""

from msgspec import UnsetType

from logic.errors import BadRequest
from logic.identity.commands import users as commands
from logic.identity.commands.users import NewUser, UserChanges
from logic.identity.queries import directory
from synnefo.api.identity import render
from synnefo.api.identity.projects import DEFAULT
from synnefo.api.identity.requests import PasswordChangeRequest, UserPatchRequest, UserRequest
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.paging import next_url, page


def list_users(call: Call) -> Answer:
    asked, query = page(call), call.query
    found = directory.users(
        call.caller,
        name=query.one("name"),
        domain=query.one("domain_id"),
        enabled=query.flag("enabled"),
        limit=asked.limit,
        marker=asked.marker,
    )
    following = next_url(call, [user.id for user in found], asked)
    return render.many(call, "users", map(render.user, found), following=following)


def show_user(call: Call, user_id: str) -> Answer:
    return render.one(call, "user", "users", render.user(directory.user(call.caller, user_id)))


def create_user(call: Call) -> Answer:
    body = call.decode(UserRequest).user
    new = NewUser(
        name=body.name,
        password=body.password or "",
        email=body.email or "",
        description=body.description or "",
        enabled=body.enabled,
        domain=body.domain_id or DEFAULT,
        default_project=body.default_project_id or "",
    )
    return render.one(call, "user", "users", render.user(commands.create_user(call.caller, new)), 201)


def change_user(call: Call, user_id: str) -> Answer:
    body = call.decode(UserPatchRequest).user
    if body.domain_id:
        raise BadRequest(reason="A user stays in their domain: leave out the field user.domain_id.")
    project = body.default_project_id
    changes = UserChanges(
        name=body.name,
        password=body.password,
        email=body.email,
        description=body.description,
        enabled=body.enabled,
        default_project=None if isinstance(project, UnsetType) else project or "",
    )
    return render.one(call, "user", "users", render.user(commands.change_user(call.caller, user_id, changes)))


def delete_user(call: Call, user_id: str) -> Answer:
    commands.delete_user(call.caller, user_id)
    return Answer(204)


def change_password(call: Call, user_id: str) -> Answer:
    body = call.decode(PasswordChangeRequest).user
    commands.change_password(call.caller, user_id, body.original_password, body.password, call.address)
    return Answer(204)


def list_projects(call: Call, user_id: str) -> Answer:
    found = directory.projects_of(call.caller, user_id)
    return render.many(call, "projects", map(render.project, found))
