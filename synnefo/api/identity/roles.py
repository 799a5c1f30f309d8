"""``/v3/roles``, ``/v3/role_assignments``, and a user's roles on a project or a domain."""

from logic.errors import NotFound
from logic.identity.commands import roles as commands
from logic.identity.queries import directory
from synnefo.api.identity import render
from synnefo.api.identity.requests import RolePatchRequest, RoleRequest
from synnefo.api.kernel.calls import Answer, Call

NOT_OFFERED = ("group.id", "scope.system", "inherited_to", "scope.OS-INHERIT:inherited_to")


def list_roles(call: Call) -> Answer:
    found = directory.roles(call.caller, name=call.query.one("name"))
    return render.many(call, "roles", map(render.role, found))


def show_role(call: Call, role_id: str) -> Answer:
    return render.one(call, "role", "roles", render.role(directory.role(call.caller, role_id)))


def create_role(call: Call) -> Answer:
    body = call.decode(RoleRequest).role
    made = commands.create_role(call.caller, body.name, body.description or "")
    return render.one(call, "role", "roles", render.role(made), 201)


def change_role(call: Call, role_id: str) -> Answer:
    body = call.decode(RolePatchRequest).role
    changed = commands.change_role(call.caller, role_id, name=body.name, description=body.description)
    return render.one(call, "role", "roles", render.role(changed))


def delete_role(call: Call, role_id: str) -> Answer:
    commands.delete_role(call.caller, role_id)
    return Answer(204)


def list_assignments(call: Call) -> Answer:
    query = call.query
    found = directory.assignments(
        call.caller,
        user=query.one("user.id"),
        role=query.one("role.id"),
        project=query.one("scope.project.id"),
        domain=query.one("scope.domain.id"),
    )
    names = bool(query.flag("include_names", default="include_names" in query))
    nobody = any(query.one(name) for name in NOT_OFFERED)  # groups and the system hold no roles here
    shown = [] if nobody else [render.assignment(call, one, names=names) for one in found]
    return Answer(200, {"role_assignments": shown, "links": render.links(call)})


def list_roles_on(call: Call, user_id: str, project_id: str = "", domain_id: str = "") -> Answer:
    found = directory.roles_on(call.caller, user_id, project=project_id, domain=domain_id)
    return render.many(call, "roles", map(render.role, found))


def check_role(call: Call, user_id: str, role_id: str, project_id: str = "", domain_id: str = "") -> Answer:
    """204 when the user holds the role there, 404 when not."""
    found = directory.roles_on(call.caller, user_id, project=project_id, domain=domain_id)
    if not any(role.id == role_id for role in found):
        raise NotFound(kind="role assignment", id=role_id)
    return Answer(204)


def assign(call: Call, user_id: str, role_id: str, project_id: str = "", domain_id: str = "") -> Answer:
    commands.assign(call.caller, user_id, role_id, project=project_id, domain=domain_id)
    return Answer(204)


def unassign(call: Call, user_id: str, role_id: str, project_id: str = "", domain_id: str = "") -> Answer:
    commands.unassign(call.caller, user_id, role_id, project=project_id, domain=domain_id)
    return Answer(204)
